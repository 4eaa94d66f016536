import District
import FHIR
import Synchronization

/// What was confirmed to a writer: what must be found in the end, whatever happened since.
final class Ledger: Sendable {
    private struct State {
        var resources: [String: String] = [:]
        var phones: [String: [String]] = [:]
        var writes = 0
    }
    private let state = Mutex(State())

    /// Confirmed writes.
    var writes: Int { state.withLock { $0.writes } }

    /// A bundle was taken. A patient may be edited afterwards, so only the others must stay as
    /// they are.
    func confirm(bundle: JSON) {
        state.withLock { state in
            state.writes += 1
            for entry in bundle["entry"]?.elements ?? [] {
                guard let resource = entry["resource"], let type = resource["resourceType"]?.text,
                    let id = resource["id"]?.text
                else { continue }
                state.resources["\(type)/\(id)"] = type == "Patient" ? "" : resource.canonical
            }
        }
    }

    func confirm(phone: String, of patient: String) {
        state.withLock { state in
            state.writes += 1
            state.phones[patient, default: []].append(phone)
        }
    }

    /// What a clinic lacks of it, or has in another form, or has more than once.
    func broken(at clinic: Daemon, records: RecordSet) async throws -> [String] {
        let (resources, phones) = state.withLock { ($0.resources, $0.phones) }
        var broken: [String] = []
        for (name, text) in resources.sorted(by: { $0.key < $1.key }) {
            let found = records[name]
            if found == nil || (!text.isEmpty && found != text) { broken.append(name) }
        }
        for (patient, numbers) in phones.sorted(by: { $0.key < $1.key }) {
            let ever = try await clinic.phonesEver(of: patient)
            for number in numbers {
                let count = ever.count { $0 == number }
                if count != 1 { broken.append("\(patient): \(number) \(count) times") }
            }
        }
        return broken
    }
}
