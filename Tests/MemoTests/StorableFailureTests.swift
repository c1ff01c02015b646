import AtelierScheduling
import Testing

@testable import AtelierMemo

@Suite("Storable failures")
struct StorableFailureTests {
    private let time = ManualClock()

    private func engine(_ levels: any Store...) -> (Engine, EventLog) {
        let engine = Engine(levels: levels, configuration: .init(), clock: time.clock)
        return (engine, EventLog(engine))
    }

    @Test("A remembered failure is the error itself, of the stage that threw it, in memory and from a level that keeps bytes")
    func typed() async throws {
        let bytes = BytesStore(), artifact = Artifact(Refusing(byte: 7)), built = Artifact(Increment(of: artifact))
        let (first, firstLog) = engine(everything(), bytes)
        for _ in 0..<2 {
            let failure = await #expect(throws: StageFailure.self) { _ = try await first.value(of: built) }
            #expect(failure?.underlying as? Refusal == Refusal(byte: 7))
            #expect(failure?.stage == "test.refusing")
            #expect(failure?.digest == artifact.digest)
        }
        #expect(firstLog.count(.failed) == 1)

        let memory = everything(), (second, secondLog) = engine(memory, bytes)
        for _ in 0..<2 {
            let failure = await #expect(throws: StageFailure.self) { _ = try await second.value(of: built) }
            #expect(failure?.underlying as? Refusal == Refusal(byte: 7))
        }
        #expect(secondLog.count(.failed) == 0)
        #expect(memory.count == 1, "what was found outside is kept nearer")
    }

    @Test("Failures that cannot be read, or are of an unknown format, are no answer", arguments: 0..<3)
    func unreadable(damage: Int) async throws {
        let bytes = BytesStore(), artifact = Artifact(Refusing(byte: 8))
        _ = try? await engine(bytes).0.value(of: artifact)
        bytes.replace(artifact.digest) { entry in
            switch damage {
            case 0: entry.header.format = "another"
            case 1: entry.header.formatVersion = 9
            default: entry.payload = .failure("not a number")
            }
        }
        let (engine, log) = engine(bytes)
        _ = try? await engine.value(of: artifact)
        #expect(log.count(.failed) == 1)
    }

    @Test("A failure is kept for a minute at least and ten at most, and not at all when it says so")
    func times() async throws {
        for (seconds, isThere, isOver) in [(1, 59, 60), (300, 299, 300), (100_000, 599, 600)] as [(Int64, UInt64, UInt64)] {
            let (engine, log) = engine(everything()), artifact = Artifact(Refusing(byte: 1, seconds: seconds))
            _ = try? await engine.value(of: artifact)
            time.advance(seconds: isThere)
            _ = try? await engine.value(of: artifact)
            #expect(log.count(.failed) == 1)
            time.advance(seconds: isOver - isThere)
            _ = try? await engine.value(of: artifact)
            #expect(log.count(.failed) == 2)
        }
        let (engine, log) = engine(everything())
        for _ in 0..<2 { _ = try? await engine.value(of: Artifact(Refusing(byte: 1, seconds: 0))) }
        #expect(log.count(.failed) == 2)
    }

    @Test("A failure goes with its tag, and an ordinary memory level keeps one that took its time")
    func tags() async throws {
        let number = Artifact(Constant(value: 1)).tagged("font"), (engine, log) = engine(MemoryStore())
        let artifact = Artifact(Refusing(byte: 2, clock: Refusing.add(time), input: number))
        for _ in 0..<2 { _ = try? await engine.value(of: artifact) }
        #expect(log.count(.failed) == 1)
        engine.invalidate(tag: "font")
        _ = try? await engine.value(of: artifact)
        #expect(log.count(.failed) == 2)
    }
}

private struct Refusal: StorableFailure, Equatable {
    var byte: Int
    var secondsKept: Int64 = 300

    static var format: StorageFormat<Refusal>? {
        StorageFormat(name: "test.refusal", version: 1, encode: { Blob("\($0.byte)") }) { blob in
            guard let byte = blob.withUnsafeBytes({ Int(String(decoding: $0, as: UTF8.self)) }) else { throw NotANumber() }
            return Refusal(byte: byte)
        }
    }
}

private struct Refusing: Stage {
    static let name = "test.refusing", version = 1
    static var failures: [any StorableFailure.Type] { [Malformed.self, Refusal.self] }
    private static let clocks = Lock<[ManualClock]>([])
    var byte: Int
    var seconds: Int64 = 300
    var clock: Int?
    var input: Artifact<Number>?

    /// The number of a clock on which refusing takes a millisecond.
    static func add(_ clock: ManualClock) -> Int {
        clocks.withLock { clocks in
            clocks.append(clock)
            return clocks.count - 1
        }
    }

    func run(in context: Context) throws -> Number {
        if let clock { Self.clocks.withLock { $0[clock] }.advance(nanoseconds: 1_000_000) }
        throw Refusal(byte: byte, secondsKept: seconds)
    }
}
