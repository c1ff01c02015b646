import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// What `atelier cache` offers beside reading and writing: how much there is, checking it, throwing it away. None of it
// keeps other processes from working for longer than a small transaction.

extension DiskStore {
    /// What the level holds, from its counters: no scan. `evictions` are those of all processes since the index was made.
    /// Nothing is known while another process does not let go of the index.
    public var contents: StoreContents {
        let contents: StoreContents? = writer.withLock { writer in
            if directory.isWritten {
                defer { finish(&writer, flushing: false) }
                let now = attempt(&writer) { index, state in
                    try indexTails(index, &state)
                    return try sums(index, state)
                }
                if let now { return now }
            }
            // As they stood a moment ago, where nothing may be written now.
            if writer.index == nil { writer.index = openIndex(mode: .reading) }
            // Nothing is known when it cannot be read.
            return writer.index.flatMap { index in try? sums(index, try index.state()) }
        }
        return contents ?? StoreContents(byteLimit: limit)
    }

    private func sums(_ index: DiskIndex, _ state: DiskIndex.State) throws -> StoreContents {
        var contents = StoreContents(
            entries: state.entries, bytes: state.bytes + directory.dictionaryBytes, byteLimit: limit, evictions: state.evictions,
            ghostHits: state.ghostHits)
        for (name, quota) in quotas { contents.partitions[name] = StoreContents.Partition(quota: quota) }
        for partition in try index.partitions() {
            // Counted for every partition it is part of.
            let name = partition.name
            for end in name.indices.filter({ name[$0] == "/" }) + [name.endIndex] {
                contents.partitions[String(name[..<end]), default: StoreContents.Partition()].bytes += partition.bytes
                contents.partitions[String(name[..<end])]!.entries += partition.entries
            }
        }
        return contents
    }

    /// What reading everything showed.
    public struct Verification: Equatable, Sendable {
        /// Entries that are whole.
        public var intact = 0
        /// Bytes that the whole ones take.
        public var intactBytes = 0
        /// Entries that were damaged and are in `quarantine` now, with what was wrong.
        public var damaged: [Damage] = []
        /// Entries of another version of the project; kept.
        public var foreign = 0
        /// Entries that could not be read just now (permission, I/O error); kept.
        public var unreadable = 0

        /// A damaged entry.
        public struct Damage: Equatable, Sendable {
            /// The digest it was kept under.
            public var digest: Digest
            /// What was wrong with it.
            public var problem: String
        }
    }

    /// Reads every entry from end to end, sets the damaged ones aside, removes what dead writers left, counts anew and
    /// evicts down to the limit.
    ///
    /// - Parameter progress: Called with entries read so far and how many there are, roughly.
    public func verify(progress: (Int, Int) -> Void = { _, _ in }) -> Verification {
        var result = Verification()
        guard directory.isWritten else { return result }
        tell(
            writer.withLock { writer in
                // Each part is tried: what one cannot do the others may.
                try? flush(&writer)
                // Given up to whoever wants it next, so that it is checked as all others are.
                (writer.segment, writer.pending) = (nil, [])
                try? sweepNow(&writer)
                result = recount(&writer)
                return writer.takeEvicted()
            })
        let total = contents.entries
        var last = Int64.min, done = 0
        while true {
            // A page at a time: others work between.
            let rows: [IndexRow] = writer.withLock { writer in
                attempt(&writer) { index, _ in try index.rows("WHERE a > ? ORDER BY a LIMIT 256", [last]) } ?? []
            }
            guard let end = rows.last else { break }
            for row in rows { check(row, &result) }
            last = Int64(bitPattern: end.digest.words.0)
            done += rows.count
            progress(done, max(done, total))
        }
        tell(
            writer.withLock { writer in
                // As above.
                _ = try? reserving(0, &writer) { _, _ in true }
                finish(&writer)
                removeDoomed(&writer)
                return writer.takeEvicted()
            })
        return result
    }

    private func check(_ row: IndexRow, _ result: inout Verification) {
        let place = row.isFile ? Place.file : Place(row)
        switch read(place, row.digest) {
        case .value:
            result.intact += 1
            result.intactBytes += row.weight
        case .damaged(let problem):
            result.damaged.append(Verification.Damage(digest: row.digest, problem: problem))
            known.remove(row.digest)
            writer.withLock { discard(row.digest, at: Place(row), problem, &$0) }
        case .foreign: result.foreign += 1
        case .unreadable: result.unreadable += 1
        case .gone:
            // Evicted or moved meanwhile, or lost.
            writer.withLock { confirm(row.digest, at: Place(row), &$0) }
        }
    }

    // Rows for files that have none, segments that are none, and the sums from the rows.
    private func recount(_ writer: inout Writer) -> Verification {
        var result = Verification()
        for file in objectFiles() {
            attempt(&writer) { index, state in
                if let row = try index.row(of: file.digest), row.isFile, row.size == file.size { return }
                switch readHeader(.file, file.digest) {
                case .value: try settle(file.digest, index, &state)
                case .gone:
                    guard case .damaged(let problem) = read(.file, file.digest) else {
                        result.foreign += 1
                        return
                    }
                    setAside(path(of: file.digest), as: file.digest.description, because: problem)
                    result.damaged.append(Verification.Damage(digest: file.digest, problem: problem))
                    try settle(file.digest, index, &state)
                case .unreadable, .damaged, .foreign: result.unreadable += 1
                }
            }
        }
        attempt(&writer) { index, state in
            try index.database.execute("DELETE FROM segments WHERE phase NOT IN (0, 1, 2)")
            for phase in [SegmentRow.Phase.open, .sealed] {
                for row in try index.segments(phase) {
                    do {
                        _ = try Segment.open(path(ofSegment: row.number), number: row.number)
                    } catch Segment.Problem.damaged {
                        setAside(path(ofSegment: row.number), as: "\(row.number).seg", because: "it is no segment")
                        for lost in try index.rows("WHERE segment = ?", [Int64(row.number)]) {
                            result.damaged.append(Verification.Damage(digest: lost.digest, problem: "its segment is none"))
                        }
                        try forget(row, index, &state)
                    } catch {
                        continue  // says nothing about it
                    }
                }
            }
            try indexTails(index, &state)
            for segment in try index.segments(.open) + index.segments(.sealed) {
                guard let allocated = self.segment(segment.number)?.allocated, allocated != segment.extent else { continue }
                var segment = segment
                segment.extent = allocated
                try index.write(segment)
            }
            try index.settleLive(&state)
            try index.database.execute(
                """
                UPDATE segments SET live = (SELECT total(size) FROM entries WHERE entries.segment = segments.number);
                UPDATE segments SET phase = 2 WHERE phase = 1 AND live = 0;
                UPDATE partitions SET entries = (SELECT count(*) FROM entries WHERE partition = partitions.id),
                    bytes = (SELECT total(CASE segment WHEN 0 THEN (size + 4095) / 4096 * 4096 ELSE size END)
                        FROM entries WHERE partition = partitions.id);
                """)
            let sums = try index.database.first(
                """
                SELECT (SELECT count(*) FROM entries), (SELECT total(extent) FROM segments)
                    + (SELECT total((size + 4095) / 4096 * 4096) FROM entries WHERE segment = 0)
                    + (SELECT total(bytes) FROM reservations)
                """)
            if let sums { (state.entries, state.bytes) = (Int(sums[0]), Int(sums[1])) }
        }
        return result
    }

    /// Removes all entries and dictionaries, for all processes, and nothing else; what was there. A segment another process
    /// appends to keeps its room.
    @discardableResult
    public func clear() -> StoreContents {
        let before = contents
        guard directory.isWritten else { return before }
        known.removeAll()
        writer.withLock { writer in
            // What cannot be removed now stays, and is an answer still.
            try? flush(&writer)
            // Given up, its lock with it, so that it can go.
            (writer.segment, writer.pending) = (nil, [])
            try? clear(&writer)  // as above
            directory.removeDictionaries()
            // Who kept an entry meanwhile did not miss its dictionary yet.
            try? clear(&writer)  // as above
            finish(&writer, flushing: false)
            removeDoomed(&writer)
            try? sweepNow(&writer)  // as above
        }
        return before
    }

    private func clear(_ writer: inout Writer) throws {
        while try change(
            &writer,
            { index, state in
                let files = try index.rows("WHERE segment = 0 LIMIT \(SharedWords.mostNames)")
                try removeFiles(files, index, &state)
                return !files.isEmpty
            })
        {}
        try change(&writer) { index, state in
            try indexTails(index, &state)
            for row in try index.rows("WHERE segment = 0") { try removeFiles([row], index, &state) }
            for var row in try index.segments(.open) + index.segments(.sealed) {
                // One that cannot be opened goes.
                let segment = try? Segment.open(path(ofSegment: row.number), number: row.number)
                if row.phase == .open, let segment, !segment.tryLock() {
                    // Another process appends to it: what it holds so far is none any more.
                    var walk = SegmentWalk(segment, from: 0, to: row.indexed)
                    while let step = walk.next() { segment.kill(at: step.position) }
                } else {
                    row.phase = .doomed
                    try index.write(row)
                }
            }
            try index.settleLive(&state)
            try index.database.execute(
                "DELETE FROM entries; DELETE FROM ghosts; DELETE FROM partitions; UPDATE segments SET live = 0;")
            (state.entries, state.ghosts) = (0, 0)
        }
    }
}

extension Writer {
    /// Whom making room concerned since the last time.
    mutating func takeEvicted() -> [EntryHeader] {
        defer { evicted.removeAll() }
        return evicted
    }
}
