/// Why bytes are no JSON document, and where. It never quotes the document.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    package enum Reason: Equatable, Sendable {
        case endsEarly
        case unexpected(UInt8)
        case trailing
        case tooDeep
        case duplicateKey
        case badNumber
        case badEscape
        case badText
        case zeroCharacter
        case rawControlCharacter
    }
    package var reason: Reason
    /// Both start at 1; the column counts bytes.
    package var line: Int
    package var column: Int

    package init(reason: Reason, line: Int, column: Int) {
        self.reason = reason
        self.line = line
        self.column = column
    }

    package var description: String { "line \(line), column \(column): \(what)" }

    private var what: String {
        switch reason {
        case .endsEarly: "the text ends in the middle of a value; send the whole document"
        case .unexpected(let byte):
            (0x21...0x7e).contains(byte)
                ? "‘\(Character(UnicodeScalar(byte)))’ is not what JSON has here; correct it there"
                : "byte \(byte) is not what JSON has here; correct it there"
        case .trailing: "there is more after the end of the document; send one document at a time"
        case .tooDeep:
            "values lie more than \(JSON.largestDepth) deep in one another, and "
                + "no resource of R4 needs that"
        case .duplicateKey: "this object has a member of this name already; keep one of the two"
        case .badNumber: "a number must look like -12.5 or 1.5e3, without leading zeros"
        case .badEscape: "this escape is none of JSON's, or is half of a surrogate pair"
        case .badText: "a text is not well-formed UTF-8; save the document as UTF-8"
        case .zeroCharacter: "a text holds the character U+0000, which FHIR does not allow"
        case .rawControlCharacter: "a control character in a text must be escaped, as \\n is"
        }
    }
}
