public import AtelierProcessors
import AtelierScheduling

/// A model that says what a script tells it to, answer after answer: for tests, and for trying out a pipeline without a server.
///
///     let model = ScriptedModel([.says("Hello."), .fails(error)])
public final class ScriptedModel: LanguageModel {
    /// One answer.
    public struct Answer: Sendable {
        let parts: [Part]
        let end: Result<ModelReport, any Error>

        /// These parts, then the end.
        public static func parts(_ parts: [Part], _ report: ModelReport = ModelReport(finish: .stop)) -> Answer {
            Answer(parts: parts, end: .success(report))
        }

        /// Texts, one part each.
        public static func says(_ texts: String...) -> Answer { .parts(texts.map { Part($0, role: "model") }) }

        /// Asks for functions.
        public static func calls(_ calls: FunctionCall...) -> Answer {
            .parts(calls.map { Part(.functionCall($0), role: "model") }, ModelReport(finish: .functionCalls))
        }

        /// An error, after some parts.
        public static func fails(_ error: any Error, after parts: [Part] = []) -> Answer { Answer(parts: parts, end: .failure(error)) }
    }

    private let script: [Answer]
    private let state = Lock<[ModelPrompt]>([])

    /// A model with answers to as many prompts.
    public init(_ script: [Answer]) { self.script = script }

    /// What it was asked so far, in order.
    public var prompts: [ModelPrompt] { state.withLock { $0 } }

    /// Gives the next answer.
    /// - Throws: what the script says, `ModelError.scriptEnded` after its end.
    public func answer(_ prompt: ModelPrompt, emit: (Part) async throws -> Void) async throws -> ModelReport {
        let position = state.withLock { prompts in
            prompts.append(prompt)
            return prompts.count - 1
        }
        guard position < script.count else { throw ModelError.scriptEnded(after: script.count) }
        for part in script[position].parts { try await emit(part) }
        return try script[position].end.get()
    }
}
