import CAtelierSQLite

/// What the index says of one entry.
struct IndexRow: Sendable {
    var digest: Digest
    /// 0: it has a file of its own, named by the digest.
    var segment: Int
    /// Where its record begins in the segment.
    var position = 0
    /// Bytes of the record with its frame, or of the file.
    var size: Int
    /// Nanoseconds that losing it costs.
    var cost: UInt64
    /// How often it was asked for, the making included.
    var uses = 1
    var rank = 0.0
    var sequence = 0
    /// Seconds since 1970; 0 for never.
    var expires: Int64 = 0
    /// Number of its partition; 0 for nobody's.
    var partition: Int64 = 0

    var isFile: Bool { segment == 0 }

    /// Bytes it takes: whole blocks for a file of its own.
    var weight: Int { isFile ? blocks(size) : size }

    static let columns = "a, b, c, d, segment, position, size, cost, uses, rank, sequence, expires, partition"

    init(
        digest: Digest, segment: Int, position: Int = 0, size: Int, cost: UInt64, expires: Int64?, partition: Int64 = 0
    ) {
        (self.digest, self.segment, self.position, self.size, self.cost) = (digest, segment, position, size, cost)
        self.expires = expires ?? 0
        self.partition = partition
    }

    /// Nil for numbers nobody wrote.
    init?(_ row: Database.Row) {
        guard let place = row.sizes(4...6), let uses = row.sizes(8...8), let sequence = row.sizes(10...10),
            place[2] <= (place[0] == 0 ? EntryFile.largestFile : Segment.largestCapacity)
        else { return nil }
        digest = Digest(
            words: (
                UInt64(bitPattern: row[0]), UInt64(bitPattern: row[1]), UInt64(bitPattern: row[2]), UInt64(bitPattern: row[3])
            ))
        (segment, position, size) = (place[0], place[1], place[2])
        (cost, rank, expires, partition) = (UInt64(bitPattern: row[7]), Double(rank: row[9]), row[11], row[12])
        (self.uses, self.sequence) = (uses[0], sequence[0])
    }

    fileprivate var numbers: [Int64] {
        let words = digest.words
        return [
            Int64(bitPattern: words.0), Int64(bitPattern: words.1), Int64(bitPattern: words.2), Int64(bitPattern: words.3),
            Int64(segment), Int64(position), Int64(size), Int64(bitPattern: cost), Int64(uses), rank.rank, Int64(sequence), expires,
            partition,
        ]
    }
}

/// What the index says of one segment.
struct SegmentRow: Sendable {
    var number: Int
    /// Bytes the disk gives to it, as the sums count it.
    var extent: Int
    /// Everything before this position is in the index.
    var indexed: Int
    /// Bytes of records that are entries.
    var live: Int
    var phase: Phase

    enum Phase: Int64 {
        /// Grows, or will when somebody adopts it.
        case open
        case sealed
        /// Holds no entry; its file is about to go.
        case doomed
    }

    init(number: Int, extent: Int, indexed: Int, live: Int = 0, phase: Phase = .open) {
        (self.number, self.extent, self.indexed, self.live, self.phase) = (number, extent, indexed, live, phase)
    }

    fileprivate init?(_ row: Database.Row) {
        guard let phase = Phase(rawValue: row[4]), let numbers = row.sizes(0...2), let live = row.sizes(3...3, from: -1 << 50) else {
            return nil
        }
        self.init(number: numbers[0], extent: numbers[1], indexed: numbers[2], live: live[0], phase: phase)
    }
}

/// Bytes a file of `count` bytes takes: whole blocks of 4 KiB.
func blocks(_ count: Int) -> Int { (count + 4095) / 4096 * 4096 }

// MARK: - Entries

extension DiskIndex {
    /// The row of a digest.
    func row(of digest: Digest) throws(Failure) -> IndexRow? {
        let found = try rows("WHERE a = ?", [Int64(bitPattern: digest.words.0)]).first
        return found?.digest == digest ? found : nil
    }

    /// Rows of a query that begins behind `FROM entries`.
    func rows(_ condition: String, _ values: [Int64] = []) throws(Failure) -> [IndexRow] {
        try all("SELECT \(IndexRow.columns) FROM entries \(condition)", values, IndexRow.init)
    }

    // A row that nobody wrote is damage.
    private func all<Value>(_ text: String, _ values: [Int64], _ make: (Database.Row) -> Value?) throws(Failure) -> [Value] {
        var found: [Value] = []
        var isWhole = true
        try database.run(text, values) { row in
            if let value = make(row) { found.append(value) } else { isWhole = false }
            return isWhole
        }
        guard isWhole else { throw Failure(code: SQLITE_CORRUPT, doing: text) }
        return found
    }

    /// Puts a row in place of the one with the same first word, which is returned, and changes the sums; where the file
    /// of a row is its own, not `bytes`: whoever names files does that.
    func insert(_ row: IndexRow, _ state: inout State) throws(Failure) -> IndexRow? {
        let key = Int64(bitPattern: row.digest.words.0)
        var row = row
        let old = try rows("WHERE a = ?", [key]).first
        if let old { try remove(old, &state) }
        if state.ghosts > 0 {
            if let uses = try database.first("SELECT uses FROM ghosts WHERE a = ?", [key])?.first {
                try database.run("DELETE FROM ghosts WHERE a = ?", [key])
                state.ghosts -= 1
                state.ghostHits += 1
                // What comes back continues where it stood.
                row.uses = Int(clamping: uses) + 1
            }
        }
        state.sequence += 1
        row.sequence = state.sequence
        row.rank = state.rank(of: row)
        try database.run("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row.numbers)
        state.entries += 1
        try count(row, sign: 1, &state)
        return old
    }

    /// Takes a row out, and from the sums.
    func remove(_ row: IndexRow, _ state: inout State) throws(Failure) {
        try database.run("DELETE FROM entries WHERE a = ?", [Int64(bitPattern: row.digest.words.0)])
        guard database.changes > 0 else { return }
        state.entries -= 1
        try count(row, sign: -1, &state)
    }

    /// Brings the rows of segments up to the sums.
    func settleLive(_ state: inout State) throws(Failure) {
        for (number, change) in state.live {
            try database.run("UPDATE segments SET live = live + ? WHERE number = ?", [Int64(change), Int64(number)])
        }
        state.live.removeAll()
    }

    private func count(_ row: IndexRow, sign: Int64, _ state: inout State) throws(Failure) {
        if !row.isFile { state.live[row.segment, default: 0] += Int(sign) * row.size }
        if row.partition > 0 {
            try database.run(
                "UPDATE partitions SET entries = entries + ?, bytes = bytes + ? WHERE id = ?",
                [sign, sign * Int64(row.weight), row.partition])
        }
    }

    /// Puts an entry that was asked for back into the queue.
    func requeue(_ row: IndexRow, _ state: inout State) throws(Failure) {
        state.sequence += 1
        try database.run(
            "UPDATE entries SET uses = ?, rank = ?, sequence = ? WHERE a = ?",
            [Int64(row.uses), state.rank(of: row).rank, Int64(state.sequence), Int64(bitPattern: row.digest.words.0)])
    }

    /// Remembers that an entry had to go; of as many as there are entries, at least 1024.
    func haunt(_ row: IndexRow, _ state: inout State) throws(Failure) {
        try database.run(
            "INSERT OR REPLACE INTO ghosts VALUES (?, ?, ?)",
            [Int64(bitPattern: row.digest.words.0), Int64(state.sequence), Int64(row.uses)])
        state.ghosts += 1
        guard state.ghosts > max(1024, state.entries) + 256 else { return }
        try database.run("DELETE FROM ghosts WHERE a IN (SELECT a FROM ghosts ORDER BY sequence LIMIT 256)")
        state.ghosts = Int(try database.first("SELECT count(*) FROM ghosts")?.first ?? 0)
    }

    /// Whether an entry had to go lately.
    func isGhost(_ digest: Digest) throws(Failure) -> Bool {
        try database.first("SELECT 1 FROM ghosts WHERE a = ?", [Int64(bitPattern: digest.words.0)]) != nil
    }
}

// MARK: - Segments, partitions, reservations

extension DiskIndex {
    /// Segments in a phase, by number.
    func segments(_ phase: SegmentRow.Phase) throws(Failure) -> [SegmentRow] {
        let columns = "number, extent, indexed, live, phase"
        return try all("SELECT \(columns) FROM segments WHERE phase = ? ORDER BY number", [phase.rawValue], SegmentRow.init)
    }

    /// One segment.
    func segment(_ number: Int) throws(Failure) -> SegmentRow? {
        try all("SELECT number, extent, indexed, live, phase FROM segments WHERE number = ?", [Int64(number)], SegmentRow.init).first
    }

    /// Writes all of a segment's row but `live`, which follows the entries; a new row starts with none.
    func write(_ segment: SegmentRow) throws(Failure) {
        try database.run(
            """
            INSERT INTO segments VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (number) DO UPDATE SET extent = excluded.extent, indexed = excluded.indexed, phase = excluded.phase
            """, [segment.number, segment.extent, segment.indexed, segment.live].map(Int64.init) + [segment.phase.rawValue])
    }

    func remove(segment number: Int) throws(Failure) { try database.run("DELETE FROM segments WHERE number = ?", [Int64(number)]) }

    /// Number of a partition by name, a new one where there is none; 0 for nobody's.
    func partition(_ name: String) throws(Failure) -> Int64 {
        if name.isEmpty { return 0 }
        if let known = try database.first("SELECT id FROM partitions WHERE name = ?", name: name)?.first { return known }
        try database.run("INSERT INTO partitions (name, entries, bytes) VALUES (?, 0, 0)", name: name)
        return try database.first("SELECT last_insert_rowid()")?.first ?? 0
    }

    /// Partitions that hold entries.
    func partitions() throws(Failure) -> [(id: Int64, name: String, entries: Int, bytes: Int)] {
        try all("SELECT name, id, entries, bytes FROM partitions WHERE entries > 0 ORDER BY name", []) { row in
            row.sizes(2...3).map { (row[1], row.text(0), $0[0], $0[1]) }
        }
    }

    /// Files that are being written, and the bytes counted for each.
    func reservations() throws(Failure) -> [(name: String, bytes: Int)] {
        try all("SELECT name, bytes FROM reservations", []) { row in row.sizes(1...1).map { (row.text(0), $0[0]) } }
    }

    /// Counts a file that is about to be written under a temporary name.
    func reserve(_ bytes: Int, for name: String, _ state: inout State) throws(Failure) {
        try database.run("INSERT OR REPLACE INTO reservations (bytes, name) VALUES (?, ?)", [Int64(bytes)], name: name)
        state.bytes += bytes
    }

    /// Takes back what was counted for a file; its bytes, 0 when somebody else has done so.
    @discardableResult
    func release(_ name: String, _ state: inout State) throws(Failure) -> Int {
        let bytes = Int(try database.first("SELECT bytes FROM reservations WHERE name = ?", name: name)?.first ?? 0)
        try database.run("DELETE FROM reservations WHERE name = ?", name: name)
        state.bytes -= bytes
        return bytes
    }
}
