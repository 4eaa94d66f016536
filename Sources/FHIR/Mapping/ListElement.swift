import Hospital
import Records

/// The elements of a resource's lists as records of their own: a patient's names, telephones.
enum ListElement {
    /// Between the order keys of two elements that came together.
    static let spacing: Int64 = 1024

    /// A list that isn't one of objects stays with its resource.
    static func areRecords(_ elements: [JSON]) -> Bool {
        !elements.isEmpty
            && elements.allSatisfy { if case .object = $0 { true } else { false } }
    }

    static func records(
        _ elements: [JSON], of list: RecordType.List, parent: String, in compartment: Compartment
    ) throws(FHIRIssue) -> [MappedRecord] {
        guard let plan = MappingPlan.plan(for: list.entity) else { return [] }
        var seen: [[UInt8]: Int] = [:]
        var records: [MappedRecord] = []
        for (i, element) in elements.enumerated() {
            var units: [UInt8: Value]
            do throws(FHIRIssue) {
                units = try plan.units(of: element.members)
            } catch {
                throw error.within("\(list.element)[\(i)]")
            }
            let content = element.canonicalBytes
            let id = ListElement.id(
                parent: parent, element: list.element, content: content,
                among: seen[content, default: 0])
            seen[content, default: 0] += 1
            units[ListUnit.parent] = .text(parent)
            units[ListUnit.orderKey] = .integer(Int64(i + 1) * spacing)
            records.append(
                MappedRecord(
                    key: RecordKey(entity: list.entity, id: id), compartment: compartment,
                    units: units))
        }
        return records
    }

    /// The same for the same content at the same place, so that one import at two clinics makes
    /// the same records.
    ///
    /// - Parameter count: how many of equal content came before.
    static func id(
        parent: String, element: String, content: [UInt8], among count: Int
    ) -> RecordID {
        contentID([Array(parent.utf8), Array(element.utf8), content, Array(String(count).utf8)])
    }

    /// The list's elements, by their order keys.
    static func elements(
        of list: RecordType.List, from records: ArraySlice<MappedRecord>
    ) -> [JSON] {
        guard let plan = MappingPlan.plan(for: list.entity) else { return [] }
        return inOrder(records.filter { $0.key.entity == list.entity })
            .map { .object(plan.members(of: $0.units)) }
    }

    static func inOrder(_ records: [MappedRecord]) -> [MappedRecord] {
        records.sorted { (orderKey($0), $0.key.id) < (orderKey($1), $1.key.id) }
    }

    static func orderKey(_ record: MappedRecord) -> Int64 {
        if case .integer(let key)? = record.units[ListUnit.orderKey] { key } else { .max }
    }
}
