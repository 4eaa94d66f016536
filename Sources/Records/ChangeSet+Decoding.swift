import Causality

extension ChangeSet {
    /// Reads a whole set into values: for what is not on the hot path.
    ///
    /// - Parameter schema: tells the units' types; of what it does not know, the value is the
    ///   bytes of its wire form.
    package init(_ reader: inout ChangeSetReader, schema: Schema) throws(Malformed) {
        compartment = reader.compartment
        changes = []
        while try reader.next() {
            let entity = schema[reader.entity]
            var units: [UnitWrite] = []
            for (index, number) in reader.units.enumerated() {
                let range = reader.values[index]
                let value: Value
                if number == Unit.deletion {
                    value = try reader.deletion(range)
                } else if let unit = entity?.unit(number) {
                    var wire = ByteReader(reader.bytes, range)
                    value = try WireValue.decoded(&wire, as: unit)
                } else {
                    value = .bytes([UInt8](reader.bytes[range]))
                }
                units.append(
                    UnitWrite(
                        unit: number, value: value,
                        replaces: reader.replaced(byUnitAt: index).map { reader.stamp($0) }))
            }
            changes.append(
                Change(key: RecordKey(entity: reader.entity, id: reader.id), units: units))
        }
    }
}

extension ChangeSetReader {
    /// The list of a deletion, as bytes that ``DeleteList`` reads.
    fileprivate func deletion(_ range: Range<Int>) throws(Malformed) -> Value {
        var wire = ByteReader(bytes, range)
        guard case .bytes(let list) = try WireValue.view(&wire) else {
            throw .invalid("value of a deletion")
        }
        return .bytes([UInt8](bytes[list]))
    }
}
