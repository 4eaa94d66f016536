/// What one history measured, beside whether it kept its promises.
package struct Figures: Sendable, Equatable {
    /// A time without a link, and what came after it.
    package struct Outage: Sendable, Equatable {
        package var clinic: String
        /// Milliseconds from the link's end until it was up for good.
        package var length: UInt64
        /// Milliseconds from there until the clinic had sent all and heard all.
        package var convergence: UInt64
    }

    /// What went over links of one kind while faults came.
    package struct LinkUse: Sendable, Equatable {
        /// Bytes a second.
        package var bandwidth: UInt64
        /// Bodies, compressed.
        package var bytesUp = 0
        package var bytesDown = 0
        /// Milliseconds that machines were there, all together.
        package var presence: UInt64 = 0

        package init(bandwidth: UInt64) { self.bandwidth = bandwidth }

        package var clinicDays: Double { Double(presence) / Double(Period.day) }
    }

    package struct ReviewCount: Sendable, Equatable {
        package var kind: String
        package var items: Int
    }

    /// In the order in which they ended.
    package var outages: [Outage] = []
    /// The slowest first.
    package var links: [LinkUse] = []
    /// Items that are open at the hub in the end, by the names of their kinds.
    package var reviews: [ReviewCount] = []
    /// Milliseconds from the end of all faults until every machine was at rest; `nil` where the
    /// history failed before.
    package var rest: UInt64?

    package init() {}
}
