import AtelierServing

/// A request at its route.
struct Call: Sendable {
    let head: RequestHead
    /// Names it in the log, in problems and in `X-Request-Id`.
    let id: String
    /// When its head was there, in nanoseconds of the monotonic clock.
    let began: UInt64
    /// The route's template, for the log and metrics; empty where no route fits.
    var template = ""
    /// By name in the template.
    var values: [String: String] = [:]
    /// Who asks.
    var caller = Caller()
    /// Whether somebody was told how it ended.
    let ticket: Ticket
}

/// Who asks, and what they may do.
struct Caller: Sendable {
    var client = ClientRates.Client(.address, "")
    var scopes: Set<Scope> = []
    /// What is left of the client's rate; nil where there is none.
    var standing: ClientRates.Standing?

    /// The name of a key, or the address. Queues share by it.
    var name: String { client.id }

    /// Whose jobs it sees and changes.
    var owner: JobOwner { client.kind == .key ? JobOwner(key: client.name) : .nobody }

    /// Whether it sees and changes the jobs of all.
    var hasAllJobs: Bool { scopes.contains(.admin) }
}

/// What is done with a request once its head is known.
enum Handling: Sendable {
    /// It is answered at once; a body that follows is not read.
    case answer(ServerResponse)
    /// Its body goes to the taker, then a task answers. What the closure throws becomes a problem.
    case work(any BodyTaker, then: @Sendable () async throws -> ServerResponse)

    /// A task answers; a short body is passed over.
    static func task(_ answer: @escaping @Sendable () async throws -> ServerResponse) -> Handling {
        .work(ShortBody(limit: 64 << 10), then: answer)
    }
}

/// Where the bytes of a body go; one thread at a time calls it.
protocol BodyTaker: Sendable {
    func take(_ bytes: UnsafeRawBufferPointer) throws(Problem)
}

/// A body in memory, up to a limit. One thread at a time uses it.
final class ShortBody: BodyTaker {
    private let limit: Int
    /// Used by whoever gives it bytes, then by whoever reads them.
    nonisolated(unsafe) private(set) var bytes: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    func take(_ more: UnsafeRawBufferPointer) throws(Problem) {
        guard bytes.count + more.count <= limit else { throw tooLarge(limit: limit) }
        bytes += more
    }
}

/// Turns what a taker throws into the answer that the server sends.
struct AnsweringSink: BodySink {
    let taker: any BodyTaker
    let answer: @Sendable (Problem) -> ServerResponse

    func take(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        do throws(Problem) { try taker.take(bytes) } catch { throw Refusal(answer(error)) }
    }
}
