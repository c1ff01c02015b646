import AtelierMemo
import AtelierScheduling
import Testing

@testable import AtelierRedis

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A redis-server of a test's own, on a unix socket and on loopback, in a folder that goes with it.
final class TestServer: Sendable {
    let folder: String
    let port: UInt16
    private let arguments: [String]
    private let process = Lock<pid_t>(0)

    /// Where the program is; nil when it is not installed, which skips the tests. Debian's `redis-tools` has it under the name of
    /// a checker, which is the server when it is called so; `redis-server` adds a service that nobody here wants.
    static let program: String? = {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        for folder in path.split(separator: ":").map(String.init) + ["/usr/bin", "/usr/local/bin"] {
            for name in ["redis-server", "redis-check-rdb"] where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
        }
        return nil
    }()

    /// Servers that were not told to end, and what ends them when the process does.
    private static let running = Lock<Set<pid_t>>([])
    private static let endsWithUs: Void = {
        atexit { for id in TestServer.running.withLock({ $0 }) { Glibc.kill(id, SIGKILL) } }
    }()

    init(_ arguments: String...) throws {
        var template = Array("/tmp/atelier-redis-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.arguments = arguments
        port = try Listener().port
        try start()
    }

    deinit {
        kill()
        for name in ["redis.sock", "dump.rdb"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    var socket: String { "\(folder)/redis.sock" }

    func address(_ query: String = "") throws -> RedisAddress { try RedisAddress("unix:\(socket)\(query)", environment: { _ in nil }) }

    func start() throws {
        unlink(socket)
        var words = ["redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--unixsocket", socket, "--dir", folder]
        words += ["--save", "", "--appendonly", "no", "--loglevel", "warning", "--logfile", "/dev/null"] + arguments
        var pointers = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        // Nothing of ours stays open in it: whoever waits for our end would wait for that of a server that outlives us.
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0..<3 as Range<Int32> { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0) }
        for descriptor in 3..<256 as Range<Int32> { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var id = pid_t()
        try #require(posix_spawn(&id, Self.program!, &actions, nil, &pointers, environ) == 0)
        process.withLock { $0 = id }
        Self.running.withLock { _ = $0.insert(id) }
        Self.endsWithUs
        // Nothing tells when a server is ready but the server.
        for _ in 0..<2_000 {
            if let socket = try? address().place.connect(within: 1_000_000_000, lookups: WorkerPool(threads: 1)) {
                close(socket)
                return
            }
            usleep(5_000)
        }
        Issue.record("redis-server did not start")
    }

    func kill() {
        let id = process.withLock { id in
            defer { id = 0 }
            return id
        }
        guard id > 0 else { return }
        Glibc.kill(id, SIGKILL)
        waitpid(id, nil, 0)
        Self.running.withLock { _ = $0.remove(id) }
    }

    func pause() { _ = process.withLock { Glibc.kill($0, SIGSTOP) } }
    func resume() { _ = process.withLock { Glibc.kill($0, SIGCONT) } }

    /// A command by a client without breaker; the answer.
    @discardableResult
    func ask(_ words: String...) throws -> Reply {
        var command = Command(argumentCount: words.count)
        for word in words { command.append(word) }
        return try ask(command)
    }

    @discardableResult
    func ask(_ command: Command) throws -> Reply {
        let socket = try address().place.connect(within: 10_000_000_000, lookups: WorkerPool(threads: 1))
        return try Connection(descriptor: socket, limits: .patient).call(command, largest: 64 << 20)
    }

    /// The whole value under a key.
    func value(_ key: String) throws -> Blob? {
        if case .bulk(let bytes) = try ask("GET", key) { bytes } else { nil }
    }

    func set(_ key: String, _ value: Blob) throws {
        var command = Command(argumentCount: 3)
        command.append("SET")
        command.append(key)
        command.append(value)
        try #require(try ask(command) == .status("OK"))
    }

    /// A store whose limits no busy machine reaches.
    func store(_ options: RedisOptions = .patient, tell: @escaping @Sendable (String) -> Void = { _ in }) throws -> RedisStore {
        RedisStore(at: try address(), options: options, tell: tell)
    }
}

extension Connection.Limits {
    static let patient = Connection.Limits(connect: 20_000_000_000, call: 20_000_000_000, perByte: 1_000)
}

extension RedisOptions {
    /// Time limits that no busy machine reaches.
    static var patient: RedisOptions {
        var options = RedisOptions()
        (options.connectLimit, options.callLimit) = (.seconds(20), .seconds(20))
        return options
    }

    /// Time limits that a test can wait for.
    static var hasty: RedisOptions {
        var options = RedisOptions()
        (options.connectLimit, options.callLimit) = (.milliseconds(100), .milliseconds(60))
        return options
    }
}

/// A listening socket on loopback.
final class Listener: Sendable {
    let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutableBytes(of: &address) {
            let pointer = $0.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(descriptor, pointer, size) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, pointer, &size) == 0
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(isBound)
    }

    deinit { close(descriptor) }
}

/// What a store told its owner.
final class Sentences: Sendable {
    private let list = Lock<[String]>([])

    var all: [String] { list.withLock { $0 } }
    func add(_ sentence: String) { list.withLock { $0.append(sentence) } }
}

/// A clock that a test moves.
final class ManualClock: Sendable {
    private let time = Lock<UInt64>(1_000_000_000_000)

    var now: UInt64 { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 += UInt64(duration / .nanoseconds(1)) } }
}

/// Waits for what follows soon, on other threads, from what has happened. It counts its looks, not the time: a test may get
/// no thread for minutes.
func eventually(_ condition: () throws -> Bool) async rethrows -> Bool {
    for _ in 0..<2_000 {
        if try condition() { return true }
        // Cancelled, it looks more often: nothing is lost by that.
        try? await Task.sleep(for: .milliseconds(10))
    }
    return try condition()
}
