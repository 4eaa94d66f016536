import Foundation

/// How names are compared when somebody is looked for: in spite of case, accents and spelling.
package enum NameSearch {
    /// The words of a name in the one form in which they are compared: lower case, without
    /// accents, with letters that have no accent-free form spelt out.
    package static func tokens(_ name: String) -> [String] {
        let folded = name.utf8.allSatisfy { $0 < 0x80 } ? name.lowercased() : folded(name)
        // An apostrophe joins, as in D'Souza and O'Brien.
        return folded.filter { $0 != "'" }.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    private static func folded(_ name: String) -> String {
        let plain = name.folding(
            options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
        var out = String.UnicodeScalarView()
        for scalar in plain.lowercased().unicodeScalars {
            if let spelling = spellings[scalar] {
                out.append(contentsOf: spelling.unicodeScalars)
            } else {
                out.append(scalar)
            }
        }
        return String(out)
    }

    private static let spellings: [Unicode.Scalar: String] = [
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l",
        "ħ": "h", "ı": "i", "ŋ": "ng", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ɛ": "e", "ɔ": "o",
        "ʼ": "", "’": "", "‘": "", "ـ": "",
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي",
        "ё": "е",
    ]

    /// The sounds of a name's words, coarse enough for most spellings of one name: consonants
    /// that are confused are one letter, vowels after the first sound are left out. Words in other
    /// scripts stay as they are.
    package static func keys(_ name: String) -> [String] {
        tokens(name).map(key).filter { !$0.isEmpty }
    }

    static func key(_ token: String) -> String {
        guard token.utf8.allSatisfy({ $0 < 0x80 }) else { return token }
        let letters = token.utf8.filter { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }
        guard !letters.isEmpty else { return token }
        return String(decoding: sounds(undoubled(respelt(letters))), as: UTF8.self)
    }

    /// Letter groups that stand for one sound, longest first.
    private static let groups: [(from: [UInt8], to: [UInt8])] = [
        ("sch", "s"), ("tch", "s"), ("ph", "f"), ("gh", "g"), ("kh", "k"), ("ck", "k"),
        ("sh", "s"), ("ch", "s"), ("th", "t"), ("dh", "d"), ("bh", "b"), ("wh", "w"), ("zh", "s"),
        ("ce", "se"), ("ci", "si"), ("cy", "si"), ("dj", "j"), ("x", "ks"), ("c", "k"),
        ("q", "k"), ("z", "s"), ("v", "f"), ("j", "j"),
    ].map { (Array($0.utf8), Array($1.utf8)) }

    private static func respelt(_ letters: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var at = 0
        // “Christ” and “Chloe” have a k, whatever else ch is.
        while at < letters.count {
            let rest = letters[at...]
            if rest.starts(with: "chr".utf8) || rest.starts(with: "chl".utf8) {
                out.append(UInt8(ascii: "k"))
                at += 2
            } else if let group = groups.first(where: { rest.starts(with: $0.from) }) {
                out += group.to
                at += group.from.count
            } else {
                out.append(letters[at])
                at += 1
            }
        }
        return out
    }

    private static func undoubled(_ letters: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for letter in letters where out.last != letter { out.append(letter) }
        return out
    }

    private static func sounds(_ letters: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for (i, letter) in letters.enumerated() {
            let isVowel = "aeiouy".utf8.contains(letter)
            if i == 0 {
                out.append(isVowel && letter != UInt8(ascii: "y") ? UInt8(ascii: "a") : letter)
            } else if !isVowel, letter != UInt8(ascii: "h"), letter != UInt8(ascii: "w") {
                out.append(letter)
            }
        }
        return out
    }

    /// How many letters two words differ by: inserted, left out, replaced, or two neighbours
    /// exchanged (optimal string alignment).
    ///
    /// - Returns: `nil` where it is more than `limit`.
    package static func distance(_ a: String, _ b: String, limit: Int) -> Int? {
        let (a, b) = (Array(a.unicodeScalars.prefix(64)), Array(b.unicodeScalars.prefix(64)))
        guard abs(a.count - b.count) <= limit else { return nil }
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var beforeLast = [Int](0...b.count)
        var last = beforeLast
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                var cost = min(
                    last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    cost = min(cost, beforeLast[j - 2] + 1)
                }
                row.append(cost)
            }
            guard row.contains(where: { $0 <= limit }) else { return nil }
            (beforeLast, last) = (last, row)
        }
        return last[b.count] <= limit ? last[b.count] : nil
    }
}
