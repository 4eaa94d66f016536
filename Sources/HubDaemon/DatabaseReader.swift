import Causality
import Hospital
import Hub
import Records
import Replica

/// Reads the hub's database on a connection and a thread of its own, so that what reads all of it
/// keeps no clinic waiting. One thing at a time.
actor DatabaseReader {
    private nonisolated let executor = DatabaseExecutor(label: "hub reader")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let path: String

    init(path: String) { self.path = path }

    /// Runs `body` on what is committed now. The connection is there only as long.
    func read<T: Sendable>(_ body: @Sendable (HubReader) throws -> T) throws -> T {
        let reader = try HubReader(path: path, schema: HospitalSchema.current)
        let result = Result { try body(reader) }
        try reader.close()
        return try result.get()
    }
}
