import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// How an entry gets there. A small one is kept as soon as its record stands at the end of the segment this process
// appends to: everybody who misses it in the index looks there. Rows follow in batches, by whoever comes first. A large
// one is kept when its file has its name, in the transaction that counts it.

/// What changing the directory holds open.
struct Writer: Sendable {
    var index: DiskIndex?
    /// The segment this process appends to, where, and how far the disk gave room.
    var segment: Segment?
    var position = 0
    var extent = 0
    /// What is behind the indexed part of it.
    var pending: [Pending] = []
    var pendingSince: UInt64 = 0
    /// Entries that had to go, for those who want to know.
    var evicted: [EntryHeader] = []
    /// Records that are entries no more once the transaction is over.
    var dead: [Place] = []
    var hasSwept = false

    struct Pending: Sendable {
        var row: IndexRow
        var partition: String
    }
}

/// Why something could not be written that is no failure of the index.
enum Refusal: Error { case noRoom, diskFull, unavailable }

extension DiskStore {
    /// Entries behind the index at most, and nanoseconds; what a reader may have to walk over.
    private static let mostPending = 128
    private static let longestPending: UInt64 = 100_000_000

    /// Appends a small entry.
    func append(_ draft: Draft, _ writer: inout Writer) -> Written {
        let size = Record.frameCount + draft.count
        do {
            try sweep(&writer)
            let isBounded = !quotas(over: draft.entry.partition).isEmpty
            if isBounded {
                try flush(&writer)
                guard try makeRoom(for: size, of: draft.entry, &writer) else { return .noRoom }
            }
            let segment = try segmentWithRoom(for: size, &writer)
            let place = Place(segment: segment.number, position: writer.position, size: size)
            let frame = Record.frame(size: size, cost: draft.cost, at: place.position, nonce: segment.nonce)
            guard segment.append(frame, draft.header, draft.payload, at: place.position) else {
                let code = errno
                ftruncate(segment.descriptor, place.position)
                _ = segment.allocate(writer.extent)
                if code == EFBIG, place.position > Segment.headCount {
                    // The process may not write longer files: another segment begins earlier.
                    try leave(segment, isThere: true, &writer)
                    return append(draft, &writer)
                }
                return [ENOSPC, EDQUOT, EFBIG].contains(code) ? .diskFull : .unavailable
            }
            writer.position += size
            if writer.pending.isEmpty { writer.pendingSince = monotonicNanoseconds() }
            let row = IndexRow(
                digest: draft.entry.digest, segment: place.segment, position: place.position, size: size, cost: draft.cost,
                expires: draft.entry.expires)
            writer.pending.append(Writer.Pending(row: row, partition: draft.entry.partition))
            let old = known[draft.entry.digest]
            known.add(draft.entry.digest, place)
            if let old, old.segment == place.segment { segment.kill(at: old.position) }
            // A record that another process appended is killed by the transaction that replaces it alone: its row may not be
            // written yet, and would else come after ours and lead nowhere. A file would be found first.
            let replaces = old.map { $0.segment != place.segment } ?? (withPath(of: draft.entry.digest) { access($0, F_OK) } == 0)
            let isLate = writer.pending.count % 8 == 0 && monotonicNanoseconds() &- writer.pendingSince > Self.longestPending
            if replaces || isLate || writer.pending.count >= Self.mostPending || isBounded {
                // It is kept whatever comes of this: the next to come catches up.
                try? flush(&writer)
            }
            return .kept
        } catch {
            return outcome(of: error)
        }
    }

    /// Writes a file for an entry.
    func writeFile(_ draft: Draft, _ writer: inout Writer) -> Written {
        let digest = draft.entry.digest, weight = blocks(draft.count)
        do {
            try sweep(&writer)
            let file = try directory.makeTemporaryFile()
            // Counted before a byte is written; given back when no entry comes of it.
            guard try reserve(weight, as: file.name, &writer) else {
                file.remove()
                return .noRoom
            }
            do {
                for piece in [Blob(draft.header), draft.payload] { try piece.write(to: file.descriptor, path: file.path) }
                guard try makeRoom(for: weight, of: draft.entry, &writer) else { throw Refusal.noRoom }
                try change(&writer) { index, state in
                    var row = IndexRow(digest: digest, segment: 0, size: draft.count, cost: draft.cost, expires: draft.entry.expires)
                    row.partition = try index.partition(draft.entry.partition)
                    try index.release(file.name, &state)
                    // What was appended before must not come after.
                    try indexTails(index, &state)
                    let old = try index.insert(row, &state)
                    state.bytes += weight
                    declare([digest], &state)
                    if let old, old.isFile {
                        state.bytes -= old.weight
                        if old.digest != digest { unlink(path(of: old.digest)) }
                    }
                    try file.name(path(of: digest), in: directory)
                    if let old, !old.isFile { state.dead.append(Place(old)) }
                }
            } catch {
                file.remove()
                // The next sweep takes it back as well: the file is gone.
                attempt(&writer) { index, state in try index.release(file.name, &state) }
                throw error
            }
            finish(&writer, flushing: false)
            known.add(digest, .file)
            return .kept
        } catch {
            return outcome(of: error)
        }
    }

    private func outcome(of error: any Error) -> Written {
        switch error {
        case let failure as DiskIndex.Failure: return failure.isFull ? .diskFull : .unavailable
        case Blob.FileError.failed(_, _, let code): return [ENOSPC, EDQUOT, EFBIG].contains(code) ? .diskFull : .unavailable
        case Refusal.noRoom: return .noRoom
        case Refusal.diskFull: return .diskFull
        default: return .unavailable
        }
    }

    /// Says which names the transaction is about to change (`SharedWords.Intent`).
    func declare(_ digests: [Digest], _ state: inout DiskIndex.State) {
        if !state.changesNames { state.operations += 1 }
        state.changesNames = true
        words?.declare(digests, in: state.operations)
    }

    // MARK: The segment appended to

    private func segmentWithRoom(for size: Int, _ writer: inout Writer) throws -> Segment {
        if let segment = writer.segment {
            var status = stat()
            let isThere = fstat(segment.descriptor, &status) == 0 && status.st_nlink > 0
            if isThere {
                if writer.position + size <= writer.extent { return segment }
                if writer.position + size <= sizes.segment, try extend(segment, to: writer.position + size, &writer) { return segment }
            }
            try leave(segment, isThere: isThere, &writer)
        }
        try flushOthers(&writer)
        if let adopted = try adopt(size, &writer) { return adopted }
        return try create(size, &writer)
    }

    // Room on the disk, counted in the same transaction that takes it.
    private func extend(_ segment: Segment, to end: Int, _ writer: inout Writer) throws -> Bool {
        let wanted = min(max(writer.extent + sizes.step, blocks(end)), max(sizes.segment, blocks(end)))
        let known = writer.extent
        try flush(&writer)
        let extent: Int? = try reserving(wanted - known, &writer) { index, state in
            guard var row = try index.segment(segment.number) else { throw Refusal.unavailable }
            let extent = try allocate(segment, wanted)
            state.bytes += extent - row.extent
            row.extent = extent
            try index.write(row)
            return extent
        }
        guard let extent else { throw Refusal.noRoom }
        writer.extent = extent
        return writer.position + 1 <= extent && end <= extent
    }

    // What the disk says it gave: a file in many pieces takes a block more than its bytes.
    private func allocate(_ segment: Segment, _ count: Int) throws -> Int {
        guard segment.allocate(count) else { throw Refusal.diskFull }
        return max(count, segment.allocated ?? count)
    }

    // Full, or gone: what it holds is indexed, and no more comes.
    private func leave(_ segment: Segment, isThere: Bool, _ writer: inout Writer) throws {
        if isThere { try flush(&writer) }
        writer.pending.removeAll()
        writer.segment = nil
        guard isThere else {
            writer.index = nil
            return
        }
        let end = writer.position
        try change(&writer) { index, state in
            guard var row = try index.segment(segment.number) else { return }
            // What was reserved and not used goes back.
            ftruncate(segment.descriptor, end)
            let extent = max(blocks(end), segment.allocated ?? 0)
            state.bytes += extent - row.extent
            row.extent = extent
            row.phase = row.live > 0 ? .sealed : .doomed
            try index.write(row)
        }
    }

    private func flushOthers(_ writer: inout Writer) throws { if !writer.dead.isEmpty { finish(&writer, flushing: false) } }

    // One that a process left behind, so that a thousand short runs do not leave a thousand segments.
    private func adopt(_ size: Int, _ writer: inout Writer) throws -> Segment? {
        let found: (segment: Segment, end: Int, extent: Int)? = try change(&writer) { index, state in
            for var row in try index.segments(.open) {
                // One that cannot be opened is nobody's to append to.
                guard let segment = try? Segment.open(path(ofSegment: row.number), number: row.number), segment.tryLock() else { continue }
                guard let end = try indexTail(of: segment, &row, index, &state) else { continue }
                // What a dying process had half written goes, and with it the room behind.
                ftruncate(segment.descriptor, end)
                let isFull = end + max(size, sizes.segment / 16) > sizes.segment
                let extent = isFull ? max(blocks(end), segment.allocated ?? 0) : try allocate(segment, max(row.extent, blocks(end)))
                state.bytes += extent - row.extent
                row.extent = extent
                if isFull { row.phase = .sealed }
                try index.write(row)
                if !isFull { return (segment, end, extent) }
            }
            return nil
        }
        guard let found else { return nil }
        (writer.segment, writer.position, writer.extent) = (found.segment, found.end, found.extent)
        if found.end + size <= found.extent { return found.segment }
        if try extend(found.segment, to: found.end + size, &writer) { return found.segment }
        try leave(found.segment, isThere: true, &writer)
        return nil
    }

    private func create(_ size: Int, _ writer: inout Writer) throws -> Segment {
        let wanted = min(max(sizes.step, blocks(Segment.headCount + size)), max(sizes.segment, blocks(Segment.headCount + size)))
        let made: (Segment, Int)? = try reserving(wanted, &writer) { index, state in try makeSegment(wanted, index, &state) }
        guard let (segment, extent) = made else { throw Refusal.noRoom }
        (writer.segment, writer.position, writer.extent) = (segment, Segment.headCount, extent)
        return segment
    }

    /// A new segment with room for some bytes, its lock taken.
    func makeSegment(_ count: Int, _ index: DiskIndex, _ state: inout DiskIndex.State) throws -> (Segment, extent: Int) {
        mkdir(directory.path + "/segments", 0o700)
        for _ in 0..<1000 {
            let number = state.segment
            state.segment += 1
            let path = path(ofSegment: number)
            let segment: Segment
            do {
                segment = try Segment.create(path, number: number)
            } catch .unavailable(let code) where code == EEXIST {
                continue  // left by a process that was killed before its transaction was over
            } catch .unavailable(let code) {
                throw [ENOSPC, EDQUOT].contains(code) ? Refusal.diskFull : Refusal.unavailable
            }
            do {
                let extent = try allocate(segment, count)
                state.bytes += extent
                try index.write(SegmentRow(number: number, extent: extent, indexed: Segment.headCount))
                return (segment, extent)
            } catch {
                unlink(path)
                throw error
            }
        }
        throw Refusal.unavailable
    }

    // MARK: Following with the index

    /// Writes the rows of what was appended.
    func flush(_ writer: inout Writer) throws {
        guard !writer.pending.isEmpty, let segment = writer.segment else { return }
        let (pending, position) = (writer.pending, writer.position)
        try change(&writer) { index, state in
            guard var row = try index.segment(segment.number) else { return }
            for entry in pending where entry.row.position >= row.indexed {
                var entry = entry
                entry.row.partition = try index.partition(entry.partition)
                try insert(entry.row, index, &state)
            }
            row.indexed = max(row.indexed, position)
            try index.write(row)
        }
        writer.pending.removeAll(keepingCapacity: true)
        finish(&writer, flushing: false)
    }

    /// Puts a row of a segment in place of what stood under its digest.
    private func insert(_ row: IndexRow, _ index: DiskIndex, _ state: inout DiskIndex.State) throws {
        guard let old = try index.insert(row, &state) else { return }
        if old.isFile {
            declare([old.digest], &state)
            unlink(path(of: old.digest))
            state.bytes -= old.weight
        } else if Place(old) != Place(row) {
            state.dead.append(Place(old))
        }
    }

    /// Brings the index up to the end of a segment; where its last whole record ends, nil when it cannot be read.
    func indexTail(of segment: Segment, _ row: inout SegmentRow, _ index: DiskIndex, _ state: inout DiskIndex.State) throws -> Int? {
        guard let end = segment.count else { return nil }
        var walk = SegmentWalk(segment, from: row.indexed, to: end)
        while let step = walk.next() {
            guard step.record.isAlive, let header = step.header else { continue }
            var found = IndexRow(
                digest: header.digest, segment: row.number, position: step.position, size: step.record.size, cost: step.record.cost,
                expires: header.expires)
            found.partition = try index.partition(header.partition)
            try insert(found, index, &state)
        }
        guard !walk.failed else { return nil }
        row.indexed = max(row.indexed, walk.position)
        try index.write(row)
        return row.indexed
    }

    /// What follows a transaction: records that are none any more are marked, segments without entries go.
    func finish(_ writer: inout Writer, flushing: Bool = true) {
        if flushing {
            // Whoever comes next catches up.
            try? flush(&writer)
        }
        for place in writer.dead { segment(place.segment)?.kill(at: place.position) }
        writer.dead.removeAll()
    }

    /// Forgets an entry wherever it is.
    func remove(_ digest: Digest, _ writer: inout Writer) {
        guard directory.isWritten else { return }
        attempt(&writer) { index, state in
            // It may stand behind what the index knows, as well as where the index says.
            try indexTails(index, &state)
            if let row = try index.row(of: digest) { try drop([row], index, &state) }
        }
        finish(&writer, flushing: false)
        removeDoomed(&writer)
    }

    /// Takes out the row of an entry in a segment, and gives the segment up when it was the last one.
    func removeRow(_ row: IndexRow, _ index: DiskIndex, _ state: inout DiskIndex.State) throws {
        try index.remove(row, &state)
        try index.settleLive(&state)
        if var segment = try index.segment(row.segment), segment.live <= 0, segment.phase == .sealed {
            segment.phase = .doomed
            try index.write(segment)
        }
    }

    /// Takes out entries with files of their own, at most 32.
    func removeFiles(_ rows: [IndexRow], _ index: DiskIndex, _ state: inout DiskIndex.State) throws {
        declare(rows.map(\.digest), &state)
        for row in rows {
            try index.remove(row, &state)
            state.bytes -= row.weight
            unlink(path(of: row.digest))
        }
    }

    /// Brings the index up to the ends of all growing segments.
    func indexTails(_ index: DiskIndex, _ state: inout DiskIndex.State) throws {
        for var row in try index.segments(.open) {
            if let segment = segment(row.number) { _ = try indexTail(of: segment, &row, index, &state) }
        }
    }
}

extension Segment {
    /// Bytes the disk gives to it.
    var allocated: Int? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_blocks) * 512 : nil
    }
}
