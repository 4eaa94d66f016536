/// The files of a disk at one moment: a backup, the template of a fresh machine, or what a clone of
/// one starts from.
package struct DiskImage: Sendable, Hashable {
    package struct File: Sendable, Hashable {
        package var name: String
        package var bytes: [UInt8]

        package init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// In ascending order of their names.
    package let files: [File]

    /// An image of files with different names, in any order.
    package init(files: [File]) { self.files = files.sorted { $0.name < $1.name } }

    /// The image without a file, as of a folder from which somebody deleted it.
    package func without(_ name: String) -> DiskImage {
        DiskImage(files: files.filter { $0.name != name })
    }

    package subscript(name: String) -> [UInt8]? { files.first { $0.name == name }?.bytes }
}
