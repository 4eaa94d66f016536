import Foundation

/// The lines of a file in batches, read piece by piece: a file may be larger than the memory.
struct LineBatches {
    struct Batch: Equatable {
        /// Lines with their line breaks.
        var bytes: [UInt8] = []
        /// Of the first line, from 1 in the file.
        var firstLine: Int
        var lines = 0
    }

    enum Failure: Error {
        case lineTooLong(line: Int)
    }

    static let maximumLines = 200
    /// A batch ends at the line that reaches it.
    static let maximumBytes = 4 * 1024 * 1024
    /// One resource, with an attachment inside.
    static let maximumLineBytes = 64 * 1024 * 1024
    private static let pieceBytes = 1024 * 1024

    private let file: FileHandle
    private var rest: [UInt8] = []
    /// Where in `rest` the next line starts.
    private var start = 0
    private var isAtEnd = false
    private var nextLine = 1

    init(file: FileHandle) { self.file = file }

    /// The next batch, or `nil` at the end. Blank lines are passed over.
    mutating func next() throws -> Batch? {
        var batch = Batch(firstLine: nextLine)
        while batch.lines < Self.maximumLines, batch.bytes.count < Self.maximumBytes,
            let line = try nextLineBytes()
        {
            let number = nextLine
            nextLine += 1
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            if batch.lines == 0 { batch.firstLine = number }
            batch.bytes += line
            batch.bytes.append(UInt8(ascii: "\n"))
            batch.lines += 1
        }
        return batch.lines > 0 ? batch : nil
    }

    private mutating func nextLineBytes() throws -> ArraySlice<UInt8>? {
        var searched = start
        while true {
            if let end = rest[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return rest[start..<end]
            }
            guard !isAtEnd else {
                guard start < rest.count else { return nil }
                defer { start = rest.count }
                return rest[start...]
            }
            rest.removeFirst(start)
            start = 0
            searched = rest.count
            guard rest.count <= Self.maximumLineBytes else {
                throw Failure.lineTooLong(line: nextLine)
            }
            let piece = try file.read(upToCount: Self.pieceBytes) ?? Data()
            isAtEnd = piece.isEmpty
            rest += piece
        }
    }
}
