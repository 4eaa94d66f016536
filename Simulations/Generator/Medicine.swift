/// A medicine and how it is given. Names are generic ones; the doses make the demo plausible, and
/// are no advice.
struct Medicine: Sendable, Hashable {
    /// Generic name, strength and form.
    var name: String
    /// What is given at once: to an adult, to a child.
    var dose: (adult: String, child: String) { (adultDose, childDose) }
    private var adultDose: String
    private var childDose: String
    /// UCUM.
    var unit: String
    /// Times in a day.
    var frequency: Int
    /// Days; 0 for as long as the condition lasts.
    var days: Int
    var route: String

    private init(
        _ name: String, _ adult: String, _ child: String, _ unit: String, times: Int, days: Int,
        route: String = "oral"
    ) {
        self.name = name
        adultDose = adult
        childDose = child
        self.unit = unit
        frequency = times
        self.days = days
        self.route = route
    }

    static let amoxicillin = Medicine("Amoxicillin", "500", "250", "mg", times: 3, days: 7)
    static let azithromycin = Medicine("Azithromycin", "500", "200", "mg", times: 1, days: 3)
    static let cotrimoxazole = Medicine("Co-trimoxazole", "960", "240", "mg", times: 2, days: 5)
    static let ciprofloxacin = Medicine("Ciprofloxacin", "500", "250", "mg", times: 2, days: 3)
    static let paracetamol = Medicine("Paracetamol", "1000", "250", "mg", times: 4, days: 3)
    static let ibuprofen = Medicine("Ibuprofen", "400", "100", "mg", times: 3, days: 5)
    static let artemether = Medicine(
        "Artemether 20 mg with lumefantrine 120 mg", "4", "2", "{tbl}", times: 2, days: 3)
    static let rehydration = Medicine(
        "Oral rehydration salts", "400", "200", "mL", times: 4, days: 3)
    static let zinc = Medicine("Zinc sulfate", "20", "10", "mg", times: 1, days: 10)
    static let iron = Medicine("Ferrous sulfate", "200", "60", "mg", times: 1, days: 90)
    static let amlodipine = Medicine("Amlodipine", "5", "2.5", "mg", times: 1, days: 0)
    static let metformin = Medicine("Metformin", "500", "250", "mg", times: 2, days: 0)
    static let salbutamol = Medicine(
        "Salbutamol inhaler", "200", "100", "ug", times: 4, days: 0, route: "inhaled")
    static let antiretroviral = Medicine(
        "Tenofovir, lamivudine and dolutegravir", "1", "0.5", "{tbl}", times: 1, days: 0)
    static let omeprazole = Medicine("Omeprazole", "20", "10", "mg", times: 1, days: 28)
    static let eyeDrops = Medicine(
        "Chloramphenicol 0.5 % eye drops", "1", "1", "[drp]", times: 4, days: 5, route: "in the eye"
    )
}
