import AtelierJSON
import AtelierMemo
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let journal = Subcommand(
        name: "journal", question: "what does it cost to tell a cache directory of a run?",
        usage: """
                --folder DIR [--rounds 31] [--stages 16]
                --folder   a folder of its own; emptied by the caller
                --stages   stages a run makes and puts on disk

                A run makes stages of about a millisecond in memory and on disk; then the
                journal writes its numbers and keys. In turns with a run without a
                journal. Reading: the history and the log of keys as they have become.
            """
    ) { arguments in
        let folder = try arguments.string("folder"), rounds = max(3, try arguments.integer("rounds", default: 31))
        let stages = try arguments.integer("stages", default: 16)
        let directory = try CacheDirectory(opening: folder)
        let result = blocking { await measure(directory, rounds: rounds, stages: stages) }
        print(JSON.object([.init("bench", .string("journal"))] + result).text)
        return 0
    }
}

/// Works for about a millisecond.
private struct TimedWork: Stage {
    static let name = "bench.work", version = 1
    var source: Artifact<Blob>
    var round: Int, index: Int
    var mode = "stacked", tolerance = 0.5

    func run(in context: Context) -> Blob {
        var state = UInt64(index)
        for _ in 0..<1_000_000 { state = state &* 6_364_136_223_846_793_005 &+ 1 }
        return Blob("\(state)")
    }
}

private func measure(_ directory: CacheDirectory, rounds: Int, stages: Int) async -> [JSON.Member] {
    let clock = ContinuousClock(), source = Artifact.bytes([1, 2, 3])
    var written: [Double] = [], with: [Double] = [], without: [Double] = []
    func run(_ round: Int, _ engine: Engine) async -> Double {
        let artifacts = (0..<stages).map { Artifact(TimedWork(source: source, round: round, index: $0)) }
        let time = await clock.measure { for artifact in artifacts { keep(try! await engine.value(of: artifact)) } }
        return time / .microseconds(1)
    }
    for round in 0..<rounds {
        func engine() -> Engine { Engine(levels: [MemoryStore(), DiskStore(in: directory, limit: 1 << 30)]) }
        without.append(await run(2 * round, engine()))
        let told = engine(), journal = CacheJournal(of: told, in: directory)
        with.append(await run(2 * round + 1, told))
        written.append(clock.measure { journal.write() } / .microseconds(1))
    }
    let reading = Timing(rounds: 5) { History(of: directory).stretches.count }
    let keys = KeyLog(of: directory), engine = Engine(levels: [])
    let unknown = Artifact(TimedWork(source: source, round: -1, index: -1))
    let explaining = Timing(rounds: 5) { engine.explain(unknown, comparing: keys).lines.count }
    return [
        .init("write_us", quartiles(written)), .init("run_with_us", quartiles(with)), .init("run_without_us", quartiles(without)),
        .init("read_history", .object(reading.members)), .init("nearest_key", .object(explaining.members)),
    ]
}
