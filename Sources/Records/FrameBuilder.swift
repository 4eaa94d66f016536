import Causality

/// Builds a frame's bytes change set by change set, so that none is copied twice.
package struct FrameBuilder {
    private let header: FrameHeader
    private let salt: Salt?
    private let headerRange: Range<Int>
    private let count: Int
    private var out: ByteWriter
    private var places: ContiguousArray<Frame.Place> = []

    /// - Parameters:
    ///   - salt: the whole frame's; `nil` for a frame of which parts may be withheld.
    ///   - count: how many parts will be added.
    ///   - capacity: bytes that they will take, as far as known.
    ///   - version: with `addition`, see ``Frame``.
    package init(
        header: FrameHeader, salt: Salt?, count: Int, capacity: Int,
        version: UInt8 = Frame.version, addition: [UInt8] = []
    ) {
        self.header = header
        self.salt = salt
        self.count = count
        out = ByteWriter(capacity: 96 + capacity)
        out.byte(version)
        out.byte(salt == nil ? 1 : 0)
        let start = out.bytes.count
        header.write(to: &out)
        out.raw(addition)
        headerRange = start..<out.bytes.count
        if let salt { out.salt(salt) }
        out.varint(count)
        places.reserveCapacity(count)
    }

    /// Adds a change set to a whole frame.
    package mutating func add(_ set: UnsafeRawBufferPointer) {
        out.varint(set.count)
        place(set, salt: 0)
    }

    /// Adds a change set that has just been encoded to a whole frame.
    package mutating func add(_ set: borrowing ChangeSetEncoder) {
        out.varint(set.count)
        let start = out.bytes.count
        set.write(to: &out)
        places.append(Frame.Place(start..<out.bytes.count, isWithheld: false))
    }

    /// Adds a change set with its own salt to a frame of which parts may be withheld.
    mutating func add(_ set: UnsafeRawBufferPointer, _ salt: Salt) {
        out.byte(1)
        let start = out.bytes.count
        out.salt(salt)
        out.varint(set.count)
        place(set, salt: start)
    }

    mutating func add(withheld hash: FrameHash) {
        out.byte(0)
        let start = out.bytes.count
        out.raw(hash.bytes)
        places.append(Frame.Place(start..<out.bytes.count, isWithheld: true))
    }

    private mutating func place(_ set: UnsafeRawBufferPointer, salt: Int) {
        let start = out.bytes.count
        out.raw(set)
        places.append(Frame.Place(start..<out.bytes.count, isWithheld: false, salt: salt))
    }

    /// Bytes so far.
    var size: Int { out.bytes.count }

    package consuming func finish() -> Frame {
        precondition(places.count == count, "a frame has as many parts as were announced")
        return Frame(
            bytes: out.bytes, header: header, headerRange: headerRange, salt: salt, places: places)
    }
}

extension ByteWriter {
    mutating func salt(_ salt: Salt) {
        fixed64(salt.high)
        fixed64(salt.low)
    }
}

extension ByteReader {
    mutating func salt() throws(Malformed) -> Salt {
        Salt(high: try fixed64(), low: try fixed64())
    }
}
