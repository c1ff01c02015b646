import AtelierImageCodecs
import AtelierJSON
import AtelierMemo
import AtelierPixels
import AtelierScheduling
import AtelierStages
import AtelierTelemetry
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let load = Subcommand(
        name: "load", question: "is everybody served, in order and fairly, when ten clients ask at once?",
        usage: """
                [--jobs 500] [--slots N] [--budget-mib 12] [--hasten 100] [--minutes M]

                Conversions of four kinds in three classes, asked for by ten clients at
                once, of which one floods, through the queue and into an engine without
                a cache. `hasten` divides the patience of the classes, so that the
                patient ones become due within a run. With `minutes`, again and again.

                Prints JSON. Exit 1 when one of these does not hold: everybody is
                served; one client's jobs of a class begin in the order they were asked
                for; shares of predicted work within a class are equal (Jain >= 0.95)
                as long as everybody waits; the least urgent class waits for its
                patience and what was due before, no longer; a cancelled job's slot is
                free while its work still winds up; memory, as admitted and as
                resident, stays under the budget at every sample; resident memory
                does not grow from run to run.

                --url http://127.0.0.1:8080 [--users 20] [--seconds 300] [--repeats 50]
                [--memory-mib 1024] [--key KEY]

                Users of a running service instead, who ask for drawings of pictures,
                decks and collections, look at them, and ask again; `repeats` of a
                hundred requests are for what was asked for before. Exit 1 when the mean
                wait is 5 s or more, 80 % or less of the repeats were found, a request
                failed, or the service held more memory than its budget.
            """
    ) { arguments in
        if arguments.has("url") {
            let load = ServiceLoad(
                url: try arguments.string("url"), users: try arguments.integer("users", default: 20),
                seconds: Double(try arguments.integer("seconds", default: 300)),
                memoryBudget: try arguments.integer("memory-mib", default: 1024) << 20,
                repeats: try arguments.integer("repeats", default: 50), key: arguments.has("key") ? try arguments.string("key") : nil)
            return try blocking { () async -> Result<Int32, any Error> in
                do { return .success(try await load.run()) } catch { return .failure(error) }
            }.get()
        }
        let replay = LoadReplay(
            jobs: try arguments.integer("jobs", default: 500), slots: try arguments.integer("slots", default: processorCount()),
            budget: try arguments.integer("budget-mib", default: 12) << 20,
            divisor: UInt64(max(1, try arguments.integer("hasten", default: 100))))
        let seconds = Double(try arguments.integer("minutes", default: 0)) * 60
        return try blocking { () async -> Result<Int32, any Error> in
            do { return .success(try await replay.run(seconds: seconds)) } catch { return .failure(error) }
        }.get()
    }
}

/// A load, and what must hold while it is served. How a job is asked for is one function (`ask`), so another face can be asked instead of
/// the queue in this process.
private struct LoadReplay: Sendable {
    struct Served: Sendable {
        var job: LoadJob
        var cost: UInt64
        var turn: Admission.Turn
    }

    let jobs: Int, slots: Int, budget: Int, divisor: UInt64

    private var classes: [JobQueue.Class] {
        Priority.allCases.map { JobQueue.Class(name: $0.rawValue, patience: $0.patience / divisor) }
    }

    func run(seconds: Double) async throws -> Int32 {
        let engine = Engine(levels: [], configuration: .init(workers: slots)), jobs = LoadJob.mixed(jobs, classes: classes.count)
        let costs = try await costs(of: jobs, on: engine)
        let clock = ContinuousClock(), start = clock.now
        var failures: Set<String> = [], rounds: [JSON] = [], resident: [Int] = []
        repeat {
            let round = try await self.round(jobs, costs, engine)
            failures.formUnion(round.failures)
            rounds.append(round.json)
            resident.append(processMemory("VmRSS"))
        } while clock.now - start < .seconds(seconds)
        // The first rounds fill the allocator.
        let settled = resident[resident.count / 5], grown = resident.last! - settled
        if resident.count > 4, grown > 8 << 10 { failures.insert("memory grew") }
        let pause = try await cancellation(engine)
        if pause == nil { failures.insert("a cancelled job kept its slot") }
        print(
            JSON.object([
                "schema": "load/1", "jobs": .integer(jobs.count), "slots": .integer(slots), "rounds": .integer(rounds.count),
                "seconds": .number((clock.now - start) / .seconds(1)), "last_round": rounds.last!,
                "cancelled_to_next_begin_ms": pause.map { .number(Double($0) * 1e-6) } ?? .null,
                "resident_kb": ["settled": .integer(settled), "end": .integer(resident.last!)],
                "failed": .array(failures.sorted().map { .string($0) }),
            ]).text)
        return failures.isEmpty ? 0 : 1
    }

    /// What each kind and size costs alone, in nanoseconds: the prediction.
    private func costs(of jobs: [LoadJob], on engine: Engine) async throws -> [UInt64] {
        var known: [String: UInt64] = [:], costs: [UInt64] = []
        for job in jobs {
            let name = "\(job.kind) \(job.byteCount)"
            if known[name] == nil {
                for _ in 0..<5 {
                    let begin = ContinuousClock.now
                    try await job.perform(on: engine)
                    known[name] = min(known[name] ?? .max, UInt64((ContinuousClock.now - begin) / .nanoseconds(1)))
                }
            }
            costs.append(known[name]!)
        }
        return costs
    }

    private func round(_ jobs: [LoadJob], _ costs: [UInt64], _ engine: Engine) async throws -> (failures: Set<String>, json: JSON) {
        let admission = Admission(.init(slots: slots, capacity: jobs.count, bytes: budget, classes: classes))
        let base = processMemory("VmRSS"), sampler = Sampler(admission), before = Usage.now
        let clock = ContinuousClock(), start = clock.now
        let served = try await withThrowingTaskGroup(of: Served.self) { group in
            for (job, cost) in zip(jobs, costs) { group.addTask { try await ask(job, cost, admission, engine) } }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.turn.number < $1.turn.number }
        }
        let seconds = (clock.now - start) / .seconds(1), used = before.until(.now), samples = sampler.end()
        var failures: Set<String> = []
        if served.count != jobs.count { failures.insert("not everybody was served") }
        if !isInOrder(served) { failures.insert("a client's jobs began out of order") }
        let shares = classes.indices.map { jain(of: served, in: $0) }
        if shares.contains(where: { $0 < 0.95 }) { failures.insert("shares are not equal") }
        let longest = admission.statistics.classes.map(\.work.longest).max() ?? 0
        let late = lateness(served), bound = longest * UInt64(30 + slots) / UInt64(slots)
        if late > bound { failures.insert("the least urgent class starved") }
        if samples.mostBytes > budget { failures.insert("more was admitted than the budget") }
        if samples.mostResident - base > budget >> 10 { failures.insert("more was resident than the budget") }
        return (
            failures,
            [
                "seconds": .number(seconds), "processor_seconds": .number(used.seconds), "page_faults": .integer(used.faults),
                "jain": .array(shares.map { .number(($0 * 1e4).rounded() / 1e4) }),
                "least_urgent_beyond_patience_ms": .number(Double(late) * 1e-6), "bound_ms": .number(Double(bound) * 1e-6),
                "samples": .integer(samples.count), "most_admitted_kb": .integer(samples.mostBytes >> 10),
                "resident_kb": ["before": .integer(base), "most": .integer(samples.mostResident)],
                "classes": .array(admission.statistics.classes.map(\.json)),
            ]
        )
    }

    /// Asks for one job in this process and waits until it is done.
    private func ask(_ job: LoadJob, _ cost: UInt64, _ admission: Admission, _ engine: Engine) async throws -> Served {
        try await admission.run(.init(client: job.client, place: job.place, cost: cost, bytes: job.byteCount)) { turn in
            try await job.perform(on: engine)
            return Served(job: job, cost: cost, turn: turn)
        }
    }

    // MARK: What must hold

    /// Whether jobs of one client and class began in the order of asking.
    private func isInOrder(_ served: [Served]) -> Bool {
        let lines = Dictionary(grouping: served) { "\($0.job.client) \($0.job.place)" }
        return lines.values.allSatisfy { line in zip(line, line.dropFirst()).allSatisfy { $0.turn.asked <= $1.turn.asked } }
    }

    /// Jain's index of what the clients began of a class between the moment when everybody had asked for all, which takes long on a busy
    /// machine, and that when the first of them had nothing waiting any more.
    private func jain(of served: [Served], in place: Int) -> Double {
        let asked = served.map(\.turn.asked).max() ?? 0
        let line = served.filter { $0.job.place == place && $0.turn.begin >= asked }
        var left = Dictionary(grouping: line, by: \.job.client).mapValues(\.count), had = left.mapValues { _ in 0.0 }
        for one in line {
            had[one.job.client]! += Double(one.cost)
            left[one.job.client]! -= 1
            if left[one.job.client] == 0 { break }
        }
        let sum = had.values.reduce(0, +), squares = had.values.reduce(0) { $0 + $1 * $1 }
        return squares == 0 ? 1 : sum * sum / (Double(had.count) * squares)
    }

    /// The longest that the front of a line of the last class stood there, beyond the patience of the class, in nanoseconds.
    private func lateness(_ served: [Served]) -> UInt64 {
        var before: [String: UInt64] = [:], worst: UInt64 = 0
        for one in served where one.job.place == classes.count - 1 {
            let due = max(one.turn.asked, before[one.job.client] ?? 0) + classes[one.job.place].patience
            if one.turn.begin > due { worst = max(worst, one.turn.begin - due) }
            before[one.job.client] = one.turn.begin
        }
        return worst
    }

    /// From cancelling a long tracing that has the only slot to the begin of the next job, in nanoseconds; nil when the tracing ended first.
    private func cancellation(_ engine: Engine) async throws -> UInt64? {
        let admission = Admission(.init(slots: 1, capacity: 10, bytes: budget, classes: classes))
        let side = 1500, pixels = noise(side * side, seed: 5).map { RGBA8($0 & 0xE0, $0 << 3 & 0xE0, 0) }
        let source = Artifact.blob(Blob(encodePNG(Raster(width: side, height: side, pixels: pixels))))
        let job = JobQueue.Job(client: "a", place: 0, cost: 1)
        let long = Task {
            try await admission.run(job) { _ in keep(try await engine.value(of: traceToSVG(source))) }
        }
        while admission.load.running == 0 { await Task.yield() }
        try await Task.sleep(for: .milliseconds(50))
        let next = Task { try await admission.run(job) { turn in turn.begin } }
        while admission.load.waiting == 0, admission.load.running == 1 { await Task.yield() }
        let cancelled = admission.now
        long.cancel()
        let begin = try await next.value
        guard case .failure(let error) = await long.result, error is CancellationError else { return nil }
        return begin > cancelled ? begin - cancelled : 0
    }
}

/// What the process has used up to a moment.
private struct Usage {
    var seconds: Double, faults: Int

    static var now: Usage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let user = usage.ru_utime, system = usage.ru_stime
        return Usage(
            seconds: Double(user.tv_sec + system.tv_sec) + Double(user.tv_usec + system.tv_usec) * 1e-6, faults: usage.ru_minflt)
    }

    func until(_ end: Usage) -> Usage { Usage(seconds: end.seconds - seconds, faults: end.faults - faults) }
}

/// Looks at the memory every five milliseconds, on a thread of its own.
private final class Sampler: Sendable {
    private struct State: Sendable {
        var count = 0, mostBytes = 0, mostResident = 0
    }

    private let state = Lock(State()), isOver = Atomic(false)

    init(_ admission: Admission) {
        // Ends with the round: `end` waits for nothing but the next sample.
        startThread { [self] in
            while !isOver.load(ordering: .acquiring) {
                let bytes = admission.load.bytes, resident = processMemory("VmRSS")
                state.withLock { state in
                    state.count += 1
                    state.mostBytes = max(state.mostBytes, bytes)
                    state.mostResident = max(state.mostResident, resident)
                }
                usleep(5_000)
            }
        }
    }

    func end() -> (count: Int, mostBytes: Int, mostResident: Int) {
        isOver.store(true, ordering: .releasing)
        return state.withLock { ($0.count, $0.mostBytes, $0.mostResident) }
    }
}

extension JobStatistics.Class {
    fileprivate var json: JSON {
        func milliseconds(_ histogram: LatencyHistogram) -> JSON {
            .object([0.5, 0.95, 0.99].map { .init("p\(Int($0 * 100))", .number(Double(histogram.quantile($0) / 1000) / 1000)) })
        }
        return [
            "name": .string(name), "asked": .integer(asked), "wait_ms": milliseconds(wait), "work_ms": milliseconds(work),
            "refused": .integer(full + late + shed + closed), "cancelled": .integer(cancelled),
        ]
    }
}
