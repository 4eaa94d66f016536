import Records
import Testing

@Suite("The schema's own rules")
struct SchemaTests {
    private let schema = Schema([
        Entity(
            7, "visit", fhir: "Encounter", in: .patient,
            [Unit(2, "to", .date), Unit(1, "from", .date)]),
        Entity(3, "patient", fhir: "Patient", in: .patient, isRoot: true, [Unit(5, "sex", .code)]),
    ])

    @Test("Entities and units are found by number and name, in the order of their numbers")
    func lookUp() {
        #expect(schema.entities.map(\.number) == [3, 7])
        #expect(schema[7]?.units.map(\.name) == ["from", "to"])
        #expect(schema[7]?.unit(2)?.name == "to")
        #expect(schema[7]?.unit(named: "from")?.number == 1)
        #expect(schema[7]?.unit(3) == nil)
        #expect(schema[8] == nil)
        #expect(schema.entity(named: "patient")?.number == 3)
        #expect(schema.entity(fhirType: "Encounter")?.number == 7)
        #expect(schema.root(of: .patient)?.number == 3)
        #expect(schema.root(of: .clinic) == nil)
    }

    @Test("A unit numbered 0 or above 62 is our own mistake")
    func unitNumbers() async {
        await #expect(processExitsWith: .failure) { _ = Unit(0, "u", .text) }
        await #expect(processExitsWith: .failure) { _ = Unit(63, "u", .text) }
        _ = (Unit(1, "u", .text), Unit(62, "v", .text))
    }

    @Test("Numbers, names and columns that repeat are our own mistake")
    func repeats() async {
        await #expect(processExitsWith: .failure) {
            _ = Entity(1, "e", in: .patient, [Unit(1, "a", .text), Unit(1, "b", .text)])
        }
        await #expect(processExitsWith: .failure) {
            _ = Entity(1, "e", in: .patient, [Unit(1, "a", .text), Unit(2, "a", .text)])
        }
        await #expect(processExitsWith: .failure) {
            _ = Schema([Entity(1, "e", in: .patient, []), Entity(1, "f", in: .patient, [])])
        }
        await #expect(processExitsWith: .failure) {
            _ = Schema([Entity(1, "e", in: .patient, []), Entity(2, "e", in: .patient, [])])
        }
    }

    @Test("A column named like one of the table's own is our own mistake")
    func ownColumns() async {
        await #expect(processExitsWith: .failure) {
            _ = Entity(1, "e", in: .patient, [Unit(1, "_stamps", .text)])
        }
        await #expect(processExitsWith: .failure) {
            _ = Entity(1, "e", in: .patient, [Unit(1, "id", .text)])
        }
    }

    @Test("A default that its field can't hold is our own mistake")
    func fallback() async {
        await #expect(processExitsWith: .failure) {
            _ = Field("f", .boolean, default: .text("yes"))
        }
        _ = Field("f", .boolean, default: .integer(1))
    }
}
