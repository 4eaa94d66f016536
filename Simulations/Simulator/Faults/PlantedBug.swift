/// A fault of the product, put in on purpose: a checker that can't see it proves nothing.
package struct PlantedBug: Sendable {
    package let name: String
    package let summary: String

    /// Every one that there is.
    package static let all: [PlantedBug] = []

    package static func named(_ name: String) -> PlantedBug? { all.first { $0.name == name } }
}
