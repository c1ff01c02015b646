public import AtelierMemo

/// What came of warming.
public struct WarmReport: Sendable {
    /// What became of one request.
    public enum Outcome: Hashable, Sendable {
        /// A level had it and the nearer ones have it now.
        case loaded
        /// It was made from its sources.
        case made
        /// A source holds other bytes than when the request was made; it was left alone.
        case sourceChanged
        /// A source cannot be read any more, or came through a pipe.
        case sourceGone
        /// Making it failed, as one sentence.
        case failed(String)
        /// There was no time for it: budget, number, load or an interruption.
        case left
    }

    /// Why warming stopped.
    public enum Ending: String, Hashable, Sendable {
        /// Everything was tried.
        case done
        /// The rest did not fit the time or the number allowed.
        case budget
        /// Somebody asked the engine for something.
        case load
        /// The task was cancelled.
        case interrupted
    }

    /// In the order of the plan's steps.
    public var outcomes: [Outcome]
    /// Why it stopped.
    public var ending: Ending
    /// How long it took.
    public var duration: Duration
    /// Nanoseconds that the outputs loaded and made had cost, or cost now.
    public var nanosecondsWarmed: UInt64

    /// How many steps ended in some way.
    public func count(where fits: (Outcome) -> Bool) -> Int { outcomes.count(where: fits) }
}

/// Warms an engine that stays by a log: what whoever owns it calls after start, and whenever it has been idle.
///
///     let report = await warm(engine, from: RequestLog(in: directory.path), budget: .seconds(30), now: seconds)
///
/// Finding out what is missing asks every level for every logged request, some 20 µs each on disk, before anything is
/// brought; see `warm(_:by:budget:limit:atOnce:clock:)` for the rest.
///
/// - Parameter now: Seconds since 1970, for how much older uses count.
public func warm(_ engine: Engine, from log: RequestLog, budget: Duration, now: Int64) async -> WarmReport {
    await warm(engine, by: WarmPlan(log.requests(), in: engine, filling: .all, now: now), budget: budget)
}

/// Brings outputs into an engine's levels before they are asked for, at background priority, and gives way at once to
/// everybody who asks the engine for something.
///
///     let plan = WarmPlan(log.requests(), in: engine, filling: .all, now: seconds)
///     let report = await warm(engine, by: plan, budget: .seconds(30))
///
/// Sources are found by path and verified by digest: a changed one makes nothing. It returns at once while the
/// engine is busy.
///
/// - Parameters:
///   - budget: Most time. Steps that by their record take longer than what is left are passed over, and what is under
///     way at its end is cancelled.
///   - limit: Most steps that are begun.
///   - atOnce: How many are under way at a time; 1 leaves the other processors alone.
///   - clock: Tests pass one that they move.
public func warm<Time: Clock>(
    _ engine: Engine, by plan: WarmPlan, budget: Duration, limit: Int = .max, atOnce: Int = 1, clock: Time = ContinuousClock()
) async -> WarmReport where Time.Duration == Duration {
    let begin = clock.now
    let (outcomes, gaveWay) = await engine.whileIdle {
        await bring(plan.steps, by: engine, until: begin.advanced(by: budget), limit: limit, atOnce: max(1, atOnce), clock: clock)
    }
    // Whatever came when the last step had ended interrupted nothing.
    let ending: WarmReport.Ending =
        !outcomes.contains(.left) ? .done : Task.isCancelled ? .interrupted : gaveWay ? .load : .budget
    let warmed = zip(plan.steps, outcomes).reduce(UInt64(0)) { sum, step in
        step.1 == .loaded || step.1 == .made ? sum &+ step.0.logged.use.cost : sum
    }
    return WarmReport(outcomes: outcomes, ending: ending, duration: begin.duration(to: clock.now), nanosecondsWarmed: warmed)
}

/// What warming waits for.
private enum Tick: Sendable {
    case ended(Int, WarmReport.Outcome)
    case deadline
}

private func bring<Time: Clock>(
    _ steps: [WarmPlan.Step], by engine: Engine, until deadline: Time.Instant, limit: Int, atOnce: Int, clock: Time
) async -> [WarmReport.Outcome] where Time.Duration == Duration {
    var outcomes = [WarmReport.Outcome](repeating: .left, count: steps.count)
    await withTaskGroup(of: Tick.self) { group in
        var next = 0, begun = 0, running = 0
        func begin() {
            while next < steps.count, begun < limit, !Task.isCancelled {
                let index = next
                next += 1
                guard .nanoseconds(Int64(clamping: steps[index].loadCost)) <= clock.now.duration(to: deadline) else { continue }
                begun += 1
                running += 1
                group.addTask { .ended(index, await bring(steps[index], by: engine)) }
                return
            }
        }
        group.addTask {
            try? await clock.sleep(until: deadline, tolerance: nil)  // cancelled when everything has ended before
            return .deadline
        }
        for _ in 0..<atOnce { begin() }
        while running > 0, let tick = await group.next() {
            switch tick {
            case .ended(let index, let outcome):
                outcomes[index] = outcome
                running -= 1
                begin()
            case .deadline:
                next = steps.count
                group.cancelAll()
            }
        }
        group.cancelAll()
    }
    return outcomes
}

private func bring(_ step: WarmPlan.Step, by engine: Engine) async -> WarmReport.Outcome {
    do {
        _ = try await engine.value(of: step.conversion.output, priority: .background)
        _ = try await engine.value(of: step.conversion.report, priority: .background)
        return step.level == nil ? .made : .loaded
    } catch {
        switch (error as? StageFailure)?.underlying ?? error {
        case is CancellationError: return .left
        case SourceError.changedWhileReading: return .sourceChanged
        case is SourceError: return .sourceGone
        case let underlying: return Task.isCancelled ? .left : .failed("\(underlying)")
        }
    }
}
