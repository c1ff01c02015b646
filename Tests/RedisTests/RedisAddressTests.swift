import Testing

@testable import AtelierRedis

@Suite("Redis addresses")
struct RedisAddressTests {
    private func address(_ text: String, _ environment: [String: String] = [:]) throws -> RedisAddress {
        try RedisAddress(text, environment: { environment[$0] })
    }

    @Test("An address names host, port and database, or a socket")
    func forms() throws {
        #expect(try address("redis://cache").place == .tcp(host: "cache", port: 6379))
        #expect(try address("redis://[::1]:7000/3").place == .tcp(host: "::1", port: 7000))
        #expect(try address("redis://[::1]:7000/3").database == 3)
        #expect(try address("unix:/run/r.sock").place == .unix(path: "/run/r.sock"))
        #expect(try address("unix:///run/r.sock?db=2").description == "unix:/run/r.sock?db=2")
    }

    @Test("A socket and a loopback address are of this machine")
    func local() throws {
        for text in ["unix:/run/redis.sock", "redis://localhost", "redis://127.0.0.1:7000", "redis://127.9.8.7", "redis://[::1]/2"] {
            #expect(try RedisAddress(text).isLocal, "\(text)")
        }
        for text in ["redis://cache.example", "redis://10.0.0.1", "redis://localhost.example"] {
            #expect(try !RedisAddress(text).isLocal, "\(text)")
        }
    }

    @Test("User and password come from the address, percent-decoded, and what it leaves out from the environment")
    func credentials() throws {
        let own = try address("redis://ann:p%40ss@h", ["ATELIER_REDIS_PASSWORD": "other"])
        #expect(own.user == "ann" && own.password?.text == "p@ss")
        let both = try address("unix:/s", ["ATELIER_REDIS_USER": "ben", "ATELIER_REDIS_PASSWORD": "x"])
        #expect(both.user == "ben" && both.password?.text == "x")
        #expect(try address("redis://:pw@h").user == nil)
    }

    @Test("No description, dump or error shows the password")
    func secrecy() throws {
        let address = try address("redis://ann:hunter2@cache/1")
        var dumped = ""
        dump(address, to: &dumped)
        for text in ["\(address)", String(reflecting: address), dumped] { #expect(!text.contains("hunter2")) }
        for broken in ["redis://ann:hunter2@:1", "redis://ann:hunter2%@h", "redis://ann:hunter2@h:x", "http://ann:hunter2@h"] {
            #expect {
                _ = try self.address(broken)
            } throws: { !"\($0)".contains("hunter2") && $0 is RedisAddressError }
        }
    }

    @Test("TLS is refused with what helps")
    func encrypted() {
        #expect {
            _ = try address("rediss://cache")
        } throws: { "\($0)".contains("TLS front") && $0 as? RedisAddressError == .encrypted }
    }

    @Test(
        "What is no address is refused",
        arguments: ["", "cache", "redis://", "redis://h:0", "redis://h:70000", "redis://h/x", "unix:run", "unix:/s?x=1", "redis://[::1]x"])
    func refused(_ text: String) {
        #expect(throws: RedisAddressError.self) { try address(text) }
    }
}
