import District
import FHIR

/// All that is held, compared, settled and counted.
extension Story {
    func compare() async throws {
        narrator.heading("Record by record")
        let sets = try await withThrowingTaskGroup(of: (Int, RecordSet).self) { group in
            for (place, clinic) in clinics.enumerated() {
                group.addTask { (place, try await RecordSet.read(from: clinic)) }
            }
            return try await group.reduce(into: [Int: RecordSet]()) { $0[$1.0] = $1.1 }
        }
        guard let first = sets[0] else { return }
        for place in clinics.indices.dropFirst() {
            let other = sets[place] ?? RecordSet()
            let names = first.differences(from: other)
            try require(
                names.isEmpty,
                "\(clinics[place].name) differs in \(names.prefix(5)), of "
                    + "\(names.count)")
        }
        narrator.result(
            "\(first.count) FHIR resources, read from all three clinics, are equal as JSON.")
        try await compareWithHub(first)
        for daemon in clinics + [district.hub] {
            let verified = try await daemon.syncctl("verify", "--json").expecting(0).json()
            try require(verified["equal"]?.isTrue == true, "\(daemon.name) verifies as equal")
        }
        narrator.result("syncctl verify: three clinics equal to the hub, the hub to its own log.")
    }

    /// The hub shows no FHIR yet; what it knows of a record are its values and their stamps.
    private func compareWithHub(_ records: RecordSet) async throws {
        let (hub, clinic) = (district.hub, clinics[0])
        let (names, workers) = (records.names, 4)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                group.addTask { [self] in
                    for place in stride(from: worker, to: names.count, by: workers) {
                        let there = try await UnitStamps.read(names[place], at: hub)
                        let here = try await UnitStamps.read(names[place], at: clinic)
                        try require(
                            here == there && !here.stamps.isEmpty,
                            "\(names[place]) has the same stamps at the hub")
                    }
                }
            }
            try await group.waitForAll()
        }
        narrator.result("At the hub, each of them has the same values with the same stamps.")
    }

    func settle(_ edits: Edits) async throws {
        narrator.heading("A person decides")
        let items = try await reviewItems(clinics[1])
        try require(
            items.contains { $0["record"]?.text == edits.allergy }
                && items.contains { $0["record"]?.text == edits.prescription },
            "the allergy and the dose wait for a person")
        for item in items {
            narrator.result(
                "\(item["record"]?.text?.prefix { $0 != "/" } ?? "")  \(item["unit"]?.text ?? ""): "
                    + "\(item["values"]?.elements.count ?? 0) values wait.")
        }
        guard let dose = items.first(where: { $0["record"]?.text == edits.prescription }),
            let id = dose["id"]?.text,
            let lower = dose["values"]?.elements.firstIndex(where: {
                $0["value"]?.compact.contains(edits.doses[0]) == true
            })
        else { throw DistrictFailure.unexpected("The dose is no review item.") }
        try await clinics[1].syncctl("review", "settle", id, "--take", "\(lower + 1)").expecting(0)
        try await district.converge(within: .seconds(30))
        for clinic in clinics {
            let service = try LoopbackHTTP(address: await clinic.address())
            let order = try await service.get("/fhir/R4/\(edits.prescription)")
            let dosage = order["dosageInstruction"]?.elements.first
            let amount = dosage?["doseAndRate"]?.elements.first?["doseQuantity"]?["value"]
            try require(amount == .number(edits.doses[0]), "\(clinic.name) has the settled dose")
        }
        for daemon in clinics + [district.hub] {
            let open = try await reviewItems(daemon).contains { $0["id"]?.text == id }
            try require(!open, "the item is closed at \(daemon.name)")
        }
        narrator.result("clinic-2 settled the dose at 250 mg: it is so, and closed, everywhere.")
    }

    private func reviewItems(_ daemon: Daemon) async throws -> [JSON] {
        try await daemon.syncctl("review", "list", "--json").expecting(0).json().elements
    }

    func showTable() async throws {
        narrator.heading("In the end")
        var rows = [
            [
                "", "patients", "records", "written", "acknowledged", "pending", "digest equal",
                "to review",
            ]
        ]
        for clinic in clinics {
            let status = try await clinic.status()
            let isEqual = status["digest"]?["equal"]?.isTrue == true
            let records = try await RecordSet.read(from: clinic).count
            rows.append([
                clinic.name, "\(try await patientCount(clinic))", "\(records)",
                "\(status.integer("written"))", "\(status.integer("acknowledged"))",
                "\(status.pending)", isEqual ? "yes" : "NO", "\(status.integer("reviewItems"))",
            ])
            try require(
                isEqual && status.pending == 0
                    && status.integer("written") == status.integer("acknowledged")
                        + status.integer("refused"),
                "the counts of \(clinic.name) add up")
        }
        let hub = try await district.hub.status()
        rows.append([
            "the hub", "", "", "", "\(hub.integer("changeSets"))", "", "",
            "\(try await reviewItems(district.hub).count)",
        ])
        narrator.table(rows)
    }

    func end() async throws {
        var longest = Duration.zero
        for daemon in clinics + [district.hub] { longest = max(longest, try await daemon.stop()) }
        narrator.say("")
        narrator.result(
            "Nothing was lost, and nothing differs. All stopped within "
                + "\(Narrator.seconds(longest)).")
    }
}
