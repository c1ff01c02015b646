import Testing

@testable import AtelierMemo

@Suite("Engine: what its levels have")
struct PresenceTests {
    @Test("Each level is told apart, and asking fills none")
    func levels() async throws {
        let memory = everything(), bytes = BytesStore(), artifact = Artifact(Constant(value: 3))
        let engine = Engine(levels: [memory, bytes])
        #expect(engine.presence(of: artifact).map { $0 == nil } == [true, true])
        _ = try await Engine(levels: [bytes]).value(of: artifact)
        for _ in 0..<2 { #expect(engine.presence(of: artifact).map { $0?.digest } == [nil, artifact.digest]) }
        _ = try await engine.value(of: artifact)
        #expect(engine.presence(of: artifact).map { $0?.digest } == [artifact.digest, artifact.digest])
    }

    @Test("An alias counts with what it leads to, in the same level")
    func aliases() async throws {
        let memory = everything(), bytes = BytesStore(), artifact = Artifact(ToConstant(value: 4))
        let engine = Engine(levels: [memory, bytes]), target = Artifact(Constant(value: 4)).digest
        _ = try await engine.value(of: artifact)
        #expect(engine.presence(of: artifact).map { $0?.digest } == [target, target])
        bytes.evict(target)
        #expect(engine.presence(of: artifact).map { $0?.digest } == [target, nil])
    }

    @Test("A value that stays in memory is in no level of bytes, an expired one nowhere")
    func expired() async throws {
        let bytes = BytesStore(), clock = ManualClock(), artifact = Artifact(Constant(value: 5))
        let engine = Engine(levels: [bytes], configuration: .init(), clock: clock.clock)
        _ = try await engine.value(of: artifact)
        bytes.replace(artifact.digest) { $0.header.expires = 4_000_000_010 }
        #expect(engine.presence(of: artifact) != [nil])
        clock.advance(seconds: 10)
        #expect(engine.presence(of: artifact) == [nil])
    }

    @Test("What several plans led to counts in the cost of what is built on them")
    func costOfPlans() async throws {
        let store = everything(), engine = Engine(levels: [store])
        let parts = [6, 7].map { Artifact(ToConstant(value: $0)) }, sum = Artifact(Sum(terms: parts))
        _ = try await engine.value(of: sum)
        let chains = try parts.map { try #require(store.peek($0.digest)).chainCost }
        let whole = try #require(store.peek(sum.digest))
        #expect(whole.chainCost == whole.selfCost + chains[0] + chains[1])
    }
}

private struct ToConstant: Plan {
    static let name = "test.toConstant", version = 1
    var value: Int
    func plan(in context: Context) -> Artifact<Number> { Artifact(Constant(value: value)) }
}
