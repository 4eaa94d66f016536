import Causality
import FHIR
import Records

/// A FHIR resource as it is kept here: its records with what they show now.
struct StoredResource: Sendable {
    var type: String
    var id: String
    /// The main record first, then those of its lists that show, then an appointment's reason.
    var records: [MappedRecord]
    /// Ids of its list records that have been deleted.
    var retired: Set<RecordID> = []
    /// Whether it was deleted, and nothing written since.
    var isDeleted: Bool
    /// The same wherever the same writes are known, and another after each write.
    var version: String
    /// Milliseconds since 1970 of the latest write.
    var modified: UInt64

    var key: RecordKey { records[0].key }
    var compartment: Compartment { records[0].compartment }
    var name: String { "\(type)/\(id)" }
    var json: JSON { resource(from: records) }
    var etag: String { "W/\"\(version)\"" }
}

/// Gathers the stamps of a resource's records into its version.
struct ResourceVersion {
    private var bytes = ByteWriter()
    private(set) var latest: UInt64 = 0

    mutating func add(_ record: (key: RecordKey, registers: [(unit: UInt8, stamps: [Stamp])])) {
        bytes.varint(UInt64(record.key.entity))
        bytes.id(record.key.id)
        for (unit, stamps) in record.registers {
            bytes.byte(unit)
            for stamp in stamps {
                bytes.fixed64(stamp.hlc.rawValue)
                bytes.origin(stamp.origin)
                latest = max(latest, stamp.hlc.milliseconds)
            }
        }
    }

    /// 32 hexadecimal digits.
    var text: String {
        contentID([Array("version".utf8), bytes.bytes]).description.filter { $0 != "-" }
    }
}
