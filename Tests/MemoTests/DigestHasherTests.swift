import AtelierTesting
import CAtelierBLAKE3
import Testing

@testable import AtelierMemo

// Serialized: the SIMD level that one test sets is the level of the whole process.
@Suite("Digest of bytes", .serialized)
struct DigestHasherTests {
    @Test("Every official vector of the hash mode comes out, at every SIMD level")
    func officialVectors() {
        atEveryLevel { level in
            for (length, hash) in blake3Vectors {
                #expect(digest(of: vectorInput(length)).description == hash, "length \(length), level \(level)")
            }
        }
    }

    @Test("Every SIMD level and number of threads gives what one scalar thread gives, on random lengths")
    func levelsAgree() {
        var random = SplitMix(seed: 20_260_101)
        // 128 KiB are a piece of one thread, 1 MiB is where threads begin; both sides of both.
        var lengths = (0..<40).map { _ in Int.random(in: 0...70_000, using: &random) }
        lengths += [131_071, 131_072, 131_073, 262_144, 1_048_575, 1_048_576, 1_048_577, 1_500_000]
        let bytes = random.bytes(1_500_000)
        atelier_blake3_use_level(Int32(atelier_blake3_scalar))
        let expected = lengths.map { digest(of: bytes[..<$0], threads: 1) }
        atEveryLevel { level in
            for (length, want) in zip(lengths, expected) {
                #expect(digest(of: bytes[..<length], threads: 1) == want, "length \(length), level \(level), seed 20260101")
                #expect(digest(of: bytes[..<length], threads: 3) == want, "length \(length), level \(level), 3 threads")
            }
        }
    }

    @Test("The cuts between updates do not show")
    func streaming() {
        var random = SplitMix(seed: 7)
        let bytes = random.bytes(300_000)
        for round in 0..<30 {
            let length = Int.random(in: 0...bytes.count, using: &random)
            let largest = [1, 70, 1_024, 5_000, 200_000][round % 5]
            var hasher = DigestHasher()
            var position = 0
            // The smallest cuts need not run over the whole of a large input.
            let end = largest < 1_000 ? min(length, 9_000) : length
            while position < end {
                let next = min(end, position + Int.random(in: 0...largest, using: &random))
                bytes[position..<next].withUnsafeBytes { hasher.update($0) }
                position = next
            }
            #expect(hasher.finalize() == digest(of: bytes[..<end]), "length \(end), cuts up to \(largest), seed 7")
        }
    }

    @Test("A digest taken midway is that of the bytes so far, and hashing goes on after it")
    func midway() {
        let bytes = vectorInput(20_000)
        var hasher = DigestHasher()
        for position in stride(from: 0, to: 20_000, by: 1_024 * 4) {
            #expect(hasher.finalize() == digest(of: bytes[..<position]))
            bytes[position..<min(20_000, position + 4_096)].withUnsafeBytes { hasher.update($0) }
        }
        #expect(hasher.finalize() == digest(of: bytes))
    }

    @Test("A digest reads back from its text, in either case, and nothing else does")
    func text() {
        let digest = digest(of: vectorInput(3))
        #expect(Digest(digest.description) == digest)
        #expect(Digest(digest.description.uppercased()) == digest)
        #expect(Digest(String(digest.description.dropLast())) == nil)
        #expect(Digest(digest.description + "0") == nil)
        #expect(Digest("g" + digest.description.dropFirst()) == nil)
    }

    private func atEveryLevel(_ body: (Int32) -> Void) {
        let best = atelier_blake3_best_level()
        for level in 0...best {
            atelier_blake3_use_level(level)
            body(level)
        }
        atelier_blake3_use_level(best)
    }
}

private func digest(of bytes: some Collection<UInt8>, threads: Int? = nil) -> Digest {
    bytes.withContiguousStorageIfAvailable { Digest(hashing: UnsafeRawBufferPointer($0), threads: threads) }
        ?? Array(bytes).withUnsafeBytes { Digest(hashing: $0, threads: threads) }
}

private func vectorInput(_ length: Int) -> [UInt8] { (0..<length).map { UInt8($0 % 251) } }
