import AtelierMemo
import AtelierTesting
import Testing

@testable import AtelierRedis

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Connection")
struct ConnectionTests {
    /// What a client makes of bytes that a server sends before it hangs up.
    private func answers(_ bytes: [UInt8], count: Int = 1, largest: Int = 1 << 20) -> Result<Reply, RedisError> {
        var ends: [Int32] = [0, 0]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        let connection = Connection(descriptor: ends[0], limits: .patient)
        _ = writeAll(bytes, to: ends[1])
        shutdown(ends[1], Int32(SHUT_WR))
        defer { close(ends[1]) }
        var command = Command("PING")
        for _ in 1..<count {
            command.begin(argumentCount: 1)
            command.append("PING")
        }
        do throws(RedisError) {
            return .success(try connection.call(command, largest: largest))
        } catch {
            return .failure(error)
        }
    }

    private func answers(_ text: String, count: Int = 1) -> Result<Reply, RedisError> { answers(Array(text.utf8), count: count) }

    @Test("Every kind of answer is read")
    func kinds() {
        #expect(answers("+PONG\r\n") == .success(.status("PONG")))
        #expect(answers(":-42\r\n") == .success(.integer(-42)))
        #expect(answers("$5\r\nhe\r\no\r\n") == .success(.bulk(Blob("he\r\no"))))
        #expect(answers("$0\r\n\r\n") == .success(.bulk(Blob([]))))
        #expect(answers("$-1\r\n") == .success(.null))
        #expect(answers("*2\r\n:1\r\n*1\r\n$-1\r\n") == .success(.array([.integer(1), .array([.null])])))
        #expect(answers("*-1\r\n") == .success(.null))
        for kind in ServerError.Kind.allCases {
            guard case .success(.failure(let error)) = answers("-\(kind.rawValue) because\r\n") else {
                Issue.record("no error")
                continue
            }
            #expect(error.kind == kind && error.text == "\(kind.rawValue) because")
        }
    }

    @Test("A failure among several answers is the answer, and all are read")
    func several() {
        #expect(answers("+OK\r\n-ERR no such db\r\n+OK\r\n", count: 3) == .success(.failure(ServerError("ERR no such db".utf8))))
        #expect(answers("+OK\r\n+OK\r\n+OK\r\n", count: 2) == .failure(.malformed("more answers than commands")))
    }

    @Test("Bulks of every size around the buffer and the stride come back whole")
    func sizes() {
        for count in [1, 16_374, 16_375, 16_376, 16_377, 16_384, 65_536, 65_537, 81_920, 150_001] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            #expect(answers(Array("$\(count)\r\n".utf8) + bytes + Array("\r\n".utf8)) == .success(.bulk(Blob(bytes))), "\(count)")
        }
    }

    @Test("An answer cut anywhere is an error")
    func cut() {
        let whole = Array("*3\r\n$4\r\nabcd\r\n:12\r\n+OK\r\n".utf8)
        for count in 0..<whole.count { #expect(answers(Array(whole[..<count])) == .failure(.closed), "\(count)") }
    }

    @Test("More than was asked for is not taken")
    func bounds() {
        #expect(answers(Array("$1001\r\n".utf8), largest: 1000) == .failure(.tooLarge(1001)))
        #expect(
            answers(Array("*2\r\n$600\r\n".utf8) + Array(repeating: 0, count: 600) + Array("\r\n$600\r\n".utf8), largest: 1000)
                == .failure(.tooLarge(600)))
        guard case .failure(.malformed) = answers("*1048577\r\n"), case .failure(.malformed) = answers("$536870913\r\n"),
            case .failure(.malformed) = answers(String(repeating: "*1\r\n", count: 9)),
            case .failure(.malformed) = answers("+" + String(repeating: "x", count: 20_000))
        else {
            Issue.record("no bound")
            return
        }
    }

    @Test("Answers with bytes changed at random end in an answer or an error")
    func noise() {
        var random = SplitMix(seed: 11)
        let seeds = ["*3\r\n$4\r\nabcd\r\n:12\r\n+OK\r\n", "$10\r\n0123456789\r\n", "-ERR x\r\n", "*2\r\n*2\r\n:1\r\n:2\r\n$-1\r\n"].map {
            Array($0.utf8)
        }
        var outcomes: Set<Bool> = []
        for _ in 0..<3_000 {
            var bytes = seeds[random.int(in: 0..<seeds.count)]
            for _ in 0...random.int(in: 0..<4) { bytes[random.int(in: 0..<bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            if case .success = answers(bytes) { outcomes.insert(true) } else { outcomes.insert(false) }
        }
        #expect(outcomes.count == 2)
    }

    @Test("Commands are arrays of bulks, large arguments by reference")
    func commands() {
        var command = Command(argumentCount: 3)
        command.append("SET")
        command.append("kéy")
        command.append(Blob("head"), Blob([UInt8](repeating: 120, count: 40_000)))
        let bytes = command.pieces.flatMap { Array($0.bytes) } + command.tail
        #expect(command.pieces.count == 2)
        #expect(
            bytes == Array("*3\r\n$3\r\nSET\r\n$4\r\nkéy\r\n$40004\r\nhead".utf8) + [UInt8](repeating: 120, count: 40_000)
                + Array("\r\n".utf8))
    }
}
