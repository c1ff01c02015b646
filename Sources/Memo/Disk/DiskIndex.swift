import CAtelierSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where every entry of a cache directory is, and the sums over them: a SQLite database that can be thrown away at any
/// time, as segments and files say everything themselves.
///
/// Sums change in the transaction that changes the rows, so that they are exact without a scan. WAL without syncs:
/// after a power cut it may be damaged, and is made anew.
struct DiskIndex: Sendable {
    let database: Database
    /// The file that was opened: another one may have its name by now.
    let identity: FileIdentity

    typealias Failure = Database.Failure

    static let schemaVersion: Int64 = 1
    /// Columns of a digest are its four words. Ranks are bit patterns of doubles that are not negative, whose order is
    /// that of the integers.
    private static let schema = """
        PRAGMA journal_mode = WAL;
        BEGIN IMMEDIATE;
        CREATE TABLE state (
            id INTEGER PRIMARY KEY, bytes INTEGER, entries INTEGER, evictions INTEGER, ghosthits INTEGER, ghosts INTEGER,
            damaged INTEGER, age INTEGER, sequence INTEGER, segment INTEGER, operations INTEGER, newcomers INTEGER, wanted INTEGER);
        INSERT INTO state VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0);
        CREATE TABLE segments (number INTEGER PRIMARY KEY, extent INTEGER, indexed INTEGER, live INTEGER, phase INTEGER);
        CREATE TABLE entries (
            a INTEGER PRIMARY KEY, b INTEGER, c INTEGER, d INTEGER, segment INTEGER, position INTEGER, size INTEGER,
            cost INTEGER, uses INTEGER, rank INTEGER, sequence INTEGER, expires INTEGER, partition INTEGER);
        CREATE INDEX queue ON entries (rank, sequence);
        CREATE INDEX queues ON entries (partition, rank, sequence) WHERE partition > 0;
        CREATE INDEX expiring ON entries (expires) WHERE expires > 0;
        CREATE TABLE partitions (id INTEGER PRIMARY KEY, name TEXT UNIQUE, entries INTEGER, bytes INTEGER);
        CREATE TABLE ghosts (a INTEGER PRIMARY KEY, sequence INTEGER, uses INTEGER);
        CREATE INDEX forgotten ON ghosts (sequence);
        CREATE TABLE reservations (name TEXT PRIMARY KEY, bytes INTEGER) WITHOUT ROWID;
        PRAGMA user_version = \(schemaVersion);
        COMMIT;
        """

    /// How a database is opened.
    enum Mode { case changing, reading, frozen, new }

    /// Opens an index. A new one is made where there is no file; `frozen` takes the file alone, without its log.
    init(path: String, mode: Mode) throws(Failure) {
        switch mode {
        case .changing: database = try Database(path: path, flags: SQLITE_OPEN_READWRITE)
        case .reading: database = try Database(path: path, flags: SQLITE_OPEN_READONLY)
        case .frozen: database = try Database(path: "file:\(path)?immutable=1", flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
        case .new: database = try Database(path: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        }
        if mode == .new { try database.execute(Self.schema) }
        guard try database.first("PRAGMA user_version")?.first == Self.schemaVersion else {
            throw Failure(code: SQLITE_NOTADB, doing: "reading the version")
        }
        if mode == .changing || mode == .new {
            // Checkpoints at 256 KB: the log counts as little against the limit as the index itself.
            try database.execute(
                "PRAGMA synchronous = OFF; PRAGMA secure_delete = OFF; PRAGMA wal_autocheckpoint = 64; PRAGMA cache_size = -8192;")
        }
        guard let identity = FileIdentity(path: path) ?? (path == ":memory:" ? FileIdentity(device: 0, node: 0) : nil) else {
            throw Failure(code: SQLITE_CANTOPEN, doing: "opening \(path)")
        }
        self.identity = identity
    }

    /// Sums and counters of the whole directory.
    struct State: Equatable, Sendable {
        /// Bytes the disk gives to segments, files and reservations.
        var bytes = 0
        var entries = 0
        var evictions = 0
        var ghostHits = 0
        var ghosts = 0
        var damaged = 0
        /// Rank of the last entry that had to go: what comes later starts from here.
        var age = 0.0
        /// Of the latest entry put into the queue.
        var sequence = 0
        /// Number for the next segment.
        var segment = 1
        /// Transactions that changed names of files; see `Intent`.
        var operations = 0
        /// Newcomers whose turn in the queue has come, and those of them that had been asked for again. Old ones fade.
        var newcomers = 0
        var wanted = 0
        /// Whether this transaction is one of them.
        var changesNames = false
        /// Bytes of living records by segment that the rows of segments do not count yet: one change for a batch.
        var live: [Int: Int] = [:]
        /// What follows when it is over: records that are entries no more, and entries that had to go.
        var dead: [Place] = []
        var evicted: [EntryHeader] = []
    }

    /// Runs `body` while no other process changes the index; what it throws undoes everything.
    @discardableResult
    func transaction<Result>(_ body: (inout State) throws -> Result) throws -> (result: Result, state: State) {
        try database.run("BEGIN IMMEDIATE")
        do {
            let before = try state()
            var state = before
            let result = try body(&state)
            try settleLive(&state)
            if state != before { try write(state) }
            try database.run("COMMIT")
            return (result, state)
        } catch {
            // When this fails as well there is none to undo.
            if database.isInTransaction { try? database.run("ROLLBACK") }
            throw error
        }
    }

    /// The sums as they are now.
    func state() throws(Failure) -> State {
        let columns = "bytes, entries, evictions, ghosthits, ghosts, damaged, age, sequence, segment, operations, newcomers, wanted"
        var found: State?
        try database.run("SELECT \(columns) FROM state WHERE id = 1") { row in
            guard let sums = row.sizes(0...5), let counters = row.sizes(7...11) else { return false }
            found = State(
                bytes: sums[0], entries: sums[1], evictions: sums[2], ghostHits: sums[3], ghosts: sums[4], damaged: sums[5],
                age: Double(rank: row[6]), sequence: counters[0], segment: counters[1], operations: counters[2], newcomers: counters[3],
                wanted: counters[4])
            return false
        }
        // Sums below 0 as well: they were wrong before.
        guard let found else { throw Failure(code: SQLITE_CORRUPT, doing: "reading the state") }
        return found
    }

    private func write(_ state: State) throws(Failure) {
        let numbers = [
            state.bytes, state.entries, state.evictions, state.ghostHits, state.ghosts, state.damaged, Int(state.age.rank), state.sequence,
            state.segment, state.operations, state.newcomers, state.wanted,
        ]
        try database.run(
            """
            UPDATE state SET bytes = ?, entries = ?, evictions = ?, ghosthits = ?, ghosts = ?, damaged = ?, age = ?, sequence = ?,
            segment = ?, operations = ?, newcomers = ?, wanted = ? WHERE id = 1
            """, numbers.map(Int64.init))
    }
}

extension Double {
    /// The double a rank stands for; 0 for what is none.
    init(rank: Int64) {
        let value = Double(bitPattern: UInt64(bitPattern: rank))
        self = value.isFinite && value >= 0 ? value : 0
    }

    /// Its bit pattern, ordered as the doubles are while they are not negative.
    var rank: Int64 { Int64(bitPattern: bitPattern) }
}

/// Which file a name stood for.
struct FileIdentity: Equatable, Sendable {
    var device: UInt64
    var node: UInt64

    init(device: UInt64, node: UInt64) { (self.device, self.node) = (device, node) }

    /// That of the file now under a path; nil when there is none.
    init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(device: UInt64(status.st_dev), node: UInt64(status.st_ino))
    }
}
