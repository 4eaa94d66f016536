import Records

/// Why a local write was refused. Nothing of its transaction was written.
package enum WriteRefusal: Error, Equatable, Sendable {
    /// A record that was to be new is here already.
    case exists(RecordKey)
    /// A value that its unit can't hold.
    case unfit(entity: String, unit: String)
    /// No such entity or unit in this version's schema.
    case unknown(entity: UInt16, unit: UInt8)
    /// More than can be sent, or read again: what, how much of it, and the bound.
    case tooLarge(Part, size: Int, limit: Int)
    /// The clock has come to its end; the caller starts a new incarnation and tries again.
    case clockExhausted

    /// What has a bound.
    package enum Part: Sendable, Equatable {
        /// Bytes of all that one transaction writes in one lane.
        case transaction
        /// Compartments that one transaction writes in one lane.
        case compartments
        /// Bytes of an author or a purpose.
        case author, purpose
        /// Bytes of an id.
        case id
        /// Stamps that a delete lists, or that a write replaces.
        case stamps
    }
}
