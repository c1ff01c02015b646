import AtelierMemo
import AtelierScheduling
import CAtelierMicroHTTPD

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One request and its answer. The library's threads call it, one at a time; the task that answers runs beside them.
final class Exchange: Sendable {
    private enum Phase {
        /// The body comes.
        case receiving(any BodySink, then: @Sendable () async -> ServerResponse)
        /// The connection sleeps while a task works.
        case working(Task<Void, Never>?)
        /// The next call sends this.
        case ready(ServerResponse)
        /// What is left is the library's.
        case answered(ResponseChannel?, Loan? = nil)
        /// The client has left, or must.
        case gone
    }

    /// What was lent for the answer, and by whom.
    private typealias Loan = (lender: PreparedResponse, PreparedResponse.Loan)

    private struct State {
        var phase: Phase
        /// What the sink said; what still comes is passed over.
        var refusal: ServerResponse?
        /// Bytes of the body so far.
        var received = 0
    }

    /// The library's connection, for which the exchange lives; it is suspended or being called whenever this is used.
    private nonisolated(unsafe) let connection: OpaquePointer
    private let library: Libmicrohttpd, isHead: Bool
    private let state: Lock<State>
    /// The socket.
    let descriptor: Int32
    /// When it began, in seconds of the monotonic clock.
    let begin: Double

    /// Most bytes of a body that is refused already which are passed over, so that the client reads why.
    private static let mostPassedOver = 64 << 20

    init(
        _ connection: OpaquePointer, _ descriptor: Int32, _ head: RequestHead, _ admission: Reception, library: Libmicrohttpd, now: Double
    ) {
        self.connection = connection
        self.library = library
        isHead = head.method == "HEAD"
        self.descriptor = descriptor
        begin = now
        let phase: Phase =
            switch admission {
            case .answer(let response): .ready(response)
            case .receive(let sink, let then): .receiving(sink, then: then)
            }
        state = Lock(State(phase: phase))
    }

    /// What the library does next with the connection.
    enum Step { case goOn, end }

    /// A piece of the body.
    func take(_ bytes: UnsafeRawBufferPointer) -> Step {
        let (sink, received) = state.withLock { state -> ((any BodySink)?, Int) in
            state.received += bytes.count
            guard case .receiving(let sink, _) = state.phase, state.refusal == nil else { return (nil, state.received) }
            return (sink, state.received)
        }
        guard let sink else { return received > Self.mostPassedOver ? .end : .goOn }
        do throws(Refusal) { try sink.take(bytes) } catch {
            state.withLock { state in
                state.refusal = error.response
                state.received = 0
            }
        }
        return .goOn
    }

    /// The whole body is there, or the connection was woken.
    func proceed() -> Step {
        enum Next { case send(ServerResponse), work(@Sendable () async -> ServerResponse), end }
        let next: Next = state.withLock { state in
            switch state.phase {
            case .receiving(_, let then):
                if let refusal = state.refusal { return .send(refusal) }
                state.phase = .working(nil)
                return .work(then)
            case .ready(let response): return .send(response)
            case .working, .answered, .gone: return .end
            }
        }
        switch next {
        case .end: return .end
        case .send(let response): return send(response)
        case .work(let answer):
            library.suspend(connection)
            let task = Task { finish(await answer()) }
            let isOver = state.withLock { state in
                if case .working(nil) = state.phase { state.phase = .working(task) }
                if case .gone = state.phase { return true }
                return false
            }
            if isOver { task.cancel() }
            return .goOn
        }
    }

    private func finish(_ response: ServerResponse) {
        let wakes = state.withLock { state in
            guard case .working = state.phase else { return false }
            state.phase = .ready(response)
            return true
        }
        if wakes { library.resume(connection) }
    }

    /// The client has left or must go: work for it is cancelled and the connection ends.
    func abandon() {
        let (wakes, task, channel) = state.withLock { state -> (Bool, Task<Void, Never>?, ResponseChannel?) in
            switch state.phase {
            case .working(let task):
                state.phase = .gone
                return (true, task, nil)
            case .answered(let channel, _): return (false, nil, channel)
            case .receiving, .ready, .gone: return (false, nil, nil)
            }
        }
        task?.cancel()
        channel?.abandon()
        if wakes { library.resume(connection) }
    }

    /// Whether a client that closes its side would not be noticed by the library: it sleeps until work or a stream goes on.
    var waits: Bool {
        state.withLock { state in
            switch state.phase {
            case .working, .answered(.some, _): true
            case .receiving, .ready, .answered(nil, _), .gone: false
            }
        }
    }

    /// Bytes of a body that is still coming; nil when none is.
    var receiving: Int? {
        state.withLock { state in
            guard case .receiving = state.phase else { return nil }
            return state.received
        }
    }

    /// The library has sent all or given up.
    func close() {
        let (channel, loan) = state.withLock { state -> (ResponseChannel?, Loan?) in
            guard case .answered(let channel, let loan) = state.phase else { return (nil, nil) }
            state.phase = .answered(nil)
            return (channel, loan)
        }
        channel?.abandon()
        if let (lender, loan) = loan { lender.giveBack(loan, to: library) }
    }

    private func send(_ response: ServerResponse) -> Step {
        var channel: ResponseChannel?, made: OpaquePointer?
        switch response.body {
        case .prepared(let lender): return send(response, of: lender)
        case .blob(let blob): made = library.response(of: blob)
        case .file(let path, let range):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            // The response closes it.
            made = descriptor < 0 ? nil : library.fromFile(UInt64(range.count), descriptor, UInt64(range.lowerBound))
        case .stream(_, nil) where isHead: made = library.response(of: Blob([]))
        case .stream(let pieces, let byteCount):
            let new = ResponseChannel(
                sleep: { [self] in library.suspend(connection) }, wake: { [self] in library.resume(connection) })
            channel = new
            made = streamResponse(new, byteCount)
            // Of an answer to `HEAD` the library sends the length and asks for nothing.
            if made != nil, !isHead { new.send(pieces) }
        }
        guard let made else { return .end }
        library.add(response.fields, to: made)
        state.withLock { $0.phase = .answered(channel) }
        let isQueued = library.queue(connection, UInt32(response.status), made) == AtelierMHDYes
        library.destroy(made)
        return isQueued ? .goOn : .end
    }

    private func send(_ response: ServerResponse, of lender: PreparedResponse) -> Step {
        guard let loan = lender.lend(with: response.fields, by: library) else { return .end }
        state.withLock { $0.phase = .answered(nil, (lender, loan)) }
        return library.queue(connection, UInt32(response.status), loan.response) == AtelierMHDYes ? .goOn : .end
    }

    private func streamResponse(_ channel: ResponseChannel, _ byteCount: Int?) -> OpaquePointer? {
        library.fromCallback(
            byteCount.map(UInt64.init) ?? .max, 16 << 10,
            { user, _, buffer, most in
                let channel = Unmanaged<ResponseChannel>.fromOpaque(user!).takeUnretainedValue()
                switch channel.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: most)) {
                case .bytes(let count): return count
                case .asleep: return 0
                case .end: return Int(AtelierMHDEndOfStream)
                case .cut: return Int(AtelierMHDEndWithError)
                }
            }, Unmanaged.passRetained(channel).toOpaque(), { Unmanaged<ResponseChannel>.fromOpaque($0!).release() })
    }
}
