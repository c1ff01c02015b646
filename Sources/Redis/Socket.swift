import AtelierMemo
import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension RedisAddress.Place {
    /// A connected, blocking socket.
    ///
    /// - Parameter limit: Nanoseconds for all of it. Names are looked up on a thread of `lookups`: that can take many
    ///   seconds, and nothing can cut it short.
    func connect(within limit: UInt64, lookups: WorkerPool) throws(RedisError) -> Int32 {
        let deadline = monotonicNanoseconds() &+ limit
        switch self {
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return try connectedSocket(to: withUnsafeBytes(of: &address) { Array($0) }, family: AF_UNIX, deadline)
        case .tcp(let host, let port):
            var problem = RedisError.unreachable("no such host")
            for (family, address) in try addresses(of: host, port, deadline, lookups) {
                do throws(RedisError) {
                    return try connectedSocket(to: address, family: family, deadline)
                } catch {
                    problem = error
                }
            }
            throw problem
        }
    }
}

private func connectedSocket(to address: [UInt8], family: Int32, _ deadline: UInt64) throws(RedisError) -> Int32 {
    let flags = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(family, flags, 0)
    guard descriptor >= 0 else { throw unreachable(errno) }
    var isDone = false
    defer { if !isDone { close(descriptor) } }
    let result = address.withUnsafeBytes {
        connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    if result != 0 {
        // A unix socket whose queue is full says EAGAIN, and nothing tells when there is room.
        guard errno == EINPROGRESS else { throw unreachable(errno) }
        let now = monotonicNanoseconds()
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard now < deadline, poll(&entry, 1, Int32(clamping: (deadline - now) / 1_000_000 + 1)) > 0 else { throw .timedOut }
        var code: Int32 = 0, size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { throw unreachable(code) }
    }
    _ = fcntl(descriptor, F_SETFL, 0)
    if family != AF_UNIX {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, 4)
    }
    isDone = true
    return descriptor
}

private func unreachable(_ code: Int32) -> RedisError { .unreachable(String(cString: strerror(code))) }

private typealias SocketAddress = (family: Int32, bytes: [UInt8])

private func addresses(
    of host: String, _ port: UInt16, _ deadline: UInt64, _ lookups: WorkerPool
) throws(RedisError) -> [SocketAddress] {
    let numeric = lookUp(host, port, flags: AI_NUMERICHOST)
    if !numeric.isEmpty { return numeric }
    let answer = Answer()
    lookups.async {
        let found = lookUp(host, port, flags: 0)
        answer.addresses.withLock { $0 = found }
        answer.signal.raise()
    }
    let now = monotonicNanoseconds()
    if now < deadline { answer.signal.wait(atMost: deadline - now) }
    guard let found = answer.addresses.withLock({ $0 }) else { throw .timedOut }
    return found
}

/// What a look-up on another thread found, for as long as somebody waits for it.
private final class Answer: Sendable {
    let addresses = Lock<[SocketAddress]?>(nil)
    let signal = Signal()
}

private func lookUp(_ host: String, _ port: UInt16, flags: Int32) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_flags = flags | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    // More addresses than these cannot be tried in the time for one connection.
    return sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }.prefix(4).map { entry in
        let info = entry!.pointee
        return (info.ai_family, Array(UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen))))
    }
}
