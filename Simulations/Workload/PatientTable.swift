/// The workload's table in a yardstick database, and its prepared statements.
struct PatientTable {
    let database: RawDatabase
    private let ids: PlainBaseline.IDForm
    private let insertion: RawStatement
    private let phoneUpdate: RawStatement
    private let addressUpdate: RawStatement

    init(creatingIn database: RawDatabase, ids: PlainBaseline.IDForm) throws {
        self.database = database
        self.ids = ids
        let type = ids == .text ? "TEXT" : "BLOB"
        try database.execute(
            """
            CREATE TABLE patient(id \(type) PRIMARY KEY NOT NULL, given TEXT, family TEXT,
                birth_date TEXT, sex TEXT, phone TEXT, address TEXT, village TEXT, district TEXT,
                blood_group TEXT, notes TEXT, flag INTEGER)
            """)
        insertion = try database.prepare("INSERT INTO patient VALUES(?,?,?,?,?,?,?,?,?,?,?,?)")
        phoneUpdate = try database.prepare("UPDATE patient SET phone=? WHERE id=?")
        addressUpdate = try database.prepare("UPDATE patient SET address=? WHERE id=?")
    }

    func insert(_ row: PatientRow) throws {
        bindID(of: row, to: insertion, 1)
        insertion.bind(2, row.given)
        insertion.bind(3, row.family)
        insertion.bind(4, row.birthDate)
        insertion.bind(5, row.sex)
        insertion.bind(6, row.phone)
        insertion.bind(7, row.address)
        insertion.bind(8, row.village)
        insertion.bind(9, row.district)
        insertion.bind(10, row.bloodGroup)
        insertion.bind(11, row.notes)
        insertion.bind(12, row.flag)
        try insertion.run()
    }

    func set(_ column: PatientWorkload.Edit.Column, of row: PatientRow, to value: String) throws {
        let update = column == .phone ? phoneUpdate : addressUpdate
        update.bind(1, value)
        bindID(of: row, to: update, 2)
        try update.run()
    }

    private func bindID(of row: PatientRow, to statement: RawStatement, _ parameter: Int32) {
        switch ids {
        case .text: statement.bind(parameter, row.id)
        case .bytes:
            withUnsafeBytes(of: (row.idHigh.bigEndian, row.idLow.bigEndian)) {
                statement.bind(parameter, bytes: $0)
            }
        }
    }
}
