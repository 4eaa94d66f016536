import Causality
import Records
import Replica
import Sync

extension HubStore {
    func loadClinics() throws {
        let all = try node.store.rows(
            """
            SELECT node, name, organization, scope, expires, certificate, revoked, lastSeen, \
            offset, digestEqual, certificatesFrom FROM _clinic
            """
        ) { row in
            RegisteredClinic(
                node: NodeID(rawValue: row.unsigned(0)), name: row.text(1),
                organization: row.text(2),
                scope: RegisteredClinic.Scope(rawValue: row.text(3)) ?? .own,
                codeExpires: row.unsigned(4), certificate: row.isNull(5) ? nil : row.text(5),
                isRevoked: row.integer(6) == 1, certificatesFrom: row.integer(10),
                lastSeen: row.unsigned(7), clockOffset: row.isNull(8) ? nil : row.integer(8),
                digestEqual: row.isNull(9) ? nil : row.integer(9) == 1)
        }
        clinics = [:]
        clinicNames = [:]
        for clinic in all {
            clinics[clinic.node] = clinic
            clinicNames[clinic.node.description] = clinic.node
            clinicNames["Organization/\(clinic.organization)"] = clinic.node
        }
    }

    /// How long an enrolment code is good, in milliseconds.
    package static let codeLifetime: UInt64 = 24 * 3600 * 1000

    /// Enters a clinic, with the verifier of a one-use enrolment code. A clinic that has not
    /// enrolled yet gets a new code under the same name; so does one that was revoked, which then
    /// comes back as the clinic that it was, while its old certificates stay void.
    ///
    /// - Parameters:
    ///   - scope: `nil` leaves a known clinic's, and is `own` for a new one.
    ///   - organization: `nil` leaves a known clinic's, and is the name for a new one.
    ///   - codeID: 8 bytes, by which the code is found.
    ///   - verifier: the hash of its secret; the secret itself is not kept.
    /// - Throws: ``HubRefusal/nameTaken`` when a clinic of that name is enrolled.
    package func add(
        _ name: String, scope: RegisteredClinic.Scope?, organization: String?, codeID: [UInt8],
        verifier: [UInt8], at now: ClockReading
    ) throws -> RegisteredClinic {
        guard !name.isEmpty, name.utf8.count <= 64 else { throw HubRefusal.badName }
        let known = clinics.values.first { $0.name == name }
        guard known.map({ !$0.isEnrolled || $0.isRevoked }) ?? true else {
            throw HubRefusal.nameTaken
        }
        let expires = reading(now).now + HubStore.codeLifetime
        let id = known?.node ?? NodeID(rawValue: random.next())
        try node.transaction {
            if known == nil {
                try insert(
                    RegistryEntry(
                        node: id, name: name, organization: organization ?? name,
                        scope: scope ?? .own))
            }
            try node.store.run(
                """
                UPDATE _clinic SET code = ?, verifier = ?, expires = ?, request = NULL, \
                certificate = NULL, organization = coalesce(?, organization) WHERE node = ?
                """,
                [
                    .bytes(codeID), .bytes(verifier), .unsigned(expires),
                    organization.map { .text($0) } ?? .null, .unsigned(id.rawValue),
                ])
            try registryChanged()
            if let known, let scope, scope != known.scope { try setScope(of: id, scope) }
            // Patients may name its Organization already.
            if let added = clinics[id], added.scope == .own,
                added.organization != known?.organization
            {
                try beginLook(at: id)
            }
        }
        return clinics[id]!
    }

    /// Puts a clinic into the registry, in the current transaction. It has no code.
    func insert(_ entry: RegistryEntry) throws {
        let isTaken = clinics.values.contains { $0.name == entry.name }
        let name = isTaken ? "\(entry.name)-\(entry.node)" : entry.name
        try node.store.run(
            """
            INSERT INTO _clinic (node, name, organization, scope, code, verifier, expires, \
            certificate, revoked, lastSeen, certificatesFrom) \
            VALUES (?, ?, ?, ?, ?, x'', 0, ?, ?, 0, ?)
            """,
            [
                .unsigned(entry.node.rawValue), .text(name), .text(entry.organization),
                .text(entry.scope.rawValue), .bytes(Array(entry.node.description.utf8)),
                entry.isEnrolled ? .text("") : .null, .integer(entry.isRevoked ? 1 : 0),
                .integer(entry.certificatesFrom),
            ])
        try loadClinics()
        try makeFeed(FeedName(.own, entry.node))
        if entry.scope == .district { try makeDistrictFeed() }
    }

    /// The district's feed begins with the first clinic that reads it; what was there before is
    /// loaded as state. A hub that was put back may begin it again over older content, so that it
    /// begins with an entry: whoever had joined in the other life goes back before it, and loads
    /// all anew.
    func makeDistrictFeed() throws {
        let name = FeedName(.district)
        guard feeds[name] == nil else { return }
        try makeFeed(name)
        var sum = ContentSum()
        var after: RootReference?
        while true {
            let roots = try node.tables.roots(of: .patient, after: after, limit: 1000)
            for root in roots { sum += try node.snapshots.sum(of: root) }
            guard let last = roots.last else { break }
            after = last
        }
        feeds[name]!.sum = sum
        try extend(name, FeedEntry(kind: .begin), nonce: random.next())
        try saveFeeds()
    }

    /// Enrols the machine that has a code. The same code with the same request gets the same
    /// answer again, since the first may have been lost.
    ///
    /// - Parameters:
    ///   - request: names the machine's key.
    ///   - verify: whether a secret fits a verifier.
    ///   - sign: makes the certificate.
    package func enrol(
        codeID: [UInt8], request: String, at now: ClockReading,
        verify: (_ verifier: [UInt8]) -> Bool,
        sign: (NodeID, _ name: String) throws -> String
    ) throws -> (clinic: RegisteredClinic, certificate: String) {
        let found = try node.store.reading {
            try node.store.row(
                "SELECT node, verifier, request, certificate, revoked FROM _clinic WHERE code = ?",
                [.bytes(codeID)]
            ) { row in
                (
                    node: NodeID(rawValue: row.unsigned(0)), verifier: row.bytes(1),
                    request: row.isNull(2) ? nil : row.text(2),
                    certificate: row.isNull(3) ? nil : row.text(3), isRevoked: row.integer(4) == 1
                )
            }
        }
        guard let found, verify(found.verifier), let clinic = clinics[found.node] else {
            throw HubRefusal.unknownCode
        }
        if let certificate = found.certificate {
            if found.isRevoked { throw HubRefusal.revoked }
            guard found.request == request else { throw HubRefusal.usedCode }
            return (clinic, certificate)
        }
        guard reading(now).now <= clinic.codeExpires else { throw HubRefusal.expiredCode }
        let certificate = try sign(clinic.node, clinic.name)
        try node.transaction {
            try node.store.run(
                "UPDATE _clinic SET request = ?, certificate = ?, revoked = 0 WHERE node = ?",
                [.text(request), .text(certificate), .unsigned(clinic.node.rawValue)])
            try registryChanged()
        }
        return (clinics[clinic.node]!, certificate)
    }

    /// Enters again a clinic whose certificate is good and which a restored copy of the hub has
    /// never heard of.
    package func readmit(
        _ id: NodeID, name: String, scope: RegisteredClinic.Scope, organization: String
    ) throws {
        guard clinics[id] == nil else { return }
        try node.transaction {
            try insert(
                RegistryEntry(
                    node: id, name: name, organization: organization, scope: scope,
                    isEnrolled: true))
            try registryChanged()
            try beginLook(at: id)
        }
    }

    /// From its next request on the clinic is refused, and the code that it may have is worth
    /// nothing.
    ///
    /// - Parameter certificatesFrom: what no certificate ends after that it has now, in seconds
    ///   since 1970.
    package func revoke(_ name: String, certificatesFrom: Int64) throws -> Bool {
        guard let clinic = clinics.values.first(where: { $0.name == name }) else { return false }
        try node.transaction {
            try node.store.run(
                """
                UPDATE _clinic SET revoked = 1, certificatesFrom = max(certificatesFrom, ?), \
                verifier = CASE WHEN certificate IS NULL THEN x'' ELSE verifier END WHERE node = ?
                """,
                [.integer(certificatesFrom), .unsigned(clinic.node.rawValue)])
            try registryChanged()
        }
        return true
    }

    /// Notes what a clinic says came of its last comparison with the hub.
    func noteComparison(_ wasEqual: Bool?, of clinic: NodeID) throws {
        guard let wasEqual else { return }
        try node.store.run(
            "UPDATE _clinic SET digestEqual = ? WHERE node = ?",
            [.integer(wasEqual ? 1 : 0), .unsigned(clinic.rawValue)])
        clinics[clinic]?.digestEqual = wasEqual
    }

    /// Notes that a clinic was here, and how far its clock is off.
    func noteSeen(_ clinic: NodeID, wall: UInt64, at now: UInt64) throws {
        let offset = Int64(bitPattern: now &- wall)
        // A row is not worth writing for every empty exchange.
        if let known = clinics[clinic], now < known.lastSeen + 60_000,
            abs((known.clockOffset ?? .max / 2) - offset) < 1000
        {
            return
        }
        try node.store.run(
            "UPDATE _clinic SET lastSeen = ?, offset = ? WHERE node = ?",
            [.unsigned(now), .integer(offset), .unsigned(clinic.rawValue)])
        clinics[clinic]?.lastSeen = now
        clinics[clinic]?.clockOffset = offset
    }
}
