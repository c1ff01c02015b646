import AtelierTesting
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@testable import AtelierMemo

@Suite("Cache trace")
struct CacheTraceTests {
    @Test("A trace is lines of key, bytes and microseconds; empty lines are nothing")
    func parsing() throws {
        let trace = try CacheTrace(parsing: Blob("1 10 5\n\n2 20 0\r\n1 10 5"))
        #expect(trace.accesses.map(\.size) == [10, 20, 10])
        #expect(trace.accesses.map(\.cost) == [5_000, 0, 5_000])
        #expect(trace.accesses[0].digest == trace.accesses[2].digest)
        #expect(trace.accesses[0].digest != trace.accesses[1].digest)
        #expect(try CacheTrace(parsing: Blob("")).accesses.isEmpty)
    }

    @Test(
        "What is not three whole numbers is refused with its line",
        arguments: [
            "1 2", "1 2 3 4", "1 -2 3", "1 2 x", "a 2 3", "1 2.5 3", "99999999999999999999999 1 1", "1 99999999999999999999 1",
            "1 9999999999999999 1", "1 1 18446744073709551615", "\u{0}",
        ])
    func malformed(line: String) {
        #expect(throws: CacheTrace.Malformed(line: 2)) { try CacheTrace(parsing: Blob("1 1 1\n\(line)\n1 1 1")) }
    }

    @Test("A replay holds no more than the capacity, nothing larger, and counts what was answered")
    func replay() throws {
        let trace = try CacheTrace(parsing: Blob("1 60 3\n1 60 3\n2 40 5\n3 101 7\n3 101 7\n2 40 5\n4 100 9\n1 60 3\n4 100 9"))
        let replay = trace.replay(capacity: 100)
        #expect(replay.hits == 2 && replay.byteHits == 100 && replay.costSaved == 8_000)
        #expect(replay.peakBytes == 100)
        #expect(replay.evictions == 4)
        #expect(trace.replay(capacity: 0) == .init())
    }

    @Test("Twice the capacity has the hits that the misses promise it, or a few times as many", arguments: [500, 2_000, 8_000])
    func ghostHits(capacity: Int) throws {
        // 10 000 requests for 2 000 keys of 1 to 20 bytes, the k-th asked for with a chance of about 1 / k.
        var random = SplitMix(seed: 7)
        let trace = CacheTrace(
            (0..<10_000).map { _ in
                let key = UInt64(exp(Double.random(in: 0..<log(2_000), using: &random)))
                return .init(digest: Digest(words: (key &* 0x9E37_79B9_7F4A_7C15, key, 0, key)), size: Int(1 + key * 7 % 20), cost: 0)
            })
        let replay = trace.replay(capacity: capacity), twice = trace.replay(capacity: 2 * capacity)
        let promised = Double(replay.ghostHits), gained = Double(twice.hits - replay.hits)
        #expect(gained > 0)
        #expect((0.25...1.5).contains(promised / gained), "promised \(promised), gained \(gained)")
    }
}
