import CFile
import Foundation

/// What tells a database on this machine from a copy of it: the file's device, inode and birth
/// time, and the machine. A folder that was restored or cloned has another one.
package struct FileIdentity: Equatable, Sendable {
    package let bytes: [UInt8]

    /// - Parameter path: a file; it is made, empty, if it isn't there.
    package init(ofFile path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.createFile(atPath: path, contents: nil) else {
                throw CocoaError(.fileWriteNoPermission, userInfo: [NSFilePathErrorKey: path])
            }
        }
        var identity = cfile_identity()
        guard cfile_identify(path, &identity) == 0 else {
            throw CocoaError(.fileReadNoSuchFile, userInfo: [NSFilePathErrorKey: path])
        }
        let machine = (try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)) ?? ""
        let text = """
            \(identity.device) \(identity.inode) \(identity.bornSeconds).\
            \(identity.bornNanoseconds) \(machine.trimmingCharacters(in: .whitespacesAndNewlines))
            """
        bytes = Array(text.utf8)
    }
}
