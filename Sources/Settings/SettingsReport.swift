/// Every setting of a program, its value, and where that came from.
package struct SettingsReport: Equatable, Sendable {
    let entries: [SettingsReader.Entry]
    /// What looks like a mistake and stops nothing.
    package let warnings: [String]

    /// A table with a setting a line, as `--check` prints it.
    package func describe() -> String {
        let names = entries.map(\.name.count).max() ?? 0
        let values = entries.map(\.value.count).max() ?? 0
        let lines = entries.map { entry in
            let name = entry.name.padding(to: names)
            return "\(name)  \(entry.value.padding(to: values))  (\(entry.source))"
        }
        return (lines + warnings.map { "warning: \($0)" }).joined(separator: "\n")
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
