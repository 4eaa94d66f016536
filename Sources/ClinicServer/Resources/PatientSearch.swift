import FHIR
import Records
import Replica

/// A search for patients, as its conditions in SQL. Every value is bound, never part of the text.
struct PatientSearch {
    /// FHIR's names of the parameters.
    static let parameters = ["_id", "identifier", "name", "family", "given", "birthdate"]
    /// Parameters and the values of each, alternatives and words of a name.
    static let mostParts = 16

    private var conditions: [String] = []
    private var bindings: [Store.Binding] = []
    var isEmpty: Bool { conditions.isEmpty }

    /// Adds a condition; all of them must hold.
    ///
    /// - Parameters:
    ///   - modifier: what stands behind a colon in the name; empty for none.
    ///   - value: alternatives, between commas.
    /// - Throws: where the parameter, its modifier or its value is not supported.
    mutating func add(_ name: String, modifier: String, _ value: String) throws(FHIRIssue) {
        let values = PatientSearch.split(value)
        guard conditions.count < PatientSearch.mostParts, values.count <= PatientSearch.mostParts
        else {
            throw FHIRIssue(
                .tooCostly,
                "A search may have \(PatientSearch.mostParts) conditions, and as many "
                    + "alternatives in each; ask in several searches", at: name)
        }
        guard !values.isEmpty else {
            throw FHIRIssue(
                .value, "The parameter has no value; give one or leave it out", at: name)
        }
        var alternatives: [String] = []
        for value in values {
            alternatives.append(try condition(name, modifier, value))
        }
        conditions.append("(" + alternatives.joined(separator: " OR ") + ")")
    }

    /// The values between commas; FHIR escapes a comma within one as `\,`.
    private static func split(_ text: String) -> [String] {
        var values = [""]
        var isEscaped = false
        for character in text {
            if isEscaped {
                values[values.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                values.append("")
            } else {
                values[values.count - 1].append(character)
            }
        }
        return values.filter { !$0.isEmpty }
    }

    private mutating func bind(_ value: Store.Binding) -> String {
        bindings.append(value)
        return "?\(bindings.count)"
    }

    private mutating func condition(
        _ name: String, _ modifier: String, _ value: String
    ) throws(FHIRIssue) -> String {
        switch (name, modifier) {
        case ("_id", ""): return "p.id = \(bind(.id(RecordID(value))))"
        case ("identifier", ""): return identifier(value)
        case ("birthdate", ""): return try birthDate(value)
        case ("name", ""), ("name", "contains"), ("name", "exact"):
            return try words(value, SearchIndex.Kind.allCases, modifier)
        case ("family", ""), ("family", "contains"), ("family", "exact"):
            return try words(value, [.family], modifier)
        case ("given", ""), ("given", "contains"), ("given", "exact"):
            return try words(value, [.given], modifier)
        default:
            throw FHIRIssue(
                .notSupported, "This search knows no ‘:\(modifier)’ for ‘\(name)’; leave it out",
                at: name)
        }
    }

    // MARK: Names

    /// Every word must be found: as the beginning of a word of the name, or as another spelling
    /// of the same sound.
    private mutating func words(
        _ text: String, _ kinds: [SearchIndex.Kind], _ modifier: String
    ) throws(FHIRIssue) -> String {
        let words = NameSearch.tokens(text)
        guard !words.isEmpty, words.count <= PatientSearch.mostParts else {
            throw FHIRIssue(
                .value, "A name to search for has 1 to \(PatientSearch.mostParts) words", at: "name"
            )
        }
        let list = kinds.map { "\($0.rawValue)" }.joined(separator: ", ")
        let conditions = words.map { word in
            let tokens =
                switch modifier {
                case "exact": "token = \(bind(.text(word)))"
                // Sounds begin with their mark, and are no words.
                case "contains": "instr(token, \(bind(.text(word)))) > 0 AND token < '~'"
                default: tolerant(word)
                }
            return """
                p._key IN (SELECT patient FROM _search_name WHERE (\(tokens)) AND kind IN (\(list)))
                """
        }
        return "(" + conditions.joined(separator: " AND ") + ")"
    }

    private mutating func tolerant(_ word: String) -> String {
        var tokens =
            "token >= \(bind(.text(word))) AND token < \(bind(.text(word + "\u{10FFFF}")))"
        for key in NameSearch.keys(word) {
            tokens += " OR token = \(bind(.text(SearchIndex.soundMark + key)))"
        }
        return tokens
    }

    // MARK: Tokens and dates

    /// `VALUE`, `SYSTEM|VALUE`, `|VALUE` for one without a system, `SYSTEM|` for any of a system.
    private mutating func identifier(_ token: String) -> String {
        var conditions = ["_hidden IS NULL"]
        if let bar = token.firstIndex(of: "|") {
            let system = String(token[..<bar])
            let value = String(token[token.index(after: bar)...])
            if !value.isEmpty { conditions.append("value = \(bind(.text(value)))") }
            conditions.append("coalesce(system, '') = \(bind(.text(system)))")
        } else {
            conditions.append("value = \(bind(.text(token)))")
        }
        return """
            p._key IN (SELECT _root >> 2 FROM identifier \
            WHERE \(conditions.joined(separator: " AND ")))
            """
    }

    /// A date in any precision, with a prefix: `1974`, `ge1974-05` (FHIR R4, section 3.1.1.5.6).
    private mutating func birthDate(_ text: String) throws(FHIRIssue) -> String {
        let prefixes = ["eq", "ne", "ge", "gt", "le", "lt"]
        let prefix = prefixes.first { text.hasPrefix($0) }
        let date = prefix == nil ? text : String(text.dropFirst(2))
        guard let precision = DateText.precision(of: date), precision != .time else {
            throw FHIRIssue(
                .value, "A birth date to search for looks like 1974, 1974-12 or ge1974-12-25",
                at: "birthdate")
        }
        let value = bind(.text(date))
        // The end of a date's range sorts behind all that begins with it.
        let end = "'~'"
        return switch prefix ?? "eq" {
        case "ne": "substr(p.birthDate, 1, length(\(value))) <> \(value)"
        case "ge": "p.birthDate || \(end) >= \(value)"
        case "gt": "p.birthDate > \(value) || \(end)"
        case "le": "p.birthDate <= \(value) || \(end)"
        case "lt": "p.birthDate < \(value)"
        default: "substr(p.birthDate, 1, length(\(value))) = \(value)"
        }
    }

    // MARK: Running

    /// The ids of the patients found, after one of them, in their order.
    func ids(in store: Store, after: RecordID?, limit: Int) throws -> [RecordID] {
        var bindings = bindings
        bindings.append(after.map { .id($0) } ?? .text(""))
        bindings.append(.integer(Int64(limit)))
        return try store.rows(
            """
            SELECT p.id FROM patient p WHERE \(clause) AND p.id > ?\(bindings.count - 1) \
            ORDER BY p.id LIMIT ?\(bindings.count)
            """, bindings
        ) { $0.id(0) }
    }

    func count(in store: Store) throws -> Int {
        Int(try store.count("SELECT count(*) FROM patient p WHERE \(clause)", bindings))
    }

    private var clause: String {
        (["p._hidden IS NULL"] + conditions).joined(separator: " AND ")
    }
}

extension ResourceStore {
    func patients(_ search: PatientSearch, from place: PagePlace, limit: Int) throws
        -> ResourcePage
    {
        var page = ResourcePage()
        page.total = try search.count(in: replica.store)
        let ids = try search.ids(in: replica.store, after: place.after, limit: limit + 1)
        for id in ids.prefix(limit) {
            if let resource = try load("Patient", id.description), !resource.isDeleted {
                page.resources.append(resource)
            }
        }
        if ids.count > limit { page.next = PagePlace(source: 0, after: ids[limit - 1]).text }
        return page
    }
}
