import Settings
import Testing

@Suite("Addresses to listen at")
struct ListenAddressTests {
    @Test(
        "Names, IPv4 and bracketed IPv6 addresses are read and written alike",
        arguments: ["localhost:8080", "127.0.0.1:0", "[::1]:443", "hub-1.example.org:65535"])
    func roundTrip(text: String) throws {
        #expect(try #require(ListenAddress(text)).description == text)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", "8080", ":8080", "host:", "host:65536", "host:-1", "host:+1", "::1:8080",
            "[::1]", "[host]:1", "a b:1", "http://host:80", "host:８０",
        ])
    func refused(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test("Only addresses of this machine alone count as loopback")
    func loopback() {
        let near = ["127.0.0.1", "127.9.9.9", "localhost", "::1"]
        let far = ["0.0.0.0", "10.0.0.1", "127.0.0.1.example.org", "::", "127.0.0", "1270.0.0.1"]
        #expect(near.allSatisfy { ListenAddress(host: $0, port: 1).isLoopback })
        #expect(!far.contains { ListenAddress(host: $0, port: 1).isLoopback })
    }
}
