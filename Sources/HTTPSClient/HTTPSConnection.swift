// Bytes in, bytes out, over one kept connection: HTTP/1.1 over TLS 1.3 with a root of our own,
// client certificates and trusted time; or over a Unix socket.
//
// Invariants: a connection belongs to one thread, and a request to one transfer on it, in the
// order of calls; nothing is sent before the server has proved that it is the one that the
// endpoint names; no answer is larger than its request allows; a redirect is never followed.

import CCurl
import Foundation

/// One kept connection to one server, with a thread of its own.
///
/// `URLSession` has neither client certificates nor roots of one's own on Linux; libcurl has both,
/// and is made for bad links. The thread ends when the client is released.
package final class HTTPSConnection: Sendable {
    /// Requests that may wait for the connection. Two directions and their cancellations need few.
    package static let maximumWaiting = 16

    private let mailbox: Mailbox

    package init(endpoint: Endpoint) {
        HTTPSConnection.startLibrary()
        mailbox = Mailbox(endpoint: endpoint)
        let thread = Thread { [mailbox] in TransferLoop(mailbox: mailbox).run() }
        thread.name = "HTTPSConnection"
        thread.start()
    }

    deinit { mailbox.close() }

    /// Sends a request and waits for all of its answer. Any status is an answer.
    ///
    /// If the kept connection turns out to be dead before any byte of an answer, libcurl sends the
    /// request once more over a new one: the server may see it twice.
    ///
    /// Cancelling the task ends the transfer and closes the connection; the next request makes a
    /// new one.
    package func send(
        _ request: HTTPRequest
    ) async throws(TransportFailure) -> HTTPResponse {
        let id = mailbox.nextID()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                mailbox.post(
                    Mailbox.Job(id: id, request: request, answer: continuation),
                    limit: HTTPSConnection.maximumWaiting)
                // Cancelled before the job was there to be found.
                if Task.isCancelled { mailbox.cancel(id) }
            }
        } onCancel: {
            mailbox.cancel(id)
        }
        return try outcome.get()
    }

    /// Shows another certificate from the next request on, over a new connection.
    ///
    /// - Parameter root: replaces the root as well, where it is given: after enrolment, the whole
    ///   certificate takes the place of the key's hash.
    package func replaceCredentials(
        _ credentials: Endpoint.Credentials?, root: Endpoint.Root? = nil
    ) {
        mailbox.change { endpoint in
            guard case .tls(let url, var tls) = endpoint.carrier else { return }
            tls.credentials = credentials
            if let root { tls.root = root }
            endpoint.carrier = .tls(url: url, tls)
        }
    }

    private static func startLibrary() { _ = isStarted }

    private static let isStarted: Bool = {
        precondition(ccurl_start() == CURLE_OK, "libcurl could not be started: out of memory")
        return true
    }()
}
