import Records

/// A column of a record and the place of its value in FHIR: one line a field.
package struct Column: Sendable {
    /// The form that a value has in FHIR R4 (its section 2.24, *Data Types*).
    package enum Format: Sendable {
        case string, code, uri, reference, boolean, integer, decimal
        /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
        case date
        /// A `date`, or one with a time of day and its zone.
        case dateTime
        /// A point in time to the second at least.
        case instant
        /// A list of strings, kept as one text with a line each.
        case lines

        package var fieldType: FieldType {
            switch self {
            case .string, .uri, .lines: .text
            case .code: .code
            case .reference: .reference
            case .boolean: .boolean
            case .integer: .integer
            case .decimal: .decimal
            case .date, .dateTime: .date
            case .instant: .instant
            }
        }
    }

    package let name: String
    package let format: Format
    /// Where the value stands, from the resource or the child element: `code.coding[0].system`.
    /// `nil` for what is not in the resource and is derived from the unit's other content.
    package let path: String?

    package init(_ name: String, _ format: Format, _ path: String? = nil) {
        self.name = name
        self.format = format
        self.path = path
    }

    var field: Field { Field(name, format.fieldType) }
}

/// The columns of FHIR's data types, of which the first coding or element is looked at.
extension Array where Element == Column {
    /// One column.
    static func column(
        _ name: String, _ format: Column.Format, _ path: String? = nil
    ) -> [Column] {
        [Column(name, format, path)]
    }

    /// A CodeableConcept: system, code, display and text, named after `name`.
    static func concept(_ name: String, at path: String) -> [Column] {
        coding(name, at: "\(path).coding[0]") + [Column("\(name)Text", .string, "\(path).text")]
    }

    /// A Coding: system, code and display.
    static func coding(_ name: String, at path: String) -> [Column] {
        [
            Column("\(name)System", .uri, "\(path).system"),
            Column("\(name)Code", .code, "\(path).code"),
            Column("\(name)Display", .string, "\(path).display"),
        ]
    }

    /// A Quantity: value, unit, and the unit's code in its system.
    static func quantity(_ name: String, at path: String) -> [Column] {
        [
            Column("\(name)Value", .decimal, "\(path).value"),
            Column("\(name)Unit", .string, "\(path).unit"),
            Column("\(name)UnitSystem", .uri, "\(path).system"),
            Column("\(name)UnitCode", .code, "\(path).code"),
        ]
    }

    /// A Reference: where to, and what it is called there.
    static func reference(_ name: String, at path: String) -> [Column] {
        [
            Column(name, .reference, "\(path).reference"),
            Column("\(name)Display", .string, "\(path).display"),
        ]
    }

    /// A Period, with an end for each of its columns' names.
    static func period(_ name: String, at path: String) -> [Column] {
        [
            Column("\(name)Start", .dateTime, "\(path).start"),
            Column("\(name)End", .dateTime, "\(path).end"),
        ]
    }

    /// An Address. Its lines are one text.
    static func address(at path: String) -> [Column] {
        let prefix = path.isEmpty ? "" : path + "."
        return [
            Column("line", .lines, "\(prefix)line"),
            Column("city", .string, "\(prefix)city"),
            Column("district", .string, "\(prefix)district"),
            Column("state", .string, "\(prefix)state"),
            Column("postalCode", .string, "\(prefix)postalCode"),
            Column("country", .string, "\(prefix)country"),
            Column("addressUse", .code, "\(prefix)use"),
            Column("addressType", .code, "\(prefix)type"),
            Column("addressText", .string, "\(prefix)text"),
        ]
    }

    /// The first of a resource's identifiers.
    static var firstIdentifier: [Column] {
        [
            Column("identifierSystem", .uri, "identifier[0].system"),
            Column("identifierValue", .string, "identifier[0].value"),
        ]
    }
}
