import Records

extension NodeStore {
    /// Runs `body` in a transaction of its own, if it has anything to do.
    package func transactionIfNeeded(_ isNeeded: Bool, _ body: () throws -> Void) throws {
        if isNeeded { try transaction(body) }
    }

    /// Runs `body` within the current transaction; when it throws, what it did is undone and the
    /// transaction goes on. What is in memory is read anew then.
    package func savepoint(_ body: () throws -> Void) throws {
        try store.statement("SAVEPOINT frame").run()
        do {
            try body()
            try store.statement("RELEASE frame").run()
        } catch {
            store.resetStatements()
            try store.statement("ROLLBACK TO frame").run()
            try store.statement("RELEASE frame").run()
            try reload()
            throw error
        }
    }
}

extension FrameLog {
    /// Puts back the parts of a frame that were withheld here.
    package func restore(_ position: Int64, with frame: Frame) throws {
        try replace(position, with: frame)
    }
}
