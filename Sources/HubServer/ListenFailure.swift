import Foundation

/// An address could not be listened on.
package struct ListenFailure: Error, Equatable, CustomStringConvertible {
    /// The system's `errno`.
    package let code: Int32

    /// Why, in the system's words.
    package var description: String { String(cString: strerror(code)) }
}
