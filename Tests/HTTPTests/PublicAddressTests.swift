import AtelierTesting
import Testing

@testable import AtelierHTTP

@Suite("Public addresses")
struct PublicAddressTests {
    @Test("Addresses of IPv4 that only some can reach are told from others")
    func four() {
        for address: [UInt8] in [
            [0, 0, 0, 0], [10, 1, 2, 3], [100, 64, 0, 1], [127, 0, 0, 1], [169, 254, 169, 254], [172, 16, 0, 1], [172, 31, 255, 255],
            [192, 0, 0, 1], [192, 168, 1, 1], [198, 18, 0, 1], [224, 0, 0, 1], [255, 255, 255, 255],
        ] { #expect(!isPublic(address), "\(address)") }
        for address: [UInt8] in [[1, 1, 1, 1], [100, 63, 0, 1], [100, 128, 0, 1], [172, 32, 0, 1], [198, 20, 0, 1], [223, 1, 1, 1]] {
            #expect(isPublic(address), "\(address)")
        }
    }

    @Test("And those of IPv6, with what they carry")
    func six() {
        func address(_ words: [UInt16]) -> [UInt8] { words.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
        for words: [UInt16] in [
            [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1], [0xFC00, 0, 0, 0, 0, 0, 0, 1], [0xFE80, 0, 0, 0, 0, 0, 0, 1],
            [0xFF02, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0xFFFF, 0x7F00, 1], [0x64, 0xFF9B, 0, 0, 0, 0, 0x0A00, 1],
            [0x2002, 0xC0A8, 0x0101, 0, 0, 0, 0, 1], [0x2001, 0x0DB8, 0, 0, 0, 0, 0, 1],
        ] { #expect(!isPublic(address(words)), "\(words)") }
        for words: [UInt16] in [
            [0x2606, 0x4700, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0xFFFF, 0x0101, 0x0101], [0x64, 0xFF9B, 0, 0, 0, 0, 0x0808, 0x0808],
        ] { #expect(isPublic(address(words)), "\(words)") }
        #expect(!isPublic([]) && !isPublic([1, 2, 3]))
    }

    @Test("A request for public addresses reaches no private one", .enabled(if: Libcurl.shared != nil, "libcurl is not on this machine"))
    func refused() async throws {
        let server = try HandServer { _, peer in peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
        var request = HTTPRequest(server.url)
        request.isPublicOnly = true
        do {
            _ = try await HTTPClient().send(request)
            Issue.record("connected")
        } catch let error as HTTPError { if case .unreachable = error {} else { Issue.record("\(error)") } }
        #expect(server.connectionCount == 0)
        request.isPublicOnly = false
        #expect(try await HTTPClient().send(request).status == 200)
    }
}
