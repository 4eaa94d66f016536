import CZstd

/// Zstandard (RFC 8878) through libzstd.
package enum Zstandard {
    /// - Parameter level: 1 to 19; 3 is the library's own default.
    package static func compressed(_ bytes: [UInt8], level: Int32 = 3) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { out, count in
            let written = ZSTD_compress(out.baseAddress, out.count, bytes, bytes.count, level)
            // The buffer has the size that the library asks for, so it can only fail for memory.
            precondition(ZSTD_isError(written) == 0, "zstd could not compress")
            count = written
        }
    }

    /// - Parameter limit: the most bytes that the result may have. A bomb is refused before it is
    ///   written: what the frame announces is checked first, and never more is allocated.
    package static func decompressed(_ bytes: ArraySlice<UInt8>, limit: Int) throws(Malformed)
        -> [UInt8]
    {
        let size = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        guard size <= UInt64(UInt32.max) else { throw .invalid("zstd frame") }
        guard size <= UInt64(limit) else {
            throw .tooLarge(what: "decompressed bytes", limit: limit)
        }
        var failed = false
        let out = [UInt8](unsafeUninitializedCapacity: Int(size)) { out, count in
            let written = bytes.withUnsafeBytes {
                ZSTD_decompress(out.baseAddress, out.count, $0.baseAddress, $0.count)
            }
            failed = ZSTD_isError(written) != 0 || written != Int(size)
            count = failed ? 0 : written
        }
        if failed { throw .invalid("zstd frame") }
        return out
    }
}
