/// Something that happens once or more, and that a test waits for instead of sleeping.
struct Signal<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func send(_ value: Value) { continuation.yield(value) }

    /// The next value; `nil` if the task is cancelled first.
    func next() async -> Value? { await stream.first { _ in true } }
}

extension Signal where Value == Void {
    func send() { send(()) }
}
