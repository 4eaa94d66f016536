import Synchronization
import Trust

/// What is in flight at the hub, and whether there is room for one more.
final class Flights: Sendable {
    enum Kind: Equatable, Sendable {
        case exchange(node: UInt64, bytes: Int)
        case form
    }

    private struct State {
        var exchanges = 0
        var forms = 0
        var bytes = 0
        var perClinic: [UInt64: Int] = [:]
    }

    private let limits: HubLimits
    private let state = Mutex(State())

    init(limits: HubLimits) { self.limits = limits }

    /// Takes a place, which `land` gives back.
    func start(_ kind: Kind) throws(Problem) {
        let problem: Problem? = state.withLock { state in
            switch kind {
            case .exchange(let node, let bytes):
                let own = state.perClinic[node, default: 0]
                if own >= limits.maximumExchangesPerClinic {
                    return .tooManyOfOneClinic(limit: limits.maximumExchangesPerClinic)
                }
                if state.exchanges >= limits.maximumExchanges {
                    return .busy("exchanges", limit: limits.maximumExchanges)
                }
                // A single one always fits, whatever its size: its own limit was asked before.
                if state.bytes > 0, state.bytes + bytes > limits.maximumBytesInFlight {
                    return .busy("bytes", limit: limits.maximumBytesInFlight)
                }
                state.exchanges += 1
                state.bytes += bytes
                state.perClinic[node] = own + 1
            case .form:
                if state.forms >= limits.maximumForms {
                    return .busy("enrolments", limit: limits.maximumForms)
                }
                state.forms += 1
            }
            return nil
        }
        if let problem { throw problem }
    }

    func land(_ kind: Kind) {
        state.withLock { state in
            switch kind {
            case .exchange(let node, let bytes):
                state.exchanges -= 1
                state.bytes -= bytes
                let left = state.perClinic[node, default: 1] - 1
                state.perClinic[node] = left == 0 ? nil : left
            case .form:
                state.forms -= 1
            }
        }
    }
}
