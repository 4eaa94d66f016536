import District
import FHIR
import Generator

/// Two clinics treat one patient while they can't hear each other.
extension Story {
    /// What was written, and where it is to be found again.
    struct Edits: Sendable {
        let patient: String
        let allergy: String
        let prescription: String
        let street: String
        let maritalStatus: String
        let phones: [String]
        let doses: [String]
    }

    func editOnBothSides() async throws -> Edits {
        narrator.heading("One patient, seen at two clinics")
        let person = demo.patient(number: 0)
        guard let allergy = person.allergies.first,
            let prescription = person.prescriptions.first(where: \.isActive)
        else { throw DistrictFailure.unexpected("Patient 0 has no allergy or prescription.") }
        let edits = Edits(
            patient: "Patient/\(person.id)", allergy: "AllergyIntolerance/\(allergy.id)",
            prescription: "MedicationRequest/\(prescription.id)", street: "12 Mission Road",
            maritalStatus: "M", phones: ["+263 77 000 1111", "+263 77 000 2222"],
            doses: ["250", "500"])
        try await editAtFirst(edits)
        try await editAtSecond(edits)
        narrator.tell(
            """
            clinic-1 writes a new street, a telephone number, that the allergy is over, and a \
            dose of 250 mg. clinic-2 writes that the patient is married, another telephone \
            number, a note on the same allergy, which it takes as it was, and a dose of 500 mg.
            """)
        narrator.result("Both have written; neither knows of the other.")
        return edits
    }

    private func editAtFirst(_ edits: Edits) async throws {
        let service = try LoopbackHTTP(address: await clinics[0].address())
        try await service.edit(edits.patient) { patient in
            patient.setPhone(edits.phones[0])
            patient.change("address", "0") { $0.set("line", [.string(edits.street)]) }
        }
        try await service.edit(edits.allergy) { allergy in
            allergy.change("clinicalStatus", "coding", "0") { $0.set("code", "resolved") }
        }
        try await service.edit(edits.prescription) { $0.setDose(edits.doses[0]) }
    }

    private func editAtSecond(_ edits: Edits) async throws {
        let service = try LoopbackHTTP(address: await clinics[1].address())
        try await service.edit(edits.patient) { patient in
            patient.setPhone(edits.phones[1])
            patient.set("maritalStatus", ["coding": [["code": .string(edits.maritalStatus)]]])
        }
        try await service.edit(edits.allergy) { allergy in
            allergy.change("code") { $0.set("text", "Hives within an hour, seen by a nurse") }
        }
        try await service.edit(edits.prescription) { $0.setDose(edits.doses[1]) }
    }

    /// What became of the edits, at every clinic.
    func check(_ edits: Edits) async throws {
        narrator.heading("What became of the two visits")
        for clinic in clinics {
            let service = try LoopbackHTTP(address: await clinic.address())
            let patient = try await service.get("/fhir/R4/\(edits.patient)").compact
            try require(patient.contains(edits.street), "\(clinic.name) has the street")
            try require(
                patient.contains("\"code\":\"\(edits.maritalStatus)\""),
                "\(clinic.name) has the marital status")
            try require(patient.contains(edits.phones[1]), "\(clinic.name) has the later number")
            let allergy = try await service.get("/fhir/R4/\(edits.allergy)")
            let status = allergy["clinicalStatus"]?["coding"]?.elements.first?["code"]?.text
            try require(status == "active", "the allergy still alerts at \(clinic.name)")
        }
        narrator.result("Street and marital status: different fields, so both stand.")
        narrator.result("Telephone: the later one shows. The other is kept, as history says:")
        try await showLoser(edits)
        narrator.result("Allergy: one clinic ended it while another went by it. It still alerts,")
        narrator.say("           until somebody has looked: of two, the dangerous one counts.")
        narrator.result("Dose: 250 or 500 mg is no matter for a machine. It waits for a person.")
    }

    private func showLoser(_ edits: Edits) async throws {
        let run = try await clinics[2].syncctl("record", "history", edits.patient, "--json")
        let entries = try run.expecting(0).json()["entries"]?.elements ?? []
        let kept = entries.first { $0["value"]?.compact.contains(edits.phones[0]) == true }
        guard let kept else { throw DistrictFailure.unexpected("The number that lost is gone.") }
        narrator.say(
            "           \(kept["unit"]?.text ?? "")  \(edits.phones[0])  "
                + "\(kept["state"]?.text ?? "")  \(kept["author"]?.text ?? "")")
    }
}

extension JSON {
    /// Changes what is at a path of names, and numbers of elements.
    mutating func change(_ path: String..., by change: (inout JSON) -> Void) {
        self.change(path[...], by: change)
    }

    private mutating func change(_ path: ArraySlice<String>, by change: (inout JSON) -> Void) {
        guard let step = path.first else { return change(&self) }
        if case .array(var elements) = self, let place = Int(step), elements.indices.contains(place)
        {
            elements[place].change(path.dropFirst(), by: change)
            self = .array(elements)
        } else {
            var member = self[step] ?? .object([])
            member.change(path.dropFirst(), by: change)
            set(step, member)
        }
    }

    /// The last telephone number: the household's.
    mutating func setPhone(_ number: String) {
        let last = (self["telecom"]?.elements.count ?? 1) - 1
        change("telecom", "\(last)") { $0.set("value", .string(number)) }
    }

    mutating func setDose(_ amount: String) {
        change("dosageInstruction", "0") { dosage in
            dosage.set("text", .string("\(amount) mg, by mouth"))
            dosage.change("doseAndRate", "0") {
                $0.set("doseQuantity", ["value": .number(amount), "unit": "mg"])
            }
        }
    }
}
