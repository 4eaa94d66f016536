import Testing
import Trust

@Suite("Enrolment codes that people copy")
struct EnrolmentCodeTests {
    private let code = EnrolmentCode(
        id: Array(1...8), secret: Array(11...26), rootKeyHash: Array(101...132))

    @Test("A code survives being copied, whatever its case and spacing")
    func roundTrip() throws {
        let text = code.text
        #expect(text.split(separator: "-").count == 15)
        #expect(try EnrolmentCode(text: text) == code)
        #expect(try EnrolmentCode(text: text.lowercased()) == code)
        let spaced = " " + text.split(separator: "-").joined(separator: "  ") + "\n"
        #expect(try EnrolmentCode(text: spaced) == code)
        let asLetters = text.map { $0 == "0" ? "O" : $0 == "1" ? "l" : $0 }
        #expect(try EnrolmentCode(text: String(asLetters)) == code)
    }

    @Test("Random codes round-trip and differ")
    func random() throws {
        var random = SystemRandomNumberGenerator()
        let codes = (0..<50).map { _ in
            EnrolmentCode.create(rootKeyHash: code.rootKeyHash, using: &random)
        }
        for code in codes { #expect(try EnrolmentCode(text: code.text) == code) }
        #expect(Set(codes.map(\.text)).count == codes.count)
    }

    @Test("Every single wrong character is found, and its group named")
    func substitutions() {
        let characters = Array(code.text)
        for index in characters.indices where characters[index] != "-" {
            for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" where other != characters[index] {
                var typed = characters
                typed[index] = other
                let group = characters[..<index].count { $0 == "-" } + 1
                let error = #expect(throws: EnrolmentCodeError.self) {
                    try EnrolmentCode(text: String(typed))
                }
                guard case .mistyped(group, _) = error else {
                    Issue.record("\(String(typed)) gave \(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test("Two neighbours that are swapped are found")
    func transpositions() {
        let characters = code.text.filter { $0 != "-" }.map { $0 }
        for index in characters.indices.dropLast()
        where characters[index] != characters[index + 1] {
            var typed = characters
            typed.swapAt(index, index + 1)
            #expect(throws: EnrolmentCodeError.self) { try EnrolmentCode(text: String(typed)) }
        }
    }

    @Test("Swapped groups are found")
    func swappedGroups() {
        var groups = code.text.split(separator: "-")
        groups.swapAt(3, 4)
        #expect(throws: EnrolmentCodeError.self) {
            try EnrolmentCode(text: groups.joined(separator: "-"))
        }
    }

    @Test("What is no code says why")
    func errors() {
        #expect(throws: EnrolmentCodeError.wrongLength(characters: 7, expected: 105)) {
            try EnrolmentCode(text: String(code.text.prefix(7)))
        }
        #expect(throws: EnrolmentCodeError.wrongLength(characters: 0, expected: 105)) {
            try EnrolmentCode(text: "")
        }
        #expect(throws: EnrolmentCodeError.unexpectedCharacter("U", group: 1)) {
            try EnrolmentCode(text: "U" + code.text)
        }
        #expect(throws: EnrolmentCodeError.unexpectedCharacter("é", group: 1)) {
            try EnrolmentCode(text: "é")
        }
    }

    @Test("The hub keeps a hash from which the secret can't be had")
    func verifier() {
        #expect(code.verifier.count == 32)
        #expect(EnrolmentCode.verifier(of: code.secret) == code.verifier)
        #expect(EnrolmentCode.verifier(of: Array(0...15)) != code.verifier)
    }

    @Test("An enrolment request carries the code in full")
    func request() {
        let request = EnrolmentRequest(code: code, csrPEM: "x")
        #expect(request.codeIDBytes == code.id)
        #expect(request.secretBytes == code.secret)
        var other = request
        other.secret = "12"
        #expect(other.secretBytes == nil)
    }
}
