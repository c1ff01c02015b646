import AtelierScheduling
import Testing

@testable import AtelierHTTP

@Suite("Origin gates")
struct OriginGatesTests {
    @Test("Sixteen wait for heads of one server at first, others of the same for them, and those of another server for nobody")
    func sixteen() async throws {
        let gates = OriginGates(), crowd = Crowd()
        try await withThrowingTaskGroup { group in
            for number in 0..<40 {
                group.addTask { @Sendable in
                    _ = try await gates.pass(to: number < 30 ? "http://a" : "http://b") {
                        await crowd.join(number < 30 ? "a" : "b")
                        return (200, [])
                    }
                }
            }
            while crowd.count("a") < 16 || crowd.count("b") < 10 { await Task.yield() }
            #expect(crowd.count("a") == 16)
            crowd.letGo()
            try await group.waitForAll()
        }
        #expect(crowd.count("a") == 30 && crowd.count("b") == 10 && gates.count == 2)
    }

    @Test("Refusals let fewer through")
    func refusals() async throws {
        let gates = OriginGates(), crowd = Crowd()
        for _ in 0..<60 { _ = try await gates.pass(to: "http://a") { (503, []) } }
        let tasks = (0..<30).map { _ in
            Task { @Sendable in
                try await gates.pass(to: "http://a") {
                    await crowd.join("a")
                    return (200, [])
                }
            }
        }
        while crowd.count("a") < 2 { await Task.yield() }
        #expect(crowd.count("a") == 2)
        crowd.letGo()
        for task in tasks { _ = try await task.value }
    }

    @Test(
        "A server is told by scheme, host and port alone",
        arguments: [
            ("HTTP://u:p@Example.org:80/a@b?c", "http://example.org:80"), ("https://example.org", "https://example.org"),
            ("https://example.org?x=/", "https://example.org"),
        ])
    func origin(url: String, origin: String) {
        #expect(HTTPRequest(url).origin == origin)
    }
}

/// Who joins waits until all are let go.
private final class Crowd: Sendable {
    private let state = Lock((joined: [String: Int](), waiting: [CheckedContinuation<Void, Never>](), isOpen: false))

    func count(_ name: String) -> Int { state.withLock { $0.joined[name] ?? 0 } }

    func join(_ name: String) async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.joined[name, default: 0] += 1
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func letGo() {
        let waiting = state.withLock { state in
            state.isOpen = true
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
