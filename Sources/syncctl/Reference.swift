import ArgumentParser

/// A record by its FHIR type and id, written `TYPE/ID`.
struct Reference: ExpressibleByArgument {
    let text: String

    /// `nil` where the text is no reference: a type is letters with a capital first, an id has 1 to
    /// 128 visible letters. FHIR R4 (section 2.24.0.1) allows fewer, but ids are kept as they were
    /// imported, and what is kept must be reachable.
    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].first, first.isASCII, first.isUppercase,
            parts[0].allSatisfy({ $0.isASCII && $0.isLetter }), (1...128).contains(parts[1].count),
            !parts[1].contains(where: \.isWhitespace)
        else { return nil }
        text = argument
    }

    static let help = ArgumentHelp(
        "A record, such as Patient/p-17 or Observation/8f2c.", valueName: "type/id")
}
