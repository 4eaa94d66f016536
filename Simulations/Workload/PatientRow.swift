import Causality

/// One row of the workload's table `patient`: 12 columns, as a plain application keeps them.
package struct PatientRow: Sendable, Equatable {
    /// The id as 36 characters, a lower-case UUID of version 4. Rows are in random order of it.
    package var id: String
    /// The same id as two numbers; its 16 bytes are these, big-endian, one after the other.
    package var idHigh: UInt64
    package var idLow: UInt64
    /// Out of 64.
    package var given: String
    /// Out of 64.
    package var family: String
    /// `YYYY-MM-DD`, from 1930 to 2025.
    package var birthDate: String
    /// `female` or `male`.
    package var sex: String
    /// 13 characters: a plus sign, the country code and nine digits.
    package var phone: String
    /// A house number and one of 64 streets.
    package var address: String
    /// Out of 512.
    package var village: String
    /// Out of 50.
    package var district: String
    /// One of the eight groups.
    package var bloodGroup: String
    /// 55 to 68 characters.
    package var notes: String
    /// 0 or 1.
    package var flag: Int

    /// The row that the generator's next draws make.
    init(using random: inout SplitMix64) {
        idHigh = (random.next() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        idLow = (random.next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        id = PatientRow.uuidText(high: idHigh, low: idLow)
        given = random.pick(PatientWords.given)
        family = random.pick(PatientWords.family)
        birthDate = PatientRow.date(daysFrom1930: random.below(35_064))
        sex = random.pick(["female", "male"])
        phone = PatientRow.phone(using: &random)
        address = PatientRow.address(using: &random)
        let village = random.below(512)
        self.village =
            PatientWords.villageStems[village >> 4] + PatientWords.villageEnds[village & 15]
        district = random.pick(PatientWords.districts)
        bloodGroup = random.pick(PatientWords.bloodGroups)
        notes = PatientWords.note(using: &random)
        flag = random.below(2)
    }

    static func phone(using random: inout SplitMix64) -> String {
        let network = random.pick(["+26371", "+26373", "+26377", "+26378"])
        return network + padded(random.below(10_000_000), to: 7)
    }

    static func address(using random: inout SplitMix64) -> String {
        let number = 1 + random.below(999)
        return "\(number) \(random.pick(PatientWords.streets))"
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: width - digits.utf8.count) + digits
    }

    private static let hex = Array("0123456789abcdef".utf8)

    private static func uuidText(high: UInt64, low: UInt64) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                text.append(UInt8(ascii: "-"))
            }
            let word = digit < 16 ? high : low
            text.append(hex[Int(word >> UInt64(60 - 4 * (digit & 15)) & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The civil date that many days after 1930-01-01; good to 2099, as 2000 was a leap year.
    private static func date(daysFrom1930 days: Int) -> String {
        var (year, left) = (1930, days)
        while left >= (year % 4 == 0 ? 366 : 365) {
            left -= year % 4 == 0 ? 366 : 365
            year += 1
        }
        var lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        if year % 4 == 0 { lengths[1] = 29 }
        var month = 0
        while left >= lengths[month] {
            left -= lengths[month]
            month += 1
        }
        return "\(year)-\(padded(month + 1, to: 2))-\(padded(left + 1, to: 2))"
    }
}
