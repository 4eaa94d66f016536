/// A history after which something is not what the plain model says, told so that it can be played
/// again by hand.
package struct Disagreement: Error, Sendable, CustomStringConvertible {
    package var history: String
    package var found: String

    package var description: String { "\(found)\nafter: \(history)" }
}
