import Foundation

/// Runs `body` with the path of a new folder, which is removed afterwards.
///
/// It is in memory where the system has such a place: thousands of small databases are made here,
/// and none of these tests is about the disk.
func withTemporaryFolder<T>(_ body: (String) throws -> T) throws -> T {
    let memory = "/dev/shm/"
    let isThere = FileManager.default.isWritableFile(atPath: memory)
    let path = (isThere ? memory : NSTemporaryDirectory()) + "replica-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}
