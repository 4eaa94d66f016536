import Crypto

/// What an operator hands to a new clinic: one line to copy, good for one enrolment.
///
/// It names itself, proves itself with a secret, and says which root key the hub must have, so
/// that a machine which trusts nobody yet can't be enrolled by an impostor.
package struct EnrolmentCode: Sendable, Equatable {
    static let idBytes = 8
    static let secretBytes = 16
    static let hashBytes = 32

    /// By which the hub finds the code; no secret.
    package let id: [UInt8]
    package let secret: [UInt8]
    /// See `RootCertificate.keyHash`.
    package let rootKeyHash: [UInt8]

    package init(id: [UInt8], secret: [UInt8], rootKeyHash: [UInt8]) {
        precondition(
            id.count == EnrolmentCode.idBytes && secret.count == EnrolmentCode.secretBytes
                && rootKeyHash.count == EnrolmentCode.hashBytes,
            "An enrolment code has 8, 16 and 32 bytes")
        self.id = id
        self.secret = secret
        self.rootKeyHash = rootKeyHash
    }

    /// A new code.
    ///
    /// - Parameter random: must be cryptographically safe, as `SystemRandomNumberGenerator` is.
    package static func create(
        rootKeyHash: [UInt8], using random: inout some RandomNumberGenerator
    ) -> EnrolmentCode {
        EnrolmentCode(
            id: (0..<idBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) },
            secret: (0..<secretBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) },
            rootKeyHash: rootKeyHash)
    }

    /// Reads what a person has typed or pasted: spaces, hyphens and case don't matter, and the
    /// letters that look like digits are taken as such.
    package init(text: String) throws(EnrolmentCodeError) {
        let (ids, secrets) = (EnrolmentCode.idBytes, EnrolmentCode.secretBytes)
        let bytes = try CheckedGroups.bytes(
            text, count: ids + secrets + EnrolmentCode.hashBytes)
        self.init(
            id: Array(bytes.prefix(ids)), secret: Array(bytes.dropFirst(ids).prefix(secrets)),
            rootKeyHash: Array(bytes.dropFirst(ids + secrets)))
    }

    /// 15 groups of 7 characters.
    package var text: String { CheckedGroups.text(id + secret + rootKeyHash) }

    /// By which a machine knows a code again that it has used: 16 hexadecimal digits, no secret.
    package var name: String { Hexadecimal.text(id) }

    /// What the hub stores instead of the secret. 128 random bits need no salt and no slow hash.
    package var verifier: [UInt8] { EnrolmentCode.verifier(of: secret) }

    package static func verifier(of secret: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: secret))
    }
}

/// What is wrong with a code as it was typed.
package enum EnrolmentCodeError: Error, Equatable, Sendable {
    case wrongLength(characters: Int, expected: Int)
    case unexpectedCharacter(Character, group: Int)
    /// The group's check character doesn't fit: it was mistyped, or groups were swapped.
    case mistyped(group: Int, text: String)
}

extension EnrolmentCodeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wrongLength(let characters, let expected):
            "The enrolment code has \(characters) letters and digits instead of \(expected). Copy "
                + "the whole line that `syncctl clinic add` printed on the hub."
        case .unexpectedCharacter(let character, let group):
            "The enrolment code holds \"\(character)\" in group \(group), which no code does. "
                + "Compare that group with the original."
        case .mistyped(let group, let text):
            "Group \(group) of the enrolment code, \(text), was mistyped. Compare it with the "
                + "original."
        }
    }
}
