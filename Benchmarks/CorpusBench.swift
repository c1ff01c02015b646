import AtelierJSON
import AtelierMemo
import AtelierStages

extension Subcommand {
    static let corpus = Subcommand(
        name: "corpus", question: "what does a folder of work take cold, from disk, from memory, after a restart?",
        usage: """
                FILE… --dir D [--workers N]
                FILE   pictures become SVG and drawings become PPTX
                --dir  folder of the cache; empty for the first run, kept for the second

                Three passes over all files, asked for together: first (cold in an empty
                folder, and after a restart in one that another process filled), again
                from memory, and again from disk by an engine with empty memory. Each
                says what it took, which stages ran and for how long, and which level
                answered how often; the bytes of all passes are compared.
                tools/corpus-times runs it twice, several times over.
            """
    ) { arguments in
        let files = arguments.words
        guard !files.isEmpty else { throw Arguments.Problem(text: "no files given") }
        let folder = try arguments.string("dir")
        let workers = try arguments.integer("workers", default: Engine.Configuration().workers)
        let passes = try blocking { () async -> Result<[CorpusPass], any Error> in
            do {
                let engine = try makeEngine(folder, workers: workers)
                let first = try await CorpusPass("first", files, engine)
                let memory = try await CorpusPass("memory", files, engine)
                let disk = try await CorpusPass("disk", files, try makeEngine(folder, workers: workers))
                return .success([first, memory, disk])
            } catch { return .failure(error) }
        }.get()
        let isSame = passes.allSatisfy { $0.digests == passes[0].digests }
        print(
            JSON.object([
                "bench": .string("corpus"), "files": .integer(files.count), "workers": .integer(workers),
                "failed": .integer(passes[0].digests.count { $0 == nil }), "passes": .array(passes.map(\.json)),
                "bytes_are_equal": .bool(isSame),
            ]).text)
        return isSame ? 0 : 1
    }
}

private func makeEngine(_ folder: String, workers: Int) throws -> Engine {
    let disk = DiskStore(in: try CacheDirectory(opening: folder), limit: 8 << 30)
    return Engine(levels: [MemoryStore(), disk], configuration: .init(workers: workers))
}

/// All files asked for once.
private struct CorpusPass: Sendable {
    var name: String
    var milliseconds: Double
    /// Digest of each output; nil where the file cannot be converted.
    var digests: [Digest?]
    /// Runs and milliseconds by stage, and hits by level.
    var stages: [String: (runs: Int, milliseconds: Double)] = [:], hits: [String: Int] = [:]

    init(_ name: String, _ files: [String], _ engine: Engine) async throws {
        let log = EventLog(engine, capacity: 1 << 20), clock = ContinuousClock(), start = clock.now
        let blobs = await withTaskGroup(of: (Int, Blob?).self) { group in
            for (index, file) in files.enumerated() {
                // A file that cannot be converted is counted, not measured.
                group.addTask { (index, try? await engine.value(of: try conversion(of: file))) }
            }
            var blobs = [Blob?](repeating: nil, count: files.count)
            for await (index, blob) in group { blobs[index] = blob }
            return blobs
        }
        self.name = name
        milliseconds = (clock.now - start) / .milliseconds(1)
        digests = blobs.map { $0.map { Digest(hashing: $0) } }
        for event in log.events {
            if event.kind == .run {
                stages[event.stage, default: (0, 0)].runs += 1
                stages[event.stage]!.milliseconds += Double(event.selfCost) * 1e-6
            } else if event.kind == .hit, let level = event.level {
                hits[level, default: 0] += 1
            }
        }
    }

    var json: JSON {
        let byCost = stages.sorted { ($1.value.milliseconds, $0.key) < ($0.value.milliseconds, $1.key) }
        return .object([
            "pass": .string(name), "ms": rounded(milliseconds), "ms_per_file": rounded(milliseconds / Double(digests.count)),
            "hits": .object(hits.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) }),
            "stages": .object(
                byCost.map { .init($0.key, .object(["runs": .integer($0.value.runs), "ms": rounded($0.value.milliseconds)])) }),
        ])
    }

    private func rounded(_ number: Double) -> JSON { .number((number * 1000).rounded() / 1000) }
}

private func conversion(of file: String) throws -> Artifact<Blob> {
    let source = try Artifact.file(path: file)
    return file.hasSuffix(".svg") ? convertToPPTX([source]).output : convertToSVG(source).output
}
