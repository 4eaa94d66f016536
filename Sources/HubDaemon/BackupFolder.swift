import FHIR
import Foundation
import Settings

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A backup that is whole and on disk.
package struct Backup: Sendable, Equatable {
    package let path: String
    let bytes: UInt64
    /// When it was made, in milliseconds since 1970, by its name.
    let at: UInt64

    var json: JSON {
        ["path": .string(path), "bytes": .number(bytes), "at": .string(Moment.text(at))]
    }
}

/// The folder of the hub's backups: `hub-<UTC time>.sqlite`, each a whole database.
///
/// A backup has another name until it is on disk, so that what looks like one is one.
struct BackupFolder: Sendable {
    let path: String
    private static let prefix = "hub-"
    private static let suffix = ".sqlite"
    private static let unfinished = ".part"

    /// The newest by its name; `nil` if there is none.
    var newest: Backup? {
        names.last.map { name in
            Backup(
                path: "\(path)/\(name)", bytes: DiskSpace.bytes(ofFile: "\(path)/\(name)"),
                at: BackupFolder.time(inName: name) ?? 0)
        }
    }

    /// Makes a backup: `write` writes the file whose path it is given.
    ///
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - size: about how many bytes it will have.
    /// - Throws: ``HubFailure``, or what `write` throws.
    func add(
        at now: UInt64, size: UInt64, _ write: (_ path: String) throws -> Void
    ) throws -> Backup {
        try makeFolder()
        removeUnfinished()
        guard DiskSpace(ofFolder: path).fits(size) else {
            throw HubFailure.noRoom(folder: path, bytes: size)
        }
        let file = "\(path)/\(freeName(now))"
        let partial = file + BackupFolder.unfinished
        do {
            try write(partial)
            try sync(partial, flags: O_RDONLY)
        } catch {
            unlink(partial)
            throw error
        }
        chmod(partial, 0o600)
        guard rename(partial, file) == 0 else { throw failure(file) }
        try sync(path, flags: O_RDONLY | O_DIRECTORY)
        return Backup(path: file, bytes: DiskSpace.bytes(ofFile: file), at: now)
    }

    /// Removes all but the newest `count`, and never `latest`: a clock that went back would have
    /// it named as an old one.
    func prune(keeping count: Int, latest: Backup) {
        for name in names.dropLast(count) where "\(path)/\(name)" != latest.path {
            unlink("\(path)/\(name)")
        }
    }

    /// Ascending, and so by time.
    private var names: [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return all.filter { BackupFolder.time(inName: $0) != nil }.sorted()
    }

    private func freeName(_ now: UInt64) -> String {
        var at = now
        while true {
            let name = BackupFolder.name(at)
            if access("\(path)/\(name)", F_OK) != 0 { return name }
            at += 1
        }
    }

    private func makeFolder() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch { throw HubFailure(path: path, error) }
    }

    /// What a backup that was cut off has left.
    private func removeUnfinished() {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let end = BackupFolder.suffix + BackupFolder.unfinished
        for name in all where name.hasPrefix(BackupFolder.prefix) && name.hasSuffix(end) {
            unlink("\(path)/\(name)")
        }
    }

    private func sync(_ path: String, flags: Int32) throws {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    private func failure(_ path: String) -> HubFailure {
        .file(path: path, reason: String(cString: strerror(errno)))
    }

    // MARK: Names

    /// `20261124T070000.000Z`: of one length, so that the order of names is that of times.
    private static let style = Date.ISO8601FormatStyle(
        dateSeparator: .omitted, timeSeparator: .omitted, includingFractionalSeconds: true)

    private static func name(_ now: UInt64) -> String {
        prefix + Moment.date(now).formatted(style) + suffix
    }

    private static func time(inName name: String) -> UInt64? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        let text = name.dropFirst(prefix.count).dropLast(suffix.count)
        guard let date = try? Date(String(text), strategy: style) else { return nil }
        return UInt64(max(0, date.timeIntervalSince1970 * 1000).rounded())
    }
}
