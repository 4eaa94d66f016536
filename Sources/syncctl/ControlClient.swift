import Foundation
import HTTPSClient

/// A daemon's answer to one command, as it came.
struct Answer {
    let bytes: [UInt8]

    /// The answer as a value.
    /// - Throws: `CommandFailure` where it has another shape.
    func decode<Shape: Decodable>(_ shape: Shape.Type, isJSON: Bool) throws -> Shape {
        do {
            return try JSONDecoder().decode(shape, from: Data(bytes))
        } catch {
            throw CommandFailure(
                outcome: .unknown, message: "the daemon's answer can't be read",
                remedy: "check that syncctl and the daemon are of one version", isJSON: isJSON)
        }
    }
}

/// Speaks to the daemon of this machine: `POST /control/NAME` with JSON over its Unix socket.
struct ControlClient {
    /// A record's whole history, or the list of all that waits for review.
    private static let maximumAnswerBytes = 256 * 1024 * 1024

    private let socket: String
    private let isJSON: Bool
    private let client: HTTPSConnection

    init(socket: String, isJSON: Bool) {
        self.socket = socket
        self.isJSON = isJSON
        self.client = HTTPSConnection(
            endpoint: Endpoint(
                carrier: .unixSocket(path: socket), connectTimeout: .seconds(5)))
    }

    /// A client with a connection of its own, for what goes on at the same time.
    var another: ControlClient { ControlClient(socket: socket, isJSON: isJSON) }

    /// Sends a command and waits for its answer.
    /// - Throws: `CommandFailure`: critical where the daemon refused, unknown where it is not
    ///   reached or not understood.
    func post(_ command: String, _ body: JSONText, timeout: Duration) async throws -> Answer {
        try await post(
            command, bytes: Array(body.text.utf8),
            headers: [("Content-Type", "application/json")], timeout: timeout)
    }

    /// Sends a command whose input isn't JSON of ours.
    func post(
        _ command: String, bytes: [UInt8], headers: [(String, String)], timeout: Duration
    ) async throws -> Answer {
        let response = try await send(command, bytes, headers, timeout)
        guard response.status < 400 else { throw refusal(response) }
        return Answer(bytes: response.body)
    }

    /// The answer to a command, of whatever status.
    /// - Throws: `CommandFailure` where there is none.
    func send(
        _ command: String, _ bytes: [UInt8], _ headers: [(String, String)], _ timeout: Duration
    ) async throws -> HTTPResponse {
        do throws(TransportFailure) {
            return try await client.send(
                HTTPRequest(
                    method: "POST", path: "/control/\(command)", headers: headers, body: bytes,
                    // The daemon is silent while it works; that is no dead link.
                    timeout: timeout, isLongPoll: true,
                    maximumResponseBytes: Self.maximumAnswerBytes))
        } catch {
            throw unreachable(error)
        }
    }

    /// What a status of 400 or above says.
    func refusal(_ response: HTTPResponse) -> CommandFailure {
        let answer = try? JSONDecoder().decode(FailureAnswer.self, from: Data(response.body))
        let outcome: Outcome = response.status == 503 ? .unknown : .critical
        return CommandFailure(
            outcome: outcome,
            message: answer?.error.message
                ?? "the daemon refused, with status \(response.status) and no reason",
            remedy: answer?.error.remedy ?? (answer == nil ? "look into the daemon's log" : ""),
            isJSON: isJSON)
    }

    private func unreachable(_ failure: TransportFailure) -> CommandFailure {
        var status = stat()
        let exists = stat(socket, &status) == 0
        let isForbidden = !exists && errno == EACCES || exists && access(socket, W_OK) != 0
        let (message, remedy): (String, String)
        switch failure {
        case .unreachable where isForbidden:
            message = "you may not use the socket \(socket): it is its daemon's user's alone"
            remedy = "run syncctl as that user, as in sudo -u clinicsync syncctl"
        case .unreachable where !exists:
            message = "no daemon can be reached: there is no socket at \(socket)"
            remedy = "start clinicd or hubd, or give its configuration with --config"
        case .unreachable:
            message = "no daemon answers at \(socket)"
            remedy = "start it, and check that you may write to the socket"
        case .timedOut:
            message = "the daemon at \(socket) did not answer in time"
            remedy = "look into its log; what was asked may still be under way"
        case .cut:
            message = "the daemon at \(socket) went away before it had answered"
            remedy = "look into its log and start it again"
        default:
            message = "what answers at \(socket) is no daemon of ours"
            remedy = "check --socket, or socket in the configuration"
        }
        return CommandFailure(outcome: .unknown, message: message, remedy: remedy, isJSON: isJSON)
    }
}
