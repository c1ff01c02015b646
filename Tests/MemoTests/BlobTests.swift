import AtelierTesting
import Testing

@testable import AtelierMemo

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Blob")
struct BlobTests {
    @Test("A slice counts from its own beginning, also a slice of a slice")
    func slicing() {
        let blob = Blob(Array(0..<100))
        let slice = blob[10..<20][5...]
        #expect(slice.count == 5)
        #expect(slice == Blob([15, 16, 17, 18, 19]))
        #expect(slice.withUnsafeBytes { $0[0] } == 15)
        #expect(blob[100...].isEmpty)
    }

    @Test("A slice shares the bytes of the whole")
    func sharing() {
        let blob = Blob([UInt8](repeating: 7, count: 1000))
        let whole = blob.withUnsafeBytes { Int(bitPattern: $0.baseAddress) }
        let part = blob[300..<400].withUnsafeBytes { Int(bitPattern: $0.baseAddress) }
        #expect(part == whole + 300)
    }

    @Test("A file comes back as it was written, whatever its size", arguments: [0, 1, 65_535, 65_536, 300_001])
    func roundTrip(count: Int) throws {
        let folder = TemporaryFolder()
        var random = SplitMix(seed: UInt64(count))
        let bytes = Blob(random.bytes(count))
        let descriptor = open(folder.path + "/file", O_WRONLY | O_CREAT, 0o600)
        try bytes.write(to: descriptor)
        close(descriptor)
        #expect(try Blob.reading(path: folder.path + "/file", limit: count) == bytes)
    }

    @Test("A pipe is read until it ends, and its limit is kept without knowing its size")
    func pipe() throws {
        var random = SplitMix(seed: 3)
        let bytes = Blob(random.bytes(500_000))
        #expect(try throughPipe(bytes, limit: 500_000) == bytes)
        #expect(throws: Blob.FileError.tooLarge(path: "pipe", count: nil, limit: 499_999)) {
            try throughPipe(bytes, limit: 499_999)
        }
    }

    @Test("What cannot be read says why")
    func errors() throws {
        let folder = TemporaryFolder()
        #expect(throws: Blob.FileError.notFound(path: folder.path + "/none")) {
            try Blob.reading(path: folder.path + "/none", limit: 10)
        }
        #expect(throws: Blob.FileError.isFolder(path: folder.path)) { try Blob.reading(path: folder.path, limit: 10) }
        try writeFile([1, 2, 3], to: folder.path + "/three")
        #expect(throws: Blob.FileError.tooLarge(path: folder.path + "/three", count: 3, limit: 2)) {
            try Blob.reading(path: folder.path + "/three", limit: 2)
        }
        let readOnly = open(folder.path + "/three", O_RDONLY)
        defer { close(readOnly) }
        #expect(throws: Blob.FileError.failed(path: "output", doing: "writing", code: EBADF)) {
            try Blob([1]).write(to: readOnly)
        }
    }

    private func throughPipe(_ bytes: Blob, limit: Int) throws -> Blob {
        signal(SIGPIPE, SIG_IGN)  // the reader that meets its limit leaves the writer behind
        var ends: [Int32] = [0, 0]
        #expect(ends.withUnsafeMutableBufferPointer { makePipe($0.baseAddress!) } == 0)
        // A nonblocking pipe holds 64 KiB: both sides meet "not now" and have to wait for each other.
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        let (reader, writer) = (ends[0], ends[1])
        let writing = Thread {
            try? bytes.write(to: writer)
            close(writer)
        }
        defer {
            close(reader)
            writing.join()
        }
        return try Blob.reading(descriptor: reader, path: "pipe", limit: limit)
    }
}

// The system's `pipe`; inside the suite a test hides the name.
private func makePipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 { pipe(ends) }
