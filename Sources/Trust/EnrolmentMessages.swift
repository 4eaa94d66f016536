/// `POST /v1/enrol`: a machine that has a code and a new key asks to be a clinic.
package struct EnrolmentRequest: Codable, Sendable, Equatable {
    /// 16 hexadecimal digits.
    package var codeID: String
    /// 32 hexadecimal digits.
    package var secret: String
    package var csrPEM: String

    package init(code: EnrolmentCode, csrPEM: String) {
        codeID = Hexadecimal.text(code.id)
        secret = Hexadecimal.text(code.secret)
        self.csrPEM = csrPEM
    }

    /// `nil` unless the request holds 8 bytes.
    package var codeIDBytes: [UInt8]? { Hexadecimal.bytes(codeID, count: EnrolmentCode.idBytes) }

    /// `nil` unless the request holds 16 bytes.
    package var secretBytes: [UInt8]? {
        Hexadecimal.bytes(secret, count: EnrolmentCode.secretBytes)
    }
}

/// What the hub makes of an enrolment.
package struct EnrolmentAnswer: Codable, Sendable, Equatable {
    /// 16 hexadecimal digits.
    package var node: String
    package var name: String
    package var certificatePEM: String
    /// Its key's hash must be the one in the code.
    package var rootCertificatePEM: String

    package init(node: UInt64, name: String, certificatePEM: String, rootCertificatePEM: String) {
        self.node = Hexadecimal.text(node)
        self.name = name
        self.certificatePEM = certificatePEM
        self.rootCertificatePEM = rootCertificatePEM
    }

    package var nodeNumber: UInt64? {
        Hexadecimal.bytes(node, count: 8)?.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The hub's root, if it is the one that the code names.
    ///
    /// - Throws: `TrustError.anotherHub`, or `.unreadable`.
    package func root(expectedBy code: EnrolmentCode) throws(TrustError) -> RootCertificate {
        let root = try RootCertificate(pem: rootCertificatePEM)
        guard try root.keyHash == code.rootKeyHash else { throw .anotherHub }
        return root
    }
}

/// `POST /v1/renew`: a clinic, known by its certificate, asks for the next one.
package struct RenewalRequest: Codable, Sendable, Equatable {
    package var csrPEM: String

    package init(csrPEM: String) { self.csrPEM = csrPEM }
}

package struct RenewalAnswer: Codable, Sendable, Equatable {
    package var certificatePEM: String

    package init(certificatePEM: String) { self.certificatePEM = certificatePEM }
}
