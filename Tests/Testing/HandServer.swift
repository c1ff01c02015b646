#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Synchronization

/// A server on a port of this machine that plays HTTP by hand: what is written is what a test writes, byte for byte.
///
///     let server = try HandServer { request, peer in
///         peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
///     }
///     … server.url …
///
/// The closure is called on a thread of its own for every request; a connection ends when it says so, or after `Connection: close`.
package final class HandServer: Sendable {
    /// What came.
    package struct Request: Sendable {
        package var method: String, path: String
        /// By lower-case name.
        package var headers: [String: String]
        package var body: [UInt8]
    }

    /// The other end of a connection.
    package struct Peer: Sendable {
        let descriptor: Int32
        /// Whether this side has ended the connection: what came before is not read any more.
        let isCut = Flag()

        /// Something that becomes true.
        final class Flag: Sendable { let value = Atomic(false) }

        /// Writes, unless the other side has gone; whether it is still there.
        @discardableResult
        package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

        @discardableResult
        package func send(_ bytes: [UInt8]) -> Bool {
            var start = 0
            while start < bytes.count {
                let count = bytes[start...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                if count <= 0 { return false }
                start += count
            }
            return true
        }

        /// Writes a piece of a body with `Transfer-Encoding: chunked`; an empty one is the last.
        @discardableResult
        package func sendChunk(_ text: String) -> Bool { send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n") }

        /// Ends the connection.
        package func cut() {
            isCut.value.store(true, ordering: .releasing)
            shutdown(descriptor, Int32(SHUT_RDWR))
        }

        /// Waits until the other side has closed its end; what it still sends is passed over.
        package func waitForEnd() {
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
        }
    }

    /// Such as `http://127.0.0.1:40123`.
    package let url: String
    private let listener: Int32
    private let seen = Seen()

    package init(_ answer: @escaping @Sendable (Request, Peer) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, address, &size) == 0
            }
        }
        guard isListening else { throw NoServer(code: errno) }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        self.listener = listener
        // The threads hold what they need, so that a forgotten server ends.
        startThread { [seen] in
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { break }
                seen.state.withLock { $0.connections += 1 }
                startThread {
                    let peer = Peer(descriptor: descriptor)
                    while !peer.isCut.value.load(ordering: .acquiring), let request = readRequest(from: descriptor) {
                        seen.state.withLock { $0.requests.append(request) }
                        answer(request, peer)
                        if request.headers["connection"] == "close" { break }
                    }
                    close(descriptor)
                }
            }
            close(listener)
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// What came so far, in order.
    package var requests: [Request] { seen.state.withLock { $0.requests } }

    /// How many connections came.
    package var connectionCount: Int { seen.state.withLock { $0.connections } }

    private struct NoServer: Error { var code: Int32 }

    private final class Seen: Sendable {
        let state = Mutex<(requests: [Request], connections: Int)>(([], 0))
    }
}

/// Something that threads wait for until it is opened.
package final class Gate: Sendable {
    private let isOpen = Atomic(false)

    package init() {}

    /// Lets everyone through, now and later.
    package func open() { isOpen.store(true, ordering: .releasing) }

    /// Whether it is open.
    package var hasOpened: Bool { isOpen.load(ordering: .acquiring) }

    /// Waits; a millisecond too long at most.
    package func wait() { while !isOpen.load(ordering: .acquiring) { usleep(1000) } }
}

private func readRequest(from descriptor: Int32) -> HandServer.Request? {
    var head: [UInt8] = [], byte: UInt8 = 0
    while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
        guard head.count < 1 << 16, recv(descriptor, &byte, 1, 0) == 1 else { return nil }
        head.append(byte)
    }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
    }
    var body = [UInt8](repeating: 0, count: Int(headers["content-length"] ?? "") ?? 0), start = 0
    while start < body.count {
        let count = body[start...].withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count <= 0 { return nil }
        start += count
    }
    return HandServer.Request(method: String(words[0]), path: String(words[1]), headers: headers, body: body)
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
        Unmanaged<Box>.fromOpaque(pointer!).takeRetainedValue().body()
        return nil
    }
    let box = Unmanaged.passRetained(Box(body))
    precondition(pthread_create(&thread, nil, entry, box.toOpaque()) == 0, "no thread for a server")
    pthread_detach(thread)
}
