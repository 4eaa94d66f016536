import Causality
import FHIR
import Sync

/// `/metrics`, in Prometheus' text format (version 0.0.4). No name of a person or a record.
extension ClinicDaemon {
    func metricsText() async -> String {
        var out = MetricsWriter()
        let counts = metrics.now
        out.add("exchanges_total", "counter", "Requests that the hub answered.", counts.exchanges)
        out.add(
            "exchange_failures_total", "counter", "Requests that brought nothing.", counts.failures)
        out.add("exchange_bytes_sent_total", "counter", "Bytes sent to the hub.", counts.bytesSent)
        out.add(
            "exchange_bytes_received_total", "counter", "Bytes from the hub.", counts.bytesReceived)
        out.add(
            "fhir_answers_total", "counter", "Answers by class of status.",
            counts.answers.sorted { $0.key < $1.key }.map { ("class=\"\($0.key)xx\"", $0.value) })
        out.add("enrolled", "gauge", "1 once the clinic is enrolled.", node == nil ? 0 : 1)
        guard let node, let standing = try? await node.standing() else { return out.text }
        out.add("written", "gauge", "Frames written here.", Int(standing.written))
        out.add("acknowledged", "gauge", "Frames that the hub has.", Int(standing.acknowledged))
        out.add("backed_up", "gauge", "Frames that outlived a backup.", Int(standing.backedUp))
        out.add(
            "pending", "gauge", "Frames that wait for the hub, by lane.",
            standing.pending.sorted { $0.key < $1.key }.map {
                ("lane=\"\($0.key)\"", Int($0.value))
            })
        out.add("refused", "gauge", "Change sets that the hub refused.", Int(standing.refused))
        out.add("parked", "gauge", "Change sets that wait for an upgrade.", standing.parked)
        out.add("received", "gauge", "Change sets of others.", Int(standing.received))
        out.add("review_items", "gauge", "What a person must look at.", standing.reviewItems)
        out.add(
            "digest_equal", "gauge", "1 when the last comparison was equal, -1 before the first.",
            standing.isEqual.map { $0 ? 1 : 0 } ?? -1)
        out.add(
            "last_exchange_seconds", "gauge", "When, in seconds since 1970.",
            Int((standing.lastExchange ?? 0) / 1000))
        out.add("connected", "gauge", "1 while the hub answers.", await node.isConnected ? 1 : 0)
        return out.text
    }
}

private struct MetricsWriter {
    private(set) var text = ""

    mutating func add(_ name: String, _ type: String, _ help: String, _ value: Int) {
        add(name, type, help, [("", value)])
    }

    mutating func add(
        _ name: String, _ type: String, _ help: String, _ values: [(labels: String, value: Int)]
    ) {
        guard !values.isEmpty else { return }
        text += "# HELP clinicsync_\(name) \(help)\n# TYPE clinicsync_\(name) \(type)\n"
        for (labels, value) in values {
            text += "clinicsync_\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(value)\n"
        }
    }
}
