/// What `hubd` says of itself and of its clinics.
struct HubStatus: Decodable {
    struct Clinic: Decodable {
        let name: String?
        let id: String?
        let scope: String?
        let lastSeen: String?
        let acknowledged: Int?
        let pendingForIt: Int?
        let digestEqual: Bool?
        let clockOffsetSeconds: Double?
        let revoked: Bool?
        let enrolled: Bool?

        var standing: String {
            if revoked == true { return "revoked" }
            return enrolled == false ? "not enrolled" : ""
        }
    }

    struct Backup: Decodable {
        let path: String?
        let at: String?
    }

    struct Clock: Decodable {
        let trusted: Bool?
        let time: String?
    }

    let epoch: JSONValue?
    let backedUp: Int?
    let refused: Int?
    let parked: Int?
    let lastBackup: Backup?
    let clock: Clock?
    let changeSets: Int?
    let records: Int?
    let addresses: JSONValue?
    let clinics: [Clinic]?
    let state: String?
    let reasons: [String]?

    var description: String {
        var form = Form()
        form.add("change sets", "\(changeSets.cell), of these backed up \(backedUp.cell)")
        form.add("refused", "\(refused.cell), parked \(parked.cell)")
        form.add("records", records.cell)
        form.add(
            "last backup",
            lastBackup.map { "\($0.at.cell), \($0.path.cell)" } ?? "none yet")
        form.add(
            "clock",
            (clock?.trusted.map { $0 ? "believed" : "NOT believed" } ?? "unknown")
                + ", \((clock?.time).cell)")
        form.add("epoch", epoch?.phrase ?? "–")
        if let addresses { form.add("addresses", addresses.phrase) }
        return "Hub: \(Terminal.coloured(state: state ?? "unknown"))\n\(form.text)\n\n"
            + Self.table(of: clinics ?? []) + DaemonStatus.reasons(reasons)
    }

    /// A clinic a line.
    static func table(of clinics: [Clinic]) -> String {
        var table = Table(
            .left("CLINIC"), .left("SCOPE"), .left("LAST SEEN"), .right("ACKNOWLEDGED"),
            .right("PENDING FOR IT"), .left("DIGEST"), .right("CLOCK"), .left(""))
        for clinic in clinics {
            table.add(
                clinic.name ?? clinic.id.cell, clinic.scope.cell, clinic.lastSeen ?? "never",
                clinic.acknowledged.cell, clinic.pendingForIt.cell,
                clinic.digestEqual.map { $0 ? "equal" : "DIFFERS" } ?? "–",
                clinic.clockOffsetSeconds.secondsCell, clinic.standing)
        }
        return table.text(orIfEmpty: "No clinic has a code yet: syncctl clinic add NAME makes one.")
    }
}
