import AtelierJSON
import AtelierMemo
import AtelierStages

extension Subcommand {
    static let cacheHits = Subcommand(
        name: "cache-hits", question: "how often does the memory level answer on a trace?",
        usage: """
                --trace FILE --capacity BYTES
                FILE holds lines "key size cost_us"; - is standard input.

                Replays the trace through the memory level, one look-up a line and
                a put on a miss, without counting what its tables take. Prints one
                JSON object: requests, hits, byte_hits, cost_saved_us, peak_bytes,
                elapsed_ns, evictions, ghost_hits.
            """
    ) { arguments in
        let path = try arguments.string("trace"), capacity = try arguments.integer("capacity")
        let text =
            path == "-"
            ? try Blob.reading(descriptor: 0, path: "standard input", limit: .max / 2) : try .reading(path: path, limit: .max / 2)
        let trace = try CacheTrace(parsing: text)
        let clock = ContinuousClock(), begun = clock.now
        let replay = trace.replay(capacity: capacity)
        let elapsed = clock.now - begun
        print(
            JSON.object([
                "requests": .integer(trace.accesses.count), "hits": .integer(replay.hits), "byte_hits": .integer(replay.byteHits),
                "cost_saved_us": .integer(Int(replay.costSaved / 1_000)), "peak_bytes": .integer(replay.peakBytes),
                "elapsed_ns": .integer(Int(elapsed / .nanoseconds(1))), "evictions": .integer(replay.evictions),
                "ghost_hits": .integer(replay.ghostHits),
            ]).text)
        return 0
    }
}
