import Sync

extension World {
    /// Somebody writes an exchange on a stick and gives it to a driver.
    func carry() throws {
        guard let machine = somebody(.courier) else { return }
        let (push, limit) = draw(.courier) { ($0.pick([400, 1 << 20]), $0.pick([300, 1 << 20])) }
        let sent = try machine.clinic.exchange(
            pushBytes: push, pulls: true, wait: 0, limit: limit, at: reading(machine))
        calls += 1
        let call = Call(
            number: calls, at: time, machine: machine, channel: .courier,
            message: Call.Message(sent))
        say("\(machine.name) puts \(call.what) #\(call.number) on a stick")
        deliver { [unowned self] isFirst in
            try reachHub(call, sent.bytes, isIntact: true, isFirst: isFirst)
        }
    }

    /// The answer goes back with the driver.
    func carryBack(_ bytes: [UInt8], _ call: Call) {
        deliver { [unowned self] isFirst in
            // A machine that has been started again doesn't know what it asked.
            guard call.boot == call.machine.boot, !call.machine.isGone else { return }
            call.isOver = false
            try receive(call, bytes, isIntact: true)
        }
    }

    private func deliver(_ act: @escaping (Bool) throws -> Void) {
        let roll = draw(.courier) { $0.below(10) }
        // Lost on the way.
        if roll < 2 { return }
        for time in 0..<(roll < 5 ? 2 : 1) {
            let wait = draw(.courier) { $0.wait(mean: options.rates[.courier] ?? Period.day) }
            plan(after: wait) { [unowned self] in
                if isHealing { return }
                try act(time == 0)
            }
        }
    }
}
