import Foundation
import Trust

/// Why the hub can't start, or can't do something by itself, for the person who runs it.
package enum HubFailure: Error, Equatable, CustomStringConvertible {
    case file(path: String, reason: String)
    case noRoom(folder: String, bytes: UInt64)
    case cannotListen(address: String, reason: String)
    case registryUnreadable(path: String)
    /// A change of the registry is done, and is not kept beside the database.
    case registryNotKept(reason: String)

    /// A folder or file that can't be made.
    init(path: String, _ error: any Error) {
        self = .file(path: path, reason: CredentialFolder.reason(of: error))
    }

    package var description: String {
        switch self {
        case .file(let path, let reason):
            "\(path) can't be used: \(reason). Check that the folder exists, has room, and belongs "
                + "to the user that runs hubd."
        case .noRoom(let folder, let bytes):
            "\(folder) has no room for \(bytes >> 20) MB beside what clinics may send meanwhile. "
                + "Free some space, or configure a folder on another disk."
        case .registryUnreadable(let path):
            "\(path) can't be read, which says who was shut out since the last backup. Put a copy of "
                + "it there; if there is none, remove it, start hubd, and revoke again whom you "
                + "revoked: `syncctl clinic list` shows what the database knows."
        case .registryNotKept(let reason):
            "it is done, but would be lost if the hub were put back to a backup: \(reason) Free "
                + "some space or mend the folder; the hub tries again each minute."
        case .cannotListen(let address, let reason):
            "\(address) can't be listened on: \(reason). Stop what listens there, or set listen to "
                + "another address of this machine."
        }
    }
}
