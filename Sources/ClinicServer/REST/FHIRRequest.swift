import FHIR
import Foundation
import HTTPTypes
import Hummingbird

/// A request below `/fhir/R4`, read: its path, its parameters, its conditions.
struct FHIRRequest: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }
    var method: Method
    /// Parts of the path below the base, percent-decoded.
    var path: [String]
    /// In their order, decoded.
    var parameters: [(name: String, value: String)]
    /// The query as it came, for `self` links; empty for none.
    var query: String
    var body: [UInt8] = []
    var ifMatch: String?
    var ifNoneMatch: String?
    var ifNoneExist: String?
    var author = ""
    /// Whether the answer to a write may leave the resource out.
    var wantsMinimal = false
    /// The URL of the service, as this client knows it: `http://127.0.0.1:8080/fhir/R4`.
    var base: String

    static let prefix = "/fhir/R4"

    /// - Throws: a failure that names the parameter or the header which is at fault.
    init(_ request: Request) throws {
        guard let method = Method(rawValue: request.method.rawValue) else {
            throw FHIRFailure.wrongMethod(.get, .post, .put, .delete)
        }
        self.method = method
        let rest = request.uri.path.dropFirst(FHIRRequest.prefix.utf8.count)
        path = rest.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
        query = request.uri.query ?? ""
        parameters = FHIRRequest.parameters(query)
        ifMatch = request.headers[.ifMatch]
        ifNoneMatch = request.headers[.ifNoneMatch]
        ifNoneExist = HTTPField.Name("If-None-Exist").flatMap { request.headers[$0] }
        base = "http://\(request.head.authority ?? "127.0.0.1")\(FHIRRequest.prefix)"
        let preference = HTTPField.Name("Prefer").flatMap { request.headers[$0] } ?? ""
        wantsMinimal = preference.contains("return=minimal")
        author = try FHIRRequest.author(request)
        try checkTypes(request)
    }

    /// A search that stands in a Bundle: `Patient?name=…`.
    init(searching url: String, base: String) {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        method = .get
        path = parts[0].split(separator: "/").map(String.init)
        query = parts.count > 1 ? String(parts[1]) : ""
        parameters = FHIRRequest.parameters(query)
        self.base = base
    }

    /// `X-Author: Practitioner/ID`, who is then the author of what the request writes.
    private static func author(_ request: Request) throws -> String {
        guard let name = HTTPField.Name("X-Author"), let text = request.headers[name] else {
            return ""
        }
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        guard let target = ReferenceTarget(trimmed), trimmed.utf8.count <= mostAuthorBytes,
            "\(target.type)/\(target.id)" == trimmed
        else {
            throw FHIRFailure(
                400, .value, "X-Author names a person as Practitioner/ID", at: "X-Author")
        }
        return trimmed
    }

    private static let mostAuthorBytes = 128

    private static func parameters(_ query: String) -> [(name: String, value: String)] {
        query.split(separator: "&").map { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = pair.map { text in
                let spaced = text.replacing("+", with: " ")
                return spaced.removingPercentEncoding ?? String(spaced)
            }
            return (decoded[0], decoded.count > 1 ? decoded[1] : "")
        }
    }

    private func checkTypes(_ request: Request) throws {
        if let format = parameters.first(where: { $0.name == "_format" })?.value,
            !["json", "application/json", "application/fhir+json"].contains(format)
        {
            throw FHIRFailure(406, .notSupported, "This service gives JSON only", at: "_format")
        }
        guard method == .post || method == .put else { return }
        let type = request.headers[.contentType].map { $0.prefix { $0 != ";" }.lowercased() }
        guard let type, ["application/fhir+json", "application/json"].contains(type) else {
            throw FHIRFailure(
                415, .notSupported, "A body must be sent as application/fhir+json",
                at: "Content-Type")
        }
    }

    /// Parameters that change nothing here.
    static let passedOver: Set<String> = ["_format", "_pretty"]

    /// How many resources a page may have.
    func count() throws -> Int {
        guard let text = parameters.first(where: { $0.name == "_count" })?.value else {
            return FHIRRequest.standardCount
        }
        guard let count = Int(text), count >= 0 else {
            throw FHIRFailure(400, .value, "_count is a whole number", at: "_count")
        }
        // A page must move on, and must not keep others from the replica for long.
        return min(max(count, 1), FHIRRequest.mostCount)
    }

    private static let standardCount = 50
    private static let mostCount = 500

    /// Where the page begins.
    func place() throws -> PagePlace {
        guard let text = parameters.first(where: { $0.name == "_after" })?.value else {
            return PagePlace()
        }
        guard let place = PagePlace(text) else {
            throw FHIRFailure(
                400, .value, "Follow the ‘next’ link of the page before as it is", at: "_after")
        }
        return place
    }

    /// The document in the body.
    func document() throws -> JSON { try JSON(parsing: body) }

    var selfLink: String {
        link(query)
    }

    func nextLink(_ place: String) -> String {
        let kept = query.split(separator: "&").filter { !$0.hasPrefix("_after=") }
        let after =
            place.addingPercentEncoding(withAllowedCharacters: .urlQueryParameter) ?? place
        return link((kept.map(String.init) + ["_after=\(after)"]).joined(separator: "&"))
    }

    private func link(_ query: String) -> String {
        let path = path.map {
            $0.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? $0
        }
        return "\(base)/\(path.joined(separator: "/"))" + (query.isEmpty ? "" : "?\(query)")
    }
}

extension CharacterSet {
    /// What may stand in the value of a parameter unescaped.
    fileprivate static let urlQueryParameter = CharacterSet(
        charactersIn:
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
