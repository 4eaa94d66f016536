import NIOCore
import NIOSSL
import Synchronization
import Trust

/// What the server shows in TLS, exchangeable while it runs.
final class ServerIdentity: Sendable {
    private let context: Mutex<NIOSSLContext>
    private let root: RootCertificate

    init(_ credentials: KeyedCertificate, root: RootCertificate) throws {
        self.root = root
        context = Mutex(try ServerIdentity.makeContext(credentials, root: root))
    }

    func replace(_ credentials: KeyedCertificate) throws {
        let new = try ServerIdentity.makeContext(credentials, root: root)
        context.withLock { $0 = new }
    }

    /// A handler for one new connection.
    ///
    /// TLS proves that the peer has the key of the certificate that it shows, and nothing more is
    /// asked of it here: whether the certificate is ours and still valid is decided at each
    /// request, by trusted time instead of BoringSSL's wall clock, and said in an answer that
    /// people can read instead of a TLS alert that is often lost.
    func makeHandler() -> NIOSSLServerHandler {
        NIOSSLServerHandler(
            context: context.withLock { $0 },
            customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) },
            configuration: NIOSSLServerHandler.Configuration())
    }

    private static func makeContext(
        _ credentials: KeyedCertificate, root: RootCertificate
    ) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(credentials.certificatePEM.utf8))
        let key = try NIOSSLPrivateKey(
            bytes: Array(credentials.privateKeyPEM.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(root.pem.utf8)))
        configuration.applicationProtocols = ["http/1.1"]
        // A peer that is gone never says goodbye.
        configuration.shutdownTimeout = .seconds(1)
        return try NIOSSLContext(configuration: configuration)
    }
}
