import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How much room a folder's disk has.
struct DiskSpace: Sendable, Equatable {
    /// Below this the hub says beforehand that it will soon take nothing more.
    static let low: UInt64 = 1 << 30
    /// Below this it is not ready: a single large push may not fit.
    static let full: UInt64 = 64 << 20

    /// Bytes that this user may still write; `nil` where the system doesn't say.
    let free: UInt64?

    init(ofFolder path: String) {
        var status = statvfs()
        free = statvfs(path, &status) == 0 ? UInt64(status.f_bavail) * UInt64(status.f_frsize) : nil
    }

    var isFull: Bool { free.map { $0 < DiskSpace.full } ?? false }
    var isLow: Bool { free.map { $0 < DiskSpace.low } ?? false }

    /// Whether so many bytes more leave room for what clinics send.
    func fits(_ bytes: UInt64) -> Bool {
        free.map { $0 > bytes && $0 - bytes >= DiskSpace.full } ?? true
    }

    /// Bytes of a file; 0 if there is none.
    static func bytes(ofFile path: String) -> UInt64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.uint64Value ?? 0
    }
}
