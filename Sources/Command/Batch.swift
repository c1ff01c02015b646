import AtelierMemo
import AtelierScheduling
import AtelierStages

/// Makes jobs. The engine does in a process, anything else may in tests.
protocol Maker: Sendable {
    /// Makes one job, as far as it can be made.
    func make(_ job: Job) async -> Attempt
    /// What would be made of a job as its inputs are now, as `Product.digest` has it; nil when that cannot be told beforehand.
    func derivation(of job: Job) -> String?
    /// What a page shows of a job beside its figures.
    ///
    /// - Parameters:
    ///   - output: The bytes of the output; nil when there are none to show.
    ///   - wantsLikeness: Whether a tracing is compared with its picture.
    func look(at job: Job, output: Blob?, wantsLikeness: Bool) async -> JobLook
    /// What has been done so far.
    var totals: Totals { get }
}

/// What came of making one job: a product, failures, or both when a deck goes on without some inputs.
struct Attempt: Sendable {
    /// What was made, if anything.
    var product: Product?
    /// Why inputs are not in it, in their order.
    var failures: [Failure] = []
}

/// Something that was made and is not yet where it belongs.
struct Product: Sendable {
    /// The output.
    var blob: Blob
    /// Identity of its derivation.
    var digest: String
    /// Whether it was found instead of made.
    var isCached: Bool
    /// What was approximated or left out.
    var remarks: [Remark]
    /// What became of the elements of each slide, with the input it was made from.
    var slides: [SlideOfInput] = []
    /// How good a tracing is, where that was asked for, and whether its figures are reported.
    var review: TraceReview?, statisticsWanted = false
}

/// What became of an input's elements.
struct SlideOfInput: Sendable {
    /// Path of the input.
    var input: String
    /// What became of them.
    var summary: SlideSummary
}

/// What an engine did in a run.
struct Totals: Hashable, Sendable {
    /// A level of the cache and how often it answered.
    struct Hits: Hashable, Sendable {
        var level: String, count: Int
    }

    /// Steps that ran.
    var stagesRun = 0
    /// Answers by level, nearest first.
    var hits: [Hits] = []
    /// What the answers had cost to make, in seconds.
    var secondsSaved = 0.0
}

/// What became of one job.
struct Outcome: Sendable {
    /// What was to be made.
    var job: Job
    /// What was made and delivered, if anything.
    var made: Made?
    /// Why not, or which inputs a deck goes without.
    var failures: [Failure]
    /// Wall-clock seconds from reading to the file in place; of what was kept, those of the run that made it.
    var seconds: Double
    /// What a page shows of it, where one is written.
    var look: JobLook?
    /// Whether it was said before, in a run of this process over the same inputs.
    var isRepeated = false
}

/// Something that was made and delivered.
struct Made: Sendable {
    /// Length of the output.
    var byteCount: Int
    /// Identity of the output's derivation.
    var digest: String
    /// How it got to where it should be.
    var delivery: Delivery
    /// Whether it was found instead of made.
    var isCached: Bool
    /// What was approximated or left out.
    var remarks: [Remark]
    /// What became of the elements of each slide, with the input it was made from.
    var slides: [SlideOfInput] = []
    /// How good a tracing is, where that was asked for.
    var statistics: TraceStatistics?
    /// How like its picture a tracing is, where that was measured.
    var ssim: Double?
}

/// What a page shows of a job beside its figures.
struct JobLook: Sendable {
    /// Bytes of all inputs.
    var byteCount = 0
    /// PNG or SVG of the first input and of the output, small; nil for what has no picture.
    var before: Thumbnail?, after: Thumbnail?
    /// How like its picture a tracing is, where that was to be measured now.
    var ssim: Double?
}

/// Something of an input that is not in the output as written.
struct Remark: Hashable, Sendable {
    /// Path of the input.
    var input: String
    /// What became of it: `approximated`, `unsupported`, `invalid`.
    var outcome: String
    /// Element with its id, and its line from 1; 0 when there is none.
    var element: String, line: Int
    /// What it was and what was done instead.
    var message: String
    /// How far an approximation is off, where that is known.
    var deviation: Double?
}

/// Why something was not made.
struct Failure: Error, Hashable, Sendable {
    /// What kind of trouble; decides the exit code.
    enum Kind: Hashable, Sendable { case reading, limit, other, cancelled, brokenPipe }

    /// What kind of trouble.
    var kind: Kind
    /// Path of the input it is about; nil when it is about the output.
    var input: String?
    /// What, where, and what helps, in one sentence without a full stop.
    var message: String
    /// Whether the same may succeed a moment later: the system or the network refused, not the input.
    var mayPass = false

    /// Whether it is worth a line: nobody needs to be told of their own Ctrl-C or of the reader they closed.
    var isNews: Bool { kind != .cancelled && kind != .brokenPipe }
}

/// Runs `perform` on all jobs, at most `window` at a time, in order of beginning.
///
/// `finished` sees all outcomes so far whenever there is one more.
/// After a cancellation, or a failure under `failFast`, no further job is begun; those in hand end as they like.
/// - Parameter workers: Where the jobs are done, without a change of threads from one to the next; nil leaves that open.
/// - Returns: Outcomes in the order of the jobs; nil where a job was not begun.
func runBatch(
    _ jobs: [Job], window: Int, failFast: Bool, on workers: WorkerPool? = nil,
    perform: @escaping @Sendable (Job) async -> Outcome,
    finished: (_ outcomes: [Outcome?], _ index: Int) -> Void
) async -> [Outcome?] {
    var outcomes = [Outcome?](repeating: nil, count: jobs.count)
    // One client: its jobs begin in the order of the list. There is nobody whom patience or predictions could serve.
    var queue = JobQueue(.init(slots: window, capacity: jobs.count, bytes: .max, classes: [.init(name: "batch", patience: 0)]))
    await withTaskGroup(of: (Int, Outcome).self) { group in
        func begin(_ actions: ArraySlice<JobQueue.Action>) {
            for case .begin(let id) in actions {
                let index = Int(id)
                group.addTask {
                    let outcome = await perform(jobs[index])
                    workers?.isEnding()
                    return (index, outcome)
                }
            }
        }
        var actions: [JobQueue.Action] = []
        if !Task.isCancelled {
            for index in jobs.indices { queue.add(UInt64(index), .init(client: "", place: 0, cost: 0), now: 0, &actions) }
        }
        begin(actions.dropLast())
        // What follows are waits.
        workers?.isEnding()
        begin(actions.suffix(1))
        while let (index, outcome) = await group.next() {
            outcomes[index] = outcome
            actions = []
            if failFast && !outcome.failures.isEmpty || Task.isCancelled { queue.close(now: 0, &actions) }
            queue.end(UInt64(index), now: 0, &actions)
            finished(outcomes, index)
            workers?.isEnding()
            begin(actions[...])
        }
    }
    return outcomes
}

/// The exit code of a run: what failed decides, an interruption outranks everything.
func exitCode(_ outcomes: [Outcome?], problems: Int, interrupted: Bool) -> ExitCode {
    let failures = outcomes.flatMap { $0?.failures ?? [] }, hasMade = outcomes.contains { $0?.made != nil }
    return exitCode(failures, hasMade: hasMade, problems: problems, interrupted: interrupted)
}

/// The same for a run that made something or did not.
func exitCode(_ failures: [Failure], hasMade: Bool, problems: Int, interrupted: Bool) -> ExitCode {
    if interrupted { return .interrupted }
    if failures.contains(where: { $0.kind == .brokenPipe }) { return .brokenPipe }
    if failures.isEmpty, problems == 0 { return .done }
    if !hasMade, failures.allSatisfy({ $0.kind == .reading }) { return .nothingRead }
    if problems == 0, failures.allSatisfy({ $0.kind == .limit }) { return .limit }
    return .someFailed
}
