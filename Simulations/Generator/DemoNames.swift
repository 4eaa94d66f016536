/// Names as they are met in clinics of southern and eastern Africa. The lists are our own, mixed,
/// and name nobody.
enum DemoNames {
    static let women = words(
        """
        Chipo Rudo Nyasha Tariro Memory Precious Grace Mary Ruth Esther Nomsa Thandi Lindiwe
        Nokuthula Zanele Ayanda Lerato Palesa Naledi Refilwe Amina Fatuma Zainab Khadija Neema
        Furaha Rehema Wanjiru Achieng Njeri Chisomo Tiyamike Gugulethu Nozipho Busisiwe Siphiwe
        Mwende Akinyi Atieno Mercy Faith Patience Beauty Loveness Charity Prisca Eunice Agnes
        Veronica Zodwa Sethunya Boitumelo
        """)
    static let men = words(
        """
        Tendai Farai Tatenda Kudzai Blessing Gift Joseph John Peter Samuel Themba Sipho Sibusiso
        Mandla Bongani Thabo Kagiso Tumelo Mpho Juma Hassan Baraka Kamau Otieno Mwangi Chikondi
        Thokozani Mphatso Limbani Yamikani Dalitso Musa Simba Tafadzwa Tinashe Takudzwa Lwazi Sizwe
        Vusi Jabulani Emmanuel Moses Isaac Daniel Elias Shadreck Lovemore Innocent Onesmo Abdallah
        Kipchoge Zwelithini
        """)
    static let families = words(
        """
        Moyo Ncube Sibanda Dube Ndlovu Nyoni Mpofu Khumalo Mlambo Chirwa Banda Phiri Mwale Tembo
        Zulu Nkhoma Mbewe Lungu Sakala Daka Mutasa Chikwanha Marufu Gumbo Shumba Hove Zhou Chigumba
        Mapfumo Makoni Nyathi Mhlanga Dlamini Nkosi Mokoena Molefe Tau Modise Kgosi Seretse Odhiambo
        Kariuki Njoroge Wafula Barasa Mutua Musyoka Mushi Massawe Kimaro Shirima Chilemba Gondwe
        Nyirenda Kaunda Ng'ambi Ng'ang'a Thiong'o Mbiya N'Diaye Kéïta Traoré Müller
        """)
    static let villageStems = words(
        "Chi Mu Nya Ka Ma Go Hwa Zvi Ru Gwa Shu Mupa Kado Mata Lu Mwe Nka Bo Tsho Si Nto Za Kwe")
    static let villageEnds = words(
        "ndoro ropa manda redzi kore tanga bvuri wanga pinda vango dziwa mbira koto zhou nyika")
    static let districts = words("Nyamatanga Chirembwe Lukosanzi Mupfuredzi Tshabalika Kadowanga")
    static let clinicKinds = ["Rural Clinic", "Health Centre", "Mission Hospital", "Polyclinic"]
    static let roads = [
        "Borehole Road", "Mission Road", "Dip Tank Road", "Market Street", "School Lane",
        "Mill Lane",
        "River Road", "Baobab Road", "Cattle Road", "Airstrip Road", "Church Road", "Old Mine Road",
    ]
    /// Languages by their tags (RFC 5646) and names.
    static let languages = [
        ("sn", "Shona"), ("nd", "North Ndebele"), ("ny", "Chichewa"), ("sw", "Swahili"),
        ("tn", "Tswana"), ("en", "English"),
    ]

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
