/// Every bound of the hub's server, with its reason.
package struct HubLimits: Sendable {
    /// For the whole TLS handshake: many round trips on a satellite link.
    package var handshake = Duration.seconds(30)
    /// From the first byte of a request's head to its last, and from the handshake to the first
    /// request.
    package var head = Duration.seconds(30)
    /// How long a connection may be open without a request. A clinic keeps its own for 15 minutes.
    package var silence = Duration.seconds(960)
    /// A request's body must bring `leastBodyBytes` in each `bodyWindow`: 20 bytes a second, a
    /// hundredth of what a 2G link gives.
    package var bodyWindow = Duration.seconds(60)
    package var leastBodyBytes = 1200
    /// How long an answer may lie unsent without any progress. The kernel takes bytes in chunks
    /// of up to its buffer, which a slow link empties in minutes.
    package var unsent = Duration.seconds(600)
    /// How long the rest of a refused body is thrown away before the connection is closed, so that
    /// the refusal isn't lost in a reset.
    package var lingering = Duration.seconds(2)

    package var maximumConnections = 10_000
    package var maximumExchangeBytes = 8 * 1024 * 1024
    /// Of an enrolment or a renewal.
    package var maximumFormBytes = 64 * 1024
    /// Exchanges in flight, those that wait for news included.
    package var maximumExchanges = 8_000
    /// A clinic has one push and one pull at a time; room for one of each that it gave up.
    package var maximumExchangesPerClinic = 4
    /// Bodies of all exchanges in flight together: what the hub's memory may hold of them.
    package var maximumBytesInFlight = 64 * 1024 * 1024
    /// Enrolments and renewals in flight.
    package var maximumForms = 16

    package init() {}

    /// How often a connection's times are looked at.
    var tick: Duration {
        let shortest = min(handshake, head, silence, bodyWindow, unsent, lingering)
        return min(.seconds(5), max(.milliseconds(10), shortest / 4))
    }
}
