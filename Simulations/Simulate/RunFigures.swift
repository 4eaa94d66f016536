import Simulator

/// What one history measured, as JSON says it: times in milliseconds, bytes of bodies.
struct RunFigures: Encodable {
    struct Outage: Encodable {
        var clinic: String
        var length: UInt64
        var convergence: UInt64
    }

    struct Link: Encodable {
        var bandwidth: UInt64
        var bytesUp: Int
        var bytesDown: Int
        var presence: UInt64
    }

    var outages: [Outage]
    var links: [Link]
    var reviews: [String: Int]
    /// From the end of all faults until everything was at rest.
    var rest: UInt64?

    init(_ figures: Figures) {
        outages = figures.outages.map {
            Outage(clinic: $0.clinic, length: $0.length, convergence: $0.convergence)
        }
        links = figures.links.map {
            Link(
                bandwidth: $0.bandwidth, bytesUp: $0.bytesUp, bytesDown: $0.bytesDown,
                presence: $0.presence)
        }
        reviews = [:]
        for review in figures.reviews { reviews[review.kind] = review.items }
        rest = figures.rest
    }
}
