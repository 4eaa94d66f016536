/// Why a hub did not do what was asked, as it travels (RFC 9457, `application/problem+json`).
///
/// `title` and `detail` are for people; `code` is what a program switches on.
package struct Problem: Error, Codable, Sendable, Equatable {
    package static let mediaType = "application/problem+json"

    /// The names that programs rely on.
    package enum Code: String, Codable, Sendable {
        case certificateMissing = "certificate-missing"
        case certificateForeign = "certificate-foreign"
        case certificateExpired = "certificate-expired"
        case clinicRevoked = "clinic-revoked"
        case clinicUnknown = "clinic-unknown"
        case codeRefused = "code-refused"
        case codeUsed = "code-used"
        case codeExpired = "code-expired"
        case requestMalformed = "request-malformed"
        case versionUnsupported = "version-unsupported"
        case wrongOrigin = "wrong-origin"
        case notHeld = "not-held"
        case bodyTooLarge = "body-too-large"
        case mediaTypeUnsupported = "media-type-unsupported"
        case tooManyRequests = "too-many-requests"
        case unavailable = "unavailable"
        case forbidden = "forbidden"
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case diskFull = "disk-full"
        case storageFailed = "storage-failed"
        case failed = "failed"
        /// From a newer version of the other side.
        case unknown = "unknown"

        package init(from decoder: any Decoder) throws {
            let text = try decoder.singleValueContainer().decode(String.self)
            self = Code(rawValue: text) ?? .unknown
        }
    }

    package var status: Int
    package var code: Code
    package var title: String
    /// What happened, to what, and what to do next.
    package var detail: String
    /// Seconds after which trying again makes sense; travels as `Retry-After`.
    package var retryAfter: Int?

    package init(
        status: Int, code: Code, title: String, detail: String, retryAfter: Int? = nil
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.retryAfter = retryAfter
    }
}
