import AtelierImageTracing
import AtelierJSON
import AtelierMemo
import AtelierStages

extension Subcommand {
    static let line = Subcommand(
        name: "line", question: "what do pictures take cold, warm, and after one changed option?",
        usage: """
                FILE… [--rounds 3] [--workers N]
                FILE  pictures; they become SVG

                Each round has an engine of its own with the memory level alone. Cold:
                every picture is traced. Warm: the same again, from the file's name to
                the bytes of the SVG. Changed: one option of the fit is another. Times
                are of all pictures, asked for together; the SVGs are compared.
            """
    ) { arguments in
        let files = arguments.words
        guard !files.isEmpty else { throw Arguments.Problem(text: "no pictures given") }
        let rounds = max(1, try arguments.integer("rounds", default: 3))
        let workers = try arguments.integer("workers", default: Engine.Configuration().workers)
        let rows = try blocking { () async -> Result<[Round], any Error> in
            var rows: [Round] = []
            do { for _ in 0..<rounds { rows.append(try await Round(files, workers: workers)) } } catch { return .failure(error) }
            return .success(rows)
        }.get()
        let isSame = rows.allSatisfy { $0.isSame }
        print(
            JSON.object([
                "bench": .string("line"), "files": .integer(files.count), "workers": .integer(workers),
                "cold": summary(rows.map(\.cold), files.count), "warm": summary(rows.map(\.warm), files.count),
                "changed": summary(rows.map(\.changed), files.count), "warm_bytes_are_equal": .bool(isSame),
            ]).text)
        return isSame ? 0 : 1
    }
}

/// One engine's life.
private struct Round: Sendable {
    /// How long all pictures took, and what ran for them.
    struct Pass: Sendable {
        var milliseconds: Double, stagesRun: Int
    }

    var cold: Pass, warm: Pass, changed: Pass
    /// Whether the warm pass gave the bytes of the cold one.
    var isSame: Bool

    init(_ files: [String], workers: Int) async throws {
        let engine = Engine(levels: [MemoryStore()], configuration: .init(workers: workers))
        var changedOptions = ConversionOptions()
        changedOptions.trace.fit.tolerance *= 2
        let first: [Blob], second: [Blob]
        (cold, first) = try await Round.pass(files, ConversionOptions(), engine)
        (warm, second) = try await Round.pass(files, ConversionOptions(), engine)
        (changed, _) = try await Round.pass(files, changedOptions, engine)
        isSame = first == second
    }

    private static func pass(_ files: [String], _ options: ConversionOptions, _ engine: Engine) async throws -> (Pass, [Blob]) {
        let runs = engine.statistics.runs, clock = ContinuousClock(), start = clock.now
        let blobs = try await withThrowingTaskGroup(of: (Int, Blob).self) { group in
            for (index, file) in files.enumerated() {
                group.addTask { (index, try await engine.value(of: convertToSVG(try .file(path: file), options).output)) }
            }
            var blobs = [Blob](repeating: Blob([]), count: files.count)
            for try await (index, blob) in group { blobs[index] = blob }
            return blobs
        }
        return (Pass(milliseconds: (clock.now - start) / .milliseconds(1), stagesRun: engine.statistics.runs - runs), blobs)
    }
}

private func summary(_ passes: [Round.Pass], _ files: Int) -> JSON {
    let times = passes.map(\.milliseconds).sorted()
    func rounded(_ number: Double) -> JSON { .number((number * 1000).rounded() / 1000) }
    return .object([
        "median_ms": rounded(times[times.count / 2]), "min_ms": rounded(times[0]),
        "median_ms_per_file": rounded(times[times.count / 2] / Double(files)),
        "stages_run": .array(Set(passes.map(\.stagesRun)).sorted().map(JSON.integer)),
    ])
}
