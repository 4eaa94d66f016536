import Foundation

/// Runs `body` with the path of a new folder, which is removed afterwards.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "trust-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
}

/// Any day on which no test depends.
let today = Date(timeIntervalSince1970: 1_800_000_000)

func days(_ count: Double) -> TimeInterval { count * 86_400 }
