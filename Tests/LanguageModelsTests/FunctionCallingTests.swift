import AtelierJSON
import AtelierProcessors
import AtelierTesting
import Testing

@testable import AtelierLanguageModels

@Suite("Function calling")
struct FunctionCallingTests {
    private static let weather: JSON = [
        "type": "object", "properties": ["city": ["type": "string"]], "required": ["city"], "additionalProperties": false,
    ]

    private func weather(_ body: @escaping @Sendable (JSON) async throws -> JSON = { _ in "sunny" }) throws -> ModelFunction {
        try ModelFunction("weather", "The weather of a city.", parameters: Self.weather, body)
    }

    private func call(_ id: String?, _ name: String = "weather", _ arguments: JSON = ["city": "Ulm"]) -> FunctionCall {
        FunctionCall(id: id, name: name, arguments: arguments)
    }

    @Test("A call is made and answered, and the model goes on from there")
    func round() async throws {
        let script = ScriptedModel([.calls(call("a")), .says("It is ", "sunny.")])
        let output = try await FunctionCalling(script, functions: [weather()])(["How is it in Ulm?"]).gather()
        #expect(try output.text(substream: "") == "It is sunny.")
        let inner = output.filter { $0.substream == "function_call" }
        #expect(inner.map(\.functionCall) == [call("a"), nil])
        #expect(inner.last?.functionResponse?.response == ["result": "sunny"])
        let prompts = script.prompts
        #expect(prompts.count == 2 && prompts[0].content.count == 1 && prompts[0].functions.map(\.name) == ["weather"])
        #expect(prompts[1].content.map(\.role) == ["", "model", "user"])
        #expect(prompts[1].content.last?.functionResponse?.callID == "a")
    }

    @Test("Functions of one round run at the same time, and their answers keep the order of the calls")
    func together() async throws {
        let second = Gate()
        let slow = try ModelFunction("slow", "", parameters: ["type": "object"]) { _ in
            while !second.hasOpened { await Task.yield() }
            return 1
        }
        let fast = try ModelFunction("fast", "", parameters: ["type": "object"]) { _ in
            second.open()
            return 2
        }
        let script = ScriptedModel([.calls(call("a", "slow", [:]), call("b", "fast", [:])), .says("done")])
        let output = try await FunctionCalling(script, functions: [slow, fast])(["go"]).gather()
        #expect(output.compactMap { $0.functionResponse?.callID } == ["a", "b"])
    }

    @Test(
        "What cannot be called is answered with an error that helps",
        arguments: [
            ("wether", ["city": "Ulm"], "there is no function wether; there are: weather"),
            ("weather", ["town": "Ulm"], "the arguments do not fit: city: is missing"),
            ("weather", ["city": 5], "the arguments do not fit: city: wants string, not 5"),
            ("weather", ["city": "Atlantis"], "NoSuchCity()"),
        ] as [(String, JSON, String)])
    func errors(name: String, arguments: JSON, words: String) async throws {
        struct NoSuchCity: Error {}
        let function = try weather { arguments in
            if arguments == ["city": "Atlantis"] { throw NoSuchCity() }
            return "sunny"
        }
        let script = ScriptedModel([.calls(call("a", name, arguments)), .says("Sorry.")])
        let output = try await FunctionCalling(script, functions: [function])(["?"]).gather()
        #expect(output.compactMap { $0.functionResponse?.response } == [["error": .string(words)]])
        #expect(try output.text(substream: "") == "Sorry.")
    }

    @Test("A model that never stops asking is stopped, and so is one that asks for too much at once")
    func limits() async throws {
        let endless = ScriptedModel((0..<10).map { .calls(call("c\($0)")) })
        await #expect(throws: ModelError.tooManyRounds(3)) {
            try await FunctionCalling(endless, functions: [weather()], limits: .init(rounds: 3))(["?"]).drain()
        }
        #expect(endless.prompts.count == 4)
        let greedy = ScriptedModel([.calls(call("a"), call("b"), call("c"))])
        await #expect(throws: ModelError.tooManyCalls(3, allowed: 2)) {
            try await FunctionCalling(greedy, functions: [weather()], limits: .init(callsPerRound: 2))(["?"]).drain()
        }
    }

    @Test("Tokens of all rounds are counted together, and calls without an id get one")
    func usage() async throws {
        let script = ScriptedModel([
            .parts(
                [Part(.functionCall(call(nil)), role: "model")], ModelReport(finish: .functionCalls, usage: TokenUsage(input: 5, output: 1))
            ),
            .parts([Part("ok", role: "model")], ModelReport(finish: .stop, usage: TokenUsage(input: 9, output: 2, cachedInput: 5))),
        ])
        let output = try await FunctionCalling(script, functions: [weather()])(["?"]).gather()
        #expect(output.last { $0.substream == "status" }?.metadata["usage"] == ["input": 14, "output": 3, "cached_input": 5])
        #expect(output.compactMap { $0.functionResponse?.callID } == ["call_0_0"])
    }

    @Test("An error of the model comes after what it said; an empty prompt asks nothing")
    func scripted() async throws {
        struct Broken: Error {}
        let script = ScriptedModel([.fails(Broken(), after: [Part("half", role: "model")])])
        var texts: [String] = []
        await #expect(throws: Broken.self) { for try await part in script(["?"]) { texts.append(try part.text) } }
        #expect(texts == ["half"])
        await #expect(throws: ModelError.scriptEnded(after: 1)) { try await script(["?"]).drain() }
        #expect(try await ScriptedModel([])(Content()).gather().isEmpty)
    }

    @Test("Cancelling stops the functions that run")
    func cancellation() async throws {
        let began = Gate(), stopped = Gate()
        let function = try weather { _ in
            began.open()
            while !Task.isCancelled { await Task.yield() }
            stopped.open()
            throw CancellationError()
        }
        let script = ScriptedModel([.calls(call("a"))])
        let task = Task { try await FunctionCalling(script, functions: [function])(["?"]).drain() }
        while !began.hasOpened { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        while !stopped.hasOpened { await Task.yield() }
    }
}
