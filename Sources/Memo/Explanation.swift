/// Where an artifact and everything it is built on lie, and what they cost when they were made.
///
///     for line in engine.explain(deck).lines {
///         print(String(repeating: "  ", count: line.depth), line.stage, line.level ?? "to be made")
///     }
public struct Explanation: Sendable {
    /// One artifact.
    public struct Line: Sendable {
        /// 0 for the artifact asked about, 1 for its inputs, and so on.
        public var depth: Int
        /// Its identity.
        public var digest: Digest
        /// Name and version of its stage or plan; `source` and 0 for bytes from outside.
        public var stage: String, version: Int
        /// Whether it stands for bytes from outside, or leads to another artifact.
        public var isSource: Bool, isPlan: Bool
        /// The first level that has it; nil when it would have to be made.
        public var level: String?
        /// What that level recorded: costs in nanoseconds, bytes, time of making.
        public var header: EntryHeader?
        /// Of a plan that has run: the artifact that answers for it, when that is still there.
        public var leadsTo: Digest?
        /// Whether it was listed before; its inputs are not listed again.
        public var isRepeated: Bool
        /// Of the artifact asked about, when it would have to be made and the reasons were wanted.
        public var whyMissed: WhyMissed?
    }

    /// Why an artifact has to be made.
    public struct WhyMissed: Sendable, Equatable {
        /// What each level says that may keep it.
        public var levels: [Event.Miss]
        /// When this very artifact was put the last time, in seconds since 1970; nil when that was not noted.
        public var putBefore: Int64?
        /// When the nearest other artifact of its stage was put; nil when none was noted.
        public var nearestPut: Int64?
        /// How it differs from that one.
        public var differences: [KeyDifference]
    }

    /// The artifact first, then its inputs, each followed by what it is built on itself.
    public var lines: [Line]
}

extension Engine {
    /// Says where an artifact and everything it is built on lie. Never runs a stage; times are those recorded.
    ///
    /// Inputs of an artifact that is there are listed as well, though a request would not ask for them. What a plan
    /// leads to is known by its digest only, until the plan runs again. Blocks while levels on disk are asked.
    ///
    /// - Parameter log: With it, an artifact that would have to be made is compared with what was put there lately.
    public func explain<Value: Storable>(_ artifact: Artifact<Value>, comparing log: KeyLog? = nil) -> Explanation {
        var lines: [Explanation.Line] = []
        var seen: Set<Digest> = []
        var pending = [(node: artifact.node, depth: 0)]
        while let (node, depth) = pending.popLast() {
            let isNew = seen.insert(node.digest).inserted
            let place = whereabouts(of: node)
            lines.append(
                Explanation.Line(
                    depth: depth, digest: node.digest, stage: node.name, version: node.version,
                    isSource: node.isSource, isPlan: node.isPlan, level: place?.level, header: place?.header,
                    leadsTo: place?.leadsTo, isRepeated: !isNew))
            if depth == 0, place == nil, let log { lines[0].whyMissed = whyMissed(node, log) }
            if isNew { pending.append(contentsOf: node.inputs.reversed().map { ($0, depth + 1) }) }
        }
        return Explanation(lines: lines)
    }

    private func whereabouts(of node: Node) -> (level: String, header: EntryHeader, leadsTo: Digest?)? {
        for level in levels where node.retention.levels.contains(level) {
            guard let header = level.peek(node.digest), flaw(of: settled(header, of: level), node) == nil else { continue }
            guard node.isPlan else { return (level.name, header, nil) }
            // An alias is an answer only while the value it leads to is there too.
            guard case .alias(let target)? = level.get(node.digest).entry?.payload else { continue }
            guard levels.contains(where: { $0.peek(target) != nil }) else { continue }
            return (level.name, header, target)
        }
        return nil
    }

    private func whyMissed(_ node: Node, _ log: KeyLog) -> Explanation.WhyMissed {
        var misses: [Event.Miss] = []
        for level in levels where node.retention.levels.contains(level) {
            switch level.get(node.digest) {
            case .miss(let reason): misses.append(Event.Miss(level: level.name, reason: reason))
            // Without a flaw of its own, it is an alias whose target has gone.
            case .hit(let entry):
                misses.append(Event.Miss(level: level.name, reason: flaw(of: settled(entry.header, of: level), node) ?? .evicted))
            }
        }
        let nearest = log.nearest(to: node)
        return Explanation.WhyMissed(
            levels: misses, putBefore: log.entries[node.digest]?.noted, nearestPut: nearest?.noted, differences: nearest?.differences ?? [])
    }
}
