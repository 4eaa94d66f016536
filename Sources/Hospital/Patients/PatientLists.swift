import Causality
import Records

/// The permanent numbers of the units that each list record has.
package enum ListUnit {
    /// The resource that the record is part of: `Patient/…`.
    package static let parent: UInt8 = 1
    /// Where it stands among the others; gaps leave room for what comes between.
    package static let orderKey: UInt8 = 2
    /// The element itself; of an identifier, its system and value.
    package static let content: UInt8 = 3
}

/// The elements of a resource's lists, one record each, so that two people who correct two
/// telephone numbers never meet. Patients' and the directory's lie in different compartments.
extension RecordType {
    static let humanName = name(EntityNumber.humanName, "humanName", in: .patient)
    static let directoryName = name(EntityNumber.directoryName, "directoryName", in: .reference)
    static let contactPoint = contact(EntityNumber.contactPoint, "contactPoint", in: .patient)
    static let directoryContact = contact(
        EntityNumber.directoryContact, "directoryContact", in: .reference)
    static let address = address(EntityNumber.address, "address", in: .patient)
    static let directoryAddress = address(
        EntityNumber.directoryAddress, "directoryAddress", in: .reference)
    static let identifier = identifier(EntityNumber.identifier, "identifier", in: .patient)
    static let directoryIdentifier = identifier(
        EntityNumber.directoryIdentifier, "directoryIdentifier", in: .reference)

    private static func list(
        _ number: UInt16, _ name: String, _ compartment: Compartment.Kind, _ parts: [Part]
    ) -> RecordType {
        let place: [Part] = [
            .own(ListUnit.parent, "parent", .reference),
            .own(ListUnit.orderKey, "orderKey", .integer),
        ]
        return RecordType(
            number, name, in: compartment,
            lane: compartment == .reference ? .administration : .care, place + parts)
    }

    private static func name(
        _ number: UInt16, _ name: String, in compartment: Compartment.Kind
    ) -> RecordType {
        list(
            number, name, compartment,
            [
                .rest(
                    ListUnit.content, "name",
                    [
                        .column("family", .string, "family"),
                        .column("given", .lines, "given"),
                        .column("prefix", .lines, "prefix"),
                        .column("suffix", .lines, "suffix"),
                        .column("nameUse", .code, "use"),
                        .column("nameText", .string, "text"),
                        .period("period", at: "period"),
                        .column("elementID", .string, "id"),
                    ])
            ])
    }

    private static func contact(
        _ number: UInt16, _ name: String, in compartment: Compartment.Kind
    ) -> RecordType {
        list(
            number, name, compartment,
            [
                .rest(
                    ListUnit.content, "contact",
                    [
                        .column("contactValue", .string, "value"),
                        .column("contactSystem", .code, "system"),
                        .column("contactUse", .code, "use"),
                        .column("rank", .integer, "rank"),
                        .period("period", at: "period"),
                        .column("elementID", .string, "id"),
                    ])
            ])
    }

    private static func address(
        _ number: UInt16, _ name: String, in compartment: Compartment.Kind
    ) -> RecordType {
        list(
            number, name, compartment,
            [
                .rest(
                    ListUnit.content, "address",
                    [
                        .address(at: ""),
                        .period("period", at: "period"),
                        .column("elementID", .string, "id"),
                    ])
            ])
    }

    private static func identifier(
        _ number: UInt16, _ name: String, in compartment: Compartment.Kind
    ) -> RecordType {
        list(
            number, name, compartment,
            [
                .group(
                    ListUnit.content, "identifier", .once,
                    [
                        .column("system", .uri, "system"), .column("value", .string, "value"),
                    ]),
                .rest(
                    4, "details",
                    [
                        .concept("kind", at: "type"),
                        .column("identifierUse", .code, "use"),
                        .period("period", at: "period"),
                        .column("assignerDisplay", .string, "assigner.display"),
                        .column("elementID", .string, "id"),
                    ]),
            ])
    }
}
