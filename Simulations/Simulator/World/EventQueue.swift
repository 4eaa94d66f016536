/// What happens at a moment of virtual time.
struct Event {
    /// Milliseconds since 1970.
    var time: UInt64
    /// Breaks ties: what was planned first happens first.
    var sequence: UInt64
    var act: () throws -> Void
}

/// The one queue of a world: a binary heap by time, then by the order of planning.
struct EventQueue {
    private var heap: [Event] = []
    private var planned: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }
    var nextTime: UInt64? { heap.first?.time }

    mutating func plan(at time: UInt64, _ act: @escaping () throws -> Void) {
        planned += 1
        heap.append(Event(time: time, sequence: planned, act: act))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> Event? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && precedes(child, least) { least = child }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        (heap[a].time, heap[a].sequence) < (heap[b].time, heap[b].sequence)
    }
}
