import Causality
import Foundation
import Settings
import Trust

/// Who this machine is in its district, as it was told when it enrolled.
package struct Enrolment: Codable, Sendable, Equatable {
    /// 16 hexadecimal digits.
    package var node: String
    /// What the district calls this clinic.
    package var name: String
    /// Where the hub was when the clinic enrolled. The configuration outranks it.
    package var hubURL: String
    /// The code that was used, without its secret.
    package var code: String?

    package init(node: String, name: String, hubURL: String, code: String? = nil) {
        self.node = node
        self.name = name
        self.hubURL = hubURL
        self.code = code
    }

    var nodeID: NodeID? { UInt64(node, radix: 16).map { NodeID(rawValue: $0) } }
}

/// The files of a clinic's data directory.
///
/// ```
/// clinic.json      who the clinic is        credentials/   its key, its certificate, the hub's root
/// clinic.sqlite    replica and log          lock           held by the daemon that runs
/// ```
package struct ClinicFolder: Sendable {
    package let path: String
    package let credentials: CredentialFolder
    private static let enrolmentFile = "clinic.json"

    /// Makes the folder where it is missing, with access for its owner alone.
    package init(path: String) throws(TrustError) {
        self.path = path
        // A credential folder is made with its parents, all for their owner alone.
        credentials = try CredentialFolder(path: "\(path)/credentials")
    }

    package var database: String { "\(path)/clinic.sqlite" }
    package var hasDatabase: Bool { FileManager.default.fileExists(atPath: database) }
    private var lockFile: String { "\(path)/lock" }

    /// Who the clinic is; `nil` before it is enrolled.
    package func enrolment() throws -> Enrolment? {
        let file = try CredentialFolder(path: path)
        guard let text = try file.read(ClinicFolder.enrolmentFile) else { return nil }
        let enrolment: Enrolment
        do { enrolment = try JSONDecoder().decode(Enrolment.self, from: Data(text.utf8)) } catch {
            throw TrustError.unreadable(what: "\(path)/\(ClinicFolder.enrolmentFile)")
        }
        guard enrolment.nodeID != nil else {
            throw TrustError.unreadable(what: "\(path)/\(ClinicFolder.enrolmentFile)")
        }
        return enrolment
    }

    /// Keeps who the clinic is, and returns once that is on disk.
    package func write(_ enrolment: Enrolment) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(enrolment), as: UTF8.self) + "\n"
        try CredentialFolder(path: path).write(text, as: ClinicFolder.enrolmentFile)
    }

    /// Takes the folder for this process.
    ///
    /// - Throws: ``FolderLock/Failure`` when another daemon has it: two on one database would use
    ///   one stamp for two values.
    package func lock() throws -> FolderLock { try FolderLock(path: lockFile) }
}
