import AtelierJSON
import AtelierMemo
import AtelierProcessors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let processorsSoak = Subcommand(
        name: "processors-soak", question: "does anything grow when streams of parts run for long?",
        usage: """
                [--seconds 600] [--settle 120]

                Runs pipelines one after the other: chains, parallels, split and merge,
                windows, text matching, events, cached processors with a cache that is
                too small, cancelled and failing streams. Prints one JSON object a
                minute and one at the end: resident KiB after `settle` seconds and at
                the end, and what is left running. Exit 1 when the process has grown by
                1 MiB or more after `settle`, or tasks are left.
            """
    ) { arguments in
        let seconds = max(1, try arguments.integer("seconds", default: 600)),
            settle = min(seconds, try arguments.integer("settle", default: 120))
        return try blocking { () async -> Result<Int32, any Error> in
            do { return .success(try await soak(seconds: seconds, settle: settle)) } catch { return .failure(error) }
        }.get()
    }
}

private func soak(seconds: Int, settle: Int) async throws -> Int32 {
    let cache = try Cache(byteLimit: 1 << 20)
    let clock = ContinuousClock(), start = clock.now
    var rounds = 0, parts = 0, settled: Int?, peak = 0, reported = 0
    while clock.now - start < .seconds(seconds) {
        parts += try await round(rounds, cache)
        rounds += 1
        let elapsed = Int((clock.now - start) / .seconds(1)), resident = processMemory("VmRSS")
        if elapsed >= settle {
            if settled == nil { settled = resident }
            peak = max(peak, resident)
        }
        if elapsed / 60 > reported {
            reported = elapsed / 60
            print(
                JSON.object([
                    "minute": .integer(reported), "rounds": .integer(rounds), "parts": .integer(parts), "resident_kb": .integer(resident),
                ]).text)
            fflush(nil)
        }
    }
    // Those of streams that were left have been told, and end.
    var patience = 500
    while RunningTasks.count > 0, patience > 0 {
        try await Task.sleep(for: .milliseconds(10))
        patience -= 1
    }
    let first = settled ?? processMemory("VmRSS"), last = processMemory("VmRSS")
    print(
        JSON.object([
            "schema": "processors-soak/1", "seconds": .integer(seconds), "rounds": .integer(rounds), "parts": .integer(parts),
            "settled_kb": .integer(first), "end_kb": .integer(last), "peak_kb": .integer(max(peak, last)),
            "grown_kb": .integer(last - first), "tasks_left": .integer(RunningTasks.count),
            "cache": ["hits": .integer(cache.statistics.hits), "misses": .integer(cache.statistics.misses)],
        ]).text)
    return last - first < 1024 && RunningTasks.count == 0 ? 0 : 1
}

/// Some of everything. Returns how many parts came out.
private func round(_ number: Int, _ cache: Cache) async throws -> Int {
    let count = 500
    let append = PartFunction { part, emitter in emitter.emit(part.replacing(text: try part.text + "x")) }
    let wait = AsyncPartFunction { part, output in
        await Task.yield()
        try await output.emit(part.replacing(text: try part.text + "w"))
    }
    let length = StreamFunction { input, output in
        var count = 0
        for try await _ in input { count += 1 }
        try await output.emit(Part("\(count)"))
    }
    let numbered = { source(count) { Part("number \(number * 97 % 5000 + $0) [a\($0)] b", role: "user", metadata: ["n": .integer($0)]) } }
    let turns = source(count) { $0 % 10 == 9 ? .endOfTurn() : textPart($0) }
    let pictures = source(50) { try Part(bytes: Blob([UInt8($0 % 5)]), mimeType: "image/png") }
    let state = StreamFunction { input, output in
        let images = try await input.gather().images
        try await output.emit(Part(images.last?.bytes?.bytes.first == 0 ? "dark" : "light"))
    }
    let event = EventDetection(
        state, [.init(from: "*", to: "dark"): "It is dark.", .init(from: "*", to: "light"): "It is light."], cache: cache)
    let twoWays = Parallel([append, wait], passing: .unlessOutput)
    let pipelines: [(any Processor, PartStream)] = [
        (append + append + wait, numbered()), (twoWays, numbered()), (Window(length, keeping: .lastTurns(3)), turns),
        (TextMatch(try TextPattern(#"\[[^\]]*\]"#), into: "hit"), numbered()), (wait.cached(in: cache, as: "wait 1"), numbered()),
        (length.cached(in: cache, as: "length 1"), numbered()), (event, pictures), (Preamble("a") + Suffix("b") + Timestamps(), numbered()),
    ]
    var parts = 0
    for (processor, input) in pipelines { for try await _ in processor(input) { parts += 1 } }
    let branches = try numbered().split(into: 3)
    for try await _ in PartStream.merging(branches) { parts += 1 }
    // Left after a few parts.
    for try await _ in (wait + append)(numbered()) {
        parts += 1
        if parts % 7 == 0 { break }
    }
    struct Failure: Error {}
    let failing = PartFunction { part, emitter in
        if part.metadata["n"] == 250 { throw Failure() }
        emitter.emit(part)
    }
    do { for try await _ in (wait + failing)(numbered()) { parts += 1 } } catch is Failure {}
    return parts
}
