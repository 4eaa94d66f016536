import CDisk

extension SimulatedDisk {
    /// The files there are, in ascending order.
    package var fileNames: [String] {
        var names: [String] = []
        for number in 0..<cdisk_file_count(disk) {
            if let name = cdisk_file_name(disk, number) { names.append(String(cString: name)) }
        }
        return names.sorted()
    }

    /// A file's bytes as written, synced or not; `nil` where there is no such file.
    package func bytes(of name: String) -> [UInt8]? {
        let size = cdisk_file_size(disk, name)
        guard size >= 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            if let start = buffer.baseAddress { cdisk_read_file(disk, name, start) }
            count = Int(size)
        }
    }

    /// A copy of all files as written, as `cp` of the folder would make it.
    package var image: DiskImage {
        DiskImage(files: fileNames.map { DiskImage.File(name: $0, bytes: bytes(of: $0) ?? []) })
    }

    /// Replaces all that is here by the files of an image, synced.
    ///
    /// - Throws: ``DiskFailure/filesAreOpen(_:)``.
    package func restore(_ image: DiskImage) throws(DiskFailure) {
        guard openFiles == 0 else { throw .filesAreOpen(openFiles) }
        cdisk_remove_files(disk)
        for file in image.files {
            file.bytes.withUnsafeBytes {
                cdisk_put_file(disk, file.name, $0.baseAddress, UInt64($0.count))
            }
        }
    }
}
