import Causality
import Foundation
import Testing

import FHIR

@Suite("JSON")
struct JSONTests {
    static let document = """
        {"a": [1, -2.50, 3e-7, true, false, null], "bé": "x\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00",
         "c": {"d": {}, "e": []}, "": "é"}
        """

    @Test("A document comes out as it went in, numbers to the letter")
    func roundTrip() throws {
        let json = try JSON(parsing: JSONTests.document)
        #expect(json["a"]?.elements[1].isNumber("-2.50") == true)
        #expect(json["bé"]?.text == "x\"\\/\u{8}\u{c}\n\r\té😀")
        let compact = json.compact
        #expect(try JSON(parsing: compact).compact == compact)
        #expect(try JSON(parsing: compact) == json)
    }

    @Test("The canonical form has its members in order at each depth")
    func canonical() throws {
        let json = try JSON(parsing: "{\"b\": {\"z\": 1, \"é\": 2, \"a\": 3}, \"a\": 1.0}")
        #expect(json.canonical == "{\"a\":1.0,\"b\":{\"a\":3,\"z\":1,\"é\":2}}")
    }

    @Test(
        "Numbers of equal value are equal, whatever their form",
        arguments: [
            ("1.0", "1"), ("1.00", "1e0"), ("100", "1E2"), ("0.001", "1e-3"), ("-0", "0.0"),
            ("123456789012345678901234567890.10", "123456789012345678901234567890.1"),
        ])
    func equalNumbers(a: String, b: String) {
        #expect(JSON.number(a) == JSON.number(b))
    }

    @Test(
        "Numbers of other value are not",
        arguments: [
            ("1", "-1"), ("1", "10"), ("0.1", "0.10000000000000000001"), ("1e400", "1e401"),
            ("9007199254740993", "9007199254740992"),
        ])
    func unequalNumbers(a: String, b: String) {
        #expect(JSON.number(a) != JSON.number(b))
    }

    @Test("The order of members doesn't count, the order of elements does")
    func equality() throws {
        #expect(try JSON(parsing: "{\"a\":1,\"b\":2}") == JSON(parsing: "{\"b\":2.0,\"a\":1}"))
        #expect(try JSON(parsing: "[1,2]") != JSON(parsing: "[2,1]"))
        #expect(try JSON(parsing: "{\"a\":1}") != JSON(parsing: "{\"a\":1,\"b\":2}"))
        #expect(JSON.string("e\u{301}") != JSON.string("\u{e9}"))
    }

    @Test("Cut at any byte, a document is refused and nothing else happens")
    func truncated() {
        let bytes = Array(JSONTests.document.utf8)
        for length in 0..<bytes.count {
            #expect(throws: JSONError.self, "\(length)") {
                try JSON(parsing: Array(bytes[..<length]))
            }
        }
    }

    @Test("With any byte changed, a document is read or refused")
    func mutated() {
        let bytes = Array(JSONTests.document.utf8)
        var random = SplitMix64(seed: 7)
        for _ in 0..<20_000 {
            var bytes = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: bytes.indices, using: &random)
                bytes[at] = UInt8.random(in: 0...255, using: &random)
            }
            guard let json = try? JSON(parsing: bytes) else { continue }
            #expect((try? JSON(parsing: json.compactBytes)) == json)
        }
    }

    @Test(
        "Each fault is named with its line and column",
        arguments: [
            ("{\"a\":1,\n \"b\":2, \"a\":3}", JSONError.Reason.duplicateKey, 2, 9),
            ("{\"a\":1, \"\\u0061\":3}", .duplicateKey, 1, 9),
            ("[1,\n02]", .badNumber, 2, 1),
            ("[1.]", .badNumber, 1, 2),
            ("[-]", .badNumber, 1, 2),
            ("[1e+]", .badNumber, 1, 2),
            ("[\"\\x\"]", .badEscape, 1, 3),
            ("[\"\\ud800\"]", .badEscape, 1, 3),
            ("[\"\\ud800\\u0041\"]", .badEscape, 1, 3),
            ("[\"\\udc00\"]", .badEscape, 1, 3),
            ("[\"\\u0000\"]", .zeroCharacter, 1, 3),
            ("[\"a\nb\"]", .rawControlCharacter, 1, 4),
            ("[1] 2", .trailing, 1, 5),
            ("[1,]", .unexpected(UInt8(ascii: "]")), 1, 4),
            ("[nul]", .unexpected(UInt8(ascii: "]")), 1, 5),
            ("{a:1}", .unexpected(UInt8(ascii: "a")), 1, 2),
            ("", .endsEarly, 1, 1),
        ])
    func faults(text: String, reason: JSONError.Reason, line: Int, column: Int) {
        #expect(throws: JSONError(reason: reason, line: line, column: column)) {
            try JSON(parsing: text)
        }
    }

    @Test("Depth is bounded")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSON(parsing: nested(JSON.largestDepth))
        #expect(throws: JSONError(reason: .tooDeep, line: 1, column: 65)) {
            try JSON(parsing: nested(JSON.largestDepth + 1))
        }
        #expect(throws: JSONError.self) { try JSON(parsing: nested(1_000_000)) }
    }

    @Test("A repeated name is found among many too")
    func manyNames() throws {
        let names = (0..<3000).map { "\"n\($0)\":\($0)" }
        let json = try JSON(parsing: "{" + names.joined(separator: ",") + "}")
        #expect(json.members.count == 3000)
        #expect(throws: JSONError.self) {
            try JSON(parsing: "{" + (names + ["\"n2999\":1"]).joined(separator: ",") + "}")
        }
    }

    @Test("Text that isn't UTF-8 is refused")
    func badText() {
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] {
            #expect(throws: JSONError.self) {
                try JSON(parsing: [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")])
            }
            #expect(throws: JSONError.self) {
                try JSON(parsing: Array("\"\\n".utf8) + bytes + [UInt8(ascii: "\"")])
            }
        }
    }

    @Test("A byte order mark is passed over")
    func mark() throws {
        #expect(try JSON(parsing: [0xEF, 0xBB, 0xBF] + Array("[]".utf8)) == [])
    }
}

extension JSON {
    func isNumber(_ text: String) -> Bool {
        if case .number(text) = self { true } else { false }
    }
}
