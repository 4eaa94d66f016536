/// The dotted name of a setting, such as `hub.url` or `dataDirectory`, and what follows from it.
enum SettingName {
    /// What every environment variable of ClinicSync begins with.
    static let environmentPrefix = "CLINICSYNC_"

    /// The environment variable of a setting: a dot becomes an underscore, an upper-case letter
    /// after a lower-case one gets an underscore before it, and all is in upper case, so that
    /// `backup.everyMinutes` is `CLINICSYNC_BACKUP_EVERY_MINUTES` and `advertisedURL` is
    /// `CLINICSYNC_ADVERTISED_URL`.
    static func environmentVariable(of name: String) -> String {
        var result = environmentPrefix
        var previousIsLower = false
        for letter in name {
            if letter == "." {
                result.append("_")
            } else {
                if letter.isUppercase, previousIsLower { result.append("_") }
                result += letter.uppercased()
            }
            previousIsLower = letter.isLowercase
        }
        return result
    }

    /// The one of `candidates` that `name` was probably meant to be, if any is near enough.
    static func nearest(to name: String, among candidates: [String]) -> String? {
        let written = name.lowercased()
        let allowed = max(2, written.count / 3)
        let ranked = candidates.map { (editDistance(written, $0.lowercased()), $0) }.sorted {
            $0 < $1
        }
        if let best = ranked.first, best.0 <= allowed { return best.1 }
        // "port" for "listen" is beyond guessing, "url" for "hub.url" is not.
        return candidates.sorted().first { $0.lowercased().hasSuffix(".\(written)") }
    }

    /// How many letters must be added, dropped, changed or swapped with their neighbour to make
    /// one text of the other (optimal string alignment).
    static func editDistance(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first), Array(second))
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                let changed = last[j] + (a[i] == b[j] ? 0 : 1)
                var best = min(changed, last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
