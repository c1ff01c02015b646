import AtelierMemo
import AtelierScheduling
import AtelierServing
import AtelierTesting
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("HTTP server", .enabled(if: HTTPServer.isAvailable, "libmicrohttpd is not installed"))
struct HTTPServerTests {
    @Test("Answers at once: status, fields, body; HEAD sends none; the connection is used again")
    func answers() async throws {
        try await serving { head in
            .answer(
                ServerResponse(
                    status: 201, fields: [("X-Path", head.rawPath), ("X-Evil", "a\r\nX-Injected: yes")],
                    body: .blob(Blob("\(head.method) \(head.path?.joined(separator: "|") ?? "?") \(head.query("a b") ?? "-")"))))
        } _: { port in
            let peer = try Peer(port)
            try await peer.send("GET /v1/x%2Fy/%C3%A9?a+b=c%20d HTTP/1.1\r\nHost: x\r\n\r\n")
            let first = try await peer.answer()
            #expect(first.status == 201 && first.text == "GET v1|x/y|é c d" && first.fields["x-path"] == "/v1/x%2Fy/%C3%A9")
            #expect(first.fields["x-evil"] == "a  X-Injected: yes" && first.fields["x-injected"] == nil)
            try await peer.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\nGET /%ff HTTP/1.1\r\nHost: x\r\n\r\n")
            let second = try await peer.answer(isHead: true)
            #expect(second.status == 201 && second.fields["content-length"] == "\("HEAD abc -".utf8.count)")
            #expect(try await peer.answer().text == "GET ? -")
        }
    }

    @Test("A prepared answer is sent to many at once, to each with fields of its own and no other's", arguments: [20_000, 200_000])
    func prepared(_ count: Int) async throws {
        let bytes = Blob(String(repeating: "0123456789", count: count / 10))
        let answer = PreparedResponse(status: 203, fields: [("X-Same", "all")], bytes: bytes)
        try await serving { head in
            var response = ServerResponse(answer)
            response.fields = [("X-\(head.path![0])", head.path![1]), ("X-Evil", "a\r\nX-Injected: yes")]
            return .answer(response)
        } _: { port in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<12 {
                    group.addTask {
                        let peer = try Peer(port)
                        for turn in 0..<40 {
                            let isHead = turn % 5 == 4
                            try await peer.send("\(isHead ? "HEAD" : "GET") /c\(client)-\(turn)/\(turn) HTTP/1.1\r\nHost: x\r\n\r\n")
                            let got = try await peer.answer(isHead: isHead)
                            let own = got.fields.keys.filter { $0.hasPrefix("x-c") }
                            #expect(own == ["x-c\(client)-\(turn)"] && got.fields["x-c\(client)-\(turn)"] == "\(turn)")
                            #expect(got.status == 203 && got.fields["x-same"] == "all" && got.fields["content-length"] == "\(count)")
                            #expect(got.fields["x-evil"] == "a  X-Injected: yes" && got.fields["x-injected"] == nil)
                            #expect(isHead || got.text == String(decoding: bytes.bytes, as: UTF8.self))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("A body goes to its sink in pieces; the answer comes from a task", arguments: [0, 1, 1000, 3_000_000])
    func body(_ count: Int) async throws {
        try await serving { _ in
            let sink = Sum()
            return .receive(sink) {
                await Task.yield()
                return ServerResponse(type: "text/plain", Blob("\(sink.count) \(sink.sum)"))
            }
        } _: { port in
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }, sum = bytes.reduce(0) { $0 &+ Int($1) }
            for isChunked in [false, true] {
                let peer = try Peer(port)
                try await peer.send(
                    "POST / HTTP/1.1\r\nHost: x\r\n" + (isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(count)") + "\r\n\r\n")
                if !isChunked {
                    try await peer.send(bytes)
                } else {
                    for start in stride(from: 0, to: count, by: 100_000) {
                        let piece = Array(bytes[start..<min(count, start + 100_000)])
                        try await peer.send(String(piece.count, radix: 16) + "\r\n")
                        try await peer.send(piece)
                        try await peer.send("\r\n")
                    }
                    try await peer.send("0\r\n\r\n")
                }
                let answer = try await peer.answer()
                #expect(answer.status == 200 && answer.text == "\(count) \(sum)")
            }
        }
    }

    @Test("A body that is declared too long is refused before it comes; one that gets too long, when it has come")
    func refusal() async throws {
        try await serving { head in
            if head.declaredLength ?? 0 > 5_000 { return .answer(ServerResponse(status: 413, type: "text/plain", Blob("declared"))) }
            return .receive(Sum(limit: 5_000)) { ServerResponse(type: "text/plain", Blob("taken")) }
        } _: { port in
            let declared = try Peer(port)
            try await declared.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1099511627776\r\n\r\nx")
            let answer = try await declared.answer()
            #expect(answer.status == 413 && answer.text == "declared")
            let grown = try Peer(port)
            try await grown.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<3 { try await grown.send("fa0\r\n" + String(repeating: "y", count: 4000) + "\r\n") }
            try await grown.send("0\r\n\r\n")
            let late = try await grown.answer()
            #expect(late.status == 413 && late.text == "too long")
        }
    }

    @Test("A stream comes in pieces; a sequence that fails cuts the connection")
    func stream() async throws {
        try await serving { head in
            let (pieces, source) = AsyncThrowingStream.makeStream(of: [UInt8].self)
            return .receive(Sum()) {
                Task {
                    for number in 0..<5 {
                        source.yield(Array("piece \(number)\n".utf8))
                        await Task.yield()
                    }
                    source.finish(throwing: head.rawPath == "/cut" ? CancellationError() : nil)
                }
                return ServerResponse(status: 200, fields: [("Content-Type", "text/event-stream")], body: .stream(pieces))
            }
        } _: { port in
            let whole = try Peer(port)
            try await whole.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await whole.answer().text == (0..<5).map { "piece \($0)\n" }.joined())
            let cut = try Peer(port)
            try await cut.send("GET /cut HTTP/1.1\r\nHost: x\r\n\r\n")
            await #expect(throws: Peer.Cut.self) { try await cut.answer() }
        }
    }

    @Test("A reader that is behind holds the stream up; one that leaves cancels it")
    func backPressure() async throws {
        let counter = Counter()
        let stopped = Gate()
        try await serving { _ in
            .receive(Sum()) {
                ServerResponse(status: 200, body: .stream(Endless(counter: counter, stopped: stopped)))
            }
        } _: { port in
            let peer = try Peer(port)
            try await peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await peer.some()
            // Sockets hold a few megabytes; the rest waits.
            var before = -1
            while counter.count.withLock({ $0 }) != before {
                before = counter.count.withLock { $0 }
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(before < 64 << 20)
            peer.close()
            try await stopped.opened()
        }
    }

    @Test("A client that leaves cancels the work for it")
    func leaving() async throws {
        let begun = Gate(), cancelled = Gate()
        try await serving { _ in
            .receive(Sum()) {
                begun.open()
                // Ends by being cancelled.
                try? await Task.sleep(for: .seconds(3600))
                if Task.isCancelled { cancelled.open() }
                return ServerResponse(status: 200)
            }
        } _: { port in
            let peer = try Peer(port)
            try await peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try await begun.opened()
            peer.close()
            try await cancelled.opened()
        }
    }

    @Test("Silent connections and slow heads are let go, others go on")
    func slow() async throws {
        var limits = HTTPServer.Limits()
        limits.headSeconds = 0.3
        try await serving(limits: limits) { _ in
            .answer(ServerResponse(type: "text/plain", Blob("ok")))
        } _: { port in
            let silent = try Peer(port), loris = try Peer(port)
            try await loris.send("GET / HTTP/1.1\r\nX: ")
            await #expect(throws: Peer.Cut.self) { try await silent.answer() }
            await #expect(throws: Peer.Cut.self) { try await loris.answer() }
            // On a busy machine this test may be slow with its head too.
            var text: String?
            for _ in 0..<1000 where text == nil {
                let other = try Peer(port)
                do {
                    try await other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    text = try await other.answer().text
                } catch is Peer.Cut { continue }
            }
            #expect(text == "ok")
        }
    }

    @Test("Stopping ends work in hand; draining waits for it")
    func stopping() async throws {
        let begun = Gate(), mayEnd = Gate()
        let server = try HTTPServer(.init(port: 0, limits: Self.patient)) { head in
            .receive(Sum()) {
                begun.open()
                if head.rawPath == "/long" {
                    // Ends by being cancelled.
                    try? await Task.sleep(for: .seconds(3600))
                } else {
                    // Never cancelled here.
                    try? await mayEnd.opened()
                }
                return ServerResponse(type: "text/plain", Blob("done"))
            }
        }
        let peer = try Peer(server.port)
        try await peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try await begun.opened()
        async let drained: Void = server.drain(within: 600)
        mayEnd.open()
        #expect(try await peer.answer().text == "done")
        peer.close()
        await drained
        await server.stop()

        let other = try HTTPServer(.init(port: 0, limits: Self.patient)) { _ in
            .receive(Sum()) {
                // Ends by being cancelled.
                try? await Task.sleep(for: .seconds(3600))
                return ServerResponse(status: 200)
            }
        }
        let waiting = try Peer(other.port)
        try await waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while !other.isBusy { try await Task.sleep(for: .milliseconds(5)) }
        await other.stop()
        await #expect(throws: Peer.Cut.self) { try await waiting.answer() }
    }

    @Test("A port that is taken and an address that is none are one sentence")
    func startErrors() async throws {
        let first = try HTTPServer(.init(port: 0, limits: Self.patient)) { _ in .answer(ServerResponse(status: 200)) }
        #expect(throws: HTTPServer.StartError.cannotListen(host: "127.0.0.1", port: first.port, code: EADDRINUSE)) {
            try HTTPServer(.init(port: first.port)) { _ in .answer(ServerResponse(status: 200)) }
        }
        #expect(throws: HTTPServer.StartError.badAddress("not an address")) {
            try HTTPServer(.init(host: "not an address")) { _ in .answer(ServerResponse(status: 200)) }
        }
        await first.stop()
    }

    @Test("Requests that are none are answered 4xx or cut, and the server lives")
    func nonsense() async throws {
        try await serving { _ in
            .answer(ServerResponse(type: "text/plain", Blob("ok")))
        } _: { port in
            let texts = [
                "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "X: y\r\n", count: 20_000) + "\r\n",
            ]
            for text in texts {
                let peer = try Peer(port)
                // It may be cut while this is sent.
                try? await peer.send(text)
                peer.endSending()
                if let answer = try? await peer.answer() { #expect(answer.status >= 400 || answer.text == "ok") }
            }
            let peer = try Peer(port)
            try await peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await peer.answer().text == "ok")
        }
    }

    /// A test may get no thread for minutes.
    private static let patient = {
        var limits = HTTPServer.Limits()
        (limits.headSeconds, limits.idleSeconds, limits.bodyGraceSeconds) = (900, 900, 900)
        return limits
    }()

    private func serving(
        limits: HTTPServer.Limits = patient, admit: @escaping @Sendable (RequestHead) -> Reception, _ body: (UInt16) async throws -> Void
    ) async throws {
        let server = try HTTPServer(.init(port: 0, limits: limits), admit: admit)
        do { try await body(server.port) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}

/// Counts and adds what comes, up to a limit.
private final class Sum: BodySink {
    private let state = Lock((count: 0, sum: 0)), limit: Int
    init(limit: Int = .max) { self.limit = limit }
    var count: Int { state.withLock { $0.count } }
    var sum: Int { state.withLock { $0.sum } }

    func take(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        let isTooLong = state.withLock { state in
            state.count += bytes.count
            for byte in bytes { state.sum &+= Int(byte) }
            return state.count > limit
        }
        if isTooLong { throw Refusal(ServerResponse(status: 413, type: "text/plain", Blob("too long"))) }
    }
}

/// Pieces without end; counts their bytes, and tells when nobody holds it any more.
private struct Endless: AsyncSequence, AsyncIteratorProtocol {
    private final class Token: Sendable {
        let gate: Gate
        init(_ gate: Gate) { self.gate = gate }
        deinit { gate.open() }
    }

    private let counter: Counter, token: Token

    init(counter: Counter, stopped: Gate) {
        self.counter = counter
        token = Token(stopped)
    }

    func makeAsyncIterator() -> Self { self }

    func next() async throws -> [UInt8]? {
        try Task.checkCancellation()
        counter.count.withLock { $0 += 16 << 10 }
        return [UInt8](repeating: 1, count: 16 << 10)
    }
}

private final class Counter: Sendable { let count = Lock(0) }

extension Gate {
    /// Waits without holding a thread.
    fileprivate func opened() async throws { while !hasOpened { try await Task.sleep(for: .milliseconds(5)) } }
}

/// A client that writes and reads byte for byte, on a thread of its own.
private final class Peer: Sendable {
    /// The server ended the connection before a whole answer.
    struct Cut: Error {}

    struct Answer: Sendable {
        var status: Int
        /// By lower-case name.
        var fields: [String: String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let descriptor: Int32, thread = WorkerPool(threads: 1), isClosed = Lock(false)

    init(_ port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Cut() }
    }

    deinit { close() }

    func close() {
        if isClosed.withLock({ was in
            defer { was = true }
            return was
        }) {
            return
        }
        Glibc.close(descriptor)
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await onThread { [descriptor] in
            var start = 0
            while start < bytes.count {
                let count = bytes[start...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { throw Cut() }
                start += count
            }
        }
    }

    /// Whatever comes next.
    func some() async throws -> [UInt8] { try await onThread { [descriptor] in try receive(descriptor, 4096) } }

    /// The next whole answer.
    func answer(isHead: Bool = false) async throws -> Answer {
        try await onThread { [descriptor] in
            var head: [UInt8] = []
            while !head.suffix(4).elementsEqual([13, 10, 13, 10]) { head += try receive(descriptor, 1) }
            let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
            var answer = Answer(status: Int(lines[0].split(separator: " ")[1]) ?? 0, fields: [:], body: [])
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                answer.fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
            }
            if isHead || answer.status == 100 { return answer }
            if answer.fields["transfer-encoding"] == "chunked" {
                while true {
                    var line: [UInt8] = []
                    while line.suffix(2) != [13, 10] { line += try receive(descriptor, 1) }
                    let count = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) ?? 0
                    var piece: [UInt8] = []
                    while piece.count < count + 2 { piece += try receive(descriptor, count + 2 - piece.count) }
                    if count == 0 { return answer }
                    answer.body += piece.dropLast(2)
                }
            }
            let count = Int(answer.fields["content-length"] ?? "") ?? 0
            while answer.body.count < count { answer.body += try receive(descriptor, count - answer.body.count) }
            return answer
        }
    }

    private func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            thread.async { continuation.resume(with: Swift.Result { try work() }) }
        }
    }
}

private func receive(_ descriptor: Int32, _ most: Int) throws -> [UInt8] {
    let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in count = max(0, recv(descriptor, buffer.baseAddress, most, 0))
    }
    guard !bytes.isEmpty else { throw Peer.Cut() }
    return bytes
}
