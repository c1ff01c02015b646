import AtelierHTTP
import AtelierJSON
import AtelierProcessors

// An answer of the protocol: a stream of pieces of a message, or, from servers that do not stream, the message.

extension ChatModel {
    /// Reads an answer to its end.
    func read(_ answer: HTTPResponse, emit: (Part) async throws -> Void) async throws -> ModelReport {
        let url = HTTPRequest(server).shownURL
        var message = ChatMessage(url: url)
        guard answer["Content-Type"]?.lowercased().hasPrefix("application/json") != true else {
            for part in try message.take(document: try await answer.body.bytes()) { try await emit(part) }
            return try await finish(&message, emit)
        }
        var reader = ServerSentEvents()
        for try await bytes in answer.body {
            let events: [ServerSentEvents.Event]
            do { events = try reader.read(bytes) } catch { throw ModelError.malformed(url: url, "\(error)") }
            for event in events {
                if event.data == "[DONE]" { return try await finish(&message, emit) }
                for part in try message.take(event: Array(event.data.utf8)) { try await emit(part) }
            }
        }
        return try await finish(&message, emit)
    }

    private func finish(_ message: inout ChatMessage, _ emit: (Part) async throws -> Void) async throws -> ModelReport {
        let (calls, report) = try message.end()
        for call in calls { try await emit(call) }
        return report
    }
}

/// A message that is put together from its pieces.
struct ChatMessage {
    /// The server, for messages.
    let url: String
    private var calls: [Int: (id: String?, name: String, arguments: String)] = [:]
    private var finish: String?, usage: TokenUsage?
    // The call that an index stands for now, where it is not the one of that number.
    private var slots: [Int: Int] = [:]
    /// Most functions that one answer may ask for, and bytes of the arguments of each.
    private static let mostCalls = 128, mostArgumentBytes = 1 << 20

    init(url: String) { self.url = url }

    /// Takes the data of an event and gives what it adds to the text.
    mutating func take(event bytes: [UInt8]) throws(ModelError) -> [Part] {
        let json = try parse(bytes)
        try takeUsage(json)
        guard case .array(let choices)? = json["choices"] else { throw malformed("an event without \"choices\"") }
        guard let choice = choices.first else { return [] }  // the last event has the usage alone
        finish = choice["finish_reason"]?.string ?? finish
        return try choice["delta"].map { delta throws(ModelError) in try take(delta) } ?? []
    }

    /// Takes a whole message.
    mutating func take(document bytes: [UInt8]) throws(ModelError) -> [Part] {
        let json = try parse(bytes)
        try takeUsage(json)
        guard case .array(let choices)? = json["choices"], let message = choices.first?["message"] else {
            throw malformed("no message in \"choices\"")
        }
        finish = choices[0]["finish_reason"]?.string ?? ""
        return try take(message)
    }

    /// What the model asks for at the end, and how it ended.
    func end() throws(ModelError) -> (calls: [Part], report: ModelReport) {
        guard let finish else { throw .incomplete(url: url) }
        var parts: [Part] = []
        for (_, call) in calls.sorted(by: { $0.key < $1.key }) {
            let arguments: JSON
            do {
                arguments = call.arguments.isEmpty ? .object([]) : try JSON(parsing: Array(call.arguments.utf8))
            } catch { throw malformed("the arguments of \(call.name) are no JSON: \(error)") }
            parts.append(Part(.functionCall(FunctionCall(id: call.id, name: call.name, arguments: arguments)), role: "model"))
        }
        let reasons: [String: ModelReport.Finish] = [
            "stop": .stop, "length": .length, "tool_calls": .functionCalls, "function_call": .functionCalls, "content_filter": .filtered,
        ]
        return (parts, ModelReport(finish: reasons[finish] ?? .other(finish), usage: usage))
    }

    private func malformed(_ what: String) -> ModelError { .malformed(url: url, what) }

    private func parse(_ bytes: [UInt8]) throws(ModelError) -> JSON {
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw malformed("not JSON: \(error)") }
        if let error = json["error"], error != .null {
            throw malformed("an error in the middle of the answer: \(error["message"]?.string ?? error.text)")
        }
        return json
    }

    private mutating func takeUsage(_ json: JSON) throws(ModelError) {
        guard let usage = json["usage"], usage != .null else { return }
        guard let input = usage["prompt_tokens"]?.integer, let output = usage["completion_tokens"]?.integer else {
            throw malformed("\"usage\" without counts of tokens")
        }
        self.usage = TokenUsage(
            input: input, output: output, cachedInput: usage["prompt_tokens_details"]?["cached_tokens"]?.integer ?? 0)
    }

    private mutating func take(_ delta: JSON) throws(ModelError) -> [Part] {
        var parts: [Part] = []
        // Members that say nothing may be there with null.
        func text(_ names: String...) -> String? { names.lazy.compactMap { delta[$0]?.string }.first { !$0.isEmpty } }
        if let thought = text("reasoning_content", "reasoning") { parts.append(Part(.text(thought), role: "model", isThought: true)) }
        if let text = text("content", "refusal") { parts.append(Part(text, role: "model")) }
        guard case .array(let pieces)? = delta["tool_calls"] else { return parts }
        for (position, piece) in pieces.enumerated() {
            let index = slot(of: piece["index"]?.integer ?? position, piece["id"]?.string)
            guard calls[index] != nil || calls.count < Self.mostCalls else { throw malformed("more than \(Self.mostCalls) function calls") }
            var call = calls[index] ?? (nil, "", "")
            call.id = piece["id"]?.string ?? call.id
            call.name += piece["function"]?["name"]?.string ?? ""
            call.arguments += piece["function"]?["arguments"]?.string ?? ""
            guard call.arguments.utf8.count <= Self.mostArgumentBytes else {
                throw malformed("the arguments of \(call.name) have more than \(Self.mostArgumentBytes) bytes")
            }
            calls[index] = call
        }
        return parts
    }
}

extension ChatMessage {
    /// Where a piece belongs. Some servers give all calls of an answer one index; another id then begins another call.
    private mutating func slot(of index: Int, _ id: String?) -> Int {
        let slot = slots[index] ?? index
        guard let id, !id.isEmpty, let known = calls[slot]?.id, known != id else { return slot }
        let free = (calls.keys.max() ?? slot) + 1
        slots[index] = free
        return free
    }
}

extension JSON {
    /// A member of an object; nil for anything else.
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    var string: String? { if case .string(let text) = self { text } else { nil } }

    var integer: Int? { if case .integer(let number) = self { number } else { nil } }
}
