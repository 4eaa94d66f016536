import Trust

/// What the hub does for each route. Errors that are a `Problem` are sent as they are; any other
/// is logged and sent as a failure of the hub.
package struct HubRoutes: Sendable {
    /// A clinic's standing in the registry.
    package enum Admission: Sendable, Equatable {
        case admitted, revoked, unknown
    }

    /// Who calls, for logs.
    package struct Call: Sendable {
        /// The peer's address, without its port.
        package var remote: String
    }

    /// Asked at each request of a clinic.
    package var admission: @Sendable (_ certificate: ClinicCertificate) async -> Admission
    /// `POST /v1/exchange`, bytes in and bytes out.
    ///
    /// The task is cancelled when the clinic hangs up and when the hub stops: a call that waits
    /// for news should then answer at once with what it has; one that works finishes its work.
    package var exchange:
        @Sendable (_ node: UInt64, _ body: [UInt8], _ call: Call) async throws -> [UInt8]
    /// `POST /v1/enrol`. Must give the same answer to the same code with the same key again, since
    /// the first answer may have been lost.
    package var enrol: @Sendable (EnrolmentRequest) async throws -> EnrolmentAnswer
    /// `POST /v1/renew`; the certificate in PEM.
    package var renew: @Sendable (_ node: UInt64, _ csrPEM: String) async throws -> String
    /// `GET /metrics`, in Prometheus' text format. For clinics and this machine only.
    package var metrics: @Sendable () async -> String
    /// `GET /readyz`: whether exchanges can be answered, and why not.
    package var ready: @Sendable () async -> (isReady: Bool, reason: String)

    package init(
        admission: @escaping @Sendable (ClinicCertificate) async -> Admission,
        exchange: @escaping @Sendable (UInt64, [UInt8], Call) async throws -> [UInt8],
        enrol: @escaping @Sendable (EnrolmentRequest) async throws -> EnrolmentAnswer,
        renew: @escaping @Sendable (UInt64, String) async throws -> String,
        metrics: @escaping @Sendable () async -> String,
        ready: @escaping @Sendable () async -> (isReady: Bool, reason: String)
    ) {
        self.admission = admission
        self.exchange = exchange
        self.enrol = enrol
        self.renew = renew
        self.metrics = metrics
        self.ready = ready
    }
}
