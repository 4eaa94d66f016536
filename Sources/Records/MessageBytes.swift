/// The two streams of a message: what compresses, and what does not (ids, salts, hashes). Random
/// bytes among text spoil its compression, so they travel beside it.
///
/// ```
/// message = flags (bit 0: the rest is zstd)  length of the raw stream  raw stream  rest
/// ```
package struct MessageWriter {
    package var plain = ByteWriter(capacity: 256)
    package var raw = ByteWriter(capacity: 256)

    package init() {}

    /// What the message will take at the most.
    package var size: Int { plain.bytes.count + raw.bytes.count + 16 }

    /// Appends another message's streams.
    package mutating func append(_ other: MessageWriter) {
        plain.raw(other.plain.bytes)
        raw.raw(other.raw.bytes)
    }

    package func finish(level: Int32 = 3) -> [UInt8] {
        let compressed =
            plain.bytes.count > 64 ? Zstandard.compressed(plain.bytes, level: level) : []
        let isCompressed = !compressed.isEmpty && compressed.count < plain.bytes.count
        var out = ByteWriter(capacity: size)
        out.byte(isCompressed ? 1 : 0)
        out.varint(raw.bytes.count)
        out.raw(raw.bytes)
        out.raw(isCompressed ? compressed : plain.bytes)
        return out.bytes
    }
}

/// The streams of a message that came from outside, decompressed within a bound.
package struct MessageParts: Sendable {
    package let plain: [UInt8]
    package let raw: [UInt8]

    package init(_ bytes: [UInt8], limit: Int = Limits.messageBytes) throws(Malformed) {
        guard bytes.count <= limit else { throw .tooLarge(what: "message", limit: limit) }
        let split: Result<(UInt8, Range<Int>, Int), Malformed> = bytes.withUnsafeBytes { buffer in
            Result { () throws(Malformed) in
                var reader = ByteReader(buffer)
                let flags = try reader.byte()
                guard flags <= 1 else { throw .unknownVersion(Int(flags)) }
                let raw = try reader.range(try reader.count("raw stream", atMost: limit))
                return (flags, raw, reader.at)
            }
        }
        let (flags, range, rest) = try split.get()
        raw = [UInt8](bytes[range])
        plain =
            flags == 1
            ? try Zstandard.decompressed(bytes[rest...], limit: limit) : [UInt8](bytes[rest...])
    }

    /// Reads both streams to their ends.
    package func read<T>(
        _ body: (inout MessageReader) throws(Malformed) -> T
    ) throws(Malformed) -> T {
        let result: Result<T, Malformed> = plain.withUnsafeBytes { plain in
            raw.withUnsafeBytes { raw in
                Result { () throws(Malformed) in
                    var reader = MessageReader(plain: ByteReader(plain), raw: ByteReader(raw))
                    let value = try body(&reader)
                    try reader.plain.finish()
                    try reader.raw.finish()
                    return value
                }
            }
        }
        return try result.get()
    }
}

package struct MessageReader {
    package var plain: ByteReader
    package var raw: ByteReader

    package init(plain: ByteReader, raw: ByteReader) {
        self.plain = plain
        self.raw = raw
    }
}
