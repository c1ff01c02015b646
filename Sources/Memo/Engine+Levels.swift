import AtelierScheduling
import AtelierTelemetry

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

/// What a search has passed. Apart from what it found, which the hit path must not copy: 80 ns of a warm hit's 460.
struct Trail {
    /// Whether to note how long each level takes. Whoever goes without sees to `asked` before.
    var isTimed = true
    /// When the last level was asked, in the clock's nanoseconds.
    var asked: UInt64 = 0
    /// Whether levels may be waited for. If not the search ends at one that cannot answer at once, and `isCut`.
    var mayWait = true, isCut = false
    /// Levels without an answer, in the order of the engine's levels, nil for one that was not asked; empty for none.
    var misses: [LevelMiss?] = []
}

/// What asking and filling a level that keeps bytes is called in profiles, such as `disk.get`. In memory both take less than
/// noting them would.
struct LevelSpans: Sendable {
    let get: SpanName, put: SpanName, read: SpanName

    init(level: String) { (get, put, read) = (SpanName("\(level).get"), SpanName("\(level).put"), SpanName("\(level).read")) }
}

/// That a level has no answer.
struct LevelMiss {
    var reason: MissReason
    /// Nanoseconds until that was known; nil when they were not measured.
    var latency: UInt64?
}

extension Engine {
    // MARK: Finding

    /// Looks in some of the levels, follows aliases, and fills the levels before the one that answered.
    func find(_ node: Node, _ asking: Asking, in mask: LevelMask, _ trail: inout Trail) -> Found? {
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
            guard let (entry, level) = entry(digest, node, asking, in: mask, &validity, &trail) else { return nil }
            let header = entry.header
            // Whoever asks for a plan is saved its costs, which the alias has; they include those of its target.
            let known = costs ?? Costs(own: header.selfCost, chain: header.chainCost)
            switch entry.payload {
            case .alias(let target):
                var entry = entry
                entry.header.byteCount = 0
                fill(entry, upTo: level, of: node, asking)
                costs = known
                digest = target
            case .value(let value):
                let made = Made(value: value, byteCount: header.byteCount, costs: known, validity: validity)
                return Found(answer: .success(made), level: level)
            case .thrown(let error):
                return Found(answer: .failure(StageFailure(stage: header.stage, digest: digest, underlying: error)), level: level)
            case .bytes, .failure:
                // What comes from outside may have been written by anybody.
                guard header.byteCount >= 0 else {
                    note(.damaged, level, &trail)
                    return nil
                }
                guard let (read, payload) = withSpan(levelSpans[level].read, { read(entry, node, level, &trail) }) else { return nil }
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
        _ entry: Entry, _ node: Node, _ level: Int, _ trail: inout Trail
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
            note(.otherVersion, level, &trail)
        } catch {
            note(.damaged, level, &trail)
        }
        return nil
    }

    /// The first entry that still is an answer; `validity` narrows to its own. Inlined, because a call is 50 of the 3,400
    /// instructions of a warm hit.
    @inline(__always)
    private func entry(
        _ digest: Digest, _ node: Node, _ asking: Asking, in mask: LevelMask, _ validity: inout Validity, _ trail: inout Trail
    ) -> (Entry, Int)? {
        for index in levels.indices where mask.contains(index) {
            if trail.isTimed { trail.asked = clock.nanoseconds() }
            let lookup =
                memoryLevels.contains(index)
                ? trail.mayWait ? levels[index].get(digest) : levels[index].glance(digest) : lookup(digest, index, trail.mayWait)
            switch lookup {
            case nil:
                trail.isCut = true
                return nil
            case .hit(let kept):
                // Most have neither: not even a copy is made of them.
                if kept.header.expires == nil, kept.header.tags.isEmpty, node.tags.isEmpty { return (kept, index) }
                // Whether tags are current other machines may have to be asked.
                if !trail.mayWait, levels[index].storesBytesOnly, !kept.header.tags.isEmpty || !node.tags.isEmpty {
                    trail.isCut = true
                    return nil
                }
                var entry = kept
                settle(&entry, level: index, node, asking)
                // Counted before the tags are looked at: what changes in between makes the value older, not newer.
                let changes = tags.freshChangeCount()
                if let flaw = flaw(of: entry.header, node) {
                    note(flaw, index, &trail)
                    continue
                }
                let recorded = tags.completed(entry.header.tags, for: node.tags)
                validity = validity.met(with: Validity(tags: recorded, expires: entry.header.expires, changes: changes))
                return (entry, index)
            case .miss(let reason): note(reason, index, &trail)
            }
        }
        return nil
    }

    /// Asks a level that keeps bytes.
    private func lookup(_ digest: Digest, _ level: Int, _ mayWait: Bool) -> Lookup? {
        withSpan(levelSpans[level].get) { mayWait ? levels[level].get(digest) : levels[level].glance(digest) }
    }

    private func note(_ reason: MissReason, _ level: Int, _ trail: inout Trail) {
        if trail.misses.isEmpty { trail.misses = Array(repeating: nil, count: levels.count) }
        trail.misses[level] = LevelMiss(reason: reason, latency: trail.isTimed ? clock.nanoseconds() &- trail.asked : nil)
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
            var outcome = PutOutcome.notWorthIt
            if !level.storesBytesOnly {
                outcome = level.put(entry, lossCost: lossCost)
            } else if level.isWorth(lossCost, of: header) {
                let kept: PutOutcome? = withSpan(levelSpans[index].put) {
                    if written == nil { written = self.written(entry, of: node) }
                    return written.map { level.put($0, lossCost: lossCost) }
                }
                guard let kept else { continue }
                outcome = kept
            }
            wasPut(node, index, outcome, header, lossCost: lossCost)
            guard outcome == .kept else { continue }
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
}
