import AtelierMemo

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A socket to a server, and what has been read from it but not used.
///
/// A large bulk is read by its exact length straight into the array that becomes the value. Every call has a deadline that
/// only received or accepted bytes push out, so that a peer that sends a byte a second holds nobody. After any error the
/// connection is of no use: a late answer would be taken for that of the next command.
///
/// Unchecked: it is in the client's list of idle connections or in the hands of one call, never both.
final class Connection: @unchecked Sendable {
    private let descriptor: Int32
    private let limits: Limits
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)
    private var start = 0
    private var end = 0
    private var deadline: UInt64 = 0
    /// Whether the clock must be looked at before the next wait: the first one of a call has the whole limit.
    private var hasWaited = false
    private var receiveLimit: UInt64 = 0

    /// Time limits of one connection, in nanoseconds.
    struct Limits: Sendable {
        /// For being connected.
        var connect: UInt64
        /// Without any byte.
        var call: UInt64
        /// What each byte adds: a network slower than this is as good as none.
        var perByte: UInt64
    }

    /// Most bytes of one answer, unless a call asks for more; most elements in it, and how deep they may be nested.
    static let largestReply = 16 << 20
    static let mostElements = 1 << 20
    /// Most bytes asked for at a time (measured with 16 to 1024 KiB through TCP and unix sockets).
    private static let stride = 64 << 10
    private static let largestMessage = 64 << 10
    static let deepest = 4

    /// Takes over a connected, blocking socket.
    init(descriptor: Int32, limits: Limits) {
        self.descriptor = descriptor
        self.limits = limits
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
    }

    /// Sends a command and reads its answer: of several the last, or the first that is a failure.
    ///
    /// - Parameter largest: Most bytes of each answer.
    func call(_ command: Command, largest: Int = largestReply) throws(RedisError) -> Reply {
        begin()
        for piece in command.pieces { try transmit(piece.bytes, hasMore: true) }
        try transmit(command.tail[...], hasMore: false)
        var answer = Reply.null
        for _ in 0..<command.count {
            let next = try reply(largest: largest)
            if case .failure = answer { continue }
            answer = next
        }
        guard start == end else { throw .malformed("more answers than commands") }
        return answer
    }

    /// What a subscribed connection tells next.
    func message() throws(RedisError) -> Reply {
        begin()
        return try reply(largest: Self.largestMessage)
    }

    private func begin() {
        deadline = monotonicNanoseconds() &+ limits.call
        hasWaited = false
    }

    private func reply(largest: Int) throws(RedisError) -> Reply {
        var budget = Budget(bytes: largest, elements: Self.mostElements)
        return try reply(depth: 0, &budget)
    }

    /// Whether it can be used again: nobody has closed it, and nothing came that was not asked for.
    var isFresh: Bool {
        var byte: UInt8 = 0
        return start == end && recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    /// For waiting on several descriptors; reading is the connection's own.
    var descriptorToPoll: Int32 { descriptor }

    // MARK: - Sending

    private func transmit(_ piece: ArraySlice<UInt8>, hasMore: Bool) throws(RedisError) {
        var sent = 0
        while sent < piece.count {
            // Without waiting in `send`: on a unix socket its time limit would hold for each packet anew.
            let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT | (hasMore ? MSG_MORE : 0))
            let count = piece.withUnsafeBytes { send(descriptor, $0.baseAddress! + sent, $0.count - sent, flags) }
            if count > 0 {
                sent += count
                deadline &+= UInt64(count) &* limits.perByte
            } else if errno == EAGAIN {
                hasWaited = true
                let left = try timeLeft()
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&entry, 1, Int32(clamping: left / 1_000_000 + 1))
            } else if errno != EINTR {
                throw .closed
            }
        }
    }

    private func timeLeft() throws(RedisError) -> UInt64 {
        let now = monotonicNanoseconds()
        guard now < deadline else { throw .timedOut }
        return deadline - now
    }

    // MARK: - Receiving

    /// Waits for bytes, at least one, into one or two places.
    private func receive(
        into place: UnsafeMutableRawBufferPointer, _ second: UnsafeMutableRawBufferPointer? = nil
    ) throws(RedisError) -> Int {
        while true {
            // The first wait of a call has the whole limit: no look at the clock.
            let limit = hasWaited ? min(try timeLeft(), limits.call) : limits.call
            hasWaited = true
            // A limit that ends somewhat early costs another turn, setting it each time costs more.
            if receiveLimit > limit || receiveLimit < limit - limit / 8 { setReceiveLimit(limit) }
            let count: Int
            if let second {
                count = withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { places in
                    places.initializeElement(at: 0, to: iovec(iov_base: place.baseAddress, iov_len: place.count))
                    places.initializeElement(at: 1, to: iovec(iov_base: second.baseAddress, iov_len: second.count))
                    return readv(descriptor, places.baseAddress, 2)
                }
            } else {
                count = recv(descriptor, place.baseAddress, place.count, 0)
            }
            if count > 0 {
                deadline &+= UInt64(count) &* limits.perByte
                return count
            }
            guard count < 0, errno == EINTR || errno == EAGAIN else { throw .closed }
            _ = try timeLeft()
        }
    }

    private func setReceiveLimit(_ limit: UInt64) {
        // All zero would be no limit.
        var time = timeval(tv_sec: Int(limit / 1_000_000_000), tv_usec: max(1, Int(limit % 1_000_000_000 / 1_000)))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        receiveLimit = limit
    }

    /// Reads what there is behind what is already in the buffer.
    private func fill() throws(RedisError) {
        if start > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
            (start, end) = (0, end - start)
        }
        guard end < buffer.count else { throw .malformed("a line of more than \(buffer.count) bytes") }
        end += try receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
    }

    /// The bytes up to the next end of line, which is taken too. Valid until the next read.
    private func line() throws(RedisError) -> Slice<UnsafeRawBufferPointer> {
        var looked = start
        while true {
            while looked + 1 < end {
                if buffer[looked] == UInt8(ascii: "\r"), buffer[looked + 1] == UInt8(ascii: "\n") {
                    defer { start = looked + 2 }
                    return UnsafeRawBufferPointer(buffer)[start..<looked]
                }
                looked += 1
            }
            let offset = looked - start
            try fill()
            looked = start + offset
        }
    }

    private func reply(depth: Int, _ budget: inout Budget) throws(RedisError) -> Reply {
        let line = try line()
        guard let type = line.first else { throw .malformed("an empty line") }
        let rest = line.dropFirst()
        switch type {
        case UInt8(ascii: "+"): return .status(ServerError(rest).text)
        case UInt8(ascii: "-"): return .failure(ServerError(rest))
        case UInt8(ascii: ":"): return .integer(try Self.integer(rest))
        case UInt8(ascii: "$"):
            let count = try Self.integer(rest)
            if count == -1 { return .null }
            return .bulk(try bulk(try budget.take(bytes: count)))
        case UInt8(ascii: "*"):
            let count = try Self.integer(rest)
            if count == -1 { return .null }
            guard depth < Self.deepest else { throw .malformed("arrays in arrays in arrays") }
            try budget.take(elements: count)
            var elements: [Reply] = []
            for _ in 0..<count { elements.append(try reply(depth: depth + 1, &budget)) }
            return .array(elements)
        default: throw .malformed("a line that begins with byte \(type)")
        }
    }

    private static func integer(_ digits: Slice<UnsafeRawBufferPointer>) throws(RedisError) -> Int64 {
        let isNegative = digits.first == UInt8(ascii: "-")
        var value: Int64 = 0
        guard digits.count > (isNegative ? 1 : 0), digits.count <= 20 else { throw .malformed("a number without digits") }
        for digit in isNegative ? digits.dropFirst() : digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { throw .malformed("a number with other digits") }
            let (tenfold, isLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isLarger) = tenfold.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            guard !isLarge, !isLarger else { throw .malformed("a number of more than 64 bits") }
            value = sum
        }
        return isNegative ? -value : value
    }

    /// Exactly so many bytes and the end of line after them. They take address space at once, memory as they come.
    private func bulk(_ count: Int) throws(RedisError) -> Blob {
        var problem: RedisError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            problem = fill(UnsafeMutableRawBufferPointer(target), &filled)
        }
        if let problem { throw problem }
        while end - start < 2 { try fill() }
        guard buffer[start] == UInt8(ascii: "\r"), buffer[start + 1] == UInt8(ascii: "\n") else {
            throw .malformed("a bulk longer than it says")
        }
        start += 2
        return Blob(bytes)
    }

    /// Moves what was read already, then receives the rest together with the end of line, which goes into the empty buffer.
    private func fill(_ target: UnsafeMutableRawBufferPointer, _ filled: inout Int) -> RedisError? {
        filled = min(target.count, end - start)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<start + filled]))
        start += filled
        while filled < target.count {
            (start, end) = (0, 0)
            // Asking for all of it at once lets a TCP server run into the full window: 560 µs for 1 MB instead of 270.
            let rest = UnsafeMutableRawBufferPointer(rebasing: target[filled..<min(target.count, filled + Self.stride)])
            let isLast = filled + rest.count == target.count
            do throws(RedisError) {
                let received = try receive(into: rest, isLast ? UnsafeMutableRawBufferPointer(rebasing: buffer[..<2]) : nil)
                end = max(0, received - rest.count)
                filled += min(received, rest.count)
            } catch {
                return error
            }
        }
        return nil
    }
}

/// What one answer may still take.
private struct Budget {
    var bytes: Int
    var elements: Int

    mutating func take(bytes count: Int64) throws(RedisError) -> Int {
        guard count >= 0, count <= 512 << 20 else { throw .malformed("a bulk of \(count) bytes") }
        guard count <= bytes else { throw .tooLarge(Int(count)) }
        bytes -= Int(count)
        return Int(count)
    }

    mutating func take(elements count: Int64) throws(RedisError) {
        guard count >= 0, count <= elements else { throw .malformed("an array of \(count) elements") }
        elements -= Int(count)
    }
}
