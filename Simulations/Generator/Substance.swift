/// What a patient reacts to, and how.
struct Substance: Sendable {
    var name: String
    /// FHIR's AllergyIntolerance.category.
    var category: String
    var reactions: [String]
    /// Medicines that must not be given then.
    var excludes: [Medicine]

    static let all = [
        Substance(
            name: "Penicillin", category: "medication",
            reactions: ["Hives", "Swelling of the face", "Anaphylaxis"], excludes: [.amoxicillin]),
        Substance(
            name: "Sulfonamides", category: "medication", reactions: ["Rash", "Fever with rash"],
            excludes: [.cotrimoxazole]),
        Substance(
            name: "Ibuprofen", category: "medication", reactions: ["Wheeze", "Hives"],
            excludes: [.ibuprofen]),
        Substance(
            name: "Groundnuts", category: "food", reactions: ["Hives", "Vomiting"], excludes: []),
        Substance(
            name: "Bee venom", category: "environment",
            reactions: ["Large local swelling", "Anaphylaxis"], excludes: []),
        Substance(
            name: "Latex", category: "environment", reactions: ["Contact rash"], excludes: []),
    ]
}
