import AtelierMemo
import AtelierScheduling

/// Calls to one server: a bounded pool of connections, and a circuit breaker before it.
///
/// A call takes the time limits of `Connection.Limits` at most, and next to none once the breaker is open. Whatever
/// changes in what the owner can expect of the server is told in one sentence, once.
final class RedisClient: Sendable {
    let address: RedisAddress
    let clock: @Sendable () -> UInt64
    /// For what may block aside: probes, and the looking up of names.
    let aside = WorkerPool(threads: 2)
    private let limits: Connection.Limits
    private let mostConnections: Int
    private let health: Lock<CircuitBreaker>
    private let pool = Lock(Pool())
    private let tell: @Sendable (String) -> Void

    private struct Pool: Sendable {
        var idle: [Connection] = []
        /// Those that are idle and those in the hands of calls.
        var count = 0
        var waiting: [Signal] = []
    }

    /// - Parameters:
    ///   - clock: Nanoseconds that never go back; for the breaker.
    ///   - tell: Told of every change of state.
    init(
        _ address: RedisAddress, limits: Connection.Limits, mostConnections: Int, clock: @escaping @Sendable () -> UInt64,
        tell: @escaping @Sendable (String) -> Void
    ) {
        precondition(mostConnections > 0, "a pool has at least one connection")
        self.address = address
        self.limits = limits
        self.mostConnections = mostConnections
        self.clock = clock
        self.tell = tell
        health = Lock(CircuitBreaker(seed: .random(in: .min ... .max)))
    }

    /// What the breaker thinks of the server.
    var state: CircuitBreaker.State { health.withLock { $0.state } }

    /// Whether the server is well and has not refused a put of late.
    var takesPuts: Bool { health.withLock { $0.state == .closed && $0.takesPuts(at: clock()) } }

    // MARK: - Calling

    /// The answer to one command. Errors of the server are thrown.
    ///
    /// - Parameter isLookUp: Whether it is what the level is for: a user who may not do this has no use for it, one who
    ///   may not do anything else reads.
    func call(
        _ command: Command, largest: Int = Connection.largestReply, isLookUp: Bool = false
    ) throws(RedisError) -> Reply {
        guard isAdmitted() else { throw .resting }
        var isConnected = false
        do throws(RedisError) {
            let connection = try take()
            isConnected = true
            var isUsable = false
            defer { giveBack(isUsable ? connection : nil) }
            let reply = try connection.call(command, largest: largest)
            isUsable = true
            if case .failure(let error) = reply { throw .server(error) }
            health.withLock { $0.succeeded() }
            return reply
        } catch {
            note(error, couldConnect: isConnected, isLookUp: isLookUp)
            throw error
        }
    }

    /// Whether a put should be tried.
    func admitsPuts() -> Bool { isAdmitted() && takesPuts }

    /// Whether a call may go through; a probe is sent when it is time for one.
    private func isAdmitted() -> Bool {
        let admission = health.withLock { $0.admission(at: clock()) }
        if admission == .probe { aside.async { [weak self] in self?.probe() } }
        return admission == .call
    }

    /// Says that the server has taken something.
    func notePut() {
        if health.withLock({ $0.tookPut() }) { tell("the Redis at \(address) takes entries again") }
    }

    private func note(_ error: RedisError, couldConnect: Bool, isLookUp: Bool) {
        switch error {
        case .resting, .tooLarge: return
        case .server(let answer):
            switch answer.kind {
            case .wrongType, .other: health.withLock { $0.succeeded() }
            case .notPermitted where isLookUp:
                turnOff("\(error.sentence): the ACL of the user must allow it to look up")
            case .loading, .readOnly, .outOfMemory, .cannotPersist, .tooFewReplicas, .notPermitted:
                if health.withLock({ $0.refusedPut(at: clock()) }) {
                    tell("the Redis at \(address) \(error.sentence): nothing is put there for now")
                }
            case .moved, .ask:
                turnOff("\(error.sentence): it is a cluster, which is not supported; name a server that stands alone")
            case .notAuthenticated, .wrongPassword:
                turnOff("\(error.sentence): set user and password (ATELIER_REDIS_USER, ATELIER_REDIS_PASSWORD)")
            case .busy, .masterDown, .clusterDown: failed(error, couldConnect: true)
            }
        case .unreachable, .timedOut, .closed, .malformed: failed(error, couldConnect: couldConnect)
        }
    }

    private func failed(_ error: RedisError, couldConnect: Bool) {
        guard health.withLock({ $0.failed(at: clock(), couldConnect: couldConnect) }) else { return }
        dropIdle()
        tell("the Redis at \(address) \(error.sentence): going on without it until it answers again")
    }

    private func turnOff(_ why: String) {
        guard health.withLock({ $0.turnOff() }) else { return }
        dropIdle()
        tell("the Redis at \(address) \(why); going on without it")
    }

    private func probe() {
        do throws(RedisError) {
            let connection = try connect()
            switch try connection.call(Command("PING")) {
            case .status("PONG"): break
            case .failure(let error) where error.kind == .notPermitted: break
            case .failure(let error): throw .server(error)
            default: throw .malformed("no PONG")
            }
            guard health.withLock({ $0.probeSucceeded() }) else { return }
            tell("the Redis at \(address) answers again")
        } catch {
            if case .server(let answer) = error, answer.kind == .notAuthenticated || answer.kind == .wrongPassword {
                note(error, couldConnect: true, isLookUp: false)
            }
            health.withLock { $0.probeFailed(at: clock()) }
        }
    }

    // MARK: - Connections

    /// A connection of its own, for whoever waits on it: not of the pool, not counted.
    func connect() throws(RedisError) -> Connection {
        let connection = Connection(descriptor: try address.place.connect(within: limits.connect, lookups: aside), limits: limits)
        var hello: Command?
        func add(_ words: String...) {
            if hello == nil { hello = Command(argumentCount: words.count) } else { hello?.begin(argumentCount: words.count) }
            for word in words { hello?.append(word) }
        }
        if let password = address.password {
            if let user = address.user { add("AUTH", user, password.text) } else { add("AUTH", password.text) }
        }
        if address.database != 0 { add("SELECT", "\(address.database)") }
        if let hello, case .failure(let error) = try connection.call(hello) {
            // No such database: as good as no server, until somebody gives it more.
            throw error.kind == .other ? .unreachable(error.text) : .server(error)
        }
        return connection
    }

    /// An idle connection, a new one, or the next one that becomes free.
    private func take() throws(RedisError) -> Connection {
        enum Step: Sendable { case use(Connection), connect, wait(Signal) }
        let deadline = monotonicNanoseconds() &+ limits.call
        while true {
            let step = pool.withLock { pool in
                if let connection = pool.idle.popLast() { return Step.use(connection) }
                if pool.count < mostConnections {
                    pool.count += 1
                    return .connect
                }
                let signal = Signal()
                pool.waiting.append(signal)
                return .wait(signal)
            }
            switch step {
            case .use(let connection):
                if connection.isFresh { return connection }
                giveBack(nil)
            case .connect:
                do throws(RedisError) {
                    return try connect()
                } catch {
                    giveBack(nil)
                    throw error
                }
            case .wait(let signal):
                let now = monotonicNanoseconds()
                if now < deadline { signal.wait(atMost: deadline - now) }
                let wasTold = pool.withLock { pool in
                    let place = pool.waiting.firstIndex { $0 === signal }
                    if let place { pool.waiting.remove(at: place) }
                    return place == nil
                }
                // All connections at work for so long: no fault of the server's.
                if !wasTold, monotonicNanoseconds() >= deadline { throw .resting }
            }
        }
    }

    /// Ends the use of a connection; nil when it is of no use any more.
    private func giveBack(_ connection: Connection?) {
        let next = pool.withLock { pool in
            if let connection { pool.idle.append(connection) } else { pool.count -= 1 }
            return pool.waiting.isEmpty ? nil : pool.waiting.removeFirst()
        }
        next?.raise()
    }

    private func dropIdle() {
        pool.withLock { pool in
            pool.count -= pool.idle.count
            pool.idle = []
        }
    }
}
