import AtelierJSON
import AtelierMemo
import AtelierStages

/// What `cache verify` does beyond reading every entry.
struct CheckSettings: Hashable, Sendable {
    /// How many logged requests are remade and compared.
    var sample: SampleSize?
    /// What decides which; nil draws one.
    var seed: Int?
    /// Whether what is wrong or damaged is replaced.
    var repairs = false

    static var options: [Option<CheckSettings>] {
        [
            .parsed(
                "sample", \.sample, "N", form: "a number, or a share such as 5%", or: "none", group: "Verifying",
                "Makes so many logged requests anew and compares them with what is kept.", parse: SampleSize.init, text: \.description),
            .integer("seed", \.seed, 0...Int.max, or: "random", group: "Verifying", "What decides which requests --sample takes."),
            .flag("repair", \.repairs, group: "Verifying", "Replaces wrong and damaged entries by what is made anew."),
        ]
    }

}

extension CacheCommand {
    /// Reads every entry, and remakes a sample.
    func verify(_ store: DiskStore, _ configuration: Configuration, _ console: Console) async throws -> ExitCode {
        // One fewer than conversions have: were a result to depend on their number, it would show.
        let threads = configuration.threads ?? (processorCount() == 1 ? 2 : processorCount() - 1)
        let path = store.directory.path, result = store.verify()
        let requests = checking.sample == nil && !checking.repairs ? [] : RequestLog(in: path).requests()
        let lost = Set(result.damaged.map(\.digest))
        let restored = checking.repairs && !lost.isEmpty ? await restore(lost, by: requests, into: [store]) : []
        for damage in result.damaged {
            console.say("atelier: \(damage.digest): \(damage.problem); \(restored.contains(damage.digest) ? "replaced" : "removed")")
        }
        if result.unreadable > 0 { console.say("atelier: \(result.unreadable) entries could not be read; they are kept") }
        var text =
            "\(printable(path)): \(result.intact) entries intact, \(result.damaged.count) damaged, \(result.foreign) of other versions"
        var members =
            StoreContents(entries: result.intact, bytes: result.intactBytes).members(path) + [
                .init(
                    "damaged",
                    .array(
                        result.damaged.map {
                            .object([
                                "digest": .string("\($0.digest)"), "problem": .string($0.problem),
                                "replaced": checking.repairs ? .bool(restored.contains($0.digest)) : nil,
                            ])
                        })),
                .init("foreign", .integer(result.foreign)), .init("unreadable", .integer(result.unreadable)),
            ]
        var isClean = result.damaged.isEmpty
        if let size = checking.sample {
            let seed = checking.seed ?? Int.random(in: 0...Int.max)
            let report = await check(
                requests.sample(size, seed: UInt64(seed)), against: [store], threads: threads, repairing: checking.repairs)
            for line in report.lines { console.say("atelier: " + line) }
            text += "\n\(report.summary); seed \(seed), \(threads) threads"
            members.append(.init("sample", report.json(seed: seed, threads: threads)))
            isClean = isClean && report.wrong.isEmpty && report.damaged.isEmpty
        }
        try answer(console, text, members)
        return Task.isCancelled ? .interrupted : isClean ? .done : .checkFailed
    }
}

extension SampleReport {
    /// A sentence for everything that is not as it should be.
    fileprivate var lines: [String] {
        wrong.map { wrong in
            "\(wrong.digest): wrong result under a right key: \(wrong.stage)@\(wrong.stageVersion) on \(wrong.level) has "
                + "\(wrong.heldCount) bytes, remade has \(wrong.remadeCount), first difference at byte \(wrong.firstDifference)"
                + (wrong.isRepaired ? "; replaced" : "")
        } + damaged.sorted { $0.key < $1.key }.map { "\($0.key): damaged; \($0.value ? "replaced" : "removed")" }
            + failures.map { "cannot be remade: \(printable($0))" }
    }

    fileprivate var summary: String {
        "\(remade) requests remade: \(equal) values equal, \(wrong.count) wrong, \(damaged.count) damaged"
            + ", \(cannotBeRemade + failures.count) cannot be remade"
    }

    fileprivate func json(seed: Int, threads: Int) -> JSON {
        .object([
            "seed": .integer(seed), "threads": .integer(threads), "remade": .integer(remade), "equal": .integer(equal),
            "wrong": .array(
                wrong.map {
                    .object([
                        "digest": .string("\($0.digest)"), "level": .string($0.level), "stage": .string($0.stage),
                        "stageVersion": .integer($0.stageVersion), "bytes": .integer($0.heldCount),
                        "remadeBytes": .integer($0.remadeCount), "firstDifference": .integer($0.firstDifference),
                        "replaced": .bool($0.isRepaired),
                    ])
                }),
            "damaged": .array(
                damaged.sorted { $0.key < $1.key }.map { .object(["digest": .string("\($0.key)"), "replaced": .bool($0.value)]) }),
            "cannotBeRemade": .integer(cannotBeRemade), "failures": .array(failures.map(JSON.string)),
        ])
    }
}
