import Causality
import Records

/// A frame that could not be taken: refused, with its reason, or parked until an upgrade. It is kept
/// with its bytes, is listed, and never stops what comes after it.
package struct Letter: Sendable, Equatable {
    package enum Kind: Int64, Sendable {
        /// The hub does not take it into the record.
        case refused = 0
        /// A newer version wrote it in a form that this one can't read yet.
        case parked = 1
    }

    package var id: Int64
    package var kind: Kind
    package var origin: Origin
    package var sequence: UInt64
    package var reason: String
    /// Milliseconds since 1970.
    package var since: UInt64
    /// The hash of the frame before it, where that need not be in the log.
    package var previous: FrameHash?
    /// How many chunks of state this replica had taken when the letter was laid aside: where it has
    /// taken more since, they may hold what the letter says, and what has replaced it.
    package var loads: UInt64 = 0
}

/// What came of trying a letter again.
package struct RetriedLetter: Sendable, Equatable {
    package enum Outcome: String, Sendable {
        /// It is in the record now.
        case applied
        /// State has been loaded since it was laid aside. What it wrote into is loaded anew from
        /// the hub, which has it.
        case loading
        /// It concerns nothing that is held here any more.
        case released
        /// It can't be read by this version.
        case parked
        /// The hub does not take it.
        case refused
    }

    package var letter: Letter
    package var outcome: Outcome
    /// Why the hub refuses it, where it says so in this version's words.
    package var refusal: RefusalReason? {
        RefusalReason.allCases.first { $0.description == letter.reason }
    }

    package init(_ letter: Letter, _ outcome: Outcome) {
        self.letter = letter
        self.outcome = outcome
    }
}
