import Testing

@testable import AtelierMemo

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Source files")
struct SourceFileTests {
    @Test("A file is named by its bytes, wherever it lies")
    func content() async throws {
        let folder = TemporaryFolder()
        let (one, other) = (try folder.write("one", Blob("same")), try folder.write("other", Blob("same")))
        #expect(try Artifact.file(path: one).digest == Artifact.bytes(Array("same".utf8)).digest)
        #expect(try Artifact.file(path: one).digest == Artifact.file(path: other).digest)
        #expect(try await Engine(levels: []).value(of: Artifact.file(path: one)) == Blob("same"))
    }

    @Test("A file that has other bytes when they are needed is an error, also with its old size", arguments: ["longer text", "s4me", "s"])
    func changed(text: String) async throws {
        let folder = TemporaryFolder()
        let path = try folder.write("file", Blob("same")), artifact = try Artifact.file(path: path)
        _ = try folder.write("file", Blob(text))
        let failure = await #expect(throws: StageFailure.self) { _ = try await Engine(levels: [everything()]).value(of: artifact) }
        #expect(failure?.underlying as? SourceError == .changedWhileReading(path: path))
        #expect(failure?.description == "\(path): changed while reading; run again when it is no longer being written")
    }

    @Test("A file of which a record says the digest is read when it is needed, and refused with other bytes or without any")
    func recorded() async throws {
        let folder = TemporaryFolder(), engine = Engine(levels: [])
        let path = try folder.write("file", Blob("same")), digest = Artifact.bytes(Array("same".utf8)).digest
        #expect(try await engine.value(of: Artifact.file(path: path, expecting: digest)) == Blob("same"))
        func problem() async -> SourceError? {
            do { _ = try await engine.value(of: Artifact.file(path: path, expecting: digest)) } catch {
                return (error as? StageFailure)?.underlying as? SourceError
            }
            return nil
        }
        for text in ["longer text", "s4me", ""] {
            _ = try folder.write("file", Blob(text))
            #expect(await problem() == .changedWhileReading(path: path))
        }
        unlink(path)
        #expect(await problem() == .unreadable(.notFound(path: path)))
    }

    @Test("What is missing, a folder, a device or too large is refused with its name")
    func refused() throws {
        let folder = TemporaryFolder(), path = try folder.write("file", Blob("12345"))
        #expect(throws: SourceError.unreadable(.notFound(path: "\(path)x"))) { try Artifact.file(path: "\(path)x") }
        #expect(throws: SourceError.unreadable(.isFolder(path: folder.path))) { try Artifact.file(path: folder.path) }
        #expect(throws: SourceError.notAFile(path: "/dev/null")) { try Artifact.file(path: "/dev/null") }
        #expect(throws: SourceError.unreadable(.tooLarge(path: path, count: 5, limit: 4))) { try Artifact.file(path: path, limit: 4) }
    }

    @Test("The memo saves rehashing, but remembers no file changed in the last two seconds")
    func memo() throws {
        let folder = TemporaryFolder(), path = try folder.write("file", Blob("same")), now = systemSeconds()
        var status = stat()
        #expect(stat(path, &status) == 0)
        let identity = StatMemo.Identity(status), young = StatMemo(now: { now + 1 }), old = StatMemo(now: { now + 10 })
        for memo in [young, old] { #expect(try Artifact.file(path: path, memo: memo).digest == digest("same")) }
        #expect(young.digest(for: identity) == nil)
        #expect(old.digest(for: identity) == digest("same"))
        // That the memo answers, and not the bytes, shows by what it was told.
        old.remember(digest("other"), for: identity)
        #expect(try Artifact.file(path: path, memo: old).digest == digest("other"))
    }
}

extension TemporaryFolder {
    fileprivate func write(_ name: String, _ blob: Blob) throws -> String {
        try writeFile(blob.withUnsafeBytes(Array.init), to: path + "/" + name)
        return path + "/" + name
    }
}
