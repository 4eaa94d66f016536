import Hub

/// Exchanges that wait for news, each resumed exactly once: by news in one of its feeds, or
/// because its time is up or its clinic gone.
///
/// A waiter is armed in the same step that found nothing new, so that no news falls between that
/// step and the wait. One that is no longer here is over.
package struct Waiters {
    package struct Ticket: Hashable, Sendable { let number: UInt64 }

    private struct Waiter {
        let feeds: Set<FeedName>
        var continuation: CheckedContinuation<Void, Never>?
    }

    private var waiters: [Ticket: Waiter] = [:]
    private var byFeed: [FeedName: Set<Ticket>] = [:]
    private var lastNumber: UInt64 = 0

    var count: Int { waiters.count }

    mutating func arm(_ feeds: Set<FeedName>) -> Ticket {
        lastNumber += 1
        let ticket = Ticket(number: lastNumber)
        waiters[ticket] = Waiter(feeds: feeds)
        for feed in feeds { byFeed[feed, default: []].insert(ticket) }
        return ticket
    }

    /// Resumes `continuation` once the waiter is over; now, if it is already.
    mutating func wait(_ ticket: Ticket, _ continuation: CheckedContinuation<Void, Never>) {
        guard waiters[ticket] != nil else { return continuation.resume() }
        waiters[ticket]!.continuation = continuation
    }

    mutating func end(_ ticket: Ticket) {
        guard let waiter = waiters.removeValue(forKey: ticket) else { return }
        for feed in waiter.feeds {
            byFeed[feed]?.remove(ticket)
            if byFeed[feed]?.isEmpty == true { byFeed[feed] = nil }
        }
        waiter.continuation?.resume()
    }

    /// There is news in these feeds.
    mutating func wake(_ feeds: Set<FeedName>) {
        guard !waiters.isEmpty else { return }
        for feed in feeds {
            for ticket in byFeed[feed] ?? [] { end(ticket) }
        }
    }
}
