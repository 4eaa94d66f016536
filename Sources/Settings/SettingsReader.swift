// Settings: the typed configuration of clinicd and hubd, out of YAML and the environment, and the
// form of their log lines.
//
// Invariants: the environment wins over the file, the file over the default; what nobody asks for
// is an error, and so is a value that can't be used, each with its place; all that is wrong is
// told at once; nothing here reads the process's environment or the working directory by itself.

import Foundation

/// Takes settings out of a configuration file and the environment, one by one.
///
/// What it is asked for is what exists: a name in the file that nobody asked for is unknown. It
/// collects all that is wrong, so that a person sees it at once; until `finish()` throws, a
/// setting that is wrong has its default.
struct SettingsReader {
    /// A setting, what it is, and where that came from.
    struct Entry: Equatable, Sendable {
        let name: String
        let value: String
        let source: SettingSource
    }

    private let document: SettingsDocument
    private let environment: [String: String]
    /// The folder from which relative paths in the environment and in defaults start.
    private let workingDirectory: String
    private var asked: Set<String> = []
    private var problems: [SettingProblem]
    private(set) var entries: [Entry] = []

    init(document: SettingsDocument, environment: [String: String], workingDirectory: String) {
        self.document = document
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.problems = document.problems
    }

    /// Names asked for so far.
    var names: Set<String> { asked }

    /// The value of a setting, or `standard` where nobody set it.
    mutating func value<Value>(
        _ name: String, _ form: SettingForm<Value>, standard: Value, standardText: String? = nil
    ) -> Value {
        guard let (value, source) = found(name, form) else {
            enter(name, standardText ?? form.show(standard), .standard)
            return standard
        }
        enter(name, form.show(value), source)
        return value
    }

    /// The value of a setting that may be left out.
    mutating func value<Value>(
        _ name: String, _ form: SettingForm<Value>, unset: String
    ) -> Value? {
        guard let (value, source) = found(name, form) else {
            enter(name, unset, .standard)
            return nil
        }
        enter(name, form.show(value), source)
        return value
    }

    /// A list: a YAML sequence, or texts with commas between them.
    mutating func list(_ name: String, of form: SettingForm<String>, standard: [String]) -> [String]
    {
        let many = "write \(form.expectation), or several as a list or with commas between them"
        asked.insert(name)
        guard let (raw, source) = raw(name) else {
            enter(name, standard.joined(separator: ", "), .standard)
            return standard
        }
        let texts: [String]
        switch raw {
        case .text(let text): texts = text.split(separator: ",").map { $0.trimmed }
        case .list(let items): texts = items
        case .nothing, .nested: texts = []
        }
        let values = texts.compactMap(form.parse)
        guard !values.isEmpty, values.count == texts.count else {
            note(.wrongValue, source, name, "\(raw.shown) is not what it takes", many)
            return standard
        }
        enter(name, values.joined(separator: ", "), source)
        return values
    }

    /// A path, made absolute. In a file a relative path starts at that file's folder, so that it
    /// means the same wherever a program was started; elsewhere at the working directory.
    mutating func path(_ name: String, standard: String) -> String {
        let form = SettingForm<String>.text("the path of a file or folder")
        guard let (text, source) = found(name, form) else {
            let path = Self.absolute(standard, from: workingDirectory)
            enter(name, path, .standard)
            return path
        }
        var base = workingDirectory
        if case .file(let file, _, _) = source {
            let absolute = Self.absolute(file, from: workingDirectory)
            base = (absolute as NSString).deletingLastPathComponent
        }
        let path = Self.absolute(text, from: base)
        enter(name, path, source)
        return path
    }

    /// Notes that a value that was read can't be used all the same.
    mutating func reject(_ name: String, _ problem: String, _ remedy: String) {
        let source = entries.last { $0.name == name }?.source ?? .standard
        note(.wrongValue, source, name, problem, remedy)
    }

    /// Ends the reading: `result` if all was well.
    /// - Throws: `SettingsError` with all that is wrong, unknown names included.
    func finish<Result>(_ result: Result) throws(SettingsError) -> Result {
        let all = problems + document.entries.compactMap(strayProblem)
        guard all.isEmpty else {
            throw SettingsError(problems: all.sorted { $0.source.order < $1.source.order })
        }
        return result
    }

    /// Ends the reading of a part of the settings, where names not asked for are others' affair.
    /// - Throws: `SettingsError` with what is wrong in the part that was read.
    func finishIgnoringOthers() throws(SettingsError) {
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
    }

    /// Variables of the environment that look like settings and are none, each with what may be
    /// meant. They are told and not refused: other programs may have settings of their own.
    func strayVariables(otherNames: Set<String>) -> [String] {
        let known = asked.union(otherNames).map(SettingName.environmentVariable).sorted()
        let stray = environment.keys.filter { $0.hasPrefix(SettingName.environmentPrefix) }
            .filter { !known.contains($0) }.sorted()
        return stray.map { name in
            let nearest = SettingName.nearest(to: name, among: known)
            let question = nearest.map { ". Is \($0) meant?" } ?? ""
            return "environment variable \(name) is no setting and was left alone\(question)"
        }
    }
}

extension SettingsReader {
    private func raw(_ name: String) -> (SettingsDocument.Value, SettingSource)? {
        let variable = SettingName.environmentVariable(of: name)
        // An empty variable counts as not set: unit files and shells can't always unset one.
        if let text = environment[variable], !text.isEmpty {
            return (.text(text), .environment(variable))
        }
        return document.entries.first { $0.name == name }.map { ($0.value, $0.valueSource) }
    }

    private mutating func found<Value>(
        _ name: String, _ form: SettingForm<Value>
    ) -> (Value, SettingSource)? {
        asked.insert(name)
        guard let (raw, source) = raw(name) else { return nil }
        guard case .text(let text) = raw else {
            let remedy = "write \(form.expectation), or remove the line"
            note(.wrongValue, source, name, "it has \(raw.shown)", remedy)
            return nil
        }
        guard let value = form.parse(text) else {
            note(
                .wrongValue, source, name, "\(raw.shown) is not what it takes",
                "write \(form.expectation)")
            return nil
        }
        return (value, source)
    }

    private mutating func enter(_ name: String, _ value: String, _ source: SettingSource) {
        entries.append(Entry(name: name, value: value, source: source))
    }

    private mutating func note(
        _ kind: SettingProblem.Kind, _ source: SettingSource, _ name: String, _ problem: String,
        _ remedy: String
    ) {
        problems.append(
            SettingProblem(
                kind: kind, source: source, key: name, problem: problem, remedy: remedy))
    }

    private func strayProblem(_ entry: SettingsDocument.Entry) -> SettingProblem? {
        let name = entry.name
        guard !asked.contains(name) else { return nil }
        let known = asked.sorted()
        if known.contains(where: { $0.hasPrefix("\(name).") }) {
            // An empty group is what is left when all below it is commented out.
            guard entry.value != .nothing else { return nil }
            return SettingProblem(
                kind: .wrongValue, source: entry.valueSource, key: name,
                problem: "it is a group and takes no value of its own",
                remedy: "write its settings below it, indented")
        }
        if let single = known.first(where: { name.hasPrefix("\($0).") }) {
            return SettingProblem(
                kind: .wrongValue, source: entry.nameSource, key: name,
                problem: "\(single) takes one value, not a group",
                remedy: "write \(single): and its value on one line")
        }
        let nearest = SettingName.nearest(to: name, among: known)
        return SettingProblem(
            kind: .unknownKey(nearest: nearest), source: entry.nameSource, key: name,
            problem: "there is no such setting",
            remedy: nearest.map { "is \($0) meant? If not, remove the line" }
                ?? "remove the line; the settings are \(known.joined(separator: ", "))")
    }

    static func absolute(_ path: String, from folder: String) -> String {
        let full = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        return (full as NSString).standardizingPath
    }
}

extension SettingsDocument.Value {
    /// The value as an error shows it, cut short.
    fileprivate var shown: String {
        let limit = 80
        switch self {
        case .text(let text): return "\"\(text.count > limit ? text.prefix(limit) + "…" : text)\""
        case .list: return "a list"
        case .nothing: return "no value"
        case .nested: return "a group"
        }
    }
}

extension SettingSource {
    /// Problems are told in the order of the file, then of the environment, then of defaults.
    fileprivate var order: (Int, Int, String) {
        switch self {
        case .file(_, let line, let column): (line, column, "")
        case .environment(let name): (Int.max, 0, name)
        case .standard: (Int.max, 1, "")
        }
    }
}

extension Substring {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
