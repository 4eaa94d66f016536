import FHIR
import HTTPTypes
import Hummingbird
import NIOCore
import Replica

/// Why a FHIR request was not done, with what to do about it.
struct FHIRFailure: Error, Sendable {
    var status: Int
    var issues: [FHIRIssue]
    /// Of a wrong method: those that would be right.
    var allow: String?

    init(_ status: Int, _ issues: [FHIRIssue]) {
        self.status = status
        self.issues = issues
    }

    init(
        _ status: Int, _ code: FHIRIssue.Code, _ diagnostics: String, at expression: String = ""
    ) {
        self.init(status, [FHIRIssue(code, diagnostics, at: expression)])
    }

    /// An issue of a resource's content, with the status that its code calls for.
    init(_ issue: FHIRIssue) {
        let status =
            switch issue.code {
            case .businessRule: 422
            case .conflict: 409
            case .notFound: 404
            case .tooLong, .tooCostly: 413
            case .multipleMatches: 412
            default: 400
            }
        self.init(status, [issue])
    }

    /// Any error, as it is answered. Nothing of a record is in it.
    init(of error: any Error) {
        switch error {
        case let failure as FHIRFailure: self = failure
        case let issue as FHIRIssue: self.init(issue)
        case let error as JSONError: self.init(FHIRIssue(error))
        case let storage as StorageFailure where storage.isDiskFull:
            self.init(507, .noStore, "\(storage)")
        case let refusal as WriteRefusal:
            self.init(refusal.status, refusal.issueCode, refusal.advice)
        case is ClinicNode.Closed, is CancellationError:
            self.init(503, .transient, "The daemon is stopping; try again in a moment")
        default:
            self.init(
                500, .exception,
                "The daemon failed; its log says more. Nothing was written, so it is safe to try "
                    + "again")
        }
    }

    static func notFound(_ type: String, _ id: String) -> FHIRFailure {
        FHIRFailure(
            404, .notFound,
            "There is no \(type) of this id here; check it, or ask the hub for the patient's record: "
                + "syncctl hold Patient/ID"
        )
    }

    static func deleted(_ type: String) -> FHIRFailure {
        FHIRFailure(
            410, .notFound, "This \(type) was deleted; a PUT of it brings it back")
    }

    static let noOperation = FHIRFailure(
        404, .notSupported,
        "This service keeps no versions to be read, and has no operations; ask for [type]/[id]")

    static let noVersion = FHIRFailure(
        412, .conflict,
        "If-Match names a version, and there is no resource of this id here, or it was deleted; "
            + "leave If-Match out to create it")

    static let versionConflict = FHIRFailure(
        412, .conflict,
        "The resource was changed since the version that If-Match names; read it again, and make "
            + "the change on what it is now")

    static let notEnrolled = FHIRFailure(503, .transient, ClinicDaemon.notEnrolled.sentence)

    /// The status as a Bundle's entry has it: `404 Not Found`.
    var statusText: String {
        let phrases = [
            400: "Bad Request", 404: "Not Found", 409: "Conflict", 410: "Gone",
            412: "Precondition Failed", 413: "Content Too Large", 422: "Unprocessable Content",
            503: "Service Unavailable", 507: "Insufficient Storage",
        ]
        return phrases[status].map { "\(status) \($0)" } ?? "\(status)"
    }

    /// Whether somebody should look into the daemon's own state.
    var isOurs: Bool { status >= 500 && status != 503 }
}

extension String {
    /// The text with its first letter in upper case.
    var sentence: String { prefix(1).uppercased() + dropFirst() }
}

extension WriteRefusal {
    /// The HTTP status that says so.
    var status: Int {
        if case .tooLarge = self { 413 } else { 422 }
    }

    fileprivate var issueCode: FHIRIssue.Code {
        if case .tooLarge = self { .tooCostly } else { .businessRule }
    }

    /// What happened and what to do, without any value.
    var advice: String {
        switch self {
        case .exists: "A record of this name is here already; repeat the request to change it"
        case .unfit(let entity, let unit):
            "\(entity).\(unit) holds what its type does not allow; correct it"
        case .unknown(let entity, let unit):
            "This version has no unit \(unit) of entity \(entity); upgrade first"
        case .tooLarge(let part, let size, let limit): WriteRefusal.advice(part, size, limit)
        case .clockExhausted: "The clock has come to its end; set it, and try again"
        }
    }
}

extension WriteRefusal {
    /// What is too large, the bound, and how to stay below it.
    private static func advice(_ part: Part, _ size: Int, _ limit: Int) -> String {
        switch part {
        case .transaction:
            "What this writes in one go takes \(size) bytes, and a hub takes at most \(limit) in "
                + "one piece; split the Bundle into several, or into a batch, and a resource's "
                + "attachments into resources of their own"
        case .compartments:
            "This writes to \(size) records of care at once, of which \(limit) go into one "
                + "transaction; split the Bundle into several, or into a batch"
        case .author, .purpose:
            "The \(part == .author ? "author's" : "purpose's") name takes \(size) bytes of at most "
                + "\(limit); shorten it"
        case .id: "An id takes \(size) bytes of at most \(limit); give it a shorter one"
        case .stamps:
            "This replaces or deletes \(size) writes at once, of at most \(limit); delete in parts"
        }
    }
}

/// What a FHIR request is answered with.
struct FHIRAnswer: Sendable {
    var status = 200
    var body: JSON?
    var headers: [(HTTPField.Name, String)] = []

    init(_ status: Int = 200, _ body: JSON?) {
        self.status = status
        self.body = body
    }

    init(_ failure: FHIRFailure) {
        status = failure.status
        body = OperationOutcome.json(failure.issues)
        if failure.status == 503 { headers.append((.retryAfter, "5")) }
        if let allow = failure.allow { headers.append((.allow, allow)) }
    }

    static let mediaType = "application/fhir+json; fhirVersion=4.0"

    func response(closing: Bool = false) -> Response {
        var fields = HTTPFields()
        for (name, value) in headers { fields[name] = value }
        if closing { fields[.connection] = "close" }
        let status = HTTPResponse.Status(code: status)
        guard let body else { return Response(status: status, headers: fields) }
        fields[.contentType] = FHIRAnswer.mediaType
        return Response(
            status: status, headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.compactBytes)))
    }
}
