import Testing

@testable import AtelierMemo

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Cache directory")
struct CacheDirectoryTests {
    @Test("The option comes before the variables, our own variable before the common ones")
    func place() throws {
        let all = ["ATELIER_CACHE_DIR": "/own", "XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"]
        func path(_ option: String? = nil, without names: String...) throws -> String {
            try CacheDirectory.path(option: option) { name in names.contains(name) ? nil : all[name] }
        }
        #expect(try path("here") == "here")
        #expect(try path() == "/own")
        #expect(try path(without: "ATELIER_CACHE_DIR") == "/xdg/atelier")
        #expect(try path(without: "ATELIER_CACHE_DIR", "XDG_CACHE_HOME") == "/home/me/.cache/atelier")
        #expect(throws: CacheDirectoryError.noPlace) { try path(without: "ATELIER_CACHE_DIR", "XDG_CACHE_HOME", "HOME") }
    }

    @Test("An empty variable and a relative XDG_CACHE_HOME do not count")
    func badVariables() throws {
        let variables = ["ATELIER_CACHE_DIR": "", "XDG_CACHE_HOME": "relative", "HOME": "/home/me"]
        #expect(try CacheDirectory.path(option: nil) { variables[$0] } == "/home/me/.cache/atelier")
    }

    @Test("A new folder is for the user alone and marked as a cache")
    func creation() throws {
        let folder = TemporaryFolder(), path = folder.path + "/a/b/cache"
        _ = try CacheDirectory(opening: path)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        #expect(names(in: path) == ["CACHEDIR.TAG", "layout", "tmp"])
        let tag = try Blob.reading(path: path + "/CACHEDIR.TAG", limit: 1_000)
        #expect(tag[..<43] == Blob("Signature: 8a477f597d28d172789f06886806bc55"))
        _ = try CacheDirectory(opening: path)
        _ = try CacheDirectory(opening: path + "/")
    }

    @Test("A folder of another layout is refused and not touched")
    func otherLayout() throws {
        let folder = TemporaryFolder()
        try writeFile("atelier cache layout 3\n".utf8, to: folder.path + "/layout")
        #expect(throws: CacheDirectoryError.otherLayout(path: folder.path, found: 3)) { try CacheDirectory(opening: folder.path) }
        #expect(names(in: folder.path) == ["layout"])
    }

    @Test("A cache of layout 1 is converted by who writes: its entries go, other files stay")
    func conversion() throws {
        let folder = TemporaryFolder()
        let entry = digest("old"), path = "\(folder.path)/objects/\(entry.description.prefix(2))"
        try writeFile("atelier cache layout 1\n".utf8, to: folder.path + "/layout")
        mkdir(folder.path + "/objects", 0o700)
        mkdir(path, 0o700)
        for file in ["\(path)/\(entry)", path + "/notes.txt", folder.path + "/usage"] { try writeFile([1], to: file) }
        #expect(throws: CacheDirectoryError.otherLayout(path: folder.path, found: 1)) {
            try CacheDirectory(opening: folder.path, writing: false)
        }
        #expect(names(in: path).count == 2)
        _ = try CacheDirectory(opening: folder.path)
        #expect(names(in: path) == ["notes.txt"])
        #expect(names(in: folder.path) == ["CACHEDIR.TAG", "layout", "objects", "tmp"])
        #expect(try Blob.reading(path: folder.path + "/layout", limit: 100) == Blob("atelier cache layout 2\n"))
    }

    @Test("A layout file of noise is written anew", arguments: [[], [0xFF, 0x00], Array(repeating: UInt8(65), count: 5_000)])
    func noise(bytes: [UInt8]) throws {
        let folder = TemporaryFolder()
        try writeFile(bytes, to: folder.path + "/layout")
        _ = try CacheDirectory(opening: folder.path)
        #expect(try Blob.reading(path: folder.path + "/layout", limit: 100) == Blob("atelier cache layout 2\n"))
    }

    @Test("A folder without write access serves who only reads", .enabled(if: getuid() != 0, "root may write everywhere"))
    func readOnly() throws {
        let folder = TemporaryFolder()
        _ = try CacheDirectory(opening: folder.path)
        chmod(folder.path, 0o500)
        defer { chmod(folder.path, 0o700) }
        #expect(throws: CacheDirectoryError.self) { try CacheDirectory(opening: folder.path) }
        _ = try CacheDirectory(opening: folder.path, writing: false)
    }

    @Test("A place that cannot be a folder is one clear sentence")
    func unusable() throws {
        let folder = TemporaryFolder()
        try writeFile([1], to: folder.path + "/file")
        let path = folder.path + "/file/cache"
        let error = #expect(throws: CacheDirectoryError.self) { try CacheDirectory(opening: path) }
        #expect(
            error?.description
                == "no cache: \(path): making the folder failed: Not a directory; --cache-dir names another folder")
        #expect(throws: CacheDirectoryError.self) { try CacheDirectory(opening: folder.path + "/file") }
        #expect(throws: CacheDirectoryError.self) { try CacheDirectory(opening: "") }
    }
}
