// Serving: the one door to libmicrohttpd, which is opened when something listens. Requests come as heads, bodies go to sinks, answers are
// bytes or streams. It knows nothing of what is served. Start with `HTTPServer`.

import AtelierMemo
import AtelierScheduling
import CAtelierMicroHTTPD
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A server of HTTP/1.1.
///
///     let server = try HTTPServer(.init(port: 8080)) { head in
///         .answer(ServerResponse(type: "text/plain", Blob("ok")))
///     }
///     … server.port …
///     await server.stop()
///
/// Threads of the library read and write; each request costs a task only when it receives a body or works. Clients that are silent, slow
/// with their heads or bodies, or gone are let go (`Limits`).
public final class HTTPServer: Sendable {
    /// Where to listen, and on how many threads.
    public struct Configuration: Sendable {
        /// A numeric address, `localhost`, or `*` for all of the machine's.
        public var host: String
        /// 0 takes a free one.
        public var port: UInt16
        /// Threads that read and write.
        public var threads: Int
        /// What clients may take their time for.
        public var limits: Limits

        /// Port 8080 of this machine only, two threads.
        public init(host: String = "127.0.0.1", port: UInt16 = 8080, threads: Int = 2, limits: Limits = .init()) {
            self.host = host
            self.port = port
            self.threads = threads
            self.limits = limits
        }
    }

    /// What clients may take.
    public struct Limits: Sendable {
        /// Connections at a time, as far as the process may have descriptors; more wait in the system's queue. An idle one takes 9 kB
        /// (measured), and so many that 10,000 idle ones leave room for others.
        public var connections = 16_384
        /// Seconds until the head of a connection's first request is there.
        public var headSeconds = 10.0
        /// Seconds a connection may be silent: between requests, within a body, and while nothing of an answer is taken.
        public var idleSeconds = 60
        /// Bytes a second that a body must come at on average, after `bodyGraceSeconds`.
        public var bodyRate = 1024
        /// Seconds before the rate of a body counts.
        public var bodyGraceSeconds = 20.0
        /// Bytes of a request's head, and of memory for a connection.
        public var headBytes = 32 << 10

        /// The limits a public service can live with.
        public init() {}
    }

    /// Why nothing listens.
    public enum StartError: Error, Equatable, CustomStringConvertible {
        /// libmicrohttpd is not on this machine.
        case noLibrary
        /// Not an address of this machine.
        case badAddress(String)
        /// The system refused; `code` is its `errno`.
        case cannotListen(host: String, port: UInt16, code: Int32)
        /// The library gave no reason.
        case refused

        /// One sentence: what, where, and what helps.
        public var description: String {
            switch self {
            case .noLibrary: "serving needs libmicrohttpd, which is not installed (Debian: libmicrohttpd12)"
            case .badAddress(let host): "\(host): not an address; give a numeric one, localhost, or * for all"
            case .cannotListen(let host, let port, EADDRINUSE): "\(host):\(port): another program listens there; choose another port"
            case .cannotListen(let host, let port, let code): "\(host):\(port): \(String(cString: strerror(code)))"
            case .refused: "libmicrohttpd did not start; too few file descriptors or threads may be allowed (ulimit -n, ulimit -u)"
            }
        }
    }

    /// The port it listens on.
    public let port: UInt16
    private let core: ServerCore
    private let daemon: Lock<Daemon?>

    private struct Daemon: @unchecked Sendable { let pointer: OpaquePointer }  // Its own threads and the lock keep it.

    /// Whether libmicrohttpd is on this machine.
    public static var isAvailable: Bool { Libmicrohttpd.shared != nil }

    /// Whether a request is being received or answered.
    public var isBusy: Bool { core.isBusy }

    /// Listens from now on.
    ///
    /// - Parameter admit: What is done with a request, asked when its head is there, on a thread of the server's: it must not wait.
    public init(_ configuration: Configuration, admit: @escaping @Sendable (RequestHead) -> Reception) throws(StartError) {
        guard let library = Libmicrohttpd.shared else { throw .noLibrary }
        let socket: Int32
        (socket, port) = try listen(configuration.host, configuration.port)
        core = ServerCore(library: library, limits: configuration.limits, admit: admit)
        let user = Unmanaged.passUnretained(core).toOpaque()
        let limits = configuration.limits
        var options = [
            AtelierMHDOption(option: 1, value: limits.headBytes, pointer: nil),  // MHD_OPTION_CONNECTION_MEMORY_LIMIT
            AtelierMHDOption(option: 2, value: room(forConnections: limits.connections).connections, pointer: nil),  // CONNECTION_LIMIT
            AtelierMHDOption(option: 3, value: limits.idleSeconds, pointer: nil),  // CONNECTION_TIMEOUT
            AtelierMHDOption(option: 12, value: Int(socket), pointer: nil),  // LISTEN_SOCKET
            AtelierMHDOption(option: 29, value: 1, pointer: nil),  // STRICT_FOR_CLIENT
        ]
        if configuration.threads > 1 { options.append(AtelierMHDOption(option: 14, value: configuration.threads, pointer: nil)) }
        let completed: mhd_completed_t = { user, connection, request, _ in
            Unmanaged<ServerCore>.fromOpaque(user!).takeUnretainedValue().completed(connection!, request!)
        }
        let connected: mhd_connection_t = { user, connection, context, what in
            let core = Unmanaged<ServerCore>.fromOpaque(user!).takeUnretainedValue()
            if what == AtelierMHDConnectionStarted {
                context!.pointee = core.connected(connection!)
            } else if let known = context!.pointee {
                core.disconnected(known)
            }
        }
        // Paths and queries are decoded here, where what is no UTF-8 is noticed.
        let unescape: mhd_unescape_t = { _, _, text in strlen(text!) }
        // NOTIFY_COMPLETED, NOTIFY_CONNECTION, UNESCAPE_CALLBACK: a C function's address, and what it is called with.
        options.append(AtelierMHDOption(option: 4, value: unsafeBitCast(completed, to: Int.self), pointer: user))
        options.append(AtelierMHDOption(option: 27, value: unsafeBitCast(connected, to: Int.self), pointer: user))
        options.append(AtelierMHDOption(option: 16, value: unsafeBitCast(unescape, to: Int.self), pointer: user))
        options.append(AtelierMHDOption(option: 0, value: 0, pointer: nil))
        let started = library.start(options, user: user) { user, connection, path, method, _, body, count, request in
            Unmanaged<ServerCore>.fromOpaque(user!).takeUnretainedValue()
                .handle(
                    connection!, method: method!, path: path!, body: UnsafeRawBufferPointer(start: body, count: count!.pointee), count!,
                    request!)
        }
        guard let started else {
            close(socket)
            throw .refused
        }
        daemon = Lock(Daemon(pointer: started))
        core.startWatching()
    }

    /// Takes no new connections; those there are go on. Returns when no request is being worked on, or after `seconds`.
    public func drain(within seconds: Double) async {
        daemon.withLock { daemon in
            guard let daemon else { return }
            let socket = core.library.quiesce(daemon.pointer)
            if socket >= 0 { close(socket) }
        }
        let end = monotonicSeconds() + seconds
        while core.isBusy, monotonicSeconds() < end, !Task.isCancelled {
            // Cancelled, it ends with the loop.
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Ends every connection and its work. Further calls do nothing.
    public func stop() async {
        let daemon = daemon.withLock { daemon in
            defer { daemon = nil }
            return daemon
        }
        guard let daemon else { return }
        let (core, worker) = (core, WorkerPool(threads: 1))
        await withCheckedContinuation { continuation in
            // Stopping waits for the library's threads.
            worker.async {
                core.stopWatching()
                core.abandonAll()
                core.library.stop(daemon.pointer)
                continuation.resume()
            }
        }
    }

    deinit { precondition(daemon.withLock { $0 == nil }, "a server was let go without stop()") }
}

/// What the library's threads and the watching thread share.
final class ServerCore: Sendable {
    let library: Libmicrohttpd
    private let limits: HTTPServer.Limits
    private let admit: @Sendable (RequestHead) -> Reception

    /// A client's connection; the library keeps it with its own, so that a request takes no lock that others want.
    private final class Connection: Sendable {
        struct State {
            /// The request being received or answered.
            var exchange: Exchange?
            /// By when the next request's head must be there, where there is none.
            var deadline: Double
        }

        let descriptor: Int32, client: String
        let state: Lock<State>

        init(descriptor: Int32, client: String, deadline: Double) {
            (self.descriptor, self.client) = (descriptor, client)
            state = Lock(State(deadline: deadline))
        }

        var exchange: Exchange? { state.withLock(\.exchange) }
    }

    private let connections = Lock<[ObjectIdentifier: Connection]>([:]), stops = Atomic(false), watcher = WorkerPool(threads: 1)

    init(library: Libmicrohttpd, limits: HTTPServer.Limits, admit: @escaping @Sendable (RequestHead) -> Reception) {
        self.library = library
        self.limits = limits
        self.admit = admit
    }

    /// Whether a request is being received or answered.
    var isBusy: Bool { connections.withLock { $0.values.contains { $0.exchange != nil } } }

    /// A connection has come. Returns what the library keeps with it, to be given to `disconnected` once.
    func connected(_ connection: OpaquePointer) -> UnsafeMutableRawPointer {
        let new = Connection(
            descriptor: library.descriptor(of: connection), client: library.client(of: connection),
            deadline: monotonicSeconds() + limits.headSeconds)
        connections.withLock { $0[ObjectIdentifier(new)] = new }
        return Unmanaged.passRetained(new).toOpaque()
    }

    /// A connection has gone. Comes before its socket is closed.
    func disconnected(_ known: UnsafeMutableRawPointer) {
        let connection = Unmanaged<Connection>.fromOpaque(known).takeRetainedValue()
        connections.withLock { $0[ObjectIdentifier(connection)] = nil }
    }

    private func known(_ connection: OpaquePointer) -> Connection {
        Unmanaged<Connection>.fromOpaque(library.context(of: connection)!).takeUnretainedValue()
    }

    /// Called for a head, for each piece of a body, for its end, and when a connection was woken.
    func handle(
        _ connection: OpaquePointer, method: UnsafePointer<CChar>, path: UnsafePointer<CChar>, body: UnsafeRawBufferPointer,
        _ count: UnsafeMutablePointer<Int>, _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    ) -> Int32 {
        let step: Exchange.Step
        if let known = request.pointee {
            let exchange = Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue()
            if body.isEmpty {
                step = exchange.proceed()
            } else {
                step = exchange.take(body)
                count.pointee = 0
            }
        } else {
            let known = known(connection)
            let head = RequestHead(of: connection, method: method, path: path, client: known.client, library: library)
            let admission = admit(head)
            let exchange = Exchange(connection, known.descriptor, head, admission, library: library, now: monotonicSeconds())
            request.pointee = Unmanaged.passRetained(exchange).toOpaque()
            known.state.withLock { $0.exchange = exchange }
            // Whoever stops the server looks for exchanges after having said so.
            if stops.load(ordering: .sequentiallyConsistent) {
                step = .end
            } else if case .answer = admission, head.hasBody {
                // The library takes an answer before the end of a request to mean that the rest is not read and the connection ends.
                step = exchange.proceed()
            } else {
                step = .goOn
            }
        }
        return Int32(step == .goOn ? AtelierMHDYes : AtelierMHDNo)
    }

    /// A request is over, however it ended. Comes before its socket is closed.
    func completed(_ connection: OpaquePointer, _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>) {
        guard let known = request.pointee else { return }
        request.pointee = nil
        let exchange = Unmanaged<Exchange>.fromOpaque(known).takeRetainedValue()
        let deadline = monotonicSeconds() + Double(limits.idleSeconds)
        self.known(connection).state.withLock { $0 = .init(deadline: deadline) }
        exchange.close()
    }

    /// Lets go of clients the library does not see to, four times a second, until the server stops.
    func startWatching() {
        watcher.async { [weak self] in
            while let core = self, core.look() { usleep(250_000) }
        }
    }

    func stopWatching() { stops.store(true, ordering: .sequentiallyConsistent) }

    /// Ends all work; the library can stop once every connection is awake.
    func abandonAll() {
        for exchange in connections.withLock({ $0.values.compactMap(\.exchange) }) { exchange.abandon() }
    }

    /// Whether to look again.
    private func look() -> Bool {
        let now = monotonicSeconds()
        // Sockets are closed only after they have left the table, so none of them is another's while the lock is held.
        let leavers: [Exchange] = connections.withLock { connections in
            var leavers: [Exchange] = []
            for connection in connections.values {
                let (exchange, deadline) = connection.state.withLock { ($0.exchange, $0.deadline) }
                guard let exchange else {
                    if deadline < now { shutdown(connection.descriptor, Int32(SHUT_RDWR)) }
                    continue
                }
                if exchange.waits, hasLeft(exchange.descriptor) { leavers.append(exchange) }
                guard let received = exchange.receiving else { continue }
                let seconds = now - exchange.begin
                let isSlow = seconds > limits.bodyGraceSeconds && Double(received) < seconds * Double(limits.bodyRate)
                // The library misses an end that comes right behind bytes of a body, until the connection has been silent for long.
                if isSlow || hasLeft(exchange.descriptor) { shutdown(exchange.descriptor, Int32(SHUT_RDWR)) }
            }
            return leavers
        }
        for exchange in leavers { exchange.abandon() }
        return !stops.load(ordering: .sequentiallyConsistent)
    }
}

/// How many connections and how many bodies on their way there are descriptors for. The soft limit is raised as far as it may be; a quarter
/// is kept for bodies, and some for all else.
///
/// - Parameter wanted: Most connections.
public func room(forConnections wanted: Int) -> (connections: Int, bodies: Int) {
    let others = 256
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return (min(wanted, 384), 128) }
    let needed = rlim_t(2 * wanted + others)
    if limit.rlim_cur < needed {
        limit.rlim_cur = min(needed, limit.rlim_max)
        // Refused, what there was holds.
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
    }
    let free = max(32, Int(min(limit.rlim_cur, 1 << 20)) - others), connections = min(wanted, free / 4 * 3)
    return (connections, free - connections)
}

/// Whether the other side has closed the connection; bytes that wait to be read are left there.
private func hasLeft(_ descriptor: Int32) -> Bool {
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    return count == 0 || count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR
}

/// A listening socket and its port.
private func listen(_ host: String, _ port: UInt16) throws(HTTPServer.StartError) -> (Int32, UInt16) {
    var hints = addrinfo(), list: UnsafeMutablePointer<addrinfo>?
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV | (host == "localhost" || host == "*" ? 0 : AI_NUMERICHOST)
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_family = host == "*" ? AF_INET6 : AF_UNSPEC
    if getaddrinfo(host == "*" ? "::" : host, String(port), &hints, &list) != 0 {
        // A machine without IPv6.
        hints.ai_family = AF_INET
        guard host == "*", getaddrinfo("0.0.0.0", String(port), &hints, &list) == 0 else { throw .badAddress(host) }
    }
    guard let address = list else { throw .badAddress(host) }
    defer { freeaddrinfo(list) }
    let descriptor = socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw .cannotListen(host: host, port: port, code: errno) }
    var one: Int32 = 1, zero: Int32 = 0
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    if address.pointee.ai_family == AF_INET6 {
        setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &zero, socklen_t(MemoryLayout<Int32>.size))
    }
    guard bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0, Glibc.listen(descriptor, 1024) == 0 else {
        let code = errno
        close(descriptor)
        throw .cannotListen(host: host, port: port, code: code)
    }
    var bound = sockaddr_storage(), count = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let isKnown = withUnsafeMutablePointer(to: &bound) { bound in
        bound.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &count) }
    }
    guard isKnown == 0 else {
        let code = errno
        close(descriptor)
        throw .cannotListen(host: host, port: port, code: code)
    }
    // The port is at the same place in both kinds of address.
    let number = withUnsafeBytes(of: &bound) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
    return (descriptor, number)
}

/// Seconds of a clock that nobody sets.
private func monotonicSeconds() -> Double { Double(monotonicNanoseconds()) * 1e-9 }
