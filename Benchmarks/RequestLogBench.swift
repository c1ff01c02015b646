import AtelierJSON
import AtelierMemo
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let requestLog = Subcommand(
        name: "request-log", question: "what does noting a request cost a run?",
        usage: """
                --folder DIR [--notes 6000]
                --folder  an empty folder on the disk in question
                --notes   requests, one a run

                Each note opens the file, takes its lock, appends a line and closes;
                the peer appends a line of 400 bytes without lock and checksum, in
                turns. The mean has the rewriting beyond 1 MiB in it, the maximum
                is one. "first" is what a process of its own pays.
            """
    ) { arguments in
        let folder = try arguments.string("folder"), count = max(2, try arguments.integer("notes", default: 6_000))
        let log = RequestLog(in: folder), clock = ContinuousClock()
        // As a run's flags have made before it comes to noting.
        keep(ConversionOptions.tracing + ConversionOptions.slides + ConversionOptions.limits)
        let line = noise(400).map { 32 + $0 % 64 }
        var notes: [Double] = [], peers: [Double] = []
        for number in 0..<count {
            let source = Artifact.bytes(noise(8, seed: UInt64(number))).digest
            let logged = LoggedRequest(
                Request(target: .svg, sources: [source]), paths: ["/some/where/below/pictures/logo-\(number).png"],
                use: RequestUse(of: source, cost: 12_345_678, at: 1_700_000_000))
            notes.append(clock.measure { log.note([logged]) } / .microseconds(1))
            peers.append(
                clock.measure {
                    let descriptor = open(folder + "/peer", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
                    keep(write(descriptor, line, line.count))
                    close(descriptor)
                } / .microseconds(1))
        }
        var kept = 0
        let reading = clock.measure { kept = log.requests().count } / .milliseconds(1)
        print(
            JSON.object([
                "bench": .string("request-log"), "first_us": .number(notes[0]), "note_us": spread(notes), "peer_us": spread(peers),
                "kept": .integer(kept), "read_ms": .number(reading),
            ]).text)
        return 0
    }
}

/// Median, 99th percentile, maximum and mean.
private func spread(_ values: [Double]) -> JSON {
    let sorted = values.sorted()
    return .object([
        "median": .number(sorted[sorted.count / 2]), "p99": .number(sorted[sorted.count * 99 / 100]),
        "max": .number(sorted[sorted.count - 1]), "mean": .number(sorted.reduce(0, +) / Double(sorted.count)),
    ])
}
