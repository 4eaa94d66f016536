import Causality

/// The word lists of the workload's rows. Their sizes are part of it: they set how well a row can
/// be compressed.
enum PatientWords {
    static let given = words(
        """
        Tendai Chipo Farai Rudo Tatenda Nyasha Kudzai Tariro Blessing Memory Precious Gift Grace
        Joseph Mary John Peter Ruth Esther Samuel Themba Sipho Nomsa Thandi Lindiwe Sibusiso
        Nokuthula Mandla Zanele Bongani Ayanda Lerato Thabo Kagiso Palesa Neo Tumelo Naledi Mpho
        Refilwe Amina Fatuma Juma Hassan Zainab Khadija Baraka Neema Furaha Rehema Wanjiru Kamau
        Achieng Otieno Njeri Mwangi Chikondi Thokozani Mphatso Limbani Chisomo Yamikani Dalitso
        Tiyamike
        """, count: 64)
    static let family = words(
        """
        Moyo Ncube Sibanda Dube Ndlovu Nyoni Mpofu Khumalo Mlambo Chirwa Banda Phiri Mwale Tembo
        Zulu Nkhoma Mbewe Lungu Sakala Daka Mutasa Chikwanha Marufu Gumbo Shumba Hove Zhou Chigumba
        Mapfumo Makoni Nyathi Mhlanga Dlamini Nkosi Mokoena Molefe Tau Modise Kgosi Seretse Otieno
        Odhiambo Kamau Mwangi Kariuki Njoroge Wafula Barasa Mutua Musyoka Hassan Ali Omar Abdi
        Mohamed Juma Mushi Massawe Kimaro Shirima Chilemba Gondwe Nyirenda Kaunda
        """, count: 64)
    static let streets = words(
        """
        Main-Road Market-Street Church-Road School-Lane River-Road Hill-Street Station-Road
        Mission-Road Acacia-Avenue Baobab-Road Jacaranda-Avenue Msasa-Road Mopane-Close
        Fig-Tree-Lane Mango-Street Palm-Drive First-Street Second-Street Third-Street Fourth-Street
        Fifth-Street Sixth-Street North-Road South-Road East-Road West-Road Old-Mine-Road Dam-Road
        Bridge-Street Mill-Lane Clinic-Road Hospital-Road Council-Street Police-Street
        Post-Office-Road Borehole-Lane Stadium-Road Airstrip-Road Dip-Tank-Road Quarry-Road
        Kraal-Road Lion-Street Eland-Road Kudu-Street Impala-Avenue Zebra-Lane Heron-Close
        Eagle-Road Sable-Street Unity-Street Freedom-Way Peace-Avenue Harvest-Road Cotton-Street
        Maize-Lane Tobacco-Road Cattle-Road Forest-Road Garden-Street Lake-Road Valley-Road
        Ridge-Road Sunrise-Lane Sunset-Lane
        """, count: 64
    ).map { $0.split(separator: "-").joined(separator: " ") }
    static let villageStems = words(
        """
        Chi Mu Nya Ka Ma Go Hwa Zvi Ru Gwa Shu Chiwe Mupa Nyama Kado Mata Gokwe Hwedza Zvisha Rusa
        Gwara Shuru Lu Mwe Nka Bo Tsho Si Nto Za Mpha Kwe
        """, count: 32)
    static let villageEnds = words(
        """
        ndoro ropa manda redzi kore tanga bvuri wanga pinda vango dziwa mbira koto sanga zhou nyika
        """, count: 16)
    static let districts = words(
        """
        Binga Bindura Bikita Buhera Bulilima Chegutu Chimanimani Chipinge Chiredzi Chivi Gokwe
        Goromonzi Guruve Gutu Gwanda Gweru Hurungwe Hwange Insiza Kadoma Kariba Kwekwe Lupane
        Makonde Makoni Mangwe Marondera Masvingo Matobo Mazowe Mberengwa Mbire Mhondoro Mudzi
        Murehwa Mutare Mutasa Mutoko Mwenezi Nkayi Nyanga Rushinga Sanyati Seke Shamva Shurugwi
        Tsholotsho Umguza Zaka Zvimba
        """, count: 50)
    static let bloodGroups = ["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"]

    private static let complaints = words(
        """
        Cough Fever Headache Rash Diarrhoea Vomiting Backache Earache Toothache Sore-throat
        Chest-pain Joint-pain Itching Dizziness Weakness Burn Cut-hand Cut-foot Red-eye Dysuria
        Cramps Weight-loss Night-sweats Palpitations Insomnia Swelling Nosebleed Bite Constipation
        Heartburn Fits Wheeze
        """, count: 32
    ).map { $0.split(separator: "-").joined(separator: " ") }
    private static let findings = [
        "chest clear", "crackles left", "crackles right", "throat red", "abdomen soft",
        "mild pallor",
        "no pallor", "well hydrated", "dry mouth", "wound clean", "RDT neg", "RDT pos", "no oedema",
        "ankle oedema", "ear drum red", "neck supple", "skin dry", "eyes clear", "urine clear",
        "urine: nitrite", "no jaundice", "alert", "tired", "nodes felt", "spleen felt",
        "no fever now",
        "limps", "pulse regular", "soft murmur", "good air entry", "wheeze both", "BMI low",
    ]
    private static let plans = [
        "ORS", "zinc", "rest, fluids", "paracetamol", "ibuprofen", "amoxicillin", "doxycycline",
        "coartem", "iron", "folate", "salbutamol", "dressing", "sutures x3", "refer", "lab: FBC",
        "sputum x2", "HIV test", "X-ray", "diet advice", "metformin", "HCTZ", "amlodipine",
        "enalapril",
        "cotrim", "albendazole", "eye drops", "ear drops", "vitamin A", "tetanus", "counselled",
        "observe 2 h", "antacid",
    ]
    private static let reviews = [
        "review 1/52", "review 2/52", "review 1/12", "review 3/12", "review 3/7", "if worse",
        "today",
        "as needed",
    ]

    /// A note as a clinic writes it, of 55 to 68 characters: complaint, vital signs, finding, plan.
    /// What falls outside is drawn again.
    static func note(using random: inout SplitMix64) -> String {
        while true {
            let complaint = random.pick(complaints)
            let days = 1 + random.below(14)
            let temperature = 360 + random.below(40)
            let pressure = "\(95 + random.below(80))/\(55 + random.below(50))"
            let pulse = 56 + random.below(64)
            let text =
                "\(complaint) \(days) d, T \(temperature / 10).\(temperature % 10) P \(pulse)"
                + " BP \(pressure), \(random.pick(findings)); \(random.pick(plans)),"
                + " \(random.pick(reviews))"
            if (55...68).contains(text.utf8.count) { return text }
        }
    }

    private static func words(_ text: String, count: Int) -> [String] {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        precondition(words.count == count && Set(words).count == count)
        return words
    }
}
