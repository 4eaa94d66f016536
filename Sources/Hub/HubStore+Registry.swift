import Causality
import Records
import Replica
import Sync

extension HubStore {
    func loadClinics() throws {
        let all = try node.store.rows(
            """
            SELECT node, name, organization, scope, expires, certificate, revoked, lastSeen, \
            offset, digestEqual FROM _clinic
            """
        ) { row in
            RegisteredClinic(
                node: NodeID(rawValue: row.unsigned(0)), name: row.text(1),
                organization: row.text(2),
                scope: RegisteredClinic.Scope(rawValue: row.text(3)) ?? .own,
                codeExpires: row.unsigned(4), certificate: row.isNull(5) ? nil : row.text(5),
                isRevoked: row.integer(6) == 1, lastSeen: row.unsigned(7),
                clockOffset: row.isNull(8) ? nil : row.integer(8),
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
    /// enrolled yet gets a new code under the same name.
    ///
    /// - Parameters:
    ///   - codeID: 8 bytes, by which the code is found.
    ///   - verifier: the hash of its secret; the secret itself is not kept.
    /// - Throws: ``HubRefusal/nameTaken`` when a clinic of that name has enrolled.
    package func add(
        _ name: String, scope: RegisteredClinic.Scope, organization: String, codeID: [UInt8],
        verifier: [UInt8], at now: ClockReading
    ) throws -> RegisteredClinic {
        guard !name.isEmpty, name.utf8.count <= 64 else { throw HubRefusal.badName }
        let known = clinics.values.first { $0.name == name }
        guard known?.isEnrolled != true, known?.isRevoked != true else {
            throw HubRefusal.nameTaken
        }
        let id = known?.node ?? NodeID(rawValue: random.next())
        let expires = reading(now).now + HubStore.codeLifetime
        try node.transaction {
            try node.store.run(
                """
                INSERT OR REPLACE INTO _clinic (node, name, organization, scope, code, verifier, \
                expires, revoked, lastSeen) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)
                """,
                [
                    .unsigned(id.rawValue), .text(name), .text(organization),
                    .text(scope.rawValue), .bytes(codeID), .bytes(verifier), .unsigned(expires),
                ])
            try loadClinics()
            try makeFeed(FeedName(.own, id))
            if scope == .district { try makeDistrictFeed() }
        }
        return clinics[id]!
    }

    /// The district's feed begins with the first clinic that reads it; what was there before is
    /// loaded as state.
    private func makeDistrictFeed() throws {
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
        feeds[name]!.isDirty = true
        try saveFeeds()
    }

    /// Enrols the machine that has a code. The same code with the same request gets the same
    /// answer again, since the first may have been lost.
    ///
    /// - Parameters:
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
        if found.isRevoked { throw HubRefusal.revoked }
        if let certificate = found.certificate {
            guard found.request == request else { throw HubRefusal.usedCode }
            return (clinic, certificate)
        }
        guard reading(now).now <= clinic.codeExpires else { throw HubRefusal.expiredCode }
        let certificate = try sign(clinic.node, clinic.name)
        try node.transaction {
            try node.store.run(
                "UPDATE _clinic SET request = ?, certificate = ? WHERE node = ?",
                [.text(request), .text(certificate), .unsigned(clinic.node.rawValue)])
            try loadClinics()
        }
        return (clinics[clinic.node]!, certificate)
    }

    /// Enters again a clinic whose certificate is good and which a restored copy of the hub has
    /// never heard of. Its scope is what an operator says it is.
    package func readmit(
        _ id: NodeID, name: String, scope: RegisteredClinic.Scope, organization: String
    ) throws {
        guard clinics[id] == nil else { return }
        let isTaken = clinics.values.contains { $0.name == name }
        try node.transaction {
            try node.store.run(
                """
                INSERT INTO _clinic (node, name, organization, scope, code, verifier, expires, \
                certificate, revoked, lastSeen) VALUES (?, ?, ?, ?, ?, x'', 0, '', 0, 0)
                """,
                [
                    .unsigned(id.rawValue), .text(isTaken ? "\(name)-\(id)" : name),
                    .text(organization), .text(scope.rawValue), .bytes(Array(id.description.utf8)),
                ])
            try loadClinics()
            try makeFeed(FeedName(.own, id))
            if scope == .district { try makeDistrictFeed() }
        }
    }

    /// From its next request on the clinic is refused.
    package func revoke(_ name: String) throws -> Bool {
        guard let clinic = clinics.values.first(where: { $0.name == name }) else { return false }
        try node.transaction {
            try node.store.run(
                "UPDATE _clinic SET revoked = 1 WHERE node = ?", [.unsigned(clinic.node.rawValue)])
            try loadClinics()
        }
        return true
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
