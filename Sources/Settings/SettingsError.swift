/// Where a setting's value was written down.
package enum SettingSource: Equatable, Sendable {
    /// A configuration file; line and column count from 1.
    case file(path: String, line: Int, column: Int)
    /// An environment variable, by its name.
    case environment(String)
    /// Nobody set it.
    case standard
}

extension SettingSource: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let path, let line, let column): "\(path):\(line):\(column)"
        case .environment(let name): "environment variable \(name)"
        case .standard: "default"
        }
    }
}

/// One thing that is wrong in a configuration, and what would be right.
package struct SettingProblem: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// The file isn't there, can't be read, isn't text, or is too large.
        case unreadable
        /// The file isn't YAML, or says one thing twice.
        case malformed
        /// No setting has that name; `nearest` is the one that was probably meant.
        case unknownKey(nearest: String?)
        /// The value can't be what this setting needs.
        case wrongValue
    }

    package let kind: Kind
    package let source: SettingSource
    /// The dotted name of the setting, `nil` where the file as a whole is at fault.
    package let key: String?
    /// What is wrong, as a clause without a full stop.
    package let problem: String
    /// What would be right, as a clause without a full stop.
    package let remedy: String
}

extension SettingProblem: CustomStringConvertible {
    /// One line: `clinicd.yaml:3:9: listen: "8080" is no address. Write host:port, …`
    package var description: String {
        let name = key.map { "\($0): " } ?? ""
        return "\(place): \(name)\(problem). \(remedy.capitalizedFirst)."
    }

    /// A file that nobody could read has no line to point at.
    private var place: String {
        if kind == .unreadable, case .file(let path, _, _) = source { return path }
        return "\(source)"
    }
}

/// A configuration that can't be used, with everything that is wrong in it.
package struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// In the order of the file, then of the environment; never empty.
    package let problems: [SettingProblem]

    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

extension String {
    /// The text with its first letter in upper case, the others as they are.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
