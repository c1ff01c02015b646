import AtelierScheduling
import AtelierServing
import Testing

@testable import AtelierService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Who is let in")
struct AccessTests {
    private let file: KeyFile

    init() {
        var template = Array("/tmp/atelier-access-XXXXXX".utf8CString)
        file = KeyFile(path: String(cString: mkdtemp(&template)!) + "/keys.json")
    }

    private func access(_ rules: AccessRules = AccessRules(), host: String = "127.0.0.1") throws -> Access {
        let keys = try KeyRing(file, now: { 0 }, warn: { _ in })
        return Access(rules, keys: keys, host: host, clock: { 1_000_000_000 })
    }

    /// The status of what is said to a request; nil when it is let in.
    private func status(
        _ access: Access, _ scope: Scope, method: String = "GET", client: String = "127.0.0.1",
        _ fields: [(name: String, value: String)] = []
    ) -> Int? { outcome(access, scope, method: method, client: client, fields).problem?.status }

    private func outcome(
        _ access: Access, _ scope: Scope, method: String = "GET", client: String = "127.0.0.1",
        _ fields: [(name: String, value: String)] = []
    ) -> (caller: Caller, problem: Problem?) {
        var caller = Caller()
        let head = RequestHead(method: method, rawPath: "/v1/stats", fields: fields, client: client)
        do throws(Problem) { try access.letIn(&caller, asking: head, for: scope) } catch { return (caller, error) }
        return (caller, nil)
    }

    @Test("Without keys this machine may do everything and others convert; with keys nobody without one does anything")
    func anonymous() throws {
        let local = try access(), open = try access(host: "*")
        for scope in Scope.grantable { #expect(status(local, scope) == nil) }
        #expect(status(open, .convert) == nil && status(open, .read) == nil && status(open, .admin) == 401)
        let text = try file.add("studio", scopes: [.read, .convert], now: 0), keyed = try access()
        #expect(status(keyed, .open) == nil && status(keyed, .read) == 401)
        let bearer = [("authorization", "Bearer \(text)")]
        #expect(status(keyed, .convert, bearer) == nil && status(keyed, .admin, bearer) == 403)
        #expect(status(keyed, .read, [("authorization", "Bearer \(text)x")]) == 401)
        #expect(status(keyed, .read, [("authorization", "Basic \(text)")]) == 401)
        #expect(outcome(keyed, .read, bearer).caller.name == "key:studio")
        var rules = AccessRules()
        rules.anonymous = [.read]
        let reading = try access(rules)
        #expect(status(reading, .read) == nil && status(reading, .convert) == 401)
    }

    @Test("A page of another site changes nothing, and a name that was made to mean this machine is not answered")
    func pages() throws {
        let local = try access()
        let evil = [("host", "127.0.0.1:8080"), ("origin", "http://evil.example")]
        #expect(status(local, .convert, method: "POST", evil) == 403 && status(local, .read, evil) == nil)
        #expect(status(local, .convert, method: "POST", [("host", "127.0.0.1:8080"), ("origin", "null")]) == 403)
        #expect(status(local, .convert, method: "POST", [("host", "localhost:8080"), ("origin", "http://localhost:8080")]) == nil)
        for host in ["127.0.0.1:8080", "localhost", "[::1]:8080", "studio.localhost:8080"] {
            #expect(status(local, .read, [("host", host)]) == nil)
        }
        #expect(status(local, .read, [("host", "evil.example:8080")]) == 421)
        var rules = AccessRules()
        rules.hosts = ["studio.example.org"]
        #expect(status(try access(rules), .read, [("host", "Studio.example.org")]) == nil)
        // Who has a key is no page that was led here.
        let text = try file.add("a", scopes: [.read], now: 0)
        #expect(status(try access(), .read, [("host", "other.example"), ("authorization", "bearer \(text)")]) == nil)
    }

    @Test("Rates are those of keys, or of addresses as far as they can be trusted; the fields come along")
    func rates() throws {
        var rules = AccessRules()
        rules.rate = RateLimiter.Rate(perSecond: 1, burst: 2)
        rules.proxies = ["10.0.0.1"]
        let access = try access(rules)
        #expect(status(access, .read) == nil && status(access, .read) == nil)
        let third = outcome(access, .read)
        #expect(third.problem?.status == 429 && third.problem?.retryAfter == 1)
        #expect(third.problem?.fields.map(\.name) == ["RateLimit-Policy", "RateLimit"])
        #expect(status(access, .open) == nil)
        // What anybody can write there counts only from servers that are known.
        #expect(status(access, .read, [("x-forwarded-for", "1.2.3.4")]) == 429)
        func name(_ field: String) -> String { outcome(access, .open, client: "10.0.0.1", [("x-forwarded-for", field)]).caller.name }
        #expect(name("6.6.6.6, 1.2.3.4") == "address:1.2.3.4" && name("1.2.3.4, 10.0.0.1") == "address:1.2.3.4")
        #expect(name("nonsense") == "address:10.0.0.1")
        // Guessing keys spends as well.
        for _ in 0..<2 { #expect(status(access, .read, client: "9.9.9.9", [("authorization", "Bearer x")]) == 401) }
        #expect(status(access, .read, client: "9.9.9.9", [("authorization", "Bearer y")]) == 429)
        // Half a second of work is five requests, of which two fit at once and three are owed.
        let client = outcome(access, .read, client: "8.8.8.8").caller
        #expect(throws: Never.self) { try access.spend(100_000_000, by: client) }
        #expect(throws: Problem.self) { try access.spend(100_000_000, by: client) }
    }

    @Test("Scopes are written as words")
    func scopes() {
        #expect(Scope.set(written: "read,convert") == [.read, .convert] && Scope.set(written: "all")?.count == 3)
        #expect(Scope.set(written: "none") == [] && Scope.set(written: "open") == nil && Scope.set(written: "read,") == nil)
    }

    @Test("What a conversion takes is predicted by its pixels or bytes, and learned")
    func costs() {
        let table = CostTable(), megapixel = CostTable.Size(pixels: 1_000_000, bytes: 50_000)
        let first = table.prediction(.trace, of: [megapixel])
        #expect(200_000_000...300_000_000 ~= first.nanoseconds && first.bytes > 48_000_000)
        for _ in 0..<200 { table.learn(.trace, of: [megapixel], nanoseconds: 1_000_000_000) }
        let second = table.prediction(.trace, of: [megapixel])
        #expect(950_000_000...1_050_000_000 ~= second.nanoseconds)
        // Another kind, and drawings, were not learned about.
        #expect(table.prediction(.pptx, of: [megapixel]).nanoseconds == first.nanoseconds)
        let drawing = CostTable.Size(pixels: nil, bytes: 100_000)
        #expect(90_000_000...120_000_000 ~= table.prediction(.trace, of: [drawing]).nanoseconds)
    }
}
