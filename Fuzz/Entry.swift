import AtelierMemo
import CAtelierXXHash

/// Reads any bytes as an entry of the disk or Redis level, with mark, version, owner, dictionary and both sums set right:
/// hardly a changed file would get past them. What is read is written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEntry(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var file = [UInt8](UnsafeBufferPointer(start: start, count: count))
    setRight(&file)
    guard let entry = try? EntryFile.entry(in: Blob(file), of: owner, using: shelf.compression) else { return 0 }
    precondition(entry.header.digest == owner, "it answers for another digest")
    // Tags of 64 KiB in all are read; with a dictionary's id more they may not fit again.
    guard let (header, payload) = EntryFile.bytes(of: entry, using: shelf.compression) else { return 0 }
    guard let again = try? EntryFile.entry(in: Blob(header + Array(payload.bytes)), of: owner, using: shelf.compression) else {
        preconditionFailure("what was written cannot be read")
    }
    precondition(again.header == entry.header, "another header came back")
    switch (entry.payload, again.payload) {
    case (.bytes(let a), .bytes(let b)): precondition(a == b, "other bytes came back")
    case (.alias(let a), .alias(let b)): precondition(a == b, "another alias came back")
    case (.failure(let a), .failure(let b)): precondition(a == b, "another failure came back")
    default: preconditionFailure("another kind came back")
    }
    return 0
}

private let owner = Digest(hashing: Blob("owner"))

/// A compression with one dictionary that is kept in memory.
private struct Shelf {
    var compression: Compression
    /// The dictionary's id, as it stands in a header.
    var id: [UInt8]
}

private let shelf: Shelf = {
    final class Files: @unchecked Sendable { var files: [UInt64: Blob] = [:] }  // one thread
    let kept = Files()
    let folder = DictionaryFolder(
        load: { (id) throws(Blob.FileError) in
            guard let file = kept.files[id] else { throw .notFound(path: "dictionary") }
            return file
        },
        save: { id, file in
            kept.files[id] = file
            return true
        }, ids: { _ in [] })
    let compression = Compression(dictionaries: folder, background: { $0() })
    for number in 0..<80 {
        let bytes = Blob("<svg width=\"24\" height=\"24\"><path fill=\"#4f\(number)c3\" d=\"M\(number * 7) 2h\(number)v8z\"/></svg>")
        let header = EntryHeader(digest: owner, stage: "fuzz", stageVersion: 1, format: "blob", formatVersion: 1, byteCount: bytes.count)
        _ = EntryFile.bytes(of: Entry(header: header, payload: .bytes(bytes)), using: compression)
    }
    precondition(kept.files.count == 1, "no dictionary was trained")
    return Shelf(compression: compression, id: withUnsafeBytes(of: kept.files.keys.first!.littleEndian) { Array($0) })
}()

/// Puts what a reader compares where it looks for it, as far as there is room.
private func setRight(_ file: inout [UInt8]) {
    func put(_ bytes: [UInt8], at position: Int) {
        if position + bytes.count <= file.count { file.replaceSubrange(position..<position + bytes.count, with: bytes) }
    }
    func sum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        withUnsafeBytes(of: bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }.littleEndian) { Array($0) }
    }
    guard file.count >= 72 else { return }
    put(Array("ATLE".utf8) + [UInt8(truncatingIfNeeded: EntryFile.layoutVersion), 0], at: 0)
    put(withUnsafeBytes(of: owner) { Array($0) }, at: 40)
    if file[7] == 2 { put(shelf.id, at: 72 + 57) }
    let fieldsCount = file[8..<16].withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard fieldsCount <= UInt64(file.count - 72), 72 + Int(fieldsCount) + 8 <= file.count else { return }
    let end = 72 + Int(fieldsCount)
    put(withUnsafeBytes(of: UInt64(file.count - end - 8).littleEndian) { Array($0) }, at: 16)
    put(sum(file[(end + 8)...]), at: 32)
    put(sum(file[..<end]), at: end)
}
