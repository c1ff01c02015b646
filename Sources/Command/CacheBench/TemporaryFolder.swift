#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A new folder in `$TMPDIR`, else `/tmp`, with whatever is put into it, until `body` ends.
func withTemporaryFolder<Result>(
    environment: [String: String], _ body: nonisolated(nonsending) (_ path: String) async throws -> Result
) async throws -> Result {
    let parent = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    var template = Array("\(parent)/atelier-bench-XXXXXX".utf8CString)
    guard template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) != nil else {
        throw SystemError("\(parent): cannot make a folder")
    }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { removeFolder(path) }
    return try await body(path)
}

/// Deletes a folder with all that is in it; links are not followed. What cannot be deleted stays.
func removeFolder(_ path: String) {
    var problems: [String] = []
    for name in names(in: path, problems: &problems) ?? [] {
        let path = path + "/" + name
        if unlink(path) != 0 { removeFolder(path) }
    }
    rmdir(path)
}
