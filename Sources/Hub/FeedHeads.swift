import Records

/// The ends of all feeds, in memory. What is done with them costs what it touches, however many
/// feeds there are: a hub has one for each clinic.
struct FeedHeads {
    private var heads: [FeedName: FeedHead] = [:]
    /// Those that may differ from the database.
    private var changed: Set<FeedName> = []
    /// Where those that changed since ``mark()`` stood then.
    private var marked: [FeedName: UInt64] = [:]
    /// Those that changed since ``beginStep()``, as they were.
    private var undo: [FeedName: FeedHead] = [:]
    private var isInStep = false

    init(_ heads: [FeedName: FeedHead] = [:]) { self.heads = heads }

    subscript(name: FeedName) -> FeedHead? {
        get { heads[name] }
        set {
            if let old = heads[name] {
                if marked[name] == nil { marked[name] = old.position }
                if isInStep, undo[name] == nil { undo[name] = old }
            }
            heads[name] = newValue
            changed.insert(name)
        }
    }

    var count: Int { heads.count }
    /// Entries of all feeds.
    var entries: UInt64 { heads.values.reduce(0) { $0 + $1.position } }
    var positions: [FeedName: UInt64] { heads.mapValues(\.position) }
    /// In ascending order.
    var names: [FeedName] { heads.keys.sorted() }

    // MARK: News

    /// From here on it is noted which feeds grow.
    mutating func mark() { marked.removeAll(keepingCapacity: true) }

    /// The feeds that stand elsewhere than when ``mark()`` was called.
    var grown: Set<FeedName> {
        Set(marked.filter { heads[$0.key]?.position != $0.value }.keys)
    }

    // MARK: Undoing

    /// From here on everything can be taken back, until ``endStep()``.
    mutating func beginStep() {
        undo.removeAll(keepingCapacity: true)
        isInStep = true
    }

    mutating func endStep() { isInStep = false }

    /// Takes back what was done since ``beginStep()``.
    mutating func undoStep() {
        for (name, head) in undo { heads[name] = head }
        endStep()
    }

    // MARK: Saving

    /// Those that are to be written into the database, in ascending order; they count as written.
    mutating func takeUnsaved() -> [(FeedName, FeedHead)] {
        let unsaved = changed.sorted().compactMap { name in
            heads[name].flatMap { $0.isDirty ? (name, $0) : nil }
        }
        for (name, _) in unsaved { heads[name]?.isDirty = false }
        changed.removeAll(keepingCapacity: true)
        return unsaved
    }
}
