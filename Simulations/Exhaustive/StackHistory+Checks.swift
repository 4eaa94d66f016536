import Causality
import Hub
import Records
import Replica
import Sync

/// What must be so at every moment, and what in the end.
extension StackHistory {
    /// Status adds up at every moment, and counts what was written.
    func checkStatus() throws {
        for machine in district.machines {
            let standing = try machine.clinic.standing(at: district.now(machine.side))
            guard standing.addsUp else { throw disagreement("status does not add up: \(standing)") }
            guard !machine.isPutBack else { continue }
            let written = madeBefore[machine.side.rawValue] + UInt64(made[machine.side.rawValue])
            guard standing.written == written, standing.refused == 0 else {
                throw disagreement("\(machine.side) wrote \(written), and says \(standing)")
            }
        }
    }

    /// Faults stop; then everything must be as the plain model says.
    ///
    /// - Returns: how many messages it took.
    func finish() throws -> Int {
        let messages = try district.drain()
        for side in Side.allCases { try nameAgain(side) }
        guard let messages else {
            let why = try district.machines.compactMap(district.unrest)
            throw disagreement("no rest: \(why.joined(separator: ", "))")
        }
        try planted.damage?.plant(in: district)
        let names = try namesAtHub()
        let missing = confirmed.subtracting(lost).subtracting(names.keys)
        guard missing.isEmpty else {
            throw disagreement("confirmed and lost: \(missing.sorted())")
        }
        try checkRecords(names)
        try checkSums()
        try checkStatus()
        return messages
    }

    /// The name that each write has at the hub: one.
    private func namesAtHub() throws -> [Int: Stamp] {
        var names: [Int: Stamp] = [:]
        for (stamp, number) in try written(district.hub.node) {
            if let other = names.updateValue(stamp, forKey: number) {
                throw disagreement("write \(number) is there twice: \(other), \(stamp)")
            }
        }
        return names
    }

    /// What the hub, A, and B where it holds the patient, have of each.
    private func checkRecords(_ names: [Int: Stamp]) throws {
        var known = [Set<Int>](repeating: [], count: template.patients.count)
        for number in names.keys { known[owners[number]].insert(number) }
        let places = [
            ("the hub", district.hub.node), ("A", district[.a].clinic.replica),
            ("B", district[.b].clinic.replica),
        ]
        for (place, node) in places {
            try node.store.reading {
                let asked = try AskedFor.found(node)
                for patient in template.patients.indices {
                    let isHeld = isHeld(patient, known[patient], names)
                    guard place != "B" || isHeld else { continue }
                    let model = model(patient, names, known[patient])
                    let id = template.patients[patient]
                    let expected = Content.expected(model, known[patient], id, names).settled
                    let found = try content(node, id, names, place)
                    guard found == expected else {
                        throw disagreement(
                            "\(place) has of patient \(patient) \(found)\nand should have \(expected)"
                        )
                    }
                    let items = AskedFor.expected(model, known[patient])
                    guard asked[.patient(id)] ?? [] == items else {
                        throw disagreement("\(place) should ask of patient \(patient) \(items)")
                    }
                }
            }
        }
        for patient in template.patients.indices {
            guard try holdsB(template.patients[patient]) == isHeld(patient, known[patient], names)
            else {
                throw disagreement("the hub is wrong about whether B holds patient \(patient)")
            }
        }
    }

    /// Whether B holds a patient: as the last says of its asks that no other has replaced.
    private func isHeld(_ patient: Int, _ known: Set<Int>, _ names: [Int: Stamp]) -> Bool {
        let here = (asks[patient] ?? []).filter { known.contains($0.number) }
        let standing = here.filter { ask in !here.contains { $0.replaces.contains(ask.number) } }
        let last = standing.max {
            PlainStamp(names[$0.number]!) < PlainStamp(names[$1.number]!)
        }
        return last?.wanted ?? template.isHeld
    }

    /// The plain model of what came of a patient, by the names that writes have at the hub.
    private func model(_ patient: Int, _ names: [Int: Stamp], _ known: Set<Int>) -> PlainModel {
        var model = models[patient]
        for number in known { model.stamps[number] = PlainStamp(names[number]!) }
        for index in model.writes.indices {
            model.writes[index].lists.formIntersection(known)
            model.writes[index].settled.formIntersection(known)
        }
        return model
    }

    /// What a node holds, with the names that deletions list as they are at the hub.
    private func content(
        _ node: NodeStore, _ patient: RecordID, _ names: [Int: Stamp], _ place: String
    ) throws -> Content {
        var sum = ContentSum()
        if let root = try node.tables.root(.patient(patient)) {
            sum = try node.snapshots.sum(of: root)
        }
        var content = try Content(node, patient, sum: sum).settled
        for record in content.records.indices {
            for unit in content.records[record].units.indices
            where content.records[record].units[unit].unit == 0 {
                for index in content.records[record].units[unit].siblings.indices {
                    let value = content.records[record].units[unit].siblings[index].value
                    guard case .bytes(let bytes) = value else { continue }
                    let list = try DeleteList.decoded(bytes)
                    func renamed(_ stamps: [Stamp]) throws -> [Stamp] {
                        try stamps.compactMap { names[try number($0, "a deletion at \(place)")] }
                    }
                    content.records[record].units[unit].siblings[index].value = .bytes(
                        DeleteList(
                            try renamed(list.listed), settled: try renamed(list.settled)
                        ).encoded)
                }
            }
        }
        return content
    }

    private func holdsB(_ patient: RecordID) throws -> Bool {
        let node = district.hub.node
        return try node.store.reading {
            guard let root = try node.tables.root(.patient(patient)) else { return false }
            return try node.store.row(
                "SELECT 1 FROM _holder WHERE root = ? AND node = ?",
                [.integer(root.rawValue), .unsigned(template.nodes[1].rawValue)]
            ) { _ in true } ?? false
        }
    }

    private func checkSums() throws {
        for machine in district.machines {
            for kind in [FeedKind.own, .reference] {
                guard let comparison = machine.clinic.comparisons[kind], comparison.isEqual else {
                    throw disagreement("the sums of \(machine.side) and the hub differ")
                }
            }
            guard !machine.clinic.hasPending else {
                throw disagreement("\(machine.side) has frames that were never sent")
            }
        }
    }
}

extension Content {
    /// Without what is remembered of stamps that have not come: at rest it makes no difference.
    var settled: Content {
        var settled = self
        for index in settled.records.indices {
            for unit in settled.records[index].units.indices {
                settled.records[index].units[unit].remembered = []
            }
            settled.records[index].units.removeAll { $0.siblings.isEmpty }
        }
        settled.records.removeAll { $0.units.isEmpty }
        return settled
    }
}
