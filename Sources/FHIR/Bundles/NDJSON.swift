/// A file of one resource a line (newline-delimited JSON, as FHIR Bulk Data has it).
package enum NDJSON {
    /// The lines that aren't blank, with their numbers from 1.
    package static func lines(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) -> [(number: Int, range: Range<Int>)] {
        var lines: [(number: Int, range: Range<Int>)] = []
        var start = 0
        var number = 1
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            if bytes[start..<end].contains(where: { $0 > 0x20 }) {
                lines.append((number, start..<end))
            }
            start = end + 1
            number += 1
        }
        return lines
    }
}
