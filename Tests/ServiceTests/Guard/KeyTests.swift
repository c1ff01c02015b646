import AtelierMemo
import AtelierScheduling
import AtelierTesting
import Testing

@testable import AtelierService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("API keys")
struct KeyTests {
    private let path: String

    init() {
        var template = Array("/tmp/atelier-keys-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)!) + "/keys.json"
    }

    private var file: KeyFile { KeyFile(path: path) }

    private func mode() -> UInt32 {
        var status = stat()
        stat(path, &status)
        return UInt32(status.st_mode & 0o777)
    }

    @Test("A key is found by its text, which stands nowhere in the file; the file is its owner's alone")
    func keeps() throws {
        #expect(try file.read().isEmpty)
        let studio = try file.add("studio", scopes: [.read, .convert], now: 1000)
        let build = try file.add("build-7", scopes: [.admin], share: 2.5, now: 2000)
        #expect(studio.hasPrefix("atelier_") && studio.utf8.count == 72 && studio != build)
        let keys = try file.read()
        #expect(keys.map(\.name) == ["build-7", "studio"])
        #expect(APIKey.find(studio, among: keys)?.scopes == [.read, .convert])
        #expect(APIKey.find(build, among: keys) == keys[0] && keys[0].share == 2.5 && keys[0].created == 2000)
        #expect(APIKey.find(studio + "0", among: keys) == nil && APIKey.find("", among: keys) == nil)
        let text = String(decoding: try Blob.reading(path: path, limit: 1 << 20).bytes, as: UTF8.self)
        #expect(!text.contains(studio.dropFirst(8)) && !text.contains(build.dropFirst(8)))
        #expect(mode() == 0o600)
        try file.remove("studio")
        #expect(APIKey.find(studio, among: try file.read()) == nil)
    }

    @Test("What cannot be is said: names, unknown keys, files that others may read or that are none")
    func refuses() throws {
        #expect(throws: KeyFile.Failure.badName("a b")) { try file.add("a b", scopes: [.read], now: 0) }
        #expect(throws: KeyFile.Failure.badName("")) { try file.add("", scopes: [.read], now: 0) }
        _ = try file.add("a", scopes: [.read], now: 0)
        #expect(throws: KeyFile.Failure.taken(name: "a")) { try file.add("a", scopes: [.read], now: 0) }
        #expect(throws: KeyFile.Failure.unknown(name: "b")) { try file.remove("b") }
        chmod(path, 0o640)
        #expect(throws: KeyFile.Failure.readable(path: path)) { try file.read() }
        chmod(path, 0o600)
        for text in ["{}", "[", #"{"version":1,"keys":[{"name":"a"}]}"#, #"{"version":2,"keys":[]}"#] {
            unlink(path)
            let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
            try Blob(text).write(to: descriptor)
            close(descriptor)
            do {
                _ = try file.read()
                Issue.record("read \(text)")
            } catch KeyFile.Failure.damaged {}
        }
    }

    @Test("A running service learns of keys within a second, and keeps those it knew when the file breaks")
    func ring() throws {
        let time = Lock(0.0), warnings = Lock(0)
        let ring = try KeyRing(file, now: { time.withLock { $0 } }, warn: { _ in warnings.withLock { $0 += 1 } })
        #expect(ring.isEmpty)
        let text = try file.add("a", scopes: [.read], now: 0)
        #expect(ring.find(text) == nil)
        time.withLock { $0 = 1 }
        #expect(ring.find(text)?.name == "a" && !ring.isEmpty)
        chmod(path, 0o644)
        time.withLock { $0 = 2 }
        #expect(ring.find(text)?.name == "a" && warnings.withLock { $0 } == 1)
        chmod(path, 0o600)
        try file.remove("a")
        time.withLock { $0 = 3 }
        #expect(ring.find(text) == nil && ring.isEmpty && warnings.withLock { $0 } == 1)
    }
}
