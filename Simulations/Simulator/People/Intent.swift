import Records

/// What somebody is about to write in one place.
enum Intent {
    /// A record that is new, with all its units.
    case create(RecordKey, Compartment, [(UInt8, Value)])
    case put(RecordKey, Compartment, UInt8, Value)
    case delete(RecordKey, Compartment)

    var key: RecordKey {
        switch self {
        case .create(let key, _, _), .put(let key, _, _, _), .delete(let key, _): key
        }
    }

    var compartment: Compartment {
        switch self {
        case .create(_, let compartment, _), .put(_, let compartment, _, _),
            .delete(_, let compartment):
            compartment
        }
    }
}
