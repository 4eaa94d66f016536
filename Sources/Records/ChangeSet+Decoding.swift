import Causality

extension ChangeSet {
    /// Reads a whole set into values: for what is not on the hot path.
    ///
    /// - Parameter schema: tells the units' types. Of what it does not know, and where a value does
    ///   not fit its unit, the value is the bytes of its wire form.
    package init(_ reader: inout ChangeSetReader, schema: Schema) throws(Malformed) {
        compartment = reader.compartment
        changes = []
        while try reader.next() {
            let entity = schema[reader.entity]
            var units: [UnitWrite] = []
            for (index, number) in reader.units.enumerated() {
                let range = reader.values[index]
                var write = UnitWrite(
                    unit: number, value: .bytes([UInt8](reader.bytes[range])),
                    replaces: reader.replaced(byUnitAt: index).map { reader.stamp($0) })
                if number == Unit.deletion {
                    write.value = try reader.deletion(range)
                } else if let value = entity?.unit(number).flatMap({ reader.value(range, of: $0) })
                {
                    write.value = value
                } else {
                    write.isWire = true
                }
                units.append(write)
            }
            changes.append(
                Change(key: RecordKey(entity: reader.entity, id: reader.id), units: units))
        }
    }
}

extension ChangeSetReader {
    fileprivate func value(_ range: Range<Int>, of unit: Unit) -> Value? {
        var wire = ByteReader(bytes, range)
        return try? WireValue.decoded(&wire, as: unit)
    }

    /// The list of a deletion, as bytes that ``DeleteList`` reads.
    fileprivate func deletion(_ range: Range<Int>) throws(Malformed) -> Value {
        var wire = ByteReader(bytes, range)
        guard case .bytes(let list) = try WireValue.view(&wire) else {
            throw .invalid("value of a deletion")
        }
        return .bytes([UInt8](bytes[list]))
    }
}
