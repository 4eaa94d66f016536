import Causality

/// A fault of the product, put in on purpose: a checker that can't see it proves nothing. Only a
/// build with the trait `Planted` has any.
package struct PlantedBug: Sendable, Equatable {
    package let name: String
    package let summary: String

    #if PLANTED
        private let fault: Planted

        /// Every one that this build has.
        package static let all = Planted.allCases.map {
            PlantedBug(name: $0.name, summary: $0.summary, fault: $0)
        }

        /// Puts a fault into the product, for every world of this process, or takes it out.
        static func plant(_ bug: PlantedBug?) { Planted.activate(bug?.fault) }
    #else
        package static let all: [PlantedBug] = []

        static func plant(_ bug: PlantedBug?) {}
    #endif

    package static func named(_ name: String) -> PlantedBug? { all.first { $0.name == name } }
}
