import Trust

/// The hub's refusals, each with what to do about it.
extension Problem {
    static let certificateMissing = Problem(
        status: 401, code: .certificateMissing, title: "No client certificate",
        detail: "This needs a clinic's certificate, and the connection has none. Enrol the clinic "
            + "with a code from `syncctl clinic add` on the hub.")

    static let certificateForeign = Problem(
        status: 401, code: .certificateForeign, title: "Certificate of another hub",
        detail: "The client certificate was not issued to a clinic by this hub. Check the hub's "
            + "address; if the hub was installed anew, enrol the clinic again.")

    static let certificateExpired = Problem(
        status: 403, code: .certificateExpired, title: "Certificate expired",
        detail: "The clinic's certificate has expired, so it may only be renewed, by a POST to "
            + "/v1/renew. A clinic does that by itself.")

    static let clinicRevoked = Problem(
        status: 403, code: .clinicRevoked, title: "Clinic revoked",
        detail:
            "This clinic's access was revoked on the hub. If that was a mistake, or the machine "
            + "is another one now, run `syncctl clinic add` with the clinic's name on the hub, and "
            + "enrol with the new code. What was written here is kept, and is sent then.")

    static let clinicUnknown = Problem(
        status: 403, code: .clinicUnknown, title: "Clinic unknown",
        detail: "The hub's registry does not have this clinic, though the hub issued its "
            + "certificate. The hub could not enter it again by itself: see its log, and "
            + "whether its disk is full. The clinic tries again.")

    static let notFound = Problem(
        status: 404, code: .notFound, title: "No such path",
        detail: "The hub serves /v1/exchange, /v1/enrol, /v1/renew, /metrics, /livez and /readyz. "
            + "A newer clinic may ask for more: update the hub.")

    static func methodNotAllowed(_ allowed: String) -> Problem {
        Problem(
            status: 405, code: .methodNotAllowed, title: "Wrong method",
            detail: "This path takes \(allowed) only.")
    }

    static let metricsForbidden = Problem(
        status: 403, code: .forbidden, title: "Metrics are not public",
        detail: "Metrics are given to enrolled clinics and to programs on the hub's own machine. "
            + "Let the monitoring ask there.")

    static let lengthMissing = Problem(
        status: 411, code: .requestMalformed, title: "Length missing",
        detail: "The request must say how long its body is. Send a Content-Length.")

    static func bodyTooLarge(limit: Int) -> Problem {
        Problem(
            status: 413, code: .bodyTooLarge, title: "Body too large",
            detail: "The body may have \(limit) bytes at most. Send less at a time.")
    }

    static func mediaTypeUnsupported(expected: String) -> Problem {
        Problem(
            status: 415, code: .mediaTypeUnsupported, title: "Wrong media type",
            detail: "The body must be sent as \(expected).")
    }

    static let bodyCut = Problem(
        status: 400, code: .requestMalformed, title: "Body incomplete",
        detail: "The body ended before its Content-Length. Nothing was done; send it again.")

    static func formMalformed(_ fields: String) -> Problem {
        Problem(
            status: 400, code: .requestMalformed, title: "Malformed request",
            detail: "The body must be a JSON object with the texts \(fields).")
    }

    static func tooManyOfOneClinic(limit: Int) -> Problem {
        Problem(
            status: 429, code: .tooManyRequests, title: "Too many exchanges of one clinic",
            detail: "This clinic has \(limit) exchanges in flight already. Wait for one to end; if "
                + "two machines run with one clinic's credentials, enrol one of them anew.",
            retryAfter: 5)
    }

    static func busy(_ what: String, limit: Int) -> Problem {
        Problem(
            status: 503, code: .unavailable, title: "Hub busy",
            detail: "The hub has \(limit) \(what) in flight, which is its limit. Try again later.",
            retryAfter: 10)
    }

    static let stopping = Problem(
        status: 503, code: .unavailable, title: "Hub stopping",
        detail: "The hub is being stopped or restarted. Try again in a moment.", retryAfter: 5)

    static let failed = Problem(
        status: 500, code: .failed, title: "The hub failed",
        detail: "The hub could not do this because of an error of its own; its log says more. "
            + "Nothing was acknowledged, so it is safe to try again.", retryAfter: 30)
}
