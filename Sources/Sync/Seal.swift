import Records

/// Each message ends with the first 32 bits of the SHA-256 of what comes before. TLS already keeps
/// strangers out; this keeps out what memory, a proxy or a stick did to the bytes outside it, so
/// that no message is ever understood but as it was meant.
enum Seal {
    static let size = 4

    static func seal(of bytes: some Collection<UInt8>) -> ArraySlice<UInt8> {
        var hash = Hash()
        bytes.withContiguousStorageIfAvailable { hash.add(UnsafeRawBufferPointer($0)) }
        return hash.finish().bytes[..<size]
    }
}

extension MessageWriter {
    /// The message's bytes as they travel.
    package func sealed() -> [UInt8] {
        var bytes = finish()
        bytes += Seal.seal(of: bytes)
        return bytes
    }
}

extension MessageParts {
    /// Opens a message that came from outside.
    ///
    /// - Throws: ``Malformed`` also when the bytes are not those that were sent.
    package init(sealed bytes: [UInt8]) throws(Malformed) {
        guard bytes.count > Seal.size else { throw .truncated }
        let message = bytes.dropLast(Seal.size)
        guard Seal.seal(of: message).elementsEqual(bytes.suffix(Seal.size)) else {
            throw .invalid("seal of a message")
        }
        try self.init([UInt8](message))
    }
}
