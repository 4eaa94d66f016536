import Foundation

/// Numbers and durations as a page shows them, the same in each country.
enum Text {
    /// Groups of three; a decimal where the number is small.
    static func number(_ value: Double) -> String {
        if abs(value) < 10, value != value.rounded() { return String(format: "%.1f", value) }
        let digits = Array(String(format: "%.0f", abs(value)))
        var text = value < 0 ? "-" : ""
        for (at, digit) in digits.enumerated() {
            if at > 0, (digits.count - at) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// - Parameter milliseconds: less than ten years or so.
    static func duration(_ milliseconds: Double) -> String {
        let units: [(Double, String)] = [
            (86_400_000, "days"), (3_600_000, "h"), (60_000, "min"), (1000, "s"),
        ]
        for (size, name) in units where milliseconds >= 2 * size {
            return "\(number(milliseconds / size)) \(name)"
        }
        return "\(number(milliseconds)) ms"
    }

    /// Text as HTML holds it, in attributes too.
    static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;")
            .replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
            .replacingOccurrences(of: "\"", with: "&quot;")
    }

    /// The value that so large a share of the sorted values doesn't exceed.
    static func quantile(_ share: Double, of sorted: [Double]) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let place = Int((share * Double(sorted.count)).rounded(.up)) - 1
        return sorted[min(sorted.count - 1, max(0, place))]
    }
}
