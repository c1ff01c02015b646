/// What became of one job.
struct Outcome: Sendable {
    /// What was to be made.
    var job: Job
    /// What was made, or why not.
    var result: Result<Made, Failure>
    /// Wall-clock seconds from reading to the file in place.
    var seconds: Double
}

/// Something that was made.
struct Made: Sendable {
    /// Length of the output.
    var byteCount: Int
    /// Identity of the output's derivation.
    var digest: String
    /// How it got to where it should be.
    var delivery: Delivery
    /// Steps that ran for it; 0 when everything was found.
    var stagesRun: Int
    /// What was approximated or left out.
    var remarks: [Remark]
}

/// Something of an input that is not in the output as written.
struct Remark: Hashable, Sendable {
    /// The input.
    var input: String
    /// What became of it: `approximated`, `unsupported`, `invalid`.
    var outcome: String
    /// Element with its id, and its line from 1; 0 when there is none.
    var element: String, line: Int
    /// What it was and what was done instead.
    var message: String
}

/// Why something was not made.
struct Failure: Error, Hashable, Sendable {
    /// What kind of trouble; decides the exit code.
    enum Kind: Hashable, Sendable { case reading, limit, other, brokenPipe }

    var kind: Kind
    /// What, where, and what helps, in one sentence without a full stop.
    var message: String
}

/// Runs `perform` on all jobs, at most `window` at a time, in order of beginning; `finished` sees each outcome as it comes.
///
/// After a cancellation, or a failure under `failFast`, no further job is begun; those in hand end as they like.
/// - Returns: Outcomes in the order of the jobs; nil where a job was not begun.
func runBatch(
    _ jobs: [Job], window: Int, failFast: Bool, perform: @escaping @Sendable (Job) async -> Outcome, finished: (Outcome) -> Void
) async -> [Outcome?] {
    var outcomes = [Outcome?](repeating: nil, count: jobs.count)
    await withTaskGroup(of: (Int, Outcome).self) { group in
        var next = 0, stopped = false
        func begin() {
            guard next < jobs.count, !stopped, !Task.isCancelled else { return }
            let index = next
            next += 1
            group.addTask { (index, await perform(jobs[index])) }
        }
        for _ in 0..<window { begin() }
        while let (index, outcome) = await group.next() {
            if failFast, case .failure = outcome.result { stopped = true }
            outcomes[index] = outcome
            finished(outcome)
            begin()
        }
    }
    return outcomes
}

/// The exit code of a run: what failed decides, an interruption outranks everything.
func exitCode(_ outcomes: [Outcome?], problems: Int, interrupted: Bool) -> ExitCode {
    let failures = outcomes.compactMap { outcome -> Failure? in
        if case .failure(let failure)? = outcome?.result { failure } else { nil }
    }
    if interrupted { return .interrupted }
    if failures.contains(where: { $0.kind == .brokenPipe }) { return .brokenPipe }
    if failures.isEmpty, problems == 0 { return .done }
    let delivered = outcomes.contains { if case .success? = $0?.result { true } else { false } }
    if !delivered, failures.allSatisfy({ $0.kind == .reading }) { return .nothingRead }
    if problems == 0, failures.allSatisfy({ $0.kind == .limit }) { return .limit }
    return .someFailed
}
