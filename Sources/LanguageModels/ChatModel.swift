public import AtelierHTTP
import AtelierJSON
public import AtelierProcessors

/// A model behind the chat-completions protocol, which many servers speak.
///
///     let model = ChatModel("gpt-4o-mini", at: "https://api.openai.com/v1", key: ModelKey(environment: "OPENAI_API_KEY"))
///     let local = ChatModel("llama3", at: "http://localhost:11434/v1")
///
/// The answer is streamed. What fails before its first part is tried again as `retries` says; what fails later is an error. The key is
/// read from the environment for each request and is in no message; without TLS it is sent to this machine only.
public struct ChatModel: LanguageModel {
    /// Which model the server shall ask.
    public var name: String
    /// Where the server is: the part of its URL before `/chat/completions`.
    public var server: String
    /// Where the key is; nil for a server that wants none.
    public var key: ModelKey?
    /// What the model is told about how to answer.
    public var options: Options
    /// How long an answer may take, how much may come.
    public var limits: HTTPLimits
    /// When a request is sent again.
    public var retries: RetryPolicy
    private let client: HTTPClient

    /// What the model is told about how to answer; nil leaves it to the server.
    public struct Options: Hashable, Sendable {
        /// How freely it chooses, usually 0 to 2.
        public var temperature: Double?
        /// Most tokens of the answer.
        public var tokenLimit: Int?
        /// The same seed gives about the same answer.
        public var seed: Int?
        /// Whether the answer shall be a JSON object.
        public var answersInJSON: Bool

        /// Options from their values.
        public init(temperature: Double? = nil, tokenLimit: Int? = nil, seed: Int? = nil, answersInJSON: Bool = false) {
            self.temperature = temperature
            self.tokenLimit = tokenLimit
            self.seed = seed
            self.answersInJSON = answersInJSON
        }
    }

    /// A model of a server.
    public init(
        _ name: String, at server: String, key: ModelKey? = nil, options: Options = .init(),
        limits: HTTPLimits = .init(idle: .seconds(120), total: .seconds(600)), retries: RetryPolicy = .init(), client: HTTPClient = .init()
    ) {
        self.name = name
        self.server = server
        self.key = key
        self.options = options
        self.limits = limits
        self.retries = retries
        self.client = client
    }

    /// Asks the server.
    /// - Throws: `ModelError`, `HTTPError`, `CancellationError`.
    public func answer(_ prompt: ModelPrompt, emit: (Part) async throws -> Void) async throws -> ModelReport {
        let request = try request(for: prompt)
        var failures = 0
        while true {
            var hasEmitted = false
            do {
                let answer = try await client.send(request)
                guard answer.status == 200 else { throw try await refusal(of: answer) }
                return try await read(answer) { part in
                    hasEmitted = true
                    try await emit(part)
                }
            } catch {
                failures += 1
                guard !hasEmitted, failures < retries.attempts, let wait = try wait(after: error, failures) else {
                    throw (error as? Refusal)?.error ?? error
                }
                try await retries.sleep(wait)
            }
        }
    }

    /// A status other than 200, and what the server says of waiting.
    private struct Refusal: Error {
        var error: ModelError
        var isPassing: Bool
        var wait: Duration?
    }

    private func request(for prompt: ModelPrompt) throws -> HTTPRequest {
        let slash = server.hasSuffix("/") ? "" : "/"
        var request = HTTPRequest(
            server + slash + "chat/completions", method: "POST",
            headers: [HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", "text/event-stream")],
            body: try body(for: prompt).bytes, limits: limits)
        if let key {
            guard request.url.lowercased().hasPrefix("https://") || isLocal(request.url) else {
                throw ModelError.insecure(url: request.shownURL)
            }
            try key.withKey { request.headers.append(HTTPHeader("Authorization", "Bearer " + $0)) }
        }
        return request
    }

    /// What the server says about why it does not answer.
    private func refusal(of answer: HTTPResponse) async throws -> Refusal {
        var bytes: [UInt8] = []
        // A page of an error says what it has to say at its beginning.
        for try await piece in answer.body where bytes.count < 1 << 16 { bytes += piece }
        var words = String(decoding: bytes.prefix(500), as: UTF8.self)
        if let json = try? JSON(parsing: bytes) {  // anything else is shown as it is
            words = json["error"]?["message"]?.string ?? json["message"]?.string ?? words
        }
        words = printable(key?.withholding(words) ?? words)
        let shown = HTTPRequest(server).shownURL
        return Refusal(
            error: .refused(url: shown, status: answer.status, words), isPassing: RetryPolicy.isPassing(answer.status),
            wait: retries.wait(askedFor: answer["Retry-After"]))
    }

    /// How long to wait before the next attempt; nil when there shall be none.
    private func wait(after error: any Error, _ failures: Int) throws -> Duration? {
        switch error {
        case let refusal as Refusal:
            guard refusal.isPassing else { return nil }
            guard let asked = refusal.wait else { return retries.wait(after: failures) }
            guard asked <= retries.longestWait else {
                throw ModelError.asksToWait(url: HTTPRequest(server).shownURL, asked, allowed: retries.longestWait)
            }
            return max(asked, retries.wait(after: failures))
        case HTTPError.unreachable, HTTPError.timedOut(_, .connecting), HTTPError.timedOut(_, .idle), HTTPError.cut, ModelError.incomplete:
            return retries.wait(after: failures)
        default: return nil
        }
    }
}

/// Whether a URL leads to this machine.
private func isLocal(_ url: String) -> Bool {
    let host = url.split(separator: "/").dropFirst().first.map { $0.split(separator: "@").last ?? $0 } ?? ""
    return ["localhost", "127.0.0.1", "[::1]"].contains { host == $0 || host.hasPrefix($0 + ":") }
}

/// A text from outside in one line without control characters.
private func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
}
