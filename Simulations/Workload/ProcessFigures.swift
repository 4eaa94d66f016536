import Foundation

/// What the kernel knows of a running process, read from `/proc` (proc(5)). All figures are nil
/// where the process is gone or `/proc` is not there.
package enum ProcessFigures {
    /// The most memory that the process has held at once since it started, in bytes.
    package static func peakMemory(of pid: Int32) -> Int? { memory("VmHWM:", of: pid) }

    /// The memory that the process holds now, in bytes.
    package static func memory(of pid: Int32) -> Int? { memory("VmRSS:", of: pid) }

    /// User and system time that the process and those of its threads that ended have used, in
    /// seconds, counted in the kernel's ticks of (as a rule) 10 ms.
    package static func cpuSeconds(of pid: Int32) -> Double? {
        guard let text = contents("/proc/\(pid)/stat"),
            // The name, in brackets, may hold anything; the fields after it are numbers.
            let bracket = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        // utime and stime are fields 14 and 15, and field 3 is the first after the name.
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
        else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func memory(_ name: String, of pid: Int32) -> Int? {
        guard let text = contents("/proc/\(pid)/status") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count == 3, let kibibytes = Int(fields[1]) else { return nil }
            return kibibytes * 1024
        }
        return nil
    }

    /// A file of `/proc`, whose size reads as 0 until it is read.
    private static func contents(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
