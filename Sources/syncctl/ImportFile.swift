import ArgumentParser
import Foundation

/// A file to be imported.
struct ImportFile: Equatable {
    let path: String
    let bytes: Int

    /// Whether it has a resource on each line.
    var hasLines: Bool { Self.lineSuffixes.contains { path.lowercased().hasSuffix($0) } }

    private static let lineSuffixes = [".ndjson", ".jsonl"]
    private static let suffixes = [".json"] + lineSuffixes

    /// All files at `paths`, those of a folder in order of their paths, each once.
    /// - Throws: `ValidationError` where a folder has none.
    static func find(_ paths: [String]) throws -> [ImportFile] {
        var found: [ImportFile] = []
        var seen: Set<String> = []
        for path in paths {
            let files = isFolder(path) ? filesBelow(path) : [path]
            guard !files.isEmpty else {
                throw ValidationError(
                    "There is no .json, .ndjson or .jsonl file below \(path). Name a folder that "
                        + "has some, or the files themselves.")
            }
            for file in files where seen.insert(file).inserted {
                let attributes = try? FileManager.default.attributesOfItem(atPath: file)
                found.append(
                    ImportFile(path: file, bytes: (attributes?[.size] as? Int) ?? 0))
            }
        }
        return found
    }

    private static func isFolder(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        return exists && isDirectory.boolValue
    }

    private static func filesBelow(_ folder: String) -> [String] {
        let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let names = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
        return names.filter { name in
            let lowered = name.lowercased()
            let isHidden = name.split(separator: "/").contains { $0.hasPrefix(".") }
            return !isHidden && suffixes.contains { lowered.hasSuffix($0) }
        }
        .sorted().map { "\(base)/\($0)" }
        .filter { !isFolder($0) }
    }
}
