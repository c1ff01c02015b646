import CAtelierSQLite

/// A SQLite database and its prepared statements. Numbers go in and come out as 64-bit integers: that is all the index has.
///
/// Used by one thread at a time: it lives in the state of a lock.
final class Database: @unchecked Sendable {
    /// What SQLite said.
    struct Failure: Error, Equatable {
        /// Its extended result code; the last byte is the result code.
        var code: Int32
        /// What it was asked.
        var doing: String

        /// Whether the file is at fault, and not the moment: then it is thrown away and made anew.
        var isDamage: Bool {
            let codes = [SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR, SQLITE_SCHEMA, SQLITE_MISMATCH, SQLITE_CONSTRAINT]
            // The last is SQLITE_IOERR_SHORT_READ: the file ends before it should.
            return codes.contains(code & 0xFF) || code == SQLITE_IOERR | 2 << 8
        }
        /// Whether another process did not let go of its lock.
        var isBusy: Bool { code & 0xFF == SQLITE_BUSY }
        /// Whether the disk had no room for it.
        var isFull: Bool { code & 0xFF == SQLITE_FULL }
    }

    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]

    /// Opens a database. `flags` are those of `sqlite3_open_v2`.
    init(path: String, flags: Int32) throws(Failure) {
        var opened: OpaquePointer?
        // No mutex: the owner's lock does that.
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw Failure(code: code, doing: "opening \(path)")
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Self.longestWait)
        // Without it the last to close deletes the log by its name, which may be that of a newer index by then.
        var keeps: Int32 = 1
        sqlite3_file_control(handle, nil, SQLITE_FCNTL_PERSIST_WAL, &keeps)
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Runs statements without parameters or results.
    func execute(_ text: String) throws(Failure) {
        let code = sqlite3_exec(handle, text, nil, nil, nil)
        guard code == SQLITE_OK else { throw Failure(code: code, doing: text) }
    }

    /// Milliseconds for another process to let go of its lock. A small transaction takes some: whoever holds it longer has
    /// been stopped.
    private static let longestWait: Int32 = 2_000

    /// Runs `body`, in which another process's lock is a failure at once.
    func withoutWaiting<Result>(_ body: () throws -> Result) rethrows -> Result {
        sqlite3_busy_timeout(handle, 0)
        defer { sqlite3_busy_timeout(handle, Self.longestWait) }
        return try body()
    }

    /// Whether a transaction is under way.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs one statement to its end; `row` gets every row of the result and says whether to go on.
    func run(_ text: String, _ values: [Int64] = [], name: String? = nil, row: (Row) -> Bool = { _ in true }) throws(Failure) {
        let statement = try prepared(text)
        defer { sqlite3_reset(statement) }
        for (index, value) in values.enumerated() { sqlite3_bind_int64(statement, Int32(index + 1), value) }
        let code: Int32 = Self.withText(name) { text in
            // Bound as it stands (no destructor): it outlives the steps below.
            if let text { sqlite3_bind_text(statement, Int32(values.count + 1), text, -1, nil) }
            while true {
                let code = sqlite3_step(statement)
                guard code == SQLITE_ROW else { return code }
                guard row(Row(statement: statement)) else { return SQLITE_DONE }
            }
        }
        guard code == SQLITE_DONE else { throw Failure(code: code, doing: text) }
    }

    /// The first row of a result, as numbers; nil when it is empty.
    func first(_ text: String, _ values: [Int64] = [], name: String? = nil) throws(Failure) -> [Int64]? {
        var first: [Int64]?
        try run(text, values, name: name) { row in
            first = row.numbers
            return false
        }
        return first
    }

    /// Rows the last statement changed.
    var changes: Int { Int(sqlite3_changes(handle)) }

    private func prepared(_ text: String) throws(Failure) -> OpaquePointer {
        if let known = statements[text] { return known }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw Failure(code: code, doing: text) }
        statements[text] = statement
        return statement
    }

    private static func withText<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let text else { return body(nil) }
        return text.withCString(body)
    }

    /// A row of a result, while the statement stands on it.
    struct Row {
        fileprivate let statement: OpaquePointer

        subscript(column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }

        func text(_ column: Int) -> String { sqlite3_column_text(statement, Int32(column)).map { String(cString: $0) } ?? "" }

        /// Numbers of some columns; nil when one of them cannot be a size, a place or a count. So sums of them never overflow.
        func sizes(_ columns: ClosedRange<Int>, from least: Int64 = 0) -> [Int]? {
            let numbers = columns.map { self[$0] }
            return numbers.allSatisfy { $0 >= least && $0 <= 1 << 50 } ? numbers.map(Int.init) : nil
        }

        var numbers: [Int64] { (0..<Int(sqlite3_column_count(statement))).map { self[$0] } }
    }
}
