import AtelierHTTP
import AtelierJSON
import AtelierMemo
import AtelierProcessors
import AtelierTesting
import Glibc
import Synchronization
import Testing

@testable import AtelierLanguageModels

/// What a server sends for a stream of events, the head included.
private func stream(_ events: String..., done: Bool = true) -> String {
    let body = events.map { "data: \($0)\n\n" }.joined() + (done ? "data: [DONE]\n\n" : "")
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

private func answer(_ status: String, _ body: String, _ fields: String = "", type: String = "application/json") -> String {
    "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

private let hello = stream(
    #"{"choices":[{"delta":{"role":"assistant","content":"Hel"}}]}"#, #"{"choices":[{"delta":{"content":"lo"}}]}"#,
    #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
    #"{"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":8}}}"#)

@Suite("Chat completions", .enabled(if: HTTPClient.isAvailable, "libcurl is not on this machine"))
struct ChatModelTests {
    /// Waits that a model was told to make.
    private final class Waits: Sendable {
        let list = Mutex<[Duration]>([])
    }

    private func model(_ server: HandServer, key: ModelKey? = nil, waits: Waits = Waits(), attempts: Int = 4) -> ChatModel {
        var retries = RetryPolicy(attempts: attempts, firstWait: .seconds(1), longestWait: .seconds(30))
        retries.sleep = { wait in waits.list.withLock { $0.append(wait) } }
        retries.now = { 784_111_777 }
        return ChatModel("tiny", at: server.url + "/v1", key: key, limits: .init(idle: .seconds(20)), retries: retries)
    }

    @Test("The answer streams as parts of the role model, and the end says what it took")
    func streaming() async throws {
        let server = try HandServer { _, peer in peer.send(hello) }
        let output = try await model(server)(["Hi"]).gather()
        let status = try #require(output.first { $0.substream == "status" })
        #expect(output.filter { $0.substream.isEmpty } == [Part("Hel", role: "model"), Part("lo", role: "model")])
        #expect(status.metadata["finish"] == "stop")
        #expect(status.metadata["usage"] == ["input": 12, "output": 2, "cached_input": 8])
    }

    @Test("Each part is there before the server sends the next")
    func partsComeAtOnce() async throws {
        let gate = Gate()
        let server = try HandServer { _, peer in
            peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            peer.sendChunk("data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n")
            gate.wait()
            peer.sendChunk("data: {\"choices\":[{\"delta\":{\"content\":\"two\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
            peer.sendChunk("")
        }
        var iterator = model(server)(["Hi"]).makeAsyncIterator()
        #expect(try await iterator.next()?.text == "one")
        gate.open()
        var second = try await iterator.next()
        // The status may overtake it.
        if second?.substream == "status" { second = try await iterator.next() }
        #expect(try second?.text == "two")
    }

    @Test("A conversation becomes messages: roles, pictures, calls and their answers")
    func messages() async throws {
        let server = try HandServer { _, peer in peer.send(hello) }
        let prompt: Content = [
            Part("Be short.", role: "system"), Part("What is ", role: "user"), Part("this?", role: "user"),
            try Part(bytes: .init([1, 2, 3, 4]), mimeType: "image/png", role: "user"),
            Part(.text("hm"), role: "model", isThought: true),
            Part(.functionCall(FunctionCall(id: "c1", name: "look", arguments: ["x": 1])), role: "model"),
            .functionResponse("look", "a dot", callID: "c1", role: "user"), Part("And now?", role: "user"),
        ]
        var model = model(server)
        model.options = .init(temperature: 0.5, tokenLimit: 100, seed: 7, answersInJSON: true)
        let look = try ModelFunction("look", "Looks.", parameters: ["type": "object"]) { _ in .null }
        _ = try await model.answer(ModelPrompt(prompt, functions: [look])) { _ in }
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.path == "/v1/chat/completions" && request.headers["authorization"] == nil)
        #expect(
            try JSON(parsing: request.body) == [
                "model": "tiny",
                "messages": [
                    ["role": "system", "content": "Be short."],
                    [
                        "role": "user",
                        "content": [
                            ["type": "text", "text": "What is "], ["type": "text", "text": "this?"],
                            ["type": "image_url", "image_url": ["url": "data:image/png;base64,AQIDBA=="]],
                        ],
                    ],
                    [
                        "role": "assistant", "content": nil,
                        "tool_calls": [["id": "c1", "type": "function", "function": ["name": "look", "arguments": #"{"x":1}"#]]],
                    ],
                    ["role": "tool", "tool_call_id": "c1", "content": #"{"result":"a dot"}"#],
                    ["role": "user", "content": "And now?"],
                ],
                "stream": true, "stream_options": ["include_usage": true],
                "tools": [["type": "function", "function": ["name": "look", "description": "Looks.", "parameters": ["type": "object"]]]],
                "temperature": 0.5, "max_tokens": 100, "seed": 7, "response_format": ["type": "json_object"],
            ])
    }

    @Test("Calls come in pieces and are put together, in their order; reasoning is a thought")
    func calls() async throws {
        let server = try HandServer { _, peer in
            peer.send(
                stream(
                    #"{"choices":[{"delta":{"reasoning_content":"think"}}]}"#,
                    #"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"two","arguments":""}}]}}]}"#,
                    #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"one","arguments":"{\"x\""}}]}}]}"#,
                    #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":": 1}"}}]}}]}"#,
                    #"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#))
        }
        var parts: [Part] = []
        let report = try await model(server).answer(ModelPrompt(["Hi"])) { parts.append($0) }
        #expect(report == ModelReport(finish: .functionCalls))
        #expect(
            parts == [
                Part(.text("think"), role: "model", isThought: true),
                Part(.functionCall(FunctionCall(id: "a", name: "one", arguments: ["x": 1])), role: "model"),
                Part(.functionCall(FunctionCall(id: "b", name: "two", arguments: [:])), role: "model"),
            ])
    }

    @Test("Calls that share an index are told apart by their ids, and members with null are passed over")
    func oddServers() throws {
        var message = ChatMessage(url: "x")
        let events = [
            #"{"choices": [{"delta": {"content": null, "refusal": "No.", "reasoning_content": null, "reasoning": "Hm"}}]}"#,
            #"{"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"x\": 1}"}}]}}]}"#,
            #"{"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "b", "function": {"name": "g", "arguments": "{\"y\""}}]}}]}"#,
            #"{"choices": [{"finish_reason": "stop", "delta": {"tool_calls": [{"index": 0, "function": {"arguments": ": 2}"}}]}}]}"#,
        ]
        var parts: [Part] = []
        for event in events { parts += try message.take(event: Array(event.utf8)) }
        #expect(parts.map(\.isThought) == [true, false] && parts.last == Part("No.", role: "model"))
        let calls = try message.end().calls.compactMap(\.functionCall)
        #expect(calls == [FunctionCall(id: "a", name: "f", arguments: ["x": 1]), FunctionCall(id: "b", name: "g", arguments: ["y": 2])])
    }

    @Test("A server that does not stream is understood too")
    func wholeMessage() async throws {
        let server = try HandServer { _, peer in
            peer.send(
                answer(
                    "200 OK",
                    #"{"choices":[{"message":{"content":"Hello"},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#
                ))
        }
        var parts: [Part] = []
        let report = try await model(server).answer(ModelPrompt(["Hi"])) { parts.append($0) }
        #expect(parts == [Part("Hello", role: "model")])
        #expect(report == ModelReport(finish: .length, usage: TokenUsage(input: 1, output: 2)))
    }

    // MARK: - Errors

    @Test("Refusals that may pass are tried again, after the wait that the server asks for or one that doubles")
    func retries() async throws {
        let count = Mutex(0)
        let server = try HandServer { _, peer in
            let number = count.withLock { count in
                count += 1
                return count
            }
            switch number {
            case 1: peer.send(answer("429 Slow down", "{}", "Retry-After: 7\r\n"))
            case 2:
                peer.send(answer("503 Busy", "busy", "Retry-After: Sun, 06 Nov 1994 08:49:57 GMT\r\n", type: "text/plain"))
                // The library itself asks again where a connection that it kept has gone; this one it has not kept.
                peer.cut()
            case 3: peer.cut()
            default: peer.send(hello)
            }
        }
        let waits = Waits()
        #expect(try await model(server, waits: waits)(["Hi"]).text(substream: "") == "Hello")
        let list = waits.list.withLock { $0 }
        #expect(list.count == 3 && list[0] == .seconds(7) && list[1] == .seconds(20))
        #expect(list.last.map { $0 >= .seconds(3) && $0 <= .seconds(4) } == true)
        #expect(server.requests.count == 4)
    }

    @Test("After the last attempt the server's words are the error", arguments: ["500 Oops", "429 Slow down"])
    func attemptsEnd(status: String) async throws {
        let server = try HandServer { _, peer in peer.send(answer(status, #"{"error":{"message":"too\nmuch"}}"#)) }
        let code = Int(status.prefix(3))!
        await #expect(throws: ModelError.refused(url: server.url + "/v1", status: code, "too much")) {
            try await model(server, attempts: 2)(["Hi"]).drain()
        }
        #expect(server.requests.count == 2)
    }

    @Test("Refusals that will not pass are not tried again", arguments: ["400 Bad", "401 Who", "404 What"])
    func clientErrors(status: String) async throws {
        let server = try HandServer { _, peer in peer.send(answer(status, "no such thing", type: "text/plain")) }
        let waits = Waits()
        await #expect(throws: ModelError.refused(url: server.url + "/v1", status: Int(status.prefix(3))!, "no such thing")) {
            try await model(server, waits: waits)(["Hi"]).drain()
        }
        #expect(server.requests.count == 1 && waits.list.withLock { $0.isEmpty })
    }

    @Test("A wait longer than allowed is an error at once")
    func longWait() async throws {
        let server = try HandServer { _, peer in peer.send(answer("429 Slow down", "", "Retry-After: 3600\r\n")) }
        await #expect(throws: ModelError.asksToWait(url: server.url + "/v1", .seconds(3600), allowed: .seconds(30))) {
            try await model(server)(["Hi"]).drain()
        }
    }

    @Test("A connection cut after the first part is an error that comes after it, and is not tried again")
    func cutInTheMiddle() async throws {
        let server = try HandServer { _, peer in
            peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\n")
            peer.send("data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n")
            peer.cut()
        }
        var texts: [String] = []
        let error = await #expect(throws: HTTPError.self) {
            for try await part in model(server)(["Hi"]) { texts.append(try part.text) }
        }
        #expect(error == .cut(url: server.url + "/v1/chat/completions", received: 49))
        #expect(texts == ["one"] && server.requests.count == 1)
    }

    @Test("A stream that ends before the answer does is incomplete")
    func incomplete() async throws {
        let server = try HandServer { _, peer in peer.send(stream(#"{"choices":[{"delta":{"content":"one"}}]}"#, done: false)) }
        await #expect(throws: ModelError.incomplete(url: server.url + "/v1")) { try await model(server)(["Hi"]).drain() }
        #expect(server.requests.count == 1)
    }

    @Test(
        "What does not follow the protocol is said",
        arguments: [
            ("{", "not JSON"), ("[]", "without \"choices\""), (#"{"error":{"message":"overloaded"}}"#, "overloaded"),
            (#"{"choices":[],"usage":{}}"#, "tokens"),
            (
                #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{x"}}]},"finish_reason":"stop"}]}"#,
                "arguments of f"
            ),
        ])
    func malformed(event: String, words: String) async throws {
        let server = try HandServer { _, peer in peer.send(stream(event)) }
        let error = await #expect(throws: ModelError.self) { try await model(server)(["Hi"]).drain() }
        guard case .malformed(server.url + "/v1", let what)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(what.contains(words))
        #expect(server.requests.count == 1)
    }

    @Test("An answer that stalls ends at the limit of idle time")
    func stalls() async throws {
        let server = try HandServer { _, peer in
            peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            peer.sendChunk("data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n")
            peer.waitForEnd()
        }
        var model = model(server)
        model.limits = .init(idle: .milliseconds(100))
        await #expect(throws: HTTPError.timedOut(url: server.url + "/v1/chat/completions", .idle(.milliseconds(100)))) {
            try await model(["Hi"]).drain()
        }
    }

    @Test("A reader that leaves ends the request")
    func leaving() async throws {
        let ended = Gate()
        let server = try HandServer { _, peer in
            peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            peer.sendChunk("data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n")
            peer.waitForEnd()
            ended.open()
        }
        for try await _ in model(server)(["Hi"]) { break }
        ended.wait()
    }

    // MARK: - Keys

    @Test("The key comes from the environment, goes into the header and into no message")
    func key() async throws {
        let variable = "ATELIER_TEST_KEY_\(UInt64.random(in: 0 ... .max))"
        let server = try HandServer { request, peer in
            peer.send(answer("401 Who", #"{"error":{"message":"Incorrect key: \#(request.headers["authorization"] ?? "")"}}"#))
        }
        let model = model(server, key: ModelKey(environment: variable))
        await #expect(throws: ModelError.noKey(variable: variable)) { try await model(["Hi"]).drain() }
        #expect(server.requests.isEmpty)
        setenv(variable, "sesame-123", 1)
        defer { unsetenv(variable) }
        let error = await #expect(throws: ModelError.self) { try await model(["Hi"]).drain() }
        #expect(server.requests.first?.headers["authorization"] == "Bearer sesame-123")
        #expect(error == .refused(url: server.url + "/v1", status: 401, "Incorrect key: Bearer …"))
        var dumped = ""
        dump(model, to: &dumped)
        #expect(!dumped.contains("sesame"))
        let far = ChatModel("tiny", at: "http://example.invalid/v1", key: ModelKey(environment: variable))
        await #expect(throws: ModelError.insecure(url: "http://example.invalid/v1/chat/completions")) { try await far(["Hi"]).drain() }
    }

    @Test("What the protocol has no form for is said before anything is sent")
    func cannotSend() async throws {
        let server = try HandServer { _, peer in peer.send(hello) }
        let sound = try Part(bytes: .init([1]), mimeType: "audio/l16")
        await #expect(throws: ModelError.cannotSend("audio/l16")) { try await model(server)([sound]).drain() }
        #expect(server.requests.isEmpty)
    }

    @Test(
        "Dates of Retry-After are read, and nothing else is",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            ("tomorrow", nil), ("Sun, 06 Nov 1994 24:49:37 GMT", nil),
        ] as [(String, Int?)])
    func dates(text: String, seconds: Int?) {
        #expect(secondsSince1970(text) == seconds)
    }

    @Test("Bytes become base64", arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
    func base64Text(text: String, coded: String) {
        #expect(base64(Array(text.utf8)[...]) == coded)
    }
}
