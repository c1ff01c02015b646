import AtelierArchives
import AtelierMemo
import AtelierScheduling
import AtelierStages

extension ServiceState {
    /// Seconds that jobs are kept after their end, and names that clients gave to wishes with them.
    static let secondsJobsAreKept: Int64 = 24 * 3600

    /// Takes a job up, unless it is known; whether it was. The caller is an owner of it from now on. Throws `Problem`.
    ///
    /// - Parameter name: What the caller calls the wish.
    func submit(_ submission: Submission, named name: WishName?, from caller: Caller) async throws -> (job: ConversionJob, isKnown: Bool) {
        let request = ConversionJob.Request(wishes: submission.wishes, inputs: submission.inputs)
        if let problem = submission.webhook.flatMap(configuration.webhooks.refusal) { throw problem }
        // What is wrong with the only file is said at once; of several, each has its own outcome.
        if request.parts.count == 1 { _ = try plan(request.wishes, of: request.parts[0]) }
        // Each file is a request; what the work takes is the queue's to share out.
        try access.spend(UInt64(submission.inputs.count - 1) * UInt64(ClientRates.nanosecondsOfRequest), by: caller)
        var job = ConversionJob(
            request, of: caller.owner, urgency: submission.urgency, webhooks: Set([submission.webhook].compactMap(\.self)),
            defaults: configuration.conversion, at: systemSeconds())
        job.client = caller.name
        if let name { job.names = [name] }
        switch jobs.admit(job) {
        case .known(let known, let isChanged):
            // A new owner and a new name last as long as the job does.
            if isChanged { try await keep(known.id) }
            if known.phase.isOver { tell(of: known) }
            return (known, true)
        case .otherName: throw Self.nameReused
        case .full:
            throw JobTable.isFullProblem
        case .new(let new):
            let digests = Array(Set(new.request.inputs.map(\.digest)))
            // One that is begun again names them already.
            if new.attempt == 0 { for digest in digests { uploads.pin([digest]) } }
            do { try await keep(new.id, bringing: digests.compactMap(uploads.file)) } catch {
                forget(new.id)
                throw error
            }
            start(new)
            return (new, false)
        }
    }

    static let nameReused = Problem(
        422, "key-reused", "this Idempotency-Key was used for another request", hint: "use a new key for every new request")

    /// Writes a job down as it is. Throws `Problem`.
    func keep(_ id: Digest, bringing files: [String] = []) async throws {
        try await folder.write(bringing: files) { [jobs] in jobs[id] }
    }

    /// Goes on with what an earlier service was asked for.
    func restoreJobs() {
        let known = folder.read()
        for job in known { for digest in Set(job.request.inputs.map(\.digest)) { uploads.pin([digest]) } }
        jobs.restore(known)
        for job in known where job.phase.isOver { tell(of: job) }
        for job in known where !job.phase.isOver { start(jobs[job.id] ?? job) }
    }

    private func start(_ job: ConversionJob) {
        jobs.run(job) { [self] in await run(job) }
    }

    /// Ends a job that is under way for a caller, and altogether when no other owner waits for it; nil when there is none that is.
    func cancel(_ id: Digest, for caller: Caller) async throws -> ConversionJob? {
        guard let job = jobs[id], !job.seen(by: caller).phase.isOver else { return nil }
        if !caller.hasAllJobs, let job = jobs.withdraw(caller.owner, from: id, at: systemSeconds()) {
            try await keep(id)
            return job
        }
        return try await end(job)
    }

    /// Ends a job that is under way, whoever waits for it.
    private func end(_ job: ConversionJob) async throws -> ConversionJob? {
        let task = jobs.task(of: job.id)
        let changed = jobs.change(job.id, attempt: job.attempt) { job in
            for index in job.items.indices where !job.items[index].phase.isOver { job.items[index].phase = .cancelled }
            job.phase = .cancelled
            job.ended = systemSeconds()
            job.note("end")
        }
        task?.cancel()
        if let changed {
            try await keep(job.id)
            tell(of: changed)
        }
        return changed
    }

    /// Takes a job from a caller, and removes it when no other owner is left. Throws `Problem`.
    func forget(_ id: Digest, for caller: Caller) async throws {
        if !caller.hasAllJobs, let job = jobs.disown(caller.owner, id) {
            try await keep(id)
            // Nobody who is left may want it.
            if !job.phase.isOver, job.owners.allSatisfy({ job.withdrawals[$0] != nil }) { _ = try await end(job) }
        } else {
            forget(id)
        }
    }

    /// Removes a job with its record.
    func forget(_ id: Digest) {
        guard let (job, task) = jobs.remove(id) else { return }
        task?.cancel()
        folder.remove(id)
        for digest in Set(job.request.inputs.map(\.digest)) { uploads.pin([digest], by: -1) }
    }

    /// What is to be done from time to time.
    func tidy() {
        for id in jobs.outdated(before: systemSeconds() - Self.secondsJobsAreKept) { forget(id) }
        jobs.forgetNames(before: systemSeconds() - Self.secondsJobsAreKept)
        uploads.sweep()
        partialUploads.sweep()
        jobs.ringAll()
    }

    // MARK: Running

    private func run(_ job: ConversionJob) async {
        let parts = job.request.parts
        await withTaskGroup(of: Void.self) { group in
            var next = 0
            // Enough that no worker waits for the next.
            while next < min(parts.count, 2 * configuration.slots) {
                let index = next
                group.addTask { [self] in await run(index, of: job, parts[index]) }
                next += 1
            }
            while await group.next() != nil {
                guard next < parts.count, !Task.isCancelled else { continue }
                let index = next
                group.addTask { [self] in await run(index, of: job, parts[index]) }
                next += 1
            }
        }
        let ended = jobs.change(job.id, attempt: job.attempt) { job in
            // What the end of the service has stopped goes on with the next.
            guard job.items.allSatisfy(\.phase.isOver) else { return }
            job.phase = job.items.allSatisfy { $0.phase == .failed } ? .failed : .done
            job.ended = systemSeconds()
            job.note("end")
        }
        guard let ended, ended.phase.isOver else { return }
        // The result is there whether or not its record is: a service that starts again makes or finds it once more.
        do { try await keep(ended.id) } catch {
            configuration.tell("a job that has ended could not be kept: \(Problem(error).detail)")
        }
        tell(of: ended)
    }

    private func run(_ index: Int, of job: ConversionJob, _ inputs: [Submission.Input]) async {
        @Sendable func change(_ body: (inout ConversionJob.Item) -> Void, _ entry: String) {
            jobs.change(job.id, attempt: job.attempt) { job in
                body(&job.items[index])
                if job.items[index].phase == .running { job.phase = .running }
                job.note(entry, item: entry == "part" ? index : nil)
            }
        }
        while !Task.isCancelled, !isDraining {
            do {
                let plan = try plan(job.request.wishes, of: inputs)
                let turn = JobQueue.Job(client: job.client, place: job.urgency.place, cost: cost(of: plan))
                let made = try await jobLine.run(turn) { _ in
                    // Ends with the work.
                    async let _: Void = followStages(of: plan) { stage in change({ $0.stage = stage }, "progress") }
                    return try await make(plan, for: job.client, job.urgency, .brief, since: monotonicNanoseconds()) {
                        change({ ($0.phase, $0.stage) = (.running, nil) }, "progress")
                    }
                }
                return change(
                    {
                        $0.phase = .done
                        $0.result = .init(
                            digest: made.digest, byteCount: made.bytes.count, checksum: ZIPStream.checksum(of: Array(made.bytes.bytes)),
                            level: made.level, took: made.took)
                        $0.steps = made.steps
                    }, "part")
            } catch let refusal as JobQueue.Refusal {
                if isDraining { return }
                // It was taken up, so it is tried until it is its turn. Cancelled, the pause ends with the loop.
                try? await Task.sleep(nanoseconds: refusal.pause)
            } catch {
                if FailureCause(of: error) == .cancelled {
                    // Not by us: somebody else's work, which we had joined. The pause keeps the loop from spinning.
                    try? await Task.sleep(nanoseconds: 10_000_000)
                    continue
                }
                return change(
                    {
                        $0.phase = .failed
                        $0.problem = Problem(error)
                    }, "part")
            }
        }
    }
}

extension ServiceState {
    /// Tells of the stage that runs for a conversion, whenever it is another one than a tenth of a second before.
    private func followStages(of plan: PlannedConversion, _ tell: @Sendable (String?) -> Void) async {
        var last: String?
        while (try? await Task.sleep(nanoseconds: 100_000_000)) != nil {
            let stage = engine.stageUnderWay(to: plan.conversion.output)
            if stage != last { tell(stage) }
            last = stage
        }
    }
}

extension JobQueue.Refusal {
    /// How long to wait before asking again, in nanoseconds: 0.1 to 5 seconds.
    fileprivate var pause: UInt64 {
        switch self {
        case .full(let pause), .late(let pause), .shed(let pause): min(5_000_000_000, max(100_000_000, pause))
        case .closed: 5_000_000_000
        }
    }
}
