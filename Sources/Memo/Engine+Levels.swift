import AtelierScheduling
import AtelierTelemetry
import Synchronization

/// Whether an engine asks and fills its levels.
public enum CachePolicy: String, Codable, CaseIterable, Sendable {
    /// Look up, and keep what is made.
    case on
    /// Neither look up nor keep.
    case off
    /// Look up, never write.
    case read
    /// Make again what this engine has not made yet, and keep it.
    case refresh
}

/// What a level answered.
struct Found {
    var answer: Result<Made, StageFailure>
    var level: Int
}

/// What came of asking some levels.
enum Search {
    case hit(Found)
    /// Why each level has no answer, in the order of the engine's levels; nil for one that was not asked.
    case miss([MissReason?])
}

/// The time, as the engine sees it.
struct Clock: Sendable {
    /// Never goes back; for costs and deadlines.
    var nanoseconds: @Sendable () -> UInt64 = monotonicNanoseconds
    /// Since 1970; for entries that outlive the process.
    var seconds: @Sendable () -> Int64 = systemSeconds
}

/// One stripe of what an engine counts.
final class Counters: Sendable {
    let state: Lock<Statistics>

    init(levels: Int) { state = Lock(Statistics(levels: levels)) }
}

extension Engine {
    // MARK: Finding

    /// Looks in some of the levels, follows aliases, and fills the levels before the one that answered.
    func find(_ node: Node, in range: Range<Int>) -> Search {
        var reasons: [MissReason?] = []
        if let found = find(node, in: range, &reasons) { return .hit(found) }
        return .miss(reasons.isEmpty ? Array(repeating: nil, count: levels.count) : reasons)
    }

    private func find(_ node: Node, in range: Range<Int>, _ reasons: inout [MissReason?]) -> Found? {
        if range.isEmpty || node.retention == .none { return nil }
        switch configuration.cachePolicy {
        case .off: return nil
        case .refresh: if !refreshed.withLock({ $0.contains(node.digest) }) { return nil }
        case .on, .read: break
        }
        var digest = node.digest
        var tags: [TagGeneration] = []
        var costs: Costs?
        // As many aliases as plans may have led to one another.
        for _ in 0...Flights<Node, Made>.longestPlanChain {
            guard let (entry, level) = entry(digest, node, in: range, &reasons) else { return nil }
            let header = entry.header
            if !header.tags.isEmpty { tags = TagGeneration.merged(tags, header.tags) }
            // Whoever asks for a plan is saved its costs, which the alias has; they include those of its target.
            let known = costs ?? Costs(own: header.selfCost, chain: header.chainCost)
            switch entry.payload {
            case .alias(let target):
                fill(entry, upTo: level, of: node)
                costs = known
                digest = target
            case .failure(let text):
                let failure = StageFailure(stage: header.stage, digest: digest, underlying: RememberedFailure(description: text))
                return Found(answer: .failure(failure), level: level)
            case .value(let value):
                return Found(answer: .success(Made(value: value, byteCount: header.byteCount, costs: known, tags: tags)), level: level)
            case .bytes(let blob):
                // Bytes that cannot be read are no answer. They go when the value made in their place is put.
                guard node.work.reads(header) else {
                    note(.otherVersion, level, &reasons)
                    return nil
                }
                // What it throws says what is damaged; that it threw is all that is asked.
                guard let value = try? node.work.decode(blob) else {
                    note(.damaged, level, &reasons)
                    return nil
                }
                fill(Entry(header: header, payload: .value(value)), upTo: level, of: node)
                return Found(answer: .success(Made(value: value, byteCount: header.byteCount, costs: known, tags: tags)), level: level)
            }
        }
        return nil
    }

    /// The first entry that still is an answer.
    private func entry(
        _ digest: Digest, _ node: Node, in range: Range<Int>, _ reasons: inout [MissReason?]
    ) -> (Entry, Int)? {
        for index in range {
            switch levels[index].get(digest) {
            case .hit(let entry):
                guard let flaw = flaw(of: entry.header, node) else { return (entry, index) }
                note(flaw, index, &reasons)
            case .miss(let reason): note(reason, index, &reasons)
            }
        }
        return nil
    }

    private func note(_ reason: MissReason, _ level: Int, _ reasons: inout [MissReason?]) {
        if reasons.isEmpty { reasons = Array(repeating: nil, count: levels.count) }
        reasons[level] = reason
    }

    /// Why an entry is no answer any more; nil when it is one.
    func flaw(of header: EntryHeader, _ node: Node) -> MissReason? {
        if let expires = header.expires, expires <= clock.seconds() { return .expired }
        let isCurrent = (header.tags.isEmpty && node.tags.isEmpty) || tags.areCurrent(header.tags, node.tags)
        return isCurrent ? nil : .invalidated
    }

    private func fill(_ entry: Entry, upTo level: Int, of node: Node) {
        guard level > 0, configuration.cachePolicy != .read else { return }
        put(entry, into: 0..<level, of: node, lossCost: levels[level].hitCost(ofBytes: entry.header.byteCount))
    }

    // MARK: Storing

    /// Keeps what was made in every level it may be kept in.
    func store(_ made: Made, of node: Node, aliasOf target: Digest? = nil) {
        switch configuration.cachePolicy {
        case .off, .read: return
        case .refresh:
            refreshed.withLock { digests in
                // Beyond a million the oldest may be made twice.
                if digests.count >= 1 << 20 { digests.removeAll() }
                digests.insert(node.digest)
                if let target { digests.insert(target) }
            }
        case .on: break
        }
        if node.retention == .none { return }
        let format = node.retention == .everywhere ? node.work.format : (name: "", version: 0)
        let header = EntryHeader(
            digest: node.digest, stage: node.name, stageVersion: node.version, format: format.name,
            formatVersion: format.version, byteCount: target == nil ? made.byteCount : 0, selfCost: made.costs.own,
            chainCost: made.costs.chain, created: clock.seconds(), tags: made.tags)
        let entry = Entry(header: header, payload: target.map { .alias($0) } ?? .value(made.value))
        put(entry, into: levels.indices, of: node, lossCost: header.worth)
    }

    /// Keeps a failure that says it may be kept, in memory.
    func remember(_ failure: StageFailure, _ node: Node, _ tags: [TagGeneration]) {
        guard configuration.cachePolicy == .on || configuration.cachePolicy == .refresh, node.retention != .none,
            let storable = failure.underlying as? any StorableFailure
        else { return }
        let now = clock.seconds()
        let costs = node.costs.withLock { $0 } ?? Costs(own: 0, chain: 0)
        let header = EntryHeader(
            digest: node.digest, stage: node.name, stageVersion: node.version, byteCount: 0, selfCost: costs.own,
            chainCost: costs.chain, created: now, expires: now + storable.secondsKept, tags: tags)
        let entry = Entry(header: header, payload: .failure(String(describing: failure.underlying)))
        put(entry, into: immediateLevels, of: node, lossCost: header.worth)
    }

    /// Keeps an entry in some levels, the furthest first: what it costs a level to lose it is a hit in the next one that
    /// has it.
    ///
    /// - Parameter lossCost: What it costs when none of them has it.
    private func put(_ entry: Entry, into range: Range<Int>, of node: Node, lossCost: UInt64) {
        var lossCost = lossCost, written = entry
        for level in levels[range].reversed() {
            if level.storesBytesOnly {
                guard node.retention == .everywhere else { continue }
                if case .value(let value) = written.payload {
                    guard let bytes = node.work.encode(value) else { continue }
                    written.payload = .bytes(bytes)
                }
            }
            guard level.put(level.storesBytesOnly ? written : entry, lossCost: lossCost) == .kept else { continue }
            report(.put, node, level: level.name, entry.header)
            lossCost = min(lossCost, level.hitCost(ofBytes: entry.header.byteCount))
        }
    }

    // MARK: Counting and telling

    func hit(_ node: Node, _ found: Found, latency: UInt64? = nil) {
        let costs: Costs
        var byteCount = 0
        switch found.answer {
        case .success(let made): (costs, byteCount) = (made.costs, made.byteCount)
        case .failure: costs = Costs(own: 0, chain: 0)
        }
        count(node.digest) { statistics in
            statistics.hits[found.level] += 1
            statistics.nanosecondsSaved &+= costs.chain
            if let latency { statistics.hitLatency.record(nanoseconds: latency) }
        }
        if isObserved.load(ordering: .relaxed) {
            report(.hit, node) { event in
                event.level = levels[found.level].name
                (event.selfCost, event.chainCost, event.byteCount) = (costs.own, costs.chain, byteCount)
            }
        }
    }

    /// - Parameter reasons: Why each level had no answer, in the order of the levels; nil for one that was not asked.
    func missed(_ node: Node, _ reasons: [MissReason?]) {
        if node.isSource { return }
        count(node.digest) { $0.misses += 1 }
        report(.miss, node)
    }

    func ran(_ node: Node, _ costs: Costs, byteCount: Int) {
        if node.isSource { return }
        count(node.digest) { statistics in
            statistics.runs += 1
            statistics.nanosecondsSpent &+= costs.own
        }
        report(.run, node) { event in
            (event.selfCost, event.chainCost, event.byteCount) = (costs.own, costs.chain, byteCount)
        }
    }

    func failed(_ node: Node) {
        count(node.digest) { $0.failures += 1 }
        report(.failed, node)
    }

    func evicted(_ header: EntryHeader, from level: String) {
        emit(
            Event(
                kind: .evict, stage: header.stage, version: header.stageVersion, digest: header.digest, level: level,
                selfCost: header.selfCost, chainCost: header.chainCost, byteCount: header.byteCount))
    }

    private func count(_ digest: Digest, _ change: (inout Statistics) -> Void) {
        counters[Int(truncatingIfNeeded: digest.words.2 & 7)].state.withLock(change)
    }

    func report(_ kind: Event.Kind, _ node: Node, _ fill: (inout Event) -> Void = { _ in }) {
        guard isObserved.load(ordering: .acquiring) else { return }
        var event = Event(kind: kind, stage: node.name, version: node.version, digest: node.digest)
        fill(&event)
        emit(event)
    }

    private func report(_ kind: Event.Kind, _ node: Node, level: String, _ header: EntryHeader) {
        report(kind, node) { event in
            event.level = level
            (event.selfCost, event.chainCost, event.byteCount) = (header.selfCost, header.chainCost, header.byteCount)
        }
    }

    private func emit(_ event: Event) {
        for observer in observers.withLock({ $0 }) { observer(event) }
    }
}
