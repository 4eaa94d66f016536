/// What `clinicd` says of itself. Names that a later version adds are passed over.
struct ClinicStatus: Decodable {
    struct Pending: Decodable {
        let care: Int
        let administration: Int
        let bulk: Int

        var total: Int { care + administration + bulk }
    }

    struct Digest: Decodable {
        let ours: String?
        let hub: String?
        let equal: Bool?
    }

    struct Clock: Decodable {
        let offsetSeconds: Double?
        let trusted: Bool?
    }

    let clinic: String?
    let incarnation: JSONValue?
    let addresses: JSONValue?
    let written: Int?
    let acknowledged: Int?
    let backedUp: Int?
    let pending: Pending?
    let refused: Int?
    let parked: Int?
    let received: Int?
    let reviewItems: Int?
    let lastExchange: JSONValue?
    let digest: Digest?
    let clock: Clock?
    let state: String?
    let reasons: [String]?

    var description: String {
        var form = Form()
        form.add("written", written.cell)
        form.add("acknowledged", "\(acknowledged.cell), of these backed up \(backedUp.cell)")
        if let pending {
            form.add(
                "pending",
                "care \(pending.care.grouped), administration \(pending.administration.grouped), "
                    + "bulk \(pending.bulk.grouped)")
        }
        form.add("refused", "\(refused.cell), parked \(parked.cell)")
        form.add("received", received.cell)
        form.add("review items", reviewItems.cell)
        form.add("last exchange", lastExchange?.phrase ?? "none yet")
        form.add("digest", digestText)
        form.add("clock", clockText)
        form.add("incarnation", incarnation?.phrase ?? "–")
        if let addresses { form.add("addresses", addresses.phrase) }
        let heading =
            "Clinic \(clinic ?? "(not enrolled)"): "
            + Terminal.coloured(state: state ?? "unknown")
        return "\(heading)\n\(form.text)\(DaemonStatus.reasons(reasons))"
    }

    private var digestText: String {
        switch digest?.equal {
        case true: "equal to the hub's (\(shortened(digest?.ours)))"
        case false: "DIFFERS: here \(shortened(digest?.ours)), hub \(shortened(digest?.hub))"
        default: "not compared yet (here \(shortened(digest?.ours)))"
        }
    }

    private var clockText: String {
        let trust = clock?.trusted.map { $0 ? "believed" : "NOT believed" } ?? "unknown"
        return "\(trust), off by \((clock?.offsetSeconds).secondsCell)"
    }

    private func shortened(_ digest: String?) -> String {
        digest.map { "…\($0.suffix(12))" } ?? "–"
    }
}
