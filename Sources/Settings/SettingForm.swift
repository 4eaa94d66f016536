import Foundation
import Logging

/// What a setting's value looks like: how it is read, written, and described to a person.
struct SettingForm<Value: Sendable>: Sendable {
    /// What would be right, as it follows "write", such as `a whole number from 1 to 600`.
    let expectation: String
    /// The value, or `nil` where the text is none of this form.
    let parse: @Sendable (String) -> Value?
    /// The value as `--check` shows it.
    let show: @Sendable (Value) -> String
}

extension SettingForm where Value == String {
    /// Any text that isn't empty; `expectation` says of what.
    static func text(_ expectation: String) -> Self {
        Self(expectation: expectation, parse: { $0.isEmpty ? nil : $0 }, show: { $0 })
    }
}

extension SettingForm where Value == Int {
    /// A whole number in `range`, of the unit that `unit` names in the plural.
    static func count(_ range: ClosedRange<Int>, of unit: String) -> Self {
        Self(
            expectation: "a whole number of \(unit) from \(range.lowerBound) "
                + "to \(range.upperBound)",
            parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } },
            show: { "\($0)" })
    }

    /// A number of bytes in `range`, plain or with `kB`, `MB`, `KiB` or `MiB` behind it.
    ///
    /// - Parameter reason: why no other may be written, as it follows the range.
    static func bytes(_ range: ClosedRange<Int>, because reason: String? = nil) -> Self {
        Self(
            expectation: "a number of bytes from \(range.lowerBound) to \(range.upperBound), "
                + "plain or as in 512 KiB or 2 MB" + (reason.map { ": \($0)" } ?? ""),
            parse: { byteCount($0).flatMap { range.contains($0) ? $0 : nil } },
            show: { "\($0) bytes" })
    }

    private static func byteCount(_ text: String) -> Int? {
        let units = [("kib", 1 << 10), ("mib", 1 << 20), ("kb", 1_000), ("mb", 1_000_000), ("", 1)]
        let lowered = text.lowercased()
        guard let (suffix, factor) = units.first(where: { lowered.hasSuffix($0.0) }),
            let number = Int(lowered.dropLast(suffix.count).trimmingCharacters(in: .whitespaces))
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}

extension SettingForm where Value == Duration {
    /// A whole number of seconds in `range`.
    static func seconds(_ range: ClosedRange<Int>) -> Self {
        let number = SettingForm<Int>.count(range, of: "seconds")
        return Self(
            expectation: number.expectation,
            parse: { number.parse($0).map(Duration.seconds) },
            show: { "\($0.components.seconds) s" })
    }

    /// A whole number of minutes in `range`.
    static func minutes(_ range: ClosedRange<Int>) -> Self {
        let number = SettingForm<Int>.count(range, of: "minutes")
        return Self(
            expectation: number.expectation,
            parse: { number.parse($0).map { Duration.seconds($0 * 60) } },
            show: { "\($0.components.seconds / 60) min" })
    }
}

extension SettingForm where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of the words of an enumeration.
    static var word: Self {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return Self(
            expectation: "one of \(words)", parse: { Value(rawValue: $0) }, show: { $0.rawValue })
    }
}

extension SettingForm where Value == TimeZone {
    /// A time zone by its name in the IANA database.
    static var timeZone: Self {
        Self(
            expectation: "the name of a time zone, such as Africa/Nairobi or UTC",
            parse: { name in
                // Foundation also takes abbreviations, of which some mean several zones.
                guard name == "UTC" || name == "GMT" || name.contains("/") else { return nil }
                return TimeZone(identifier: name)
            },
            show: { $0.identifier })
    }
}

extension SettingForm where Value == URL {
    /// The address of a hub: `https`, a host, and no name, password, query or fragment.
    static var hubURL: Self {
        Self(
            expectation: "an address such as https://hub.example.org:8443",
            parse: { text in
                guard let parts = URLComponents(string: text), parts.scheme == "https",
                    let host = parts.host, !host.isEmpty, parts.user == nil, parts.query == nil,
                    parts.fragment == nil, (1...65_535).contains(parts.port ?? 443)
                else { return nil }
                return parts.url
            },
            show: { $0.absoluteString })
    }
}

extension SettingForm where Value == ListenAddress {
    static var address: Self {
        Self(
            expectation: "host:port, such as 127.0.0.1:8080 (port 0 takes a free one)",
            parse: { ListenAddress($0) }, show: { "\($0)" })
    }

    /// An address that only programs of this machine reach.
    static var loopbackAddress: Self {
        Self(
            expectation: "host:port of this machine alone, such as 127.0.0.1:8080 (port 0 takes "
                + "a free one): it speaks plain HTTP and knows no accounts yet, so it may not be "
                + "reached from elsewhere",
            parse: { ListenAddress($0).flatMap { $0.isLoopback ? $0 : nil } }, show: { "\($0)" })
    }
}
