import AtelierMemo
import CAtelierSQLite
import CAtelierXXHash
import CAtelierZstd

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// What else could keep entries on disk, in the fewest steps that find damage: a file for each, and rows of SQLite.

/// XXH3-64, then a zstd frame of level 1: what a file or a row holds.
struct CheckedFrame {
    private let compressor = ZSTD_createCCtx()
    private let decompressor = ZSTD_createDCtx()

    func encode(_ blob: Blob) -> [UInt8] {
        let bound = ZSTD_compressBound(blob.count)
        return [UInt8](unsafeUninitializedCapacity: 8 + bound) { buffer, count in
            let size = blob.withUnsafeBytes {
                ZSTD_compressCCtx(compressor, buffer.baseAddress! + 8, bound, $0.baseAddress, $0.count, 1)
            }
            let sum = XXH3_64bits(buffer.baseAddress! + 8, size)
            UnsafeMutableRawPointer(buffer.baseAddress!).storeBytes(of: sum, as: UInt64.self)
            count = 8 + size
        }
    }

    func decode(_ bytes: UnsafeRawBufferPointer) -> Blob? {
        guard bytes.count > 8, bytes.loadUnaligned(as: UInt64.self) == XXH3_64bits(bytes.baseAddress! + 8, bytes.count - 8) else {
            return nil
        }
        let size = Int(ZSTD_getFrameContentSize(bytes.baseAddress! + 8, bytes.count - 8))
        return Blob(
            [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                count = ZSTD_decompressDCtx(decompressor, buffer.baseAddress, size, bytes.baseAddress! + 8, bytes.count - 8)
            })
    }
}

/// Rows of a table, WAL, nothing synced, one transaction for each put.
struct BlobTable {
    private let database: OpaquePointer
    private let put: OpaquePointer
    private let get: OpaquePointer

    init?(_ path: String) {
        var database: OpaquePointer?, put: OpaquePointer?, get: OpaquePointer?
        sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
        let schema = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE entries (key INTEGER PRIMARY KEY, value BLOB)"
        sqlite3_exec(database, schema, nil, nil, nil)
        sqlite3_prepare_v2(database, "INSERT OR REPLACE INTO entries VALUES (?, ?)", -1, &put, nil)
        sqlite3_prepare_v2(database, "SELECT value FROM entries WHERE key = ?", -1, &get, nil)
        guard let database, let put, let get else { return nil }
        (self.database, self.put, self.get) = (database, put, get)
    }

    func put(_ key: Int64, _ bytes: [UInt8]) -> Bool {
        sqlite3_bind_int64(put, 1, key)
        defer { sqlite3_reset(put) }
        return bytes.withUnsafeBytes { bytes in
            sqlite3_bind_blob(put, 2, bytes.baseAddress, Int32(bytes.count), nil)
            return sqlite3_step(put) == SQLITE_DONE
        }
    }

    func get(_ key: Int64, _ frame: CheckedFrame) -> Blob? {
        sqlite3_bind_int64(get, 1, key)
        defer { sqlite3_reset(get) }
        guard sqlite3_step(get) == SQLITE_ROW, let bytes = sqlite3_column_blob(get, 0) else { return nil }
        return frame.decode(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(get, 0))))
    }

    func close() {
        sqlite3_finalize(put)
        sqlite3_finalize(get)
        sqlite3_close(database)
    }
}
