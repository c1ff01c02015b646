import AtelierTesting
import Testing

@testable import AtelierHTTP

@Suite("HTTP client", .enabled(if: Libcurl.shared != nil, "libcurl is not on this machine"))
struct HTTPClientTests {
    private let client = HTTPClient()

    @Test("A request goes out as it was said, and the answer comes as it was sent")
    func roundTrip() async throws {
        let server = try HandServer { request, peer in
            peer.send("HTTP/1.1 201 Created\r\nX-One:  1 \r\nX-Empty:\r\nContent-Length: 4\r\n\r\n")
            peer.send(Array(request.body.reversed()))
        }
        let answer = try await client.send(
            HTTPRequest(server.url + "/a?b=c", method: "POST", headers: [.init("X-Two", "2"), .init("X-None", "")], body: [1, 0, 2, 3]))
        #expect(answer.status == 201)
        #expect(answer["x-one"] == "1" && answer["X-Empty"] == "" && answer["x-other"] == nil)
        #expect(try await answer.body.bytes() == [3, 2, 0, 1])
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.path == "/a?b=c" && request.headers["x-two"] == "2" && request.headers["x-none"] == "")
        #expect(request.headers["expect"] == nil)
    }

    @Test("Errors of the server are answers, with their bodies")
    func serverErrors() async throws {
        let server = try HandServer { _, peer in peer.send("HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 4\r\n\r\nbusy") }
        let answer = try await client.send(HTTPRequest(server.url))
        #expect(answer.status == 503 && answer["retry-after"] == "3")
        #expect(try await answer.body.bytes() == Array("busy".utf8))
    }

    @Test("A body streams: each piece is there before the next is sent")
    func streaming() async throws {
        let gates = [Gate(), Gate()]
        let server = try HandServer { _, peer in
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            peer.sendChunk("one")
            gates[0].wait()
            peer.sendChunk("two")
            gates[1].wait()
            peer.sendChunk("")
        }
        // The server is silent until this test gets a thread again.
        let answer = try await client.send(HTTPRequest(server.url, limits: HTTPLimits(idle: .seconds(900))))
        let body = answer.body.makeAsyncIterator()
        #expect(try await body.next() == Array("one".utf8))
        gates[0].open()
        #expect(try await body.next() == Array("two".utf8))
        gates[1].open()
        #expect(try await body.next() == nil)
    }

    @Test("A reader that is behind holds the sender up, and gets every byte in the end")
    func backPressure() async throws {
        let total = 32 << 20
        let isDone = Gate()
        let server = try HandServer { _, peer in
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            let piece = (0..<65536).map { UInt8(truncatingIfNeeded: $0) }
            for _ in 0..<total / 65536 { peer.send(piece) }
            isDone.open()
        }
        let answer = try await client.send(HTTPRequest(server.url))
        var count = 0, largest = 0, isRight = true
        for try await piece in answer.body {
            // Longer than the loop needs to fill what may wait, were it not held up.
            if count < 4 << 20 { await Task.yield() }
            for byte in piece {
                isRight = isRight && byte == UInt8(truncatingIfNeeded: count)
                count += 1
            }
            largest = max(largest, piece.count)
        }
        isDone.wait()
        #expect(count == total && isRight)
        #expect(largest <= Transfer.mostWaiting)
    }

    @Test("Connections are used again")
    func keepAlive() async throws {
        let server = try HandServer { request, peer in
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(request.path.last!)")
        }
        for number in 0..<10 {
            let answer = try await client.send(HTTPRequest(server.url + "/\(number)"))
            #expect(try await answer.body.bytes() == Array("\(number)".utf8))
        }
        // Not one connection: what idles for two minutes is let go, and on a busy machine this test idles.
        #expect(server.requests.count == 10 && server.connectionCount < 10)
    }

    @Test("Many requests at a time")
    func many() async throws {
        let server = try HandServer { request, peer in
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.path.utf8.count)\r\n\r\n\(request.path)")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let answer = try await client.send(HTTPRequest(server.url + "/\(number)"))
                    #expect(try await answer.body.bytes() == Array("/\(number)".utf8))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A connection that is cut is an error that says after how many bytes")
    func cut() async throws {
        let server = try HandServer { _, peer in
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            peer.cut()
        }
        let answer = try await client.send(HTTPRequest(server.url))
        await #expect(throws: HTTPError.cut(url: server.url, received: 4)) { try await answer.body.bytes() }
    }

    @Test("A connection that ends before the answer begins is cut after nothing")
    func cutAtOnce() async throws {
        let server = try HandServer { _, peer in peer.cut() }
        await #expect(throws: HTTPError.cut(url: server.url, received: 0)) { try await client.send(HTTPRequest(server.url)) }
    }

    @Test("Silence and slowness end at their limits")
    func limitsOfTime() async throws {
        let server = try HandServer { request, peer in
            if request.path == "/slow" {
                peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while peer.sendChunk("x") {}
            } else {
                peer.waitForEnd()
            }
        }
        await #expect(throws: HTTPError.timedOut(url: server.url, .idle(.milliseconds(50)))) {
            try await client.send(HTTPRequest(server.url, limits: .init(idle: .milliseconds(50))))
        }
        let limits = HTTPLimits(total: .milliseconds(100), byteCount: .max)
        await #expect(throws: HTTPError.timedOut(url: server.url + "/slow", .total(.milliseconds(100)))) {
            try await client.send(HTTPRequest(server.url + "/slow", limits: limits)).body.bytes()
        }
    }

    @Test("A body beyond the limit is refused")
    func tooLarge() async throws {
        let server = try HandServer { _, peer in peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345") }
        for limit in [4, 5] {
            let answer = try await client.send(HTTPRequest(server.url, limits: .init(byteCount: limit)))
            if limit == 5 {
                #expect(try await answer.body.bytes().count == 5)
            } else {
                await #expect(throws: HTTPError.tooLarge(url: server.url, limit: 4)) { try await answer.body.bytes() }
            }
        }
    }

    @Test("Cancelling ends the transfer at once, before and after the head", arguments: ["/never", "/half"])
    func cancellation(path: String) async throws {
        let began = Gate(), ended = Gate()
        let server = try HandServer { request, peer in
            if request.path == "/half" { peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf") }
            began.open()
            peer.waitForEnd()
            ended.open()
        }
        let task = Task { try await client.send(HTTPRequest(server.url + path)).body.bytes() }
        began.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        ended.wait()
    }

    @Test("Dropping an answer ends its transfer")
    func dropping() async throws {
        let ended = Gate()
        let server = try HandServer { _, peer in
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            peer.waitForEnd()
            ended.open()
        }
        let status = try await client.send(HTTPRequest(server.url)).status
        #expect(status == 200)
        ended.wait()
    }

    @Test("Redirections are followed as often as allowed, to HTTP only")
    func redirects() async throws {
        let server = try HandServer { request, peer in
            let place = ["/0": "/1", "/1": "/2", "/file": "file:///etc/hostname"][request.path]
            if let place {
                peer.send("HTTP/1.1 302 Found\r\nLocation: \(place)\r\nContent-Length: 2\r\n\r\nno")
            } else {
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes")
            }
        }
        let answer = try await client.send(HTTPRequest(server.url + "/0", redirects: 2))
        #expect(answer.status == 200)
        #expect(try await answer.body.bytes() == Array("yes".utf8))
        #expect(try await client.send(HTTPRequest(server.url + "/0")).status == 302)
        await #expect(throws: HTTPError.failed(url: server.url + "/0", "more than 1 redirections")) {
            try await client.send(HTTPRequest(server.url + "/0", redirects: 1))
        }
        await #expect(throws: HTTPError.self) { try await client.send(HTTPRequest(server.url + "/file", redirects: 5)) }
    }

    @Test("What cannot be sent is refused in words, and secrets of a URL are in no message")
    func refusals() async throws {
        for (request, words) in [
            (HTTPRequest("file:///etc/passwd"), "begins with http"),
            (HTTPRequest("http://a b/"), "spaces"),
            (HTTPRequest("http://host/", headers: [.init("X", "a\r\nY: b")]), "control characters"),
            (HTTPRequest("http://host/", headers: [.init("X Y", "a")]), "no proper name"),
        ] {
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.description.contains(words) == true)
        }
        let secret = HTTPRequest("http://user:password@127.0.0.1:1/path?key=sesame#x")
        let error = await #expect(throws: HTTPError.self) { try await client.send(secret) }
        #expect(error?.description.hasPrefix("http://127.0.0.1:1/path: no connection: ") == true)
        #expect(error?.description.contains("sesame") == false)
    }
}
