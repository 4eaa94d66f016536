import Foundation
import Logging
import Synchronization

/// Writes lines of log to standard error, each whole.
enum LogOutput {
    private static let turn = Mutex<Void>(())

    /// Writes one line. A line that can't be written is lost: a full disk behind standard error
    /// is no reason to stop a clinic.
    static func standardError(_ line: String) {
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        turn.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}

/// Metadata of one line, in the order of its names: the handler's, the provider's and the
/// statement's own, later ones winning.
func logFields(
    _ metadata: Logger.Metadata, _ provided: Logger.Metadata?, _ event: LogEvent
) -> [(name: String, value: Logger.MetadataValue)] {
    var all = metadata
    all.merge(provided ?? [:]) { $1 }
    all.merge(event.metadata ?? [:]) { $1 }
    return all.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
}

extension Date {
    /// UTC with milliseconds (RFC 3339).
    var logTime: String {
        formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
