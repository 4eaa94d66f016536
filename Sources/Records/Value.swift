/// What one field of a unit holds. A unit of several fields is a ``group(_:)`` of their values.
package enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
    case group([Value])
}

/// What a field means, and how it stands in SQLite. The wire knows only integers and byte strings.
///
/// What a type accepts is fixed for ever, as a unit's fields are: all versions that know a unit tell
/// alike which values it can hold.
package enum FieldType: Sendable, Hashable {
    /// Any text, stored as TEXT.
    case text
    /// A signed 64-bit number, stored as INTEGER.
    case integer
    /// An exact decimal, as the text that was entered, so that its scale is kept: `1.50`.
    case decimal
    /// 0 or 1, stored as INTEGER.
    case boolean
    /// A FHIR `date` or `dateTime`, as text, with the precision it was given in: `1974`, `1974-12`.
    case date
    /// A FHIR `instant`, as text with its zone.
    case instant
    /// Minor units of a currency, stored as INTEGER; the currency is a code of the same unit.
    case money
    /// A code of a code system that the field's documentation names, stored as TEXT.
    case code
    /// A FHIR reference, as text: `Patient/…`.
    case reference
    /// JSON text in the form of ``JSON`` with keys in their order: what is kept but not interpreted.
    case json
    /// Names bytes that are kept elsewhere: their SHA-256, stored as BLOB of 32 bytes.
    case hash

    /// The declared type of the field's SQLite column.
    package var column: String {
        switch self {
        case .integer, .boolean, .money: "INTEGER"
        case .hash: "BLOB"
        default: "TEXT"
        }
    }

    var isInteger: Bool {
        switch self {
        case .integer, .boolean, .money: true
        default: false
        }
    }
}
