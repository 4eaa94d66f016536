import Causality

/// The id of a record within its entity: FHIR's id text, kept as it was imported. A lower-case
/// UUID, as nearly all are, takes 16 bytes in memory, in SQLite and on the wire.
package enum RecordID: Hashable, Sendable {
    case uuid(high: UInt64, low: UInt64)
    case text(String)

    /// - Parameter text: any id; only the canonical lower-case form of a UUID is packed.
    package init(_ text: String) {
        self = RecordID.packed(text) ?? .text(text)
    }

    /// A fresh version 4 UUID (RFC 9562, section 5.4).
    package init(using random: inout some RandomNumberGenerator) {
        self.init(randomBits: random.next() as UInt64, random.next() as UInt64)
    }

    /// A UUID of the version-8 form (RFC 9562, section 5.8) from bits that are a hash.
    package init(hashed high: UInt64, _ low: UInt64) {
        self = .uuid(
            high: (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x8000,
            low: (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000)
    }

    init(randomBits high: UInt64, _ low: UInt64) {
        self = .uuid(
            high: (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000,
            low: (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000)
    }

    private static let hex = Array("0123456789abcdef".utf8)

    private static func packed(_ text: String) -> RecordID? {
        var text = text
        return text.withUTF8 { utf8 -> RecordID? in
            guard utf8.count == 36 else { return nil }
            var words: (UInt64, UInt64) = (0, 0)
            var digits = 0
            for (i, c) in utf8.enumerated() {
                if i == 8 || i == 13 || i == 18 || i == 23 {
                    guard c == UInt8(ascii: "-") else { return nil }
                    continue
                }
                let nibble: UInt8
                switch c {
                case 0x30...0x39: nibble = c - 0x30
                case 0x61...0x66: nibble = c - 0x61 + 10
                default: return nil
                }
                if digits < 16 {
                    words.0 = words.0 << 4 | UInt64(nibble)
                } else {
                    words.1 = words.1 << 4 | UInt64(nibble)
                }
                digits += 1
            }
            return .uuid(high: words.0, low: words.1)
        }
    }
}

extension RecordID: CustomStringConvertible {
    /// The id as FHIR has it.
    package var description: String {
        guard case .uuid(let high, let low) = self else {
            guard case .text(let text) = self else { return "" }
            return text
        }
        return String(unsafeUninitializedCapacity: 36) { out in
            var at = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    out[at] = UInt8(ascii: "-")
                    at += 1
                }
                let word = digit < 16 ? high : low
                out[at] = RecordID.hex[Int(word >> UInt64(60 - 4 * (digit & 15)) & 15)]
                at += 1
            }
            return 36
        }
    }
}

extension RecordID {
    /// Half of a UUID is as good as the whole for telling ids apart in a dictionary.
    package func hash(into hasher: inout Hasher) {
        switch self {
        case .uuid(let high, let low): hasher.combine(high ^ low)
        case .text(let text): hasher.combine(text)
        }
    }
}

extension RecordID: Comparable {
    /// Texts before UUIDs, as SQLite orders TEXT before BLOB; texts by their bytes.
    package static func < (a: RecordID, b: RecordID) -> Bool {
        switch (a, b) {
        case (.uuid(let ah, let al), .uuid(let bh, let bl)): (ah, al) < (bh, bl)
        case (.text(let a), .text(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.text, .uuid): true
        case (.uuid, .text): false
        }
    }
}

/// What is replicated or withheld as a whole. Compartments do not overlap.
package struct Compartment: Hashable, Sendable, Comparable {
    package enum Kind: UInt8, Sendable, Comparable, CaseIterable {
        /// Shared reference data: price lists, formulary, directory. There is one, with an empty id.
        case reference = 0
        /// One patient's record; the id is the Patient's.
        case patient = 1
        /// One clinic's own affairs: its diary, its books, its staff; the id is the clinic's node.
        case clinic = 2
        package static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
    }
    package var kind: Kind
    package var id: RecordID

    package init(_ kind: Kind, _ id: RecordID) {
        self.kind = kind
        self.id = id
    }

    package static let reference = Compartment(.reference, .text(""))
    package static func patient(_ id: RecordID) -> Compartment { Compartment(.patient, id) }
    package static func clinic(_ node: NodeID) -> Compartment {
        Compartment(.clinic, .uuid(high: 0, low: node.rawValue))
    }

    package static func < (a: Compartment, b: Compartment) -> Bool {
        (a.kind, a.id) < (b.kind, b.id)
    }
}

/// A record's name: the entity's permanent number and the id within it.
package struct RecordKey: Hashable, Sendable, Comparable {
    package var entity: UInt16
    package var id: RecordID

    package init(entity: UInt16, id: RecordID) {
        self.entity = entity
        self.id = id
    }

    package static func < (a: RecordKey, b: RecordKey) -> Bool {
        (a.entity, a.id) < (b.entity, b.id)
    }
}
