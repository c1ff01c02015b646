import AtelierMemo
import AtelierScheduling
import Testing

@testable import AtelierService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Folder of uploads")
struct UploadFolderTests {
    private final class Time: Sendable {
        let seconds = Lock<Int64>(1_000_000)
        var now: Int64 { seconds.withLock { $0 } }
    }

    private let time = Time(), path: String

    init() {
        var template = Array("/tmp/atelier-uploads-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)!) + "/a/b"
    }

    private func folder(capacity: Int = 1 << 20) throws -> UploadFolder {
        try UploadFolder(path: path, capacity: capacity, keepSeconds: 100) { [time] in time.now }
    }

    private func put(_ text: String, in folder: UploadFolder, limit: Int = 1 << 20) throws -> UploadFolder.Source {
        let upload = try folder.begin(limit: limit)
        for start in stride(from: 0, to: text.utf8.count, by: 7) {
            try Array(text.utf8.dropFirst(start).prefix(7)).withUnsafeBytes { try upload.take($0) }
        }
        return try upload.finish()
    }

    @Test("A body lies under the digest of its bytes, once, and is there after a restart")
    func keeps() throws {
        let first = try folder(), text = String(repeating: "some bytes ", count: 100)
        let source = try put(text, in: first)
        #expect(source.digest == Digest(hashing: Blob(text)) && source.byteCount == 1100)
        #expect(try put(text, in: first) == source)
        let file = try #require(try folder().file(of: source.digest))
        #expect(try Blob.reading(path: file, limit: 1 << 20) == Blob(text))
        #expect(first.file(of: Digest(hashing: Blob("other"))) == nil)
    }

    @Test("Bodies on their way are counted, and beyond as many as may 429 is said")
    func busy() throws {
        let folder = try UploadFolder(path: path, capacity: 1 << 20, mostUnderWay: 2) { [time] in time.now }
        for _ in 0..<3 { _ = try put("kept", in: folder) }
        var held: [Upload] = [try folder.begin(limit: 9), try folder.begin(limit: 9)]
        do {
            _ = try folder.begin(limit: 9)
            Issue.record("a third was let in")
        } catch {
            let problem = Problem(error)
            #expect(problem.status == 429 && problem.code == "busy" && problem.limit == 2 && problem.retryAfter != nil)
        }
        held.removeLast()
        #expect(try put("again", in: folder).byteCount == 5)
    }

    @Test("Too many bytes are refused with 413, a full folder with 507; what no job names gives way, the oldest first")
    func limits() throws {
        let folder = try folder(capacity: 100)
        do {
            _ = try put(String(repeating: "x", count: 60), in: folder, limit: 50)
            Issue.record("taken")
        } catch let problem as Problem { #expect(problem.status == 413) }
        let oldest = try put(String(repeating: "a", count: 40), in: folder)
        time.seconds.withLock { $0 += 1 }
        let newer = try put(String(repeating: "b", count: 40), in: folder)
        #expect(folder.pin([newer.digest]))
        time.seconds.withLock { $0 += 1 }
        let third = try put(String(repeating: "c", count: 50), in: folder)
        #expect(folder.file(of: oldest.digest) == nil && folder.file(of: newer.digest) != nil && folder.file(of: third.digest) != nil)
        #expect(folder.pin([third.digest]) && !folder.pin([third.digest, oldest.digest]))
        do {
            _ = try put(String(repeating: "d", count: 20), in: folder)
            Issue.record("taken")
        } catch let problem as Problem { #expect(problem.status == 507) }
        // What was given up takes no room.
        _ = try put(String(repeating: "e", count: 10), in: folder)
    }

    @Test("Time removes what no job names; an upload that is given up leaves nothing")
    func sweeps() throws {
        let folder = try folder(), pinned = try put("pinned", in: folder), loose = try put("loose", in: folder)
        #expect(folder.pin([pinned.digest]))
        do {
            let upload = try folder.begin(limit: 100)
            try [UInt8](repeating: 1, count: 10).withUnsafeBytes { try upload.take($0) }
        }
        #expect(access("\(path)/incoming/3", F_OK) != 0)
        time.seconds.withLock { $0 += 99 }
        folder.sweep()
        #expect(folder.file(of: loose.digest) != nil)
        time.seconds.withLock { $0 += 1 }
        folder.sweep()
        #expect(folder.file(of: loose.digest) == nil && folder.file(of: pinned.digest) != nil)
        #expect(folder.pin([pinned.digest], by: -1))
        time.seconds.withLock { $0 += 100 }
        folder.sweep()
        #expect(folder.file(of: pinned.digest) == nil)
    }
}
