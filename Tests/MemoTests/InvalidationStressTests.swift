import AtelierScheduling
import AtelierTesting
import Testing

@testable import AtelierMemo

/// What lies outside, as a template would: it changes, and whoever changes it invalidates the tag.
private final class Outside: Sendable {
    private static let all = Lock<[Outside]>([])
    private let state = Lock((version: 0, announced: 0))

    /// The number by which a stage finds it.
    static func make() -> Int {
        all.withLock { all in
            all.append(Outside())
            return all.count - 1
        }
    }
    static func number(_ number: Int) -> Outside { all.withLock { $0[number] } }

    var version: Int { state.withLock { $0.version } }
    /// The latest whose invalidation has returned.
    var announced: Int { state.withLock { $0.announced } }

    func change(telling engine: Engine) {
        let version = state.withLock { state in
            state.version += 1
            return state.version
        }
        engine.invalidate(tag: "template")
        state.withLock { $0.announced = max($0.announced, version) }
    }
}

/// Reads from outside, as no stage should without a tag.
private struct ReadOutside: Stage {
    static let name = "test.readOutside", version = 1
    var outside: Int
    func run(in context: Context) -> Number { Number(Outside.number(outside).version) }
}

private struct Pass: Stage {
    static let name = "test.pass", version = 1
    var number: Int
    var input: Artifact<Number>
    func run(in context: Context) async -> Number {
        for _ in 0..<number % 4 { await Task.yield() }
        return context[input]
    }
}

private struct Lead: Plan {
    static let name = "test.lead", version = 1
    var number: Int
    var outside: Int
    var input: Artifact<Number>
    func plan(in context: Context) -> Artifact<Number> {
        Artifact(Pass(number: number, input: Artifact(ReadOutside(outside: outside)).tagged("template/company")))
    }
}

@Suite("Invalidation under stress")
struct InvalidationStressTests {
    @Test("Whoever asks after an invalidation, in whichever process, gets nothing older, while tags change all the time", arguments: 1...4)
    func stress(seed: Int) async throws {
        let shared = SharedStore(), outside = Outside.make()
        let engines = (0..<3).map { _ in Engine(levels: [everything(), shared], configuration: .init(workers: 2)) }
        let read = Artifact(ReadOutside(outside: outside)).tagged("template/company")
        var artifacts = [read]
        for number in 1..<6 {
            artifacts.append(Artifact(Pass(number: number, input: artifacts[number / 2])))
            artifacts.append(Artifact(Lead(number: number, outside: outside, input: Artifact(Constant(value: number)))))
        }
        let stale = await withTaskGroup(of: [String].self) { group in
            for asker in 0..<12 {
                group.addTask { [artifacts] in
                    var random = SplitMix(seed: UInt64(seed * 100 + asker)), findings: [String] = []
                    for _ in 0..<150 {
                        let engine = engines[Int.random(in: 0..<3, using: &random)]
                        if asker < 2 {
                            Outside.number(outside).change(telling: engine)
                            await Task.yield()
                            continue
                        }
                        let place = Int.random(in: 0..<artifacts.count, using: &random), least = Outside.number(outside).announced
                        do {
                            let found = try await engine.value(of: artifacts[place]).value
                            if found < least { findings.append("artifact \(place): \(found) after \(least)") }
                        } catch { findings.append("\(error)") }
                    }
                    return findings
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(stale == [], "seed \(seed)")
        #expect(await eventually { engines.allSatisfy { $0.underWay == (0, 0) } && shared.leased.isEmpty })
    }
}
