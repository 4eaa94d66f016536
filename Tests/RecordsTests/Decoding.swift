import Causality
import Records

/// Reads a change set by a schema, or without one: then a byte string stays bytes, and a group is
/// told from its parts.
func decoded(_ bytes: [UInt8], stamp: Stamp, schema: Schema? = nil) throws -> ChangeSet {
    try bytes.withUnsafeBytes { try decoded($0, 0..<bytes.count, stamp: stamp, schema: schema) }
}

func decoded(
    _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, stamp: Stamp, schema: Schema? = nil
) throws -> ChangeSet {
    var reader = try ChangeSetReader(raw, range, stamp: stamp)
    var set = ChangeSet(compartment: reader.compartment, changes: [])
    while try reader.next() {
        var units: [UnitWrite] = []
        for (index, number) in reader.units.enumerated() {
            var value = ByteReader(raw, reader.values[index])
            let unit = schema?[reader.entity]?.unit(number)
            let decoded = try unit.map { try WireValue.decoded(&value, as: $0) } ?? plain(&value)
            try value.finish()
            units.append(
                UnitWrite(
                    unit: number, value: decoded,
                    replaces: reader.replaced(byUnitAt: index).map { reader.stamp($0) }))
        }
        set.changes.append(
            Change(key: RecordKey(entity: reader.entity, id: reader.id), units: units))
    }
    return set
}

/// The bytes of what the value of a unit breaks: reported apart from what breaks the format.
struct BrokenValue: Error {}

private func plain(_ reader: inout ByteReader, depth: Int = 0) throws -> Value {
    switch try WireValue.view(&reader) {
    case .null: return .null
    case .integer(let n): return .integer(n)
    case .bytes(let range): return .bytes([UInt8](reader.bytes[range]))
    case .group(let range):
        guard depth < 8 else { throw BrokenValue() }
        var content = ByteReader(reader.bytes, range)
        var values: [Value] = []
        do {
            while !content.isAtEnd { values.append(try plain(&content, depth: depth + 1)) }
        } catch {
            // What is in a group is the schema's to judge, so the set as such was well formed.
            throw BrokenValue()
        }
        return .group(values)
    }
}
