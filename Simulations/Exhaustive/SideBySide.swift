/// Histories that differ only in what people do, each on a patient of its own, side by side in
/// one district: what the machines do they have in common.
///
/// A history is what happens to one record. The others beside it are the traffic of a real day;
/// they cost what their own writes cost, where a district to themselves would cost files, a
/// beginning and an end. When one fails it is played again alone, which tells it shorter.
struct SideBySide {
    /// The most patients of one district.
    static let patientsAtMost = 256

    let machines: [Step]
    /// What happens to each patient, with what the machines do in between.
    private(set) var plays: [[Step]] = []

    init(_ machines: [Step], _ plays: [[Step]]) {
        self.machines = machines
        self.plays = plays
    }

    /// Every history of a length in which machines do just this, but for those that are another
    /// one in another order.
    init(_ machines: [Step], length: Int, _ alphabet: Alphabet, isHeld: Bool) {
        self.machines = machines
        extend([], 0, Traffic(isHeld: isHeld), length - machines.count, alphabet)
    }

    private mutating func extend(
        _ steps: [Step], _ done: Int, _ traffic: Traffic, _ people: Int, _ alphabet: Alphabet
    ) {
        if done == machines.count, people == 0 {
            if !Alphabet.isShorter(steps) { plays.append(steps) }
            return
        }
        let choices =
            (people > 0 ? alphabet.people : [])
            + (done < machines.count ? [machines[done]] : [])
        for step in choices where alphabet.isFirstOfItsOrders(steps, step) {
            var next = traffic
            guard next.take(step) else { continue }
            let isOfPeople = step.isOfPeople
            extend(
                steps + [step], done + (isOfPeople ? 0 : 1), next, people - (isOfPeople ? 1 : 0),
                alphabet)
        }
    }

    /// Whether what one patient's history leaves out would keep out the others' too.
    static func canShare(_ machines: [Step]) -> Bool {
        let isOfHub = machines.contains(.hubBack)
        let isOfClinic = machines.contains { step in
            switch step {
            case .restore, .rollBack: true
            default: false
            }
        }
        return !(isOfHub && isOfClinic)
    }

    /// What people do in a history before the machine step of a place.
    private static func people(in play: [Step], before place: Int) -> [Step] {
        var passed = 0
        return play.filter { step in
            guard step.isOfPeople else {
                passed += 1
                return false
            }
            return passed == place
        }
    }

    /// In districts of a size that can be had.
    var parts: [SideBySide] {
        stride(from: 0, to: plays.count, by: SideBySide.patientsAtMost).map { start in
            let end = min(plays.count, start + SideBySide.patientsAtMost)
            return SideBySide(machines, Array(plays[start..<end]))
        }
    }

    /// Plays them in a district of at least as many patients. Returns how many messages it took to
    /// come to rest.
    func play(in template: Template, _ planted: Planted) throws -> Int {
        let history = try StackHistory(template, planted)
        defer { history.remove() }
        do {
            for place in 0...machines.count {
                for (patient, play) in plays.enumerated() {
                    for step in SideBySide.people(in: play, before: place) {
                        try history.perform(step, patient: patient)
                    }
                }
                try history.checkStatus()
                guard place < machines.count else { break }
                try history.perform(machines[place])
                try history.checkStatus()
            }
            return try history.finish()
        } catch let error where !(error is Disagreement) {
            throw history.disagreement("\(error)")
        }
    }
}
