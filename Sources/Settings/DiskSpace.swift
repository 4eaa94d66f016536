import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How much room a folder's disk has.
package struct DiskSpace: Sendable, Equatable {
    /// Below this a daemon can't be relied on to write: a single large push may not fit.
    package static let full: UInt64 = 64 << 20

    /// Bytes that this user may still write; `nil` where the system doesn't say.
    package let free: UInt64?

    package init(free: UInt64?) { self.free = free }

    package init(ofFolder path: String) {
        var status = statvfs()
        free = statvfs(path, &status) == 0 ? UInt64(status.f_bavail) * UInt64(status.f_frsize) : nil
    }

    package var isFull: Bool { free.map { $0 < DiskSpace.full } ?? false }

    /// Whether a daemon should say beforehand that it will soon take nothing more.
    ///
    /// - Parameter bound: bytes, as configured.
    package func isLow(_ bound: UInt64) -> Bool { isFull || free.map { $0 < bound } ?? false }

    /// Whether so many bytes more leave room for what comes in meanwhile.
    package func fits(_ bytes: UInt64) -> Bool {
        free.map { $0 > bytes && $0 - bytes >= DiskSpace.full } ?? true
    }

    /// Bytes of a file; 0 if there is none.
    package static func bytes(ofFile path: String) -> UInt64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.uint64Value ?? 0
    }
}
