import AtelierJSON
public import AtelierProcessors

/// A model that may ask for functions, which are called and answered until it has an answer of its own.
///
///     let model = FunctionCalling(ChatModel(…), functions: [weather])
///
/// Calls and what they gave are part of the answer, on the substream `function_call`. The functions of one round run at the same time,
/// their answers keep the order of the calls. A function that is not known, arguments that do not fit and what a function throws become
/// answers with `error`, so that the model can do better. What goes on for ever is an error.
public struct FunctionCalling<Model: LanguageModel>: LanguageModel {
    /// How far a model may go.
    public struct Limits: Hashable, Sendable {
        /// Times that it may ask for functions in a row.
        public var rounds: Int
        /// Functions that it may ask for at once.
        public var callsPerRound: Int

        /// Five rounds of at most 16 calls.
        public init(rounds: Int = 5, callsPerRound: Int = 16) {
            self.rounds = rounds
            self.callsPerRound = callsPerRound
        }
    }

    private let model: Model
    private let functions: [ModelFunction]
    private let limits: Limits

    /// The substream of calls and their answers.
    public static var substream: String { "function_call" }

    /// A model with functions, each of which has a name of its own.
    public init(_ model: Model, functions: [ModelFunction], limits: Limits = .init()) {
        precondition(Set(functions.map(\.name)).count == functions.count, "each function has a name of its own")
        self.model = model
        self.functions = functions
        self.limits = limits
    }

    /// Asks the model, calls what it wants, and asks again.
    /// - Throws: what the model throws, `ModelError.tooManyRounds` and `tooManyCalls`.
    public func answer(_ prompt: ModelPrompt, emit: (Part) async throws -> Void) async throws -> ModelReport {
        var prompt = prompt, usage: TokenUsage?
        let functions = prompt.functions + functions
        prompt.functions = functions
        for round in 0... {
            var said: [Part] = [], calls: [FunctionCall] = []
            var report = try await model.answer(prompt) { part in
                if let call = part.functionCall {
                    // Some servers give no id; answers need one to belong to their call.
                    var call = call
                    call.id = call.id ?? "call_\(round)_\(calls.count)"
                    calls.append(call)
                    var part = part
                    part.payload = .functionCall(call)
                    said.append(part)
                    part.substream = Self.substream
                    try await emit(part)
                } else {
                    said.append(part)
                    try await emit(part)
                }
            }
            usage = report.usage.map { $0 + (usage ?? TokenUsage(input: 0, output: 0)) } ?? usage
            report.usage = usage
            guard !calls.isEmpty else { return report }
            guard round < limits.rounds else { throw ModelError.tooManyRounds(limits.rounds) }
            guard calls.count <= limits.callsPerRound else { throw ModelError.tooManyCalls(calls.count, allowed: limits.callsPerRound) }
            let answers = try await answers(to: calls, functions)
            for var answer in answers {
                answer.substream = Self.substream
                try await emit(answer)
            }
            prompt.content.parts += said + answers
        }
        preconditionFailure("rounds end by a return or an error")
    }

    private func answers(to calls: [FunctionCall], _ functions: [ModelFunction]) async throws -> [Part] {
        try await withThrowingTaskGroup(of: (Int, Part).self) { group in
            for (index, call) in calls.enumerated() {
                group.addTask { (index, try await answer(to: call, functions)) }
            }
            var answers = [Part?](repeating: nil, count: calls.count)
            for try await (index, part) in group { answers[index] = part }
            return answers.compactMap(\.self)
        }
    }

    private func answer(to call: FunctionCall, _ functions: [ModelFunction]) async throws -> Part {
        if let function = functions.first(where: { $0.name == call.name }) { return try await function.answer(call) }
        let names = functions.map(\.name).joined(separator: ", ")
        let words = "there is no function \(call.name)" + (names.isEmpty ? "" : "; there are: \(names)")
        return .functionResponse(call.name, .string(words), callID: call.id, isError: true, role: "user")
    }
}
