import Causality
import Records

/// A clinic in the hub's registry.
package struct RegisteredClinic: Sendable, Equatable {
    package enum Scope: String, Sendable, CaseIterable, Codable {
        /// Patients that it registered, that name it, or that it asked to hold.
        case own
        /// Every patient.
        case district
    }

    package var node: NodeID
    package var name: String
    /// The id of its Organization, by which records name it.
    package var organization: String
    package var scope: Scope
    /// The enrolment code's id, while it is good, in milliseconds since 1970.
    package var codeExpires: UInt64
    /// The PEM of its certificate, once it has enrolled.
    package var certificate: String?
    package var isRevoked: Bool
    /// Certificates that end before this are void, in seconds since 1970: they are from before the
    /// clinic was last revoked.
    package var certificatesFrom: Int64
    package var lastSeen: UInt64
    /// How far its wall clock was off, in milliseconds.
    package var clockOffset: Int64?
    /// Whether the clinic's sums were equal to the hub's when they were last compared.
    package var digestEqual: Bool?

    package var isEnrolled: Bool { certificate != nil }
}
