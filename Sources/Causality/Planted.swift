#if PLANTED
    import Synchronization

    /// Faults that only the simulator's own build has, to prove that it would notice each of them:
    /// what goes wrong in systems like this one, in the order of its layers.
    ///
    /// At most one is active in a process; with none, that build does what the product does.
    package enum Planted: UInt8, CaseIterable, Sendable {
        // Clocks and registers.
        case clockReused
        case clockForgotten
        case incarnationNotSaved
        case futureClockAdopted
        case tieByArrival
        case policyIgnored
        case lastForFirst
        case loserForgotten
        case replacedForgotten
        case onlyShownReplaced

        // The replica.
        case digestForgetsDeletes
        case deleteHidesAll
        case deleteSparesChildren
        case reviewItemMissing
        case commitUnsynced
        case sumSavedLater
        case rollbackKeepsMemory
        case unknownUnitDropped
        case upgradeLeavesBehind

        // The clinic's side of the exchange.
        case cursorBeforeCommit
        case lastOfSliceDropped
        case acknowledgedWhenSent
        case acknowledgedNeverFalls
        case lateAnswerTaken
        case purgedBeforeBackup
        case leaveIgnored
        case refusedNotKept
        case rankIgnored
        case putBackWithoutReload
        case joinForgetsOwn
        case feedSkippedWhileLoading
        case forkTakenForAgreement
        case forkCutLate
        case reissueForgetsDeleteLists
        case reissueKeepsReplaced

        // The hub.
        case gapAccepted
        case appliedTwice
        case acknowledgedBeforeCommit
        case highestAcknowledged
        case backedUpTooEarly
        case refusalBlocks
        case scopeLeak
        case cursorFitsByPosition
        case holderSkipped
        case ownNotInOwnFeed
        case freshForKnown
        case rankNotForwarded
        case growSumForgotten

        private static let none = UInt8.max
        private static let active = Atomic(none)

        /// Makes a fault active, or none. Nothing of the product may be running then.
        package static func activate(_ fault: Planted?) {
            active.store(fault?.rawValue ?? none, ordering: .relaxed)
        }

        package static func `is`(_ fault: Planted) -> Bool {
            active.load(ordering: .relaxed) == fault.rawValue
        }
    }

    extension Planted {
        /// Its name on the command line: `gap-accepted`.
        package var name: String {
            "\(self)".reduce(into: "") { name, letter in
                name += letter.isUppercase ? "-" + letter.lowercased() : String(letter)
            }
        }

        /// What it does, in one sentence.
        package var summary: String {
            switch self {
            case .clockReused:
                "A restored copy goes on under the incarnation that it was copied from."
            case .clockForgotten: "The clock starts from nothing whenever the replica is opened."
            case .incarnationNotSaved: "A new incarnation is in memory only."
            case .futureClockAdopted:
                "A clinic's clock adopts stamps that the hub ranked because they ran ahead."
            case .tieByArrival:
                "Of concurrent writes with one clock reading, the one that comes last shows."
            case .policyIgnored: "Of a unit that follows an order, the highest stamp shows."
            case .lastForFirst: "Where the first write counts, the last one shows."
            case .loserForgotten: "A concurrent write that doesn't show is forgotten."
            case .replacedForgotten: "A replaced stamp that has not arrived isn't remembered."
            case .onlyShownReplaced: "A local write replaces what shows, not all siblings."
            case .digestForgetsDeletes: "The sum has no terms for deletes."
            case .deleteHidesAll: "A delete hides what its author never saw."
            case .deleteSparesChildren: "A patient's delete leaves the children showing."
            case .reviewItemMissing: "A delete that met an edit makes no review item."
            case .commitUnsynced: "A commit is confirmed before the disk has it."
            case .sumSavedLater: "A local write's sum is saved by the next exchange."
            case .rollbackKeepsMemory: "What a failed transaction did stays in memory."
            case .unknownUnitDropped: "What only a newer version knows is dropped."
            case .upgradeLeavesBehind: "An upgrade leaves what it now knows beside the row."
            case .cursorBeforeCommit: "A cursor is committed before what it points past."
            case .lastOfSliceDropped: "The last entry of a slice that isn't the last is dropped."
            case .acknowledgedWhenSent: "Frames count as acknowledged when they are sent."
            case .acknowledgedNeverFalls: "A hub that was put back isn't sent what it lost."
            case .lateAnswerTaken: "A slice is taken in although the cursor has moved since."
            case .purgedBeforeBackup: "What the hub has acknowledged is purged before its backup."
            case .leaveIgnored: "A clinic keeps holding a patient that has left its scope."
            case .refusedNotKept: "A frame that the hub refused is kept nowhere at the clinic."
            case .rankIgnored: "A clinic ignores the hub's orders for stamps."
            case .putBackWithoutReload:
                "After the hub was put back nothing is loaded anew."
            case .joinForgetsOwn: "State that is loaded wipes out what is still to be sent."
            case .feedSkippedWhileLoading: "What the feed brings while a span loads is skipped."
            case .forkTakenForAgreement: "A fork is taken for agreement."
            case .forkCutLate: "The first frame of a fork is not issued again."
            case .reissueForgetsDeleteLists: "Delete lists keep the old names when issued again."
            case .reissueKeepsReplaced: "Replaced stamps keep the old names when issued again."
            case .gapAccepted: "The hub takes a frame that leaves a gap."
            case .appliedTwice: "The hub applies the frames of a repeated request again."
            case .acknowledgedBeforeCommit: "The hub acknowledges all that the clinic has written."
            case .highestAcknowledged:
                "The hub acknowledges the highest frame of a request, taken or not."
            case .backedUpTooEarly: "The hub calls backed up what it has committed."
            case .refusalBlocks: "A refused frame gets no place in the chain."
            case .scopeLeak: "Withheld parts of a frame are sent."
            case .cursorFitsByPosition: "A cursor of another life of the hub fits by position."
            case .holderSkipped: "The third feed that holds a patient isn't written to."
            case .ownNotInOwnFeed: "A clinic's own frames have no place in its own feed."
            case .freshForKnown: "What the hub knows already is granted as fresh."
            case .rankNotForwarded: "Frames are handed on without their orders."
            case .growSumForgotten: "A feed's sum misses the patients that came into its scope."
            }
        }
    }
#endif
