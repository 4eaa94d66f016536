import Foundation
import Yams

/// A configuration file as a flat list of dotted names, each with its value and its place.
///
/// `hub:` with `url:` below it and `hub.url:` on one line mean the same.
struct SettingsDocument {
    /// What stands in a file or in the environment, before anybody asks what it should be.
    enum Value: Equatable {
        case text(String)
        case list([String])
        /// A name with nothing behind it.
        case nothing
        /// A list or a group inside a list, which no setting takes.
        case nested
    }

    struct Entry {
        let name: String
        let value: Value
        /// Where the name stands.
        let nameSource: SettingSource
        /// Where the value stands.
        let valueSource: SettingSource
    }

    /// A configuration is written by hand; what is larger is another file.
    static let maximumBytes = 256 * 1024
    /// Settings in one file; aliases could multiply them without end.
    static let maximumEntries = 1_000

    let path: String
    private(set) var entries: [Entry] = []
    private(set) var problems: [SettingProblem] = []

    /// A file with nothing in it.
    init() { path = "" }

    /// Reads the file at `path`. What is wrong with it is in `problems`; nothing is thrown, so
    /// that all that is wrong in a configuration can be told at once.
    init(path: String) {
        self.path = path
        do {
            try read(Self.text(at: path))
        } catch let error as SettingsError {
            problems += error.problems
        } catch {
            note(.unreadable, "it can't be read", "check the path and the permissions")
        }
    }

    /// Reads `yaml` as if it stood in the file at `path`.
    init(yaml: String, path: String) {
        self.path = path
        do {
            try read(yaml)
        } catch let error as SettingsError {
            problems += error.problems
        } catch {
            note(.malformed, "this is no YAML", "write one \"name: value\" on a line")
        }
    }

    private mutating func read(_ yaml: String) throws {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            throw SettingsError(problems: [Self.problem(of: error, path: path)])
        }
        guard let root, !root.isNothing else { return }
        guard case .mapping(let mapping) = root else {
            note(
                .malformed, at: root.mark, "the file is not a list of \"name: value\" lines",
                "write one \"name: value\" on a line")
            return
        }
        flatten(mapping, under: "")
    }

    private mutating func flatten(_ mapping: Node.Mapping, under prefix: String) {
        for (key, value) in mapping {
            guard entries.count < Self.maximumEntries else { return }
            guard let word = key.scalar?.string, !word.isEmpty else {
                note(
                    .malformed, at: key.mark, "this is no name of a setting",
                    "write a word before the colon")
                continue
            }
            let name = prefix.isEmpty ? word : "\(prefix).\(word)"
            if case .mapping(let inner) = value, !inner.isEmpty {
                flatten(inner, under: name)
            } else {
                append(name, value, at: key.mark)
            }
        }
    }

    private mutating func append(_ name: String, _ node: Node, at mark: Mark?) {
        if let earlier = entries.first(where: { $0.name == name }) {
            note(
                .malformed, at: mark, key: name,
                "it is given twice, first at \(earlier.nameSource)", "keep one of the two")
            return
        }
        entries.append(
            Entry(
                name: name, value: node.settingValue, nameSource: source(mark),
                valueSource: source(node.mark ?? mark)))
    }

    private func source(_ mark: Mark?) -> SettingSource {
        .file(path: path, line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    private mutating func note(
        _ kind: SettingProblem.Kind, at mark: Mark? = nil, key: String? = nil, _ problem: String,
        _ remedy: String
    ) {
        problems.append(
            SettingProblem(
                kind: kind, source: source(mark), key: key, problem: problem, remedy: remedy))
    }
}

extension SettingsDocument {
    /// The text of a configuration file.
    /// - Throws: `SettingsError` that says why it can't be read.
    private static func text(at path: String) throws -> String {
        func failure(_ problem: String, _ remedy: String) -> SettingsError {
            let source = SettingSource.file(path: path, line: 1, column: 1)
            return SettingsError(problems: [
                SettingProblem(
                    kind: .unreadable, source: source, key: nil, problem: problem, remedy: remedy)
            ])
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw failure(
                "there is no such file", "give the path of a configuration file with --config")
        }
        guard !isDirectory.boolValue else {
            throw failure("this is a folder", "give the path of the file inside it")
        }
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw failure(
                "it can't be opened for reading",
                "let the user who runs this program read it (chown or chmod)")
        }
        defer { try? file.close() }
        let bytes = try file.read(upToCount: maximumBytes + 1) ?? Data()
        guard bytes.count <= maximumBytes else {
            throw failure(
                "it is larger than \(maximumBytes) bytes", "give the path of a configuration file")
        }
        guard let text = String(data: bytes, encoding: .utf8) else {
            throw failure("it is not UTF-8 text", "save it as UTF-8")
        }
        return text
    }

    private static func problem(of error: YamlError, path: String) -> SettingProblem {
        var mark: Mark?
        var problem = "this is no YAML"
        var remedy = "write one \"name: value\" on a line, with spaces and no tabs before the name"
        switch error {
        case .scanner(_, let what, let place, _), .parser(_, let what, let place, _),
            .composer(_, let what, let place, _):
            mark = place
            problem = "this is no YAML (\(what))"
        case .duplicatedKeysInMapping(let names, let context):
            mark = context.mark
            problem = "\(names.joined(separator: ", ")) is given twice"
            remedy = "keep one of the two"
        case .reader(let what, _, _, _):
            problem = "this is no YAML (\(what))"
            remedy = "save it as plain UTF-8 text"
        default:
            break
        }
        return SettingProblem(
            kind: .malformed,
            source: .file(path: path, line: mark?.line ?? 1, column: mark?.column ?? 1),
            key: nil, problem: problem, remedy: remedy)
    }
}

extension Node {
    fileprivate var isNothing: Bool { settingValue == .nothing }

    fileprivate var settingValue: SettingsDocument.Value {
        switch self {
        case .scalar(let scalar):
            return tag == Tag(.null) ? .nothing : .text(scalar.string)
        case .sequence(let items):
            let texts = items.compactMap { $0.scalar?.string }
            return texts.count == items.count ? .list(texts) : .nested
        case .mapping(let mapping):
            return mapping.isEmpty ? .nothing : .nested
        case .alias:
            return .nested
        }
    }
}
