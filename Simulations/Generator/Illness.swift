/// Something that a patient comes with: its ICD-10 code and what is given for it.
struct Illness: Sendable {
    enum Fits: Sendable { case anyone, children, adults, women }
    var code: String
    var name: String
    var fits: Fits
    var isChronic: Bool
    /// Whether there is a fever.
    var isFebrile: Bool
    var medicine: Medicine?

    private init(
        _ code: String, _ name: String, _ fits: Fits = .anyone, chronic: Bool = false,
        fever: Bool = false, gives medicine: Medicine? = nil
    ) {
        self.code = code
        self.name = name
        self.fits = fits
        isChronic = chronic
        isFebrile = fever
        self.medicine = medicine
    }

    static let all = [
        Illness("B54", "Malaria, unspecified", fever: true, gives: .artemether),
        Illness("J06.9", "Acute upper respiratory infection", fever: true, gives: .paracetamol),
        Illness("J18.9", "Pneumonia, unspecified", fever: true, gives: .amoxicillin),
        Illness("A09", "Infectious gastroenteritis", .children, fever: true, gives: .rehydration),
        Illness("H66.9", "Otitis media", .children, fever: true, gives: .amoxicillin),
        Illness("D50.9", "Iron deficiency anaemia", gives: .iron),
        Illness("H10.9", "Conjunctivitis", gives: .eyeDrops),
        Illness("L08.9", "Local infection of the skin", gives: .amoxicillin),
        Illness("S61.9", "Open wound of wrist and hand", gives: .ibuprofen),
        Illness("M54.5", "Low back pain", .adults, gives: .ibuprofen),
        Illness("N39.0", "Urinary tract infection", .adults, gives: .ciprofloxacin),
        Illness("K29.7", "Gastritis", .adults, gives: .omeprazole),
        Illness("I10", "Essential hypertension", .adults, chronic: true, gives: .amlodipine),
        Illness("E11.9", "Type 2 diabetes mellitus", .adults, chronic: true, gives: .metformin),
        Illness("J45.9", "Asthma", chronic: true, gives: .salbutamol),
        Illness("B24", "HIV disease", .adults, chronic: true, gives: .antiretroviral),
        Illness("Z34.9", "Supervision of normal pregnancy", .women, gives: .iron),
        Illness("Z00.1", "Routine child health examination", .children, gives: .zinc),
        Illness("B83.9", "Helminthiasis", .children),
    ]
}
