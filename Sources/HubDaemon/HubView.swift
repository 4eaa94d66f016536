import Causality
import Hub
import HubServer
import Sync
import Synchronization
import Trust

/// What the hub's door asks at each request, so that it needn't wait for the database: who is
/// admitted, and what time it is.
final class HubView: Sendable {
    private struct Entry {
        var isRevoked: Bool
        var certificatesFrom: Int64
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var time: TrustedTime
        var port: Int?
    }

    private let state: Mutex<State>

    init(time: TrustedTime) { state = Mutex(State(time: time)) }

    func update(_ clinics: [NodeID: RegisteredClinic], time: TrustedTime) {
        var entries: [UInt64: Entry] = [:]
        for clinic in clinics.values {
            entries[clinic.node.rawValue] = Entry(
                isRevoked: clinic.isRevoked, certificatesFrom: clinic.certificatesFrom)
        }
        state.withLock {
            $0.entries = entries
            $0.time = time
        }
    }

    func update(time: TrustedTime) { state.withLock { $0.time = time } }

    /// Whether a clinic is let in. A certificate from before the clinic was revoked stays void when
    /// the clinic has come back with another one.
    func admission(of certificate: ClinicCertificate) -> HubRoutes.Admission {
        guard let entry = state.withLock({ $0.entries[certificate.node] }) else {
            return .unknown
        }
        let isVoid = certificate.notValidAfter < entry.certificatesFrom
        return entry.isRevoked || isVoid ? .revoked : .admitted
    }

    /// Milliseconds since 1970.
    func trustedTime() -> UInt64 {
        let now = SystemClock.reading()
        return state.withLock { $0.time }.reading(wall: now.wall, monotonic: now.monotonic).now
    }

    /// The port that clinics connect to; `nil` while the hub doesn't listen.
    var port: Int? {
        get { state.withLock { $0.port } }
        set { state.withLock { $0.port = newValue } }
    }
}
