package import AtelierMemo
import AtelierScheduling
import AtelierTelemetry

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Counts what a service answers, and takes snapshots of it.
///
///     let monitor = Monitor(sources)
///     Task { await monitor.run() }
///     monitor.answered(status: 200, nanoseconds: 81_000)
///     monitor.snapshot.json
///
/// However many ask, there are at most four snapshots a second; what takes longer to find out is looked at once a second, by `run`.
package final class Monitor: Sendable {
    /// Where numbers come from that are not the monitor's own.
    package struct Sources: Sendable {
        package var statistics: @Sendable () -> Statistics
        package var contents: @Sendable () -> [String: StoreContents]
        package var queue: @Sendable () -> Snapshot.Queue
        package var jobs: @Sendable () -> Snapshot.Jobs
        package var models: @Sendable () -> [Snapshot.Model]
        /// Threads of the engine.
        package var workerCount: Int
        /// Bytes of memory the process may have; nil when nothing is bounded.
        package var memoryLimit: Int?

        package init(
            statistics: @escaping @Sendable () -> Statistics, contents: @escaping @Sendable () -> [String: StoreContents],
            queue: @escaping @Sendable () -> Snapshot.Queue, jobs: @escaping @Sendable () -> Snapshot.Jobs,
            models: @escaping @Sendable () -> [Snapshot.Model], workerCount: Int, memoryLimit: Int? = nil
        ) {
            (self.statistics, self.contents, self.queue, self.jobs) = (statistics, contents, queue, jobs)
            (self.models, self.workerCount, self.memoryLimit) = (models, workerCount, memoryLimit)
        }
    }

    private struct Counts {
        var requests = Snapshot.Requests()
        /// Of this half minute and the one before.
        var latencies = (LatencyHistogram(), LatencyHistogram()), halfMinute: UInt64 = 0

        /// Begins another half minute where it is time.
        mutating func turn(to halfMinute: UInt64) {
            guard halfMinute != self.halfMinute else { return }
            latencies = (LatencyHistogram(), halfMinute == self.halfMinute + 1 ? latencies.0 : LatencyHistogram())
            self.halfMinute = halfMinute
        }
    }

    /// What takes longer to find out.
    private struct Look {
        var threads: [Snapshot.Thread] = [], busyWorkerCount = 0
        var flame = Snapshot.Flame()
        var contents: [String: StoreContents] = [:]
        var models: [Snapshot.Model] = []
    }

    private struct State {
        var last: Snapshot?
        /// When that was, on the monotonic clock.
        var taken: UInt64 = 0
        var look = Look()
        var history = SnapshotHistory()
    }

    private let sources: Sources
    private let counts = Lock(Counts()), state = Lock(State())
    private let monotonic: @Sendable () -> UInt64, wall: @Sendable () -> Int64
    private let start: UInt64
    /// A level on disk or network may take its time to say what it holds.
    private let looker = WorkerPool(threads: 1, name: "monitor")
    private static let leastBetween: UInt64 = 250_000_000
    /// How far back threads and flames go.
    private static let seconds = 10.0

    /// - Parameters:
    ///   - monotonic: Nanoseconds that never go back.
    ///   - wall: Milliseconds since 1970.
    package init(
        _ sources: Sources, monotonic: @escaping @Sendable () -> UInt64 = monotonicNanoseconds,
        wall: @escaping @Sendable () -> Int64 = wallMilliseconds
    ) {
        (self.sources, self.monotonic, self.wall) = (sources, monotonic, wall)
        start = monotonic()
    }

    /// A request has come.
    package func began() { counts.withLock { $0.requests.underWay += 1 } }

    /// It is given up by who asked.
    package func abandoned() { counts.withLock { $0.requests.underWay -= 1 } }

    /// It is answered.
    package func answered(status: Int, nanoseconds: UInt64) {
        let halfMinute = monotonic() / 30_000_000_000
        counts.withLock { counts in
            counts.requests.underWay -= 1
            counts.requests.total += 1
            switch status {
            case 429: counts.requests.refused += 1
            case 400..<500: counts.requests.faulty += 1
            case 500...: counts.requests.failed += 1
            default: break
            }
            counts.requests.latency.record(nanoseconds: nanoseconds)
            counts.turn(to: halfMinute)
            counts.latencies.0.record(nanoseconds: nanoseconds)
        }
    }

    /// The numbers now; those of a quarter of a second ago where somebody asked then.
    package var snapshot: Snapshot {
        let now = monotonic()
        if let recent = state.withLock({ state in now < state.taken &+ Self.leastBetween ? state.last : nil }) { return recent }
        var new = Snapshot()
        new.requests = counts.withLock { counts in
            counts.turn(to: now / 30_000_000_000)
            var requests = counts.requests
            requests.recentLatency = counts.latencies.0
            requests.recentLatency.add(counts.latencies.1)
            return requests
        }
        (new.time, new.uptime) = (wall(), Int64((now - start) / 1_000_000))
        (new.queue, new.jobs, new.cache) = (sources.queue(), sources.jobs(), sources.statistics())
        (new.workerCount, new.memoryLimit) = (sources.workerCount, sources.memoryLimit)
        (new.memory, new.processor) = processUse()
        return state.withLock { state in
            // Somebody else was faster.
            if let other = state.last, now < state.taken &+ Self.leastBetween { return other }
            let look = state.look
            (new.threads, new.flame, new.busyWorkerCount) = (look.threads, look.flame, look.busyWorkerCount)
            (new.contents, new.models) = (look.contents, look.models)
            new.number = (state.last?.number ?? 0) + 1
            new.requests.perSecond = state.history.requestsPerSecond(of: new)
            (state.last, state.taken) = (new, now)
            return new
        }
    }

    /// Looks at what takes longer and keeps a point for `history`, every second until the task is cancelled.
    package func run(pause: @Sendable () async throws -> Void = { try await Task.sleep(for: .seconds(1)) }) async {
        while !Task.isCancelled {
            let look = await withCheckedContinuation { continuation in
                looker.async { [self] in continuation.resume(returning: lookAround()) }
            }
            state.withLock { $0.look = look }
            let snapshot = snapshot
            state.withLock { $0.history.add(snapshot) }
            // Cancelled, the loop ends.
            do { try await pause() } catch { return }
        }
    }

    private func lookAround() -> Look {
        let timeline = Timeline.recent(seconds: Self.seconds)
        return Look(
            threads: timeline.busyShares,
            busyWorkerCount: timeline.lanes.count { $0.name == "worker" && $0.spans.contains(where: \.isOpen) },
            flame: Snapshot.Flame(timeline), contents: sources.contents(), models: sources.models())
    }

    /// What was kept of the last seconds.
    package func history(seconds: Int) -> SnapshotHistory { state.withLock { $0.history.last(seconds) } }
}

extension Timeline {
    /// The part of the time in which each thread was inside a span.
    var busyShares: [Snapshot.Thread] {
        lanes.map { lane in
            let busy = lane.spans.reduce(UInt64(0)) { $1.depth == 0 ? $0 + $1.nanoseconds : $0 }
            let share = min(1, Double(busy) / Double(max(1, nanoseconds)))
            return Snapshot.Thread(name: "\(lane.name) \(lane.number)", busyShare: share)
        }
    }
}

/// Milliseconds since 1970.
@Sendable package func wallMilliseconds() -> Int64 { Int64(systemMicroseconds() / 1000) }

/// Bytes of memory this process has, and nanoseconds of processor time it has taken.
private func processUse() -> (memory: Int, processor: UInt64) {
    let processor = processorNanoseconds()
    let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return (0, processor) }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = max(0, read(descriptor, &buffer, buffer.count))
    // The second number is pages in memory (proc(5)).
    let numbers = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
    return ((numbers.count > 1 ? Int(numbers[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE)), processor)
}
