import Records

/// A record as a resource gives it, or as it is to be written.
package struct MappedRecord: Sendable, Hashable {
    package var key: RecordKey
    package var compartment: Compartment
    /// The units that have a value.
    package var units: [UInt8: Value]

    package init(key: RecordKey, compartment: Compartment, units: [UInt8: Value]) {
        self.key = key
        self.compartment = compartment
        self.units = units
    }
}

/// A FHIR resource as records.
package struct MappedResource: Sendable, Hashable {
    package var type: String
    package var id: RecordID
    /// The main one first, then those of its lists, then an appointment's reason.
    package var records: [MappedRecord]

    package init(type: String, id: RecordID, records: [MappedRecord]) {
        self.type = type
        self.id = id
        self.records = records
    }
}
