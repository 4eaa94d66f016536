import Causality
import Hub
import HubServer
import Sync
import Synchronization

/// What the hub's door asks at each request, so that it needn't wait for the database: who is
/// admitted, and what time it is.
final class HubView: Sendable {
    private struct State {
        var admissions: [UInt64: HubRoutes.Admission] = [:]
        var time: TrustedTime
        var port: Int?
    }

    private let state: Mutex<State>

    init(time: TrustedTime) { state = Mutex(State(time: time)) }

    func update(_ clinics: [NodeID: RegisteredClinic], time: TrustedTime) {
        var admissions: [UInt64: HubRoutes.Admission] = [:]
        for clinic in clinics.values {
            admissions[clinic.node.rawValue] = clinic.isRevoked ? .revoked : .admitted
        }
        state.withLock {
            $0.admissions = admissions
            $0.time = time
        }
    }

    func update(time: TrustedTime) { state.withLock { $0.time = time } }

    func admission(of node: UInt64) -> HubRoutes.Admission {
        state.withLock { $0.admissions[node] ?? .unknown }
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
