// LanguageModels: models as processors. A model answers content with a stream of parts; it may ask for Swift functions to be called,
// within limits. One client speaks the chat-completions protocol, one model is scripted, for tests. Start with `LanguageModel`.

import AtelierJSON
public import AtelierProcessors

/// Something that answers content with parts, as they come. It is a processor: its input is the prompt, its output the answer.
///
///     let words = try await model(["What is this?", picture]).text()
///
/// How an answer ended and what it took is a part on the substream `status`, with `finish` and `usage` in its metadata.
public protocol LanguageModel: Processor {
    /// Answers a conversation.
    ///
    /// - Parameter emit: Called with each part of the answer in order. Their role is `model`; calls of functions come whole.
    /// - Returns: Why it stopped, and what it took.
    func answer(_ prompt: ModelPrompt, emit: (Part) async throws -> Void) async throws -> ModelReport
}

extension LanguageModel {
    /// Reads the prompt to its end and answers it; nothing is asked without a prompt.
    public func process(_ input: PartStream, into output: Output) async throws {
        let prompt = try await input.gather()
        guard !prompt.isEmpty else { return }
        let report = try await answer(ModelPrompt(prompt)) { try await output.emit($0) }
        try await output.emit(report.part)
    }
}

/// What a model is asked.
public struct ModelPrompt: Sendable {
    /// The conversation so far: parts of the roles `user`, `model` and `system`.
    public var content: Content
    /// What the model may ask for.
    public var functions: [ModelFunction]

    /// A prompt from its parts.
    public init(_ content: Content, functions: [ModelFunction] = []) {
        self.content = content
        self.functions = functions
    }
}

/// How an answer ended.
public struct ModelReport: Hashable, Sendable {
    /// Why a model stopped.
    public enum Finish: Hashable, Sendable {
        /// It had said everything.
        case stop
        /// It was out of tokens.
        case length
        /// It waits for functions.
        case functionCalls
        /// Something was withheld.
        case filtered
        /// A word that is not known here; empty when none was given.
        case other(String)
    }

    /// Why it stopped.
    public var finish: Finish
    /// What it took; nil when the model does not say.
    public var usage: TokenUsage?

    /// A report from its parts.
    public init(finish: Finish, usage: TokenUsage? = nil) {
        self.finish = finish
        self.usage = usage
    }
}

extension ModelReport {
    /// The report as a part on the substream `status`.
    var part: Part {
        let words: [ModelReport.Finish: String] = [
            .stop: "stop", .length: "length", .functionCalls: "function calls", .filtered: "filtered",
        ]
        var word = words[finish] ?? ""
        if case .other(let given) = finish { word = given }
        var metadata: Metadata = ["finish": .string(word)]
        guard let usage else { return .status("the model stopped: \(word)", metadata: metadata) }
        metadata["usage"] = [
            "input": .integer(usage.input), "output": .integer(usage.output), "cached_input": .integer(usage.cachedInput),
        ]
        return .status("the model stopped: \(word); \(usage.input) tokens in, \(usage.output) out", metadata: metadata)
    }
}

/// Tokens that were read and written.
public struct TokenUsage: Hashable, Sendable {
    /// Of the prompt.
    public var input: Int
    /// Of the answer.
    public var output: Int
    /// Of the prompt, those that the server had kept from before.
    public var cachedInput: Int

    /// A usage from its counts.
    public init(input: Int, output: Int, cachedInput: Int = 0) {
        self.input = input
        self.output = output
        self.cachedInput = cachedInput
    }

    static func + (a: TokenUsage, b: TokenUsage) -> TokenUsage {
        TokenUsage(input: a.input + b.input, output: a.output + b.output, cachedInput: a.cachedInput + b.cachedInput)
    }
}

/// Why a model gave no answer, or half of one.
public enum ModelError: Error, Hashable, CustomStringConvertible {
    /// The server refused; its status and its words.
    case refused(url: String, status: Int, String)
    /// The server wants a longer wait than is allowed.
    case asksToWait(url: String, Duration, allowed: Duration)
    /// The answer does not follow the protocol; what was found.
    case malformed(url: String, String)
    /// The stream ended before the answer did.
    case incomplete(url: String)
    /// There is no key where it should be.
    case noKey(variable: String)
    /// A key would go over a connection that others can read.
    case insecure(url: String)
    /// A part that the protocol has no form for.
    case cannotSend(String)
    /// The model went on asking for functions.
    case tooManyRounds(Int)
    /// The model asked for too many functions at once.
    case tooManyCalls(Int, allowed: Int)
    /// A script has no further answer.
    case scriptEnded(after: Int)

    /// One sentence: where, what, and what helps.
    public var description: String {
        switch self {
        case .refused(let url, let status, let words): "\(url): status \(status)\(words.isEmpty ? "" : ": " + words)"
        case .asksToWait(let url, let wait, let allowed): "\(url): asks to wait \(wait), which is more than \(allowed)"
        case .malformed(let url, let what): "\(url): the answer does not follow the protocol: \(what)"
        case .incomplete(let url): "\(url): the stream ended before the answer did"
        case .noKey(let variable): "the environment variable \(variable) holds no key; set it, or name another"
        case .insecure(let url): "\(url): a key is sent over https only, or to this machine"
        case .cannotSend(let type): "a part of type \(type) cannot be sent to this model"
        case .tooManyRounds(let limit): "the model asked for functions more than \(limit) times in a row"
        case .tooManyCalls(let count, let allowed): "the model asked for \(count) functions at once where \(allowed) are allowed"
        case .scriptEnded(let count): "the script has no answer after \(count)"
        }
    }
}
