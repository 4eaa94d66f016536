/// What a checker found: a promise of the product is broken.
package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Which promise, in the order in which they matter.
    package enum Promise: String, Sendable, CaseIterable {
        /// A stamp names one write for ever.
        case stamp
        /// A confirmed write is somewhere: in the record, in history, or a letter with its reason.
        case lost
        /// Nobody is given what they may not see.
        case scope
        /// Every replica has the same record.
        case content
        /// What a person must look at is there, and nothing else.
        case review
        /// `status` adds up, and says nothing that isn't so.
        case status
        /// Digests are equal exactly when contents are.
        case digest
        /// The chain of each log verifies.
        case chain
        /// What the hub has ordered of clocks that ran ahead is the same everywhere.
        case rank
        /// After faults stop, everything comes to rest.
        case liveness
        /// A call of the product threw what it must not.
        case error
        /// An edit by a right clock shows.
        case late
    }

    package var promise: Promise
    package var text: String

    init(_ promise: Promise, _ text: String) {
        self.promise = promise
        self.text = text
    }

    package var description: String { "\(promise.rawValue): \(text)" }
}
