/// FHIR R4's `date`, `dateTime` and `instant` (its section 2.24.0.1), which are kept as text so
/// that their precision and zone stay as given.
package enum DateText {
    package enum Precision: Sendable { case year, month, day, time }

    /// - Returns: `nil` where the text is no date, or names a day or time that doesn't exist.
    package static func precision(of text: String) -> Precision? {
        var text = text
        return text.withUTF8 { precision(of: UnsafeRawBufferPointer($0)) }
    }

    /// The same of a text's UTF-8.
    package static func precision(of bytes: UnsafeRawBufferPointer) -> Precision? {
        var scan = Scan(bytes: bytes)
        return scan.precision()
    }

    private struct Scan {
        let bytes: UnsafeRawBufferPointer
        var at = 0

        mutating func precision() -> Precision? {
            guard let year = number(4), year > 0 else { return nil }
            if isAtEnd { return .year }
            guard skip("-"), let month = number(2), 1...12 ~= month else { return nil }
            if isAtEnd { return .month }
            guard skip("-"), let day = number(2) else { return nil }
            guard 1...days(in: month, of: year) ~= day else { return nil }
            if isAtEnd { return .day }
            return skip("T") && time() && zone() && isAtEnd ? .time : nil
        }

        /// A leap second is allowed, as in FHIR's own pattern.
        private mutating func time() -> Bool {
            guard let hour = number(2), hour < 24, skip(":") else { return false }
            guard let minute = number(2), minute < 60, skip(":") else { return false }
            guard let second = number(2), second <= 60 else { return false }
            guard skip(".") else { return true }
            let start = at
            while number(1) != nil {}
            return at > start
        }

        private mutating func zone() -> Bool {
            if skip("Z") { return true }
            guard skip("+") || skip("-") else { return false }
            guard let hour = number(2), skip(":"), let minute = number(2) else { return false }
            return minute < 60 && (hour < 14 || hour == 14 && minute == 0)
        }

        private var isAtEnd: Bool { at == bytes.count }

        private mutating func number(_ digits: Int) -> Int? {
            guard at + digits <= bytes.count else { return nil }
            var number = 0
            for byte in bytes[at..<at + digits] {
                guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
            }
            at += digits
            return number
        }

        private mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
            at += 1
            return true
        }

        private func days(in month: Int, of year: Int) -> Int {
            switch month {
            case 4, 6, 9, 11: 30
            case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
            default: 31
            }
        }
    }
}
