import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder of PEM files that only their owner can read.
///
/// A file is replaced as a whole: a crash leaves the old text or the new one.
package struct CredentialFolder: Sendable {
    /// The largest file that is read; certificates and keys are a few thousand bytes.
    package static let maximumFileBytes = 1 << 20

    package let path: String

    /// Makes the folder if it is missing, with access for its owner alone.
    package init(path: String) throws(TrustError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw .file(
                path: path, operation: "making the folder",
                reason: CredentialFolder.reason(of: error))
        }
    }

    /// Why the system would not do something with a file, in its own words.
    package static func reason(of error: any Error) -> String {
        let underlying =
            (error as? CocoaError)?.underlying
            ?? (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
        if let underlying, (underlying as NSError).domain == NSPOSIXErrorDomain {
            return String(cString: strerror(Int32((underlying as NSError).code)))
        }
        let text = error.localizedDescription
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// The text of a file, or `nil` if there is none of that name.
    package func read(
        _ name: String, atMost limit: Int = CredentialFolder.maximumFileBytes
    ) throws(TrustError) -> String? {
        let file = path + "/" + name
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw CredentialFolder.failure(file, "opening")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw CredentialFolder.failure(file, "reading") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else {
                throw .unreadable(what: file)
            }
        }
    }

    /// Writes or replaces a file and returns once it is on disk.
    package func write(_ text: String, as name: String) throws(TrustError) {
        let file = path + "/" + name
        let temporary = file + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CredentialFolder.failure(temporary, "creating") }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let failure = CredentialFolder.failure(temporary, "writing")
                close(descriptor)
                throw failure
            }
            bytes = bytes.dropFirst(count)
        }
        let isSafe = fsync(descriptor) == 0
        guard close(descriptor) == 0, isSafe else {
            throw CredentialFolder.failure(temporary, "writing to disk")
        }
        guard rename(temporary, file) == 0 else { throw CredentialFolder.failure(file, "renaming") }
        try syncFolder()
    }

    package func remove(_ name: String) throws(TrustError) {
        let file = path + "/" + name
        guard unlink(file) == 0 || errno == ENOENT else {
            throw CredentialFolder.failure(file, "removing")
        }
        try syncFolder()
    }

    /// A renamed file is only found again after a power cut once its folder is on disk.
    private func syncFolder() throws(TrustError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CredentialFolder.failure(path, "opening") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw CredentialFolder.failure(path, "writing to disk")
        }
    }

    private static func failure(_ path: String, _ operation: String) -> TrustError {
        .file(path: path, operation: operation, reason: String(cString: strerror(errno)))
    }
}
