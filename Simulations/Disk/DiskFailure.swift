/// What cannot be done with a simulated disk.
package enum DiskFailure: Error, Equatable, CustomStringConvertible {
    case isUnsupported
    case filesAreOpen(Int)
    case isNotThere(String, offset: UInt64)

    package var description: String {
        switch self {
        case .isUnsupported:
            "This build of SQLite takes no URI for a file's name, by which a simulated disk is "
                + "chosen. Use one built with SQLITE_USE_URI."
        case .filesAreOpen(let count):
            "The disk still has \(count) open files. Close every database on it first."
        case .isNotThere(let name, let offset):
            "The disk has no byte \(offset) in a file \(name). Look at its fileNames."
        }
    }
}
