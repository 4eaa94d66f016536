import ArgumentParser
import Foundation
import Reporting
import Simulator

/// The folder that a report goes into. It is tried before anything is run, so that nobody waits
/// for hours and then gets nothing.
struct ReportFolder {
    private let folder: URL

    /// Ends the program with 73 (EX_CANTCREAT) where nothing can be written there.
    init(_ path: String) throws {
        folder = URL(filePath: path, directoryHint: .isDirectory)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
        {
            throw ReportFolder.failure("‘\(path)’ is a file. Name a folder, old or new")
        }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            // A page that is there stays until the new one takes its place.
            let trial = folder.appending(path: ".\(ReportPage.fileName).\(UUID().uuidString)")
            try Data().write(to: trial)
            try FileManager.default.removeItem(at: trial)
        } catch {
            throw ReportFolder.failure(
                "nothing can be written into ‘\(path)’: \(ReportFolder.cause(error)). Name a "
                    + "folder that is yours, or make it so")
        }
    }

    /// - Returns: where the page is.
    func write(_ page: ReportPage) throws -> String {
        let file = folder.appending(path: ReportPage.fileName)
        do { try Data(page.html.utf8).write(to: file, options: .atomic) } catch {
            throw ReportFolder.failure(
                "the report can't be written to ‘\(file.path)’: \(ReportFolder.cause(error)). Make "
                    + "room there, or name another folder")
        }
        return file.path
    }

    private static func failure(_ message: String) -> ExitCode {
        FileHandle.standardError.write(Data("Error: \(message).\n".utf8))
        return ExitCode(EX_CANTCREAT)
    }

    /// What the system says, without Foundation's words around it.
    private static func cause(_ error: any Error) -> String {
        var cause = error as NSError
        while let under = cause.userInfo[NSUnderlyingErrorKey] as? NSError { cause = under }
        guard cause.domain == NSPOSIXErrorDomain else { return cause.localizedDescription }
        return String(cString: strerror(Int32(cause.code)))
    }
}
