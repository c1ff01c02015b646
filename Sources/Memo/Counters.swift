import AtelierScheduling
import AtelierTelemetry
import Synchronization

/// One stripe of what an engine counts.
final class Counters: Sendable {
    struct State: Sendable {
        /// Everything but the stages.
        var counted: Statistics
        /// Stages in the order they came, one array each: a hit finds its own by comparing a few words (a dictionary of
        /// names costs 30 ns of the 460 that a warm hit takes).
        private var kinds: [ObjectIdentifier] = [], names: [String] = [], usage: [UsageStatistics] = []

        init(levels: [String]) { counted = Statistics(levels: levels) }

        mutating func hit(_ node: Node, _ level: Int, chainCost: UInt64, byteCount: Int, latency: UInt64) {
            counted.levels[level].hit(chainCost, byteCount, latency)
            counted.nanosecondsSaved &+= chainCost
            count(node) { usage in
                usage.hits += 1
                usage.nanosecondsSaved &+= chainCost
                usage.bytes &+= byteCount
            }
        }

        /// Counts where the stage, the tags and the partition of an artifact are counted.
        mutating func count(_ node: Node, _ change: (inout UsageStatistics) -> Void) {
            change(&usage[place(of: node)])
            for tag in node.tags { counted.tags.count(tag, change) }
            if !node.partition.isEmpty { counted.partitions.count(node.partition, change) }
        }

        private mutating func place(of node: Node) -> Int {
            for index in kinds.indices where kinds[index] == node.kind { return index }
            // The last place is for all that come too late.
            guard kinds.count <= Breakdown.limit else { return Breakdown.limit }
            kinds.append(node.kind)
            names.append(kinds.count > Breakdown.limit ? Breakdown.other : node.name)
            usage.append(UsageStatistics())
            return kinds.count - 1
        }

        var statistics: Statistics {
            var statistics = counted
            for (name, usage) in zip(names, usage) { statistics.stages.count(name) { $0.add(usage) } }
            return statistics
        }
    }

    let state: Lock<State>

    init(levels: [String]) { state = Lock(State(levels: levels)) }
}

extension Engine {
    func hit(_ node: Node, _ found: Found, _ trail: Trail) {
        let latency = clock.nanoseconds() &- trail.asked, level = found.level
        var costs = Costs(own: 0, chain: 0), byteCount = 0
        if case .success(let made) = found.answer { (costs, byteCount) = (made.costs, made.byteCount) }
        stripe(of: node.digest).state.withLock { state in
            state.hit(node, level, chainCost: costs.chain, byteCount: byteCount, latency: latency)
            if !trail.misses.isEmpty { state.counted.missed(trail.misses[..<level]) }
        }
        if isObserved.load(ordering: .relaxed) {
            report(.hit, node) { event in
                event.level = levels[level].name
                event.misses = told(trail.misses.prefix(level))
                (event.selfCost, event.chainCost, event.byteCount) = (costs.own, costs.chain, byteCount)
                event.latency = latency
            }
        }
    }

    func missed(_ node: Node, _ trail: Trail) {
        if node.isSource { return }
        stripe(of: node.digest).state.withLock { state in
            state.count(node) { $0.misses += 1 }
            state.counted.misses += 1
            state.counted.missed(trail.misses[...])
        }
        report(.miss, node) { event in
            event.misses = told(trail.misses[...])
            // Known when it was made or found before and has gone since.
            if let costs = node.costs.withLock({ $0 }) { (event.selfCost, event.chainCost) = (costs.own, costs.chain) }
        }
    }

    private func told(_ misses: ArraySlice<LevelMiss?>) -> [Event.Miss] {
        zip(levels, misses).compactMap { level, miss in miss.map { Event.Miss(level: level.name, reason: $0.reason) } }
    }

    func ran(_ node: Node, _ costs: Costs, byteCount: Int) {
        if node.isSource { return }
        stripe(of: node.digest).state.withLock { state in
            state.count(node) { usage in
                usage.runs += 1
                usage.nanosecondsSpent &+= costs.own
                usage.bytes &+= byteCount
            }
            state.counted.runs += 1
            state.counted.nanosecondsSpent &+= costs.own
        }
        report(.run, node) { event in
            (event.selfCost, event.chainCost, event.byteCount) = (costs.own, costs.chain, byteCount)
        }
    }

    func failed(_ node: Node) {
        stripe(of: node.digest).state.withLock { $0.counted.failures += 1 }
        report(.failed, node)
    }

    func wasPut(_ node: Node, _ level: Int, _ outcome: PutOutcome, _ header: EntryHeader, lossCost: UInt64) {
        stripe(of: node.digest).state.withLock { state in
            state.counted.levels[level].puts[outcome, default: 0] += 1
            if outcome == .kept { state.counted.levels[level].bytesIn &+= header.byteCount }
        }
        guard outcome == .kept else { return }
        if levels[level].storesBytesOnly, let observer = putObserver.withLock({ $0 }) { observer.tell(node) }
        report(.put, node) { event in
            event.level = levels[level].name
            (event.selfCost, event.chainCost, event.byteCount) = (header.selfCost, header.chainCost, header.byteCount)
            event.lossCost = lossCost
        }
    }

    func evicted(_ header: EntryHeader, from level: Int) {
        stripe(of: header.digest).state.withLock { $0.counted.levels[level].evictions += 1 }
        guard isObserved.load(ordering: .acquiring) else { return }
        emit(
            Event(
                kind: .evict, stage: header.stage, version: header.stageVersion, digest: header.digest, level: levels[level].name,
                selfCost: header.selfCost, chainCost: header.chainCost, byteCount: header.byteCount))
    }

    private func stripe(of digest: Digest) -> Counters { counters[Int(truncatingIfNeeded: digest.words.2 & 7)] }

    // MARK: Telling

    func report(_ kind: Event.Kind, _ node: Node, _ fill: (inout Event) -> Void = { _ in }) {
        guard isObserved.load(ordering: .acquiring) else { return }
        var event = Event(kind: kind, stage: node.name, version: node.version, digest: node.digest)
        fill(&event)
        emit(event)
    }

    private func emit(_ event: Event) {
        for observer in observers.withLock({ $0 }) { observer.tell(event) }
    }
}

extension LevelStatistics {
    fileprivate mutating func hit(_ chainCost: UInt64, _ byteCount: Int, _ latency: UInt64) {
        hits += 1
        nanosecondsSaved &+= chainCost
        bytesOut &+= byteCount
        hitLatency.record(nanoseconds: latency)
    }
}

extension Statistics {
    /// Counts the levels that had no answer, in their order.
    fileprivate mutating func missed(_ misses: ArraySlice<LevelMiss?>) {
        for (index, miss) in misses.enumerated() {
            guard let miss else { continue }
            levels[index].misses[miss.reason, default: 0] += 1
            if let latency = miss.latency { levels[index].missLatency.record(nanoseconds: latency) }
        }
    }
}
