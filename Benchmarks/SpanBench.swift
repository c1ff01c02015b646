import AtelierJSON
import AtelierMemo
import AtelierStages
import AtelierTelemetry

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let spans = Subcommand(
        name: "spans", question: "what do spans cost, off, on, and with a recorder?",
        usage: """
                FILE… [--rounds 30] [--repeat 1]
                FILE  drawings and pictures; they become slides

                Converts all files without a cache on one worker, in turn with spans
                off, on, recorded, and recorded with samples and allocations, and
                compares the processor time of neighbours: medians and quartiles of
                the ratios to the one with spans off. Then an empty span alone.
            """
    ) { arguments in
        let files = arguments.words
        guard !files.isEmpty else { throw Arguments.Problem(text: "no files given") }
        let rounds = max(1, try arguments.integer("rounds", default: 30)), times = max(1, try arguments.integer("repeat", default: 1))
        let rows = try blocking { () async -> Result<[[Double]], any Error> in
            var rows: [[Double]] = []
            do {
                _ = try await Mode.on.seconds(files, times: 1)
                for round in 0..<rounds {
                    // Each goes first as often as the others.
                    var row = [Double](repeating: 0, count: Mode.allCases.count)
                    for place in Mode.allCases.indices {
                        let mode = (place + round) % Mode.allCases.count
                        row[mode] = try await Mode.allCases[mode].seconds(files, times: times)
                    }
                    rows.append(row)
                }
            } catch { return .failure(error) }
            return .success(rows)
        }.get()
        let ratios = Mode.allCases.indices.dropFirst().map { mode -> JSON.Member in
            let ratios = rows.map { $0[mode] / $0[0] }.sorted()
            return .init(
                Mode.allCases[mode].rawValue,
                .object([
                    "median": .number(rounded(ratios[rounds / 2])),
                    "quartiles": .array([rounds / 4, rounds * 3 / 4].map { .number(rounded(ratios[$0])) }),
                ]))
        }
        let name = SpanName("bench"), empty = Timing(rounds: 15) { withSpan(name) {} }
        OpenSpan.isRecording = false
        let off = Timing(rounds: 15) { withSpan(name) {} }
        OpenSpan.isRecording = true
        print(
            JSON.object([
                "bench": .string("spans"), "files": .integer(files.count), "rounds": .integer(rounds),
                "off_ms": .number(rounded(rows.map { $0[0] * 1000 }.sorted()[rounds / 2])), "ratios": .object(ratios),
                "empty_span": .object(empty.members), "empty_span_off": .object(off.members),
            ]).text)
        return 0
    }
}

/// What is noted meanwhile.
private enum Mode: String, CaseIterable {
    case off, on, recorded, sampled

    /// Processor time of all files, converted so often.
    func seconds(_ files: [String], times: Int) async throws -> Double {
        OpenSpan.isRecording = self != .off
        defer { OpenSpan.isRecording = true }
        let recorder =
            switch self {
            case .off, .on: nil as ProfileRecorder?
            case .recorded: ProfileRecorder(samples: false, allocations: false)
            case .sampled: ProfileRecorder()
            }
        let begin = processorSeconds()
        for _ in 0..<times {
            let engine = Engine(levels: [], configuration: .init(workers: 1, cachePolicy: .off))
            for file in files {
                let source = try Artifact<Blob>.file(path: file)
                keep(try await engine.value(of: convertToPPTX([source]).output).count)
            }
        }
        let seconds = processorSeconds() - begin
        if let recorder { keep(recorder.finish().lanes.count) }
        return seconds
    }
}

private func rounded(_ number: Double) -> Double { (number * 10_000).rounded() / 10_000 }

private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
