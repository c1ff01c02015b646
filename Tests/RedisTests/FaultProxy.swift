import AtelierScheduling
import Testing

@testable import AtelierRedis

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Stands between a client on loopback and a real server, and does what networks and strangers do.
final class FaultProxy: Sendable {
    enum Fault: Sendable, CustomTestStringConvertible {
        case none
        /// So many bytes of each answer pass, then the connection is cut.
        case cut(after: Int)
        /// Requests are taken, and nothing ever comes back.
        case silence
        /// Answers come a byte a second.
        case trickle
        /// Every request is answered with these bytes instead of being passed on.
        case answer([UInt8])
        /// Connections are closed as they are made.
        case refuse
        /// Answers wait until there is another fault, or none.
        case hold

        static func answer(_ text: String) -> Fault { .answer(Array(text.utf8)) }

        var testDescription: String {
            switch self {
            case .none: "none"
            case .cut(let count): "cut after \(count) bytes"
            case .silence: "silence"
            case .trickle: "a byte a second"
            case .answer(let bytes): "answers \(String(decoding: bytes.prefix(40), as: UTF8.self).debugDescription)"
            case .refuse: "refused"
            case .hold: "held back"
            }
        }
    }

    private let listener: Listener
    private let server: TestServer
    private let current = Lock(Fault.none)
    private let accepted = Lock(0)
    private let requests = Lock(0)
    private let threads = WorkerPool(threads: 128)

    init(before server: TestServer) throws {
        listener = try Listener()
        self.server = server
        threads.async { [listener, weak self] in
            while true {
                let client = accept(listener.descriptor, nil, nil)
                guard client >= 0 else { return }
                guard let self else {
                    close(client)
                    return
                }
                self.serve(client)
            }
        }
    }

    deinit { shutdown(listener.descriptor, Int32(SHUT_RDWR)) }

    var address: RedisAddress { get throws { try RedisAddress("redis://127.0.0.1:\(listener.port)", environment: { _ in nil }) } }

    var fault: Fault {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    /// Connections made so far, and requests that came.
    var counts: (connections: Int, requests: Int) { (accepted.withLock { $0 }, requests.withLock { $0 }) }

    private func serve(_ client: Int32) {
        accepted.withLock { $0 += 1 }
        if case .refuse = fault {
            close(client)
            return
        }
        // Without a server behind it (killed), the connection goes as well.
        guard let upstream = try? server.address().place.connect(within: 5_000_000_000, lookups: threads) else {
            close(client)
            return
        }
        let ends = Ends(client: client, server: upstream)
        threads.async { [self] in
            pump(from: client, ends) { [self] bytes in
                requests.withLock { $0 += 1 }
                switch fault {
                case .silence: return true
                case .answer(let answer): return writeAll(answer, to: client)
                default: return writeAll(bytes, to: upstream)
                }
            }
        }
        threads.async { [self] in
            var passed = 0
            pump(from: upstream, ends) { [self] bytes in
                switch fault {
                case .cut(let count):
                    let rest = bytes.prefix(max(0, count - passed))
                    passed += rest.count
                    _ = writeAll(rest, to: client)
                    return passed < count
                case .trickle:
                    for byte in bytes {
                        guard writeAll([byte], to: client) else { return false }
                        sleep(1)
                    }
                    return true
                case .hold:
                    while case .hold = fault { usleep(1_000) }
                    return writeAll(bytes, to: client)
                default: return writeAll(bytes, to: client)
                }
            }
        }
    }

    private func pump(from source: Int32, _ ends: Ends, _ pass: ([UInt8]) -> Bool) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0, pass(Array(buffer[..<count])) else { break }
        }
        ends.cut()
    }
}

/// Both sockets of a connection; closed when both pumps have let go.
private final class Ends: Sendable {
    private let client: Int32, server: Int32

    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    deinit {
        close(client)
        close(server)
    }

    func cut() {
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }
}

func writeAll(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Bool {
    let bytes = Array(bytes)
    var sent = 0
    while sent < bytes.count {
        let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return false }
        sent += count
    }
    return true
}
