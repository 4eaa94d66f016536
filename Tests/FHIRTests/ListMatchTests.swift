import Causality
import Foundation
import Hospital
import Records
import Testing

import FHIR

@Suite("Updates of resources")
struct ListMatchTests {
    private func patient(_ telecom: String, gender: String = "female") throws -> MappedResource {
        let list = telecom.isEmpty ? "" : ", \"telecom\": [\(telecom)]"
        return try mapped(
            JSON(
                parsing: """
                    {"resourceType": "Patient", "id": "p", "gender": "\(gender)"\(list)}
                    """), clinic: Samples.clinic)
    }

    private func phone(_ number: String, id: String? = nil) -> String {
        "{\(id.map { "\"id\": \"\($0)\", " } ?? "")\"system\": \"phone\", \"value\": \"\(number)\"}"
    }

    private func list(_ numbers: String...) -> String {
        numbers.map { phone($0) }.joined(separator: ", ")
    }

    /// What the records are after an update.
    private func applied(_ update: ResourceUpdate, to records: [MappedRecord]) -> [MappedRecord] {
        var records = records.filter { !update.deletes.contains($0.key) }
        for change in update.updates {
            guard let at = records.firstIndex(where: { $0.key == change.key }) else { continue }
            records[at].units.merge(change.units) { $1 }
        }
        return records + update.creates
    }

    @Test("The same resource again writes nothing")
    func same() throws {
        for text in Samples.texts {
            let resource = try mapped(Samples.json(text), clinic: Samples.clinic)
            let again = try mapped(Samples.json(text), clinic: NodeID(rawValue: 9))
            let incoming = resource.records[0].compartment.kind == .clinic ? resource : again
            #expect(try ResourceUpdate(from: resource.records, to: incoming).isEmpty)
        }
    }

    @Test("Only the unit that differs is written")
    func oneUnit() throws {
        let (old, new) = (try patient(list("1", "2")), try patient(list("1", "2"), gender: "male"))
        let update = try ResourceUpdate(from: old.records, to: new)
        #expect(update.updates.map(\.units) == [[4: .text("male")]])
        #expect(update.creates.isEmpty && update.deletes.isEmpty)
    }

    @Test("An element that the new version lacks is set to null")
    func removed() throws {
        let old = try mapped(Samples.json(Samples.patient), clinic: Samples.clinic)
        var json = try Samples.json(Samples.patient)
        json = .object(json.members.filter { !$0.key.contains("birthDate") && $0.key != "active" })
        let update = try ResourceUpdate(
            from: old.records, to: mapped(json, clinic: Samples.clinic))
        #expect(update.updates.map(\.units) == [[3: .group([.null, .null]), 6: .null]])
        #expect(resource(from: applied(update, to: old.records)) == json)
    }

    @Test("A number put in front moves no other")
    func insertion() throws {
        let (old, new) = (try patient(list("1", "2")), try patient(list("0", "1", "1.5", "2", "3")))
        let update = try ResourceUpdate(from: old.records, to: new)
        #expect(update.creates.count == 3)
        #expect(update.updates.isEmpty && update.deletes.isEmpty)
        #expect(
            resource(from: applied(update, to: old.records)) == resource(from: new.records))
    }

    @Test("A corrected number is an update of its own record, a removed one a delete")
    func corrected() throws {
        let (old, new) = (try patient(list("1", "2", "3")), try patient(list("1", "20")))
        let update = try ResourceUpdate(from: old.records, to: new)
        #expect(update.updates.map(\.key) == [old.records[2].key])
        #expect(update.deletes == [old.records[3].key])
        #expect(update.creates.isEmpty)
    }

    @Test("An element's own id finds it wherever it stands")
    func elementID() throws {
        let old = try patient([phone("1", id: "a"), phone("2", id: "b")].joined(separator: ","))
        let new = try patient([phone("9", id: "b"), phone("1", id: "a")].joined(separator: ","))
        let update = try ResourceUpdate(from: old.records, to: new)
        #expect(update.creates.isEmpty && update.deletes.isEmpty)
        let changed = update.updates.first { $0.units[ListUnit.content] != nil }
        #expect(changed?.key == old.records[2].key)
        #expect(
            resource(from: applied(update, to: old.records)) == resource(from: new.records))
    }

    @Test("An identifier of another system is another record")
    func identifiers() throws {
        func patient(_ system: String) throws -> MappedResource {
            try mapped(
                [
                    "resourceType": "Patient", "id": "p",
                    "identifier": [["system": .string(system), "value": "1"]],
                ], clinic: Samples.clinic)
        }
        let old = try patient("a")
        let update = try ResourceUpdate(from: old.records, to: patient("b"))
        #expect(update.creates.count == 1)
        #expect(update.deletes == [old.records[1].key])
    }

    @Test("What is entered anew takes no id of what was deleted or has become something else")
    func freshIDs() throws {
        let old = try patient(list("1"))
        let id = old.records[1].key.id
        let again = try ResourceUpdate(
            from: Array(old.records.prefix(1)), to: old, retired: [id])
        #expect(again.creates.count == 1)
        #expect(again.creates.first?.key.id != id)

        let edited = applied(
            try ResourceUpdate(from: old.records, to: patient(list("2"))), to: old.records)
        let both = try ResourceUpdate(from: edited, to: patient(list("2", "1")))
        #expect(both.creates.count == 1)
        #expect(both.creates.first?.key.id != id)
    }

    @Test("Any list becomes any other", arguments: 0..<300 as Range<UInt64>)
    func anyLists(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        func numbers() -> String {
            (0..<Int.random(in: 0...6, using: &random)).map { _ in
                phone(
                    String(Int.random(in: 0...4, using: &random)),
                    id: Int.random(in: 0...5, using: &random) == 0 ? "a" : nil)
            }.joined(separator: ",")
        }
        var records = try patient(numbers()).records
        var retired: Set<RecordID> = []
        for _ in 0..<6 {
            let new = try patient(numbers())
            let update = try ResourceUpdate(from: records, to: new, retired: retired)
            retired.formUnion(update.deletes.map(\.id))
            records = applied(update, to: records)
            #expect(resource(from: records) == resource(from: new.records))
            #expect(Set(records.map(\.key)).count == records.count)
            #expect(retired.isDisjoint(with: records.map(\.key.id)))
        }
    }

    @Test("A record doesn't move to another patient")
    func move() throws {
        let old = try mapped(Samples.json(Samples.condition), clinic: Samples.clinic)
        var json = try Samples.json(Samples.condition)
        json.set("subject", ["reference": "Patient/other"])
        let new = try mapped(json, clinic: Samples.clinic)
        let issue = #expect(throws: FHIRIssue.self) {
            try ResourceUpdate(from: old.records, to: new)
        }
        #expect(issue?.code == .businessRule)
    }

    @Test("An appointment's reason comes and goes with its patient")
    func appointment() throws {
        let with = try mapped(Samples.json(Samples.appointment), clinic: Samples.clinic)
        var json = try Samples.json(Samples.appointment)
        for key in ["text", "description", "comment", "reasonReference"] {
            json = .object(json.members.filter { $0.key != key })
        }
        let without = try mapped(json, clinic: Samples.clinic)
        #expect(without.records.count == 1)
        let removal = try ResourceUpdate(from: with.records, to: without)
        #expect(removal.deletes == [with.records[1].key])
        #expect(removal.updates.isEmpty)
        #expect(try ResourceUpdate(from: without.records, to: with).creates == [with.records[1]])
    }
}
