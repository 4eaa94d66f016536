import Synchronization

/// The link to the hub once there is one, and the request that only waits for news, which an
/// operator's command gives up.
extension ClinicDaemon {
    func connect(_ link: HubLink) { connection.withLock { $0.link = link } }
    var link: HubLink? { connection.withLock { $0.link } }

    /// Does a request that may wait for news, so that ``endLongPoll()`` can give it up.
    func longPoll(
        _ body: @escaping @Sendable () async throws(ExchangeFailure) -> [UInt8]
    ) async throws(ExchangeFailure) -> [UInt8] {
        let task = Task { () async -> Result<[UInt8], ExchangeFailure> in
            do throws(ExchangeFailure) { return .success(try await body()) } catch {
                return .failure(error)
            }
        }
        let isOver = connection.withLock { connection in
            connection.cancelPoll = { task.cancel() }
            defer { connection.isEndAsked = false }
            return connection.isEndAsked
        }
        if isOver { task.cancel() }
        defer { connection.withLock { $0.cancelPoll = nil } }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        return try result.get()
    }

    /// Ends the wait for news: something else is to be asked first.
    func endLongPoll() {
        let cancel = connection.withLock { connection in
            // The next one may be on its way already: it is given up as soon as it begins.
            connection.isEndAsked = connection.cancelPoll == nil
            return connection.cancelPoll
        }
        cancel?()
    }

    /// What the exchange has under way.
    struct HubConnection: Sendable {
        var link: HubLink?
        var cancelPoll: (@Sendable () -> Void)?
        var isEndAsked = false
    }
}
