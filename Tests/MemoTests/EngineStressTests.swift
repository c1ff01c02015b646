import AtelierTesting
import Testing

@testable import AtelierMemo

/// Spins a little, asks whether it is still wanted, and gives the largest of its inputs plus one.
private struct Step: Stage {
    static let name = "test.step", version = 1
    var number: Int
    var inputs: [Artifact<Number>]

    func footprint(in context: Context) -> Int { number % 7 * 10 }
    func run(in context: Context) throws -> Number {
        for _ in 0..<number % 50 { try context.checkCancellation() }
        return Number((inputs.map { context[$0].value }.max() ?? 0) + 1)
    }
}

private struct Choice: Plan {
    static let name = "test.choice", version = 1
    var options: [Artifact<Number>]
    func plan(in context: Context) -> Artifact<Number> { options.max { context[$0].value < context[$1].value }! }
}

@Suite("Engine under stress")
struct EngineStressTests {
    @Test(
        "Hundreds who ask, leave and evict at once get right values or their own cancellation, and nothing is left over",
        arguments: [(seed: 1, workers: 1, budget: 30), (2, 3, 60), (3, 4, 1 << 30), (4, 2, 0)])
    func stress(seed: Int, workers: Int, budget: Int) async throws {
        var random = SplitMix(seed: UInt64(seed))
        var artifacts: [Artifact<Number>] = [], expected: [Int] = []
        for number in 0..<60 {
            let inputs = (0..<Int.random(in: 0...3, using: &random)).compactMap { _ in artifacts.indices.randomElement(using: &random) }
            if !inputs.isEmpty, number % 5 == 4 {
                artifacts.append(Artifact(Choice(options: inputs.map { artifacts[$0] })))
                expected.append(inputs.map { expected[$0] }.max()!)
            } else {
                artifacts.append(Artifact(Step(number: number, inputs: inputs.map { artifacts[$0] })))
                expected.append((inputs.map { expected[$0] }.max() ?? 0) + 1)
            }
        }
        let store = MemoryStore(byteLimit: 1 << 20, entryLimit: 25, admitting: .everything)
        let engine = Engine(levels: [store, BytesStore()], configuration: .init(workers: workers, byteBudget: budget))
        let wrong: [String] = await withTaskGroup(of: String?.self) { group in
            for asker in 0..<400 {
                let index = Int.random(in: 0..<artifacts.count, using: &random), artifact = artifacts[index], right = expected[index]
                let patience = asker % 3 == 0 ? Int.random(in: 0..<50, using: &random) : nil
                let priority = Priority.allCases[asker % 3]
                group.addTask {
                    let ask = Task { try await engine.value(of: artifact, priority: priority) }
                    if let patience {
                        for _ in 0..<patience { await Task.yield() }
                        ask.cancel()
                    }
                    if asker % 10 == 0 { store.evict(artifact.digest) }
                    switch await ask.result {
                    case .success(let number): return number.value == right ? nil : "\(number.value) instead of \(right)"
                    case .failure(is CancellationError): return patience == nil ? "cancelled without having left" : nil
                    case .failure(let error): return "\(error)"
                    }
                }
            }
            return await group.reduce(into: []) { if let finding = $1 { $0.append(finding) } }
        }
        #expect(wrong == [], "seed \(seed)")
        // Runs that everybody has left end on their own time.
        #expect(await eventually { engine.underWay == (0, 0) }, "seed \(seed)")
    }
}
