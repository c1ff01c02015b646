import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// Where an entry is found: at the place this process knows; else in a file of its own; else where the index says; else
// behind what the index knows of a segment that still grows. Each place proves itself when it is read.

/// What looking for places holds open.
struct LookUps: Sendable {
    var index: DiskIndex?
    /// What was found behind the indexed part of growing segments.
    var tails: [Int: Tail] = [:]

    struct Tail: Sendable {
        /// Before this the index knows everything.
        var start: Int
        /// Everything up to here was walked.
        var end: Int
        var places: [Digest: Place] = [:]
    }
}

/// What a place gave.
enum Reading<Value> {
    case value(Value)
    /// Nothing is there, or another entry, or one that was removed: the place was old.
    case gone
    case damaged(String)
    case foreign
    /// An error that says nothing about the entry.
    case unreadable
}

extension Search: Sendable where Value: Sendable {}

/// What looking for an entry gave.
enum Search<Value> {
    case found(Value)
    case none(MissReason)
}

extension DiskStore {
    /// Reads a digest's entry wherever it is.
    func find<Value>(_ digest: Digest, _ read: (Place) -> Reading<Value>) -> Search<Value> {
        if let place = known[digest] {
            switch read(place) {
            case .value(let value): return .found(value)
            case .foreign: return .none(.otherVersion)
            case .gone, .damaged, .unreadable: known.remove(digest)  // it may be elsewhere by now
            }
        }
        // A place may be left between asking for it and reading it: compaction, another writer.
        var stale: Place?
        for _ in 0..<4 {
            switch read(.file) {
            case .value(let value):
                known.add(digest, .file)
                return .found(value)
            case .gone: break
            case let other: return .none(reason(other, .file, digest))
            }
            switch locate(digest, unlessAt: stale) {
            case .none(let reason):
                if let stale { writer.withLock { confirm(digest, at: stale, &$0) } }
                return .none(reason)
            case .found(let place):
                switch read(place) {
                case .value(let value):
                    known.add(digest, place)
                    return .found(value)
                case .gone:
                    _ = files.withLock { $0.removeValue(forKey: place.segment) }
                    stale = place
                case let other: return .none(reason(other, place, digest))
                }
            }
        }
        return .none(.neverSeen)
    }

    /// Reads a digest's entry as far as that takes nothing but reading: nil when the index is not open or others have it,
    /// when the entry has a large file, and when anything is wrong with it.
    func findAtOnce(_ digest: Digest) -> Search<Entry>? {
        var place = known[digest], absence: MissReason?
        if place == nil {
            let search: Search<Place>?? = reader.withLockIfAvailable { reader in
                guard let index = reader.index else { return nil }
                // An error is `get`'s to deal with.
                return try? index.database.withoutWaiting { () throws in try look(for: digest, in: index, &reader) }
            }
            guard let search = search ?? nil else { return nil }
            switch search {
            case .found(let found): place = found
            case .none(let reason): (place, absence) = (.file, reason)
            }
        }
        guard let place else { return nil }
        switch read(place, digest, limit: Self.largestAtOnce) {
        case .value(let entry):
            known.add(digest, place)
            return .found(entry)
        case .foreign: return .none(.otherVersion)
        case .gone: return absence.map { .none($0) }
        case .damaged, .unreadable: return nil
        }
    }

    /// Bytes that are read and unpacked in about as long as it takes to wake a thread that is asleep.
    private static let largestAtOnce = 128 << 10

    private func reason<Value>(_ reading: Reading<Value>, _ place: Place, _ digest: Digest) -> MissReason {
        switch reading {
        case .damaged(let problem):
            writer.withLock { discard(digest, at: place, problem, &$0) }
            return .damaged
        case .foreign: return .otherVersion
        case .unreadable: return .unavailable
        case .value, .gone: return .neverSeen
        }
    }

    /// Where the index, or the end of a growing segment, has a digest; `stale` is a place where it is not.
    private func locate(_ digest: Digest, unlessAt stale: Place?) -> Search<Place> {
        for attempt in 0..<2 {
            let result: Search<Place>? = reader.withLock { reader in
                if reader.index == nil { reader.index = openIndex(mode: .reading) }
                // Nothing was ever put, or nothing can be asked.
                guard let index = reader.index else { return hasSegments ? .none(.unavailable) : .none(.neverSeen) }
                do {
                    if let search = try look(for: digest, in: index, unlessAt: stale, &reader) { return search }
                    reader = LookUps()
                    return nil
                } catch {
                    reader = LookUps()
                    guard let failure = error as? DiskIndex.Failure, failure.isDamage, attempt == 0 else { return .none(.unavailable) }
                    rebuildIndex(instead: index.identity)
                    return nil
                }
            }
            if let result { return result }
        }
        return .none(.neverSeen)
    }

    /// Where an open index, or the end of a growing segment, has a digest; nil when another index has taken its place.
    private func look(
        for digest: Digest, in index: DiskIndex, unlessAt stale: Place? = nil, _ reader: inout LookUps
    ) throws -> Search<Place>? {
        if let row = try index.row(of: digest), Place(row) != stale { return .found(Place(row)) }
        if let place = try inTails(digest, index, &reader), place != stale { return .found(place) }
        // What was at the end a moment ago may have got into the index since.
        if let row = try index.row(of: digest), Place(row) != stale { return .found(Place(row)) }
        guard isCurrent(index) else { return nil }
        return .none(try index.isGhost(digest) ? .evicted : .neverSeen)
    }

    private func inTails(_ digest: Digest, _ index: DiskIndex, _ reader: inout LookUps) throws -> Place? {
        let open = try index.segments(.open)
        for row in open {
            guard let segment = segment(row.number), let end = segment.count else { continue }
            let start = max(row.indexed, Segment.headCount)
            var tail = reader.tails[row.number] ?? LookUps.Tail(start: start, end: start)
            // A torn end was cut off, or the index has caught up.
            if tail.end > end || tail.start != start { tail = LookUps.Tail(start: start, end: start) }
            var walk = SegmentWalk(segment, from: tail.end, to: end)
            while let step = walk.next() {
                guard step.record.isAlive, let header = step.header else { continue }
                tail.places[header.digest] = Place(segment: row.number, position: step.position, size: step.record.size)
            }
            tail.end = walk.position
            reader.tails[row.number] = tail
            if let place = tail.places[digest] { return place }
        }
        if reader.tails.count > open.count {
            let numbers = Set(open.map(\.number))
            reader.tails = reader.tails.filter { numbers.contains($0.key) }
        }
        return nil
    }

    /// A segment; nil when it is not to be had.
    func segment(_ number: Int) -> Segment? { try? openSegment(number) }  // for those to whom the reason is all the same

    /// An open segment. At most 128 are held.
    private func openSegment(_ number: Int) throws(Segment.Problem) -> Segment {
        if let known = files.withLock({ $0[number] }) { return known }
        let segment = try Segment.open(path(ofSegment: number), number: number)
        files.withLock { files in
            if files.count >= 128 { files.removeAll() }
            files[number] = segment
        }
        return segment
    }

    // MARK: Reading a place

    /// The entry at a place, checked from end to end.
    ///
    /// - Parameter limit: Bytes of a file beyond which it is `unreadable`.
    func read(_ place: Place, _ digest: Digest, limit: Int = EntryFile.largestFile) -> Reading<Entry> {
        if place.segment == 0 { return readFile(digest, limit) }
        switch record(place, count: place.size) {
        case .value(let bytes): return entry(in: bytes[Record.frameCount...], digest)
        case .gone: return .gone
        case .damaged(let problem): return .damaged(problem)
        case .foreign: return .foreign
        case .unreadable: return .unreadable
        }
    }

    private func entry(in bytes: Blob, _ digest: Digest) -> Reading<Entry> {
        do throws(EntryFile.Problem) {
            return .value(try EntryFile.entry(in: bytes, of: digest, using: compression))
        } catch {
            guard case .damaged(let problem) = error else { return .foreign }
            // Another record that is whole: the place was given to it.
            if let owner = EntryFile.owner(of: bytes), owner != digest, (try? EntryFile(header: bytes, of: owner)) != nil { return .gone }
            return .damaged(problem)
        }
    }

    // The first bytes of a record, its frame checked.
    private func record(_ place: Place, count: Int) -> Reading<Blob> {
        let segment: Segment
        do throws(Segment.Problem) {
            segment = try openSegment(place.segment)
        } catch .absent {
            return .gone
        } catch .damaged {
            return .damaged("its segment is none")
        } catch {
            return .unreadable
        }
        guard let bytes = segment.read(at: place.position, count: min(count, place.size)) else { return .unreadable }
        guard bytes.count == min(count, place.size) else {
            // Cut to nothing: it was given up. Otherwise somebody has cut it.
            return segment.count == 0 ? .gone : .damaged("the segment is cut")
        }
        let record = bytes.withUnsafeBytes { Record(frame: $0, at: place.position, nonce: segment.nonce) }
        guard let record, record.size == place.size else { return .damaged("no record begins here") }
        return record.isAlive ? .value(bytes) : .gone
    }

    private func readFile(_ digest: Digest, _ limit: Int) -> Reading<Entry> {
        guard let descriptor = opened(digest) else { return missing() }
        defer { close(descriptor) }
        do throws(Blob.FileError) {
            let bytes = try Blob.reading(descriptor: descriptor, path: directory.path, limit: limit)
            return entry(in: bytes, digest)
        } catch {
            guard limit == EntryFile.largestFile, case .tooLarge(_, let count, let limit) = error else { return .unreadable }
            return .damaged("\(count ?? 0) bytes, more than \(limit)")
        }
    }

    // What it means that a file cannot be opened: `errno` is of the attempt.
    private func missing<Value>() -> Reading<Value> { errno == ENOENT || errno == ENOTDIR ? .gone : .unreadable }

    private func opened(_ digest: Digest) -> Int32? {
        // O_NONBLOCK: a pipe somebody put there must not hold us up.
        let descriptor = withPath(of: digest) { open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
        if descriptor < 0 { return nil }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG { return descriptor }
        close(descriptor)
        errno = EISDIR
        return nil
    }

    /// The header of the entry at a place.
    func readHeader(_ place: Place, _ digest: Digest) -> Reading<EntryHeader> {
        // A first block holds nearly every header.
        for count in [4096, EntryFile.largestHeader + Record.frameCount] {
            let bytes: Blob
            if place.segment == 0 {
                guard let descriptor = opened(digest) else { return missing() }
                defer { close(descriptor) }
                bytes = Blob(
                    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                        filled = max(0, pread(descriptor, buffer.baseAddress, count, 0))
                    })
            } else {
                switch record(place, count: count) {
                case .value(let found): bytes = found[Record.frameCount...]
                case .gone: return .gone
                case .damaged, .foreign: return .gone  // damage is for `get` to deal with
                case .unreadable: return .unreadable
                }
            }
            // A header that is cut is read again with more of it.
            if let file = try? EntryFile(header: bytes, of: digest) { return .value(file.header) }
        }
        return .gone
    }
}

extension Place {
    init(_ row: IndexRow) { self.init(segment: row.segment, position: row.position, size: row.isFile ? 0 : row.size) }
}
