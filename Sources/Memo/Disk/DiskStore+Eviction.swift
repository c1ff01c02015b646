import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// Room is made by whoever needs it, in small transactions, until what the disk really gives has shrunk far enough.
//
// The rule is that of the memory level: an entry's rank is the age of the queue when it came in, plus what losing it
// costs for each byte, times how often it was asked for; the lowest rank goes, and its rank is the age from then on. Hits
// change no row: they are counted in shared memory, and one that was hit goes back into the queue when its turn comes.
// A row of the index knows its rank, so that a queue is a B-tree; the same order as first-in-first-out queues by class.

extension DiskIndex.State {
    /// Where an entry that comes into the queue now stands: what it is worth over the age of the queue.
    func rank(of row: IndexRow) -> Double {
        let density = Double(min(max(row.cost, 1), 600_000_000_000)) / Double(max(row.weight, 1))
        return age + density * (row.uses == 1 ? newcomerWorth : Double(row.uses))
    }

    /// What a newcomer counts instead of one use: as at the memory level (decision 0009).
    private var newcomerWorth: Double { (Double(wanted + 1) / Double(newcomers + 1)).squareRoot() }

    /// Learns what became of a newcomer when its turn had come. About as many count as there are entries.
    fileprivate mutating func settleNewcomer(isWanted: Bool) {
        newcomers += 1
        if isWanted { wanted += 1 }
        if newcomers > max(64, entries) { (newcomers, wanted) = (newcomers / 2, wanted / 2) }
    }
}

/// What came of asking for room.
private enum Step<Result> { case took(Result), freed, stuck }

extension DiskStore {
    /// Most entries let go in one transaction.
    private static let batch = SharedWords.mostNames

    /// Runs `take` when so many bytes fit under the limit, making room first; nil when no room can be made. What `take`
    /// uses it adds to the sums.
    func reserving<Result>(
        _ count: Int, _ writer: inout Writer, _ take: (DiskIndex, inout DiskIndex.State) throws -> Result
    ) throws -> Result? {
        // Once room has to be made, a little more of it, so that not every put comes here.
        var slack = 0
        while true {
            let step: Step<Result> = try change(&writer) { [limit] index, state in
                let mark = allowance(state)
                if state.bytes + count <= mark - slack { return .took(try take(index, &state)) }
                slack = min(mark, limit) / 64
                let goal = state.bytes + count - (mark - slack)
                return try free(goal, index, &state) ? .freed : .stuck
            }
            switch step {
            case .took(let result): return result
            case .freed: finish(&writer, flushing: false)
            case .stuck:
                if slack == 0 { return nil }
                slack = 0
                let last: Result? = try change(&writer) { index, state in
                    state.bytes + count <= allowance(state) ? try take(index, &state) : nil
                }
                return last
            }
            removeDoomed(&writer)
        }
    }

    /// Counts a file that is about to be written.
    func reserve(_ weight: Int, as name: String, _ writer: inout Writer) throws -> Bool {
        try flush(&writer)
        return try reserving(weight, &writer) { index, state in try index.reserve(weight, for: name, &state) } != nil
    }

    // Bytes that entries may take now. A part is left for compaction, which needs room before it gives some; and what
    // the disk has to leave to others, but not so much that nothing could be kept on a disk that others have filled.
    // Dictionaries are entries' as well: there are few, so they are looked up instead of counted.
    private func allowance(_ state: DiskIndex.State) -> Int {
        var allowed = limit
        if let space = space(directory.path) {
            let all = state.bytes + space.available
            allowed = min(limit, max(all - space.reserve, min(all / 2, 64 << 20)))
        }
        return allowed - min(directory.dictionaryBytes, allowed / 8) - min(sizes.segment, allowed / 8)
    }

    // One step towards `goal` bytes; false when there is none.
    private func free(_ goal: Int, _ index: DiskIndex, _ state: inout DiskIndex.State) throws -> Bool {
        if try letExpiredGo(index, &state) { return true }
        try index.settleLive(&state)
        let sums = try index.database.first("SELECT total(extent), total(live) FROM segments WHERE phase = 1") ?? [0, 0]
        let (given, dead) = (sums[0], sums[0] - sums[1])
        if dead > given / 8, try compact(index, &state) { return true }
        if try letGo(goal, try index.rows("ORDER BY rank, sequence LIMIT \(Self.batch)"), index, &state) { return true }
        return try dead > 0 && compact(index, &state)
    }

    private func letExpiredGo(_ index: DiskIndex, _ state: inout DiskIndex.State) throws -> Bool {
        let rows = try index.rows("WHERE expires > 0 AND expires <= ? LIMIT \(Self.batch)", [now()])
        try drop(rows, index, &state)
        return !rows.isEmpty
    }

    // Lets entries go, those with the lowest ranks; false when there are none.
    private func letGo(_ goal: Int, _ candidates: [IndexRow], _ index: DiskIndex, _ state: inout DiskIndex.State) throws -> Bool {
        var rows: [IndexRow] = []
        var freed = 0
        for var row in candidates where freed < goal {
            let hits = words?.takeHits(row.digest) ?? 0
            if row.uses == 1 { state.settleNewcomer(isWanted: hits > 0) }
            if hits > 0 {
                row.uses += hits
                try index.requeue(row, &state)
                continue
            }
            rows.append(row)
            freed += row.weight
            state.age = max(state.age, row.rank)
        }
        // Read while they are there; only for those who asked.
        for row in rows {
            if case .value(let header) = readHeader(row.isFile ? .file : Place(row), row.digest) { state.evicted.append(header) }
        }
        try drop(rows, index, &state)
        for row in rows { try index.haunt(row, &state) }
        state.evictions += rows.count
        return !candidates.isEmpty
    }

    /// Takes entries out, in a transaction.
    func drop(_ rows: [IndexRow], _ index: DiskIndex, _ state: inout DiskIndex.State) throws {
        let files = rows.filter(\.isFile)
        if !files.isEmpty { try removeFiles(files, index, &state) }
        for row in rows where !row.isFile {
            try removeRow(row, index, &state)
            state.dead.append(Place(row))
        }
    }

    /// The bounds over a partition: its own, and those of the partitions it is part of (`a` of `a/b`).
    func quotas(over partition: String) -> [(partition: String, bytes: Int)] {
        if quotas.isEmpty || partition.isEmpty { return [] }
        return quotas.filter { isPartition(partition, within: $0.key) }.map { ($0.key, $0.value) }
    }

    private func isPartition(_ name: String, within other: String) -> Bool { name == other || name.hasPrefix(other + "/") }

    /// Makes room under the quotas for an entry of so many bytes that may take the place of another; false when there is none.
    func makeRoom(for count: Int, of entry: EntryHeader, _ writer: inout Writer) throws -> Bool {
        for quota in quotas(over: entry.partition) {
            var isDone: Bool?
            while isDone == nil {
                isDone = try change(&writer) { index, state in
                    try indexTails(index, &state)
                    let inside = try index.partitions().filter { isPartition($0.name, within: quota.partition) }
                    let replaced = try index.row(of: entry.digest)
                    let excess =
                        inside.reduce(0) { $0 + $1.bytes } + count - quota.bytes
                        - (inside.contains { $0.id == replaced?.partition } ? replaced?.weight ?? 0 : 0)
                    if excess <= 0 { return true }
                    let candidates = try inside.flatMap {
                        try index.rows("WHERE partition = ? ORDER BY rank, sequence LIMIT \(Self.batch)", [$0.id])
                    }
                    let lowest = candidates.sorted { ($0.rank, $0.sequence) < ($1.rank, $1.sequence) }.prefix(Self.batch)
                    return try letGo(excess, Array(lowest), index, &state) ? nil : false
                }
                finish(&writer, flushing: false)
                removeDoomed(&writer)
            }
            if isDone == false { return false }
        }
        return true
    }

    /// Lets so many bytes of entries go because the disk is full; whom that concerned.
    func makeRoom(onFullDisk count: Int, _ writer: inout Writer) -> [EntryHeader] {
        defer { writer.evicted.removeAll() }
        var start: Int?
        while true {
            // The put that follows meets the reason why this could not be done.
            let isDone: Bool? = attempt(&writer) { index, state in
                let target = max(0, (start ?? state.bytes) - count)
                if start == nil { start = state.bytes }
                if state.bytes <= target { return true }
                return try !free(state.bytes - target, index, &state)
            }
            finish(&writer, flushing: false)
            removeDoomed(&writer)
            if isDone != false { return writer.evicted }
        }
    }

    /// Segments that hold no entry any more: cut first, for those who have them open, then unnamed, then uncounted.
    func removeDoomed(_ writer: inout Writer) {
        // A look without a lock: seldom there are any. Who comes next does it when this fails.
        guard let index = writer.index, let doomed = try? index.segments(.doomed), !doomed.isEmpty else { return }
        attempt(&writer) { index, state in
            for row in try index.segments(.doomed) {
                let path = path(ofSegment: row.number)
                truncate(path, 0)
                guard unlink(path) == 0 || errno == ENOENT else { continue }
                try index.remove(segment: row.number)
                state.bytes -= row.extent
                _ = files.withLock { $0.removeValue(forKey: row.number) }
            }
        }
    }
}
