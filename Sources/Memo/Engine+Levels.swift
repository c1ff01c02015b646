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

/// One stripe of what an engine counts.
final class Counters: Sendable {
    let state: Lock<Statistics>

    init(levels: Int) { state = Lock(Statistics(levels: levels)) }
}

extension Engine {
    // MARK: Finding

    /// What came of asking some levels.
    enum Search {
        case hit(Found)
        /// Why each level has no answer, in the order of the engine's levels; nil for one that was not asked.
        case miss([MissReason?])
    }

    /// Looks in some of the levels, follows aliases, and fills the levels before the one that answered.
    func find(_ node: Node, _ asking: Asking, in mask: LevelMask) -> Search {
        var reasons: [MissReason?] = []
        if let found = find(node, asking, in: mask, &reasons) { return .hit(found) }
        return .miss(reasons.isEmpty ? Array(repeating: nil, count: levels.count) : reasons)
    }

    /// The same for who needs a reason only after a miss; `reasons` then has them, or stays empty when no level was asked.
    func find(_ node: Node, _ asking: Asking, in mask: LevelMask, _ reasons: inout [MissReason?]) -> Found? {
        if mask.isEmpty || node.retention.levels == .none { return nil }
        switch asking.policy {
        case .off: return nil
        case .refresh: if !refreshed.withLock({ $0.contains(node.digest) }) { return nil }
        case .on, .read: break
        }
        var digest = node.digest
        var validity = Validity()
        var costs: Costs?
        // As many aliases as plans may have led to one another.
        for _ in 0...Flights<Wanted, Made>.longestPlanChain {
            guard let (entry, level) = entry(digest, node, asking, in: mask, &validity, &reasons) else { return nil }
            let header = entry.header
            // Whoever asks for a plan is saved its costs, which the alias has; they include those of its target.
            let known = costs ?? Costs(own: header.selfCost, chain: header.chainCost)
            switch entry.payload {
            case .alias(let target):
                fill(entry, upTo: level, of: node, asking)
                costs = known
                digest = target
            case .value(let value):
                let made = Made(value: value, byteCount: header.byteCount, costs: known, validity: validity)
                return Found(answer: .success(made), level: level)
            case .thrown(let error):
                return Found(answer: .failure(StageFailure(stage: header.stage, digest: digest, underlying: error)), level: level)
            case .bytes, .failure:
                guard let (read, payload) = read(entry, node, level, &reasons) else { return nil }
                fill(Entry(header: header, payload: payload), upTo: level, of: node, asking)
                let answer = read.map { Made(value: $0, byteCount: header.byteCount, costs: known, validity: validity) }
                return Found(answer: answer, level: level)
            }
        }
        return nil
    }

    /// What a level that keeps bytes has kept, and how the memory level will keep it; nil when it cannot be read. Such an
    /// entry goes when what is made in its place is put.
    private func read(
        _ entry: Entry, _ node: Node, _ level: Int, _ reasons: inout [MissReason?]
    ) -> (Result<any Storable, StageFailure>, Entry.Payload)? {
        do {
            switch entry.payload {
            case .bytes(let blob):
                if node.work.reads(entry.header), let value = try node.work.decode(blob) { return (.success(value), .value(value)) }
            case .failure(let text):
                for type in node.work.failures {
                    guard let error = try type.read(text, entry.header) else { continue }
                    let failure = StageFailure(stage: entry.header.stage, digest: entry.header.digest, underlying: error)
                    return (.failure(failure), .thrown(error))
                }
            case .value, .thrown, .alias: break
            }
            note(.otherVersion, level, &reasons)
        } catch {
            note(.damaged, level, &reasons)
        }
        return nil
    }

    /// The first entry that still is an answer; `validity` narrows to its own.
    private func entry(
        _ digest: Digest, _ node: Node, _ asking: Asking, in mask: LevelMask, _ validity: inout Validity, _ reasons: inout [MissReason?]
    ) -> (Entry, Int)? {
        for index in levels.indices where mask.contains(index) {
            switch levels[index].get(digest) {
            // What comes from outside may have been written by anybody.
            case .hit(let kept) where kept.header.byteCount < 0: note(.damaged, index, &reasons)
            case .hit(let kept):
                // Most have neither: not even a copy is made of them.
                if kept.header.expires == nil, kept.header.tags.isEmpty, node.tags.isEmpty { return (kept, index) }
                var entry = kept
                settle(&entry, level: index, node, asking)
                // Counted before the tags are looked at: what changes in between makes the value older, not newer.
                let changes = tags.freshChangeCount()
                if let flaw = flaw(of: entry.header, node) {
                    note(flaw, index, &reasons)
                    continue
                }
                let recorded = tags.completed(entry.header.tags, for: node.tags)
                validity = validity.met(with: Validity(tags: recorded, expires: entry.header.expires, changes: changes))
                return (entry, index)
            case .miss(let reason): note(reason, index, &reasons)
            }
        }
        return nil
    }

    private func note(_ reason: MissReason, _ level: Int, _ reasons: inout [MissReason?]) {
        if reasons.isEmpty { reasons = Array(repeating: nil, count: levels.count) }
        reasons[level] = reason
    }

    /// Why an entry, with its times as the engine counts them, is no answer any more; nil when it is one.
    func flaw(of header: EntryHeader, _ node: Node) -> MissReason? {
        if let expires = header.expires, expires <= steady.seconds { return .expired }
        return tags.areCurrent(header.tags, node.tags) ? nil : .invalidated
    }

    /// Turns the times of an entry from outside into the engine's.
    ///
    /// One that was made more than five minutes from now was written under a clock that has been set back since, and would
    /// live as much too long: it counts as made now, in its level too.
    private func settle(_ entry: inout Entry, level: Int, _ node: Node, _ asking: Asking) {
        guard levels[level].storesBytesOnly, let expires = entry.header.expires else { return }
        let now = clock.seconds, created = Self.moment(entry.header.created)
        if created > now + Self.clockTolerance {
            entry.header.expires = now + max(0, Self.moment(expires) - created)
            entry.header.created = now
            if asking.policy != .read { _ = levels[level].put(entry, lossCost: entry.header.worth) }
        }
        entry.header = settled(entry.header, of: levels[level])
    }

    /// The header of an entry with its times as the engine counts them.
    func settled(_ header: EntryHeader, of level: any Store) -> EntryHeader {
        guard level.storesBytesOnly, let expires = header.expires else { return header }
        var settled = header
        settled.expires = Self.moment(expires) - clock.seconds + steady.seconds
        return settled
    }

    /// Seconds since 1970 that can be added and subtracted, whatever an entry says: some 34,000 years.
    private static func moment(_ seconds: Int64) -> Int64 { min(max(seconds, 0), 1 << 40) }

    /// Seconds that the clocks of machines may be apart.
    private static let clockTolerance: Int64 = 300

    private func fill(_ entry: Entry, upTo level: Int, of node: Node, _ asking: Asking) {
        guard level > 0, asking.policy != .read else { return }
        put(
            entry, into: places(of: node, asking).before(level), of: node,
            lossCost: levels[level].hitCost(ofBytes: entry.header.byteCount))
    }

    // MARK: Storing

    /// The levels a value may be kept in and found in.
    func places(of node: Node, _ asking: Asking) -> LevelMask { mask(of: node.retention.levels) & asking.levels }

    /// The places of levels.
    func mask(of choice: Levels) -> LevelMask {
        switch choice {
        case .none: .none
        case .memory: memoryLevels
        case .all: allLevels
        case .only, .except: LevelMask(of: levels, where: choice.contains)
        }
    }

    /// Keeps what was made in every level it may be kept in. Returns until when it is an answer.
    func store(_ made: Made, of node: Node, _ asking: Asking, aliasOf target: Digest? = nil) -> Validity {
        let now = steady.seconds
        var validity = made.validity
        if let time = node.retention.secondsToLive(of: node.digest) {
            validity = validity.met(with: Validity(expires: now + time))
        }
        switch asking.policy {
        case .off, .read: return validity
        case .refresh:
            refreshed.withLock { digests in
                // Beyond a million the oldest may be made twice.
                if digests.count >= 1 << 20 { digests.removeAll() }
                digests.insert(node.digest)
                if let target { digests.insert(target) }
            }
        case .on: break
        }
        let places = places(of: node, asking)
        // What was invalidated while it was made must not take the place of what was made since.
        if places.isEmpty || !tags.areCurrent(validity.tags) { return validity }
        let format = node.retention.leavesMemory ? node.work.format : (name: "", version: 0)
        let header = EntryHeader(
            digest: node.digest, stage: node.name, stageVersion: node.version, format: format.name,
            formatVersion: format.version, byteCount: target == nil ? made.byteCount : 0, selfCost: made.costs.own,
            chainCost: made.costs.chain, created: clock.seconds, expires: validity.expires, tags: validity.tags,
            partition: node.partition)
        // Without its alias a plan may have to make everything anew that it looked at.
        let cost = target == nil ? header.worth : header.chainCost
        guard cost >= node.retention.leastCost else { return validity }
        put(Entry(header: header, payload: target.map { .alias($0) } ?? .value(made.value)), into: places, of: node, lossCost: cost)
        return validity
    }

    /// Keeps a failure that says it may be kept.
    func remember(_ failure: StageFailure, _ node: Node, _ asking: Asking, _ costs: Costs, _ validity: Validity) {
        guard asking.policy == .on || asking.policy == .refresh, let storable = failure.underlying as? any StorableFailure,
            storable.secondsKept > 0
        else { return }
        let format = type(of: storable).formatName
        let expires = steady.seconds + min(max(storable.secondsKept, 60), 600)
        let header = EntryHeader(
            digest: node.digest, stage: node.name, stageVersion: node.version, format: format.name, formatVersion: format.version,
            byteCount: 0, selfCost: costs.own, chainCost: costs.chain, created: clock.seconds,
            expires: validity.met(with: Validity(expires: expires)).expires, tags: validity.tags, partition: node.partition)
        put(Entry(header: header, payload: .thrown(storable)), into: places(of: node, asking), of: node, lossCost: costs.chain)
    }

    /// Keeps an entry in some levels, the furthest first: what it costs a level to lose it is a hit in the next one that
    /// has it.
    ///
    /// - Parameters:
    ///   - entry: With its times as the engine counts them.
    ///   - lossCost: What it costs when none of them has it.
    private func put(_ entry: Entry, into mask: LevelMask, of node: Node, lossCost: UInt64) {
        var lossCost = min(lossCost, Self.dearest), written: Entry?
        for index in levels.indices.reversed() where mask.contains(index) {
            let level = levels[index], header = entry.header
            if level.storesBytesOnly {
                guard level.isWorth(lossCost, of: header) else { continue }
                if written == nil { written = self.written(entry, of: node) }
                guard let written else { continue }
                guard level.put(written, lossCost: lossCost) == .kept else { continue }
            } else {
                guard level.put(entry, lossCost: lossCost) == .kept else { continue }
            }
            report(.put, node, level: level.name, header)
            lossCost = min(lossCost, level.hitCost(ofBytes: header.byteCount))
        }
    }

    /// Ten minutes: beyond that nothing is dearer, or one run of a night would push out everything else for good.
    private static let dearest: UInt64 = 600_000_000_000

    /// An entry as it leaves the process: in its byte format, with times by the wall clock; nil when it has no format.
    private func written(_ entry: Entry, of node: Node) -> Entry? {
        var written = entry
        switch entry.payload {
        case .value(let value):
            guard let bytes = node.work.encode(value) else { return nil }
            written.payload = .bytes(bytes)
        case .thrown(let failure):
            guard let text = failure.written else { return nil }
            written.payload = .failure(text)
        case .bytes, .failure, .alias: break
        }
        if let expires = entry.header.expires { written.header.expires = expires - steady.seconds + clock.seconds }
        return written
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
