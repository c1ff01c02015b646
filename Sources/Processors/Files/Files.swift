import AtelierJSON
import AtelierMemo
import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension PartStream {
    /// Files, one part each, in the order of their paths. Their metadata tell the path under `original_file_name`.
    ///
    /// A file is read when it is nearly its turn: the stream is ahead of its reader by no more than queues allow. The type follows
    /// from the name; a name that says nothing is `application/octet-stream`.
    ///
    /// - Parameters:
    ///   - paths: Of files; symbolic links are followed.
    ///   - inline: Whether parts carry the bytes; else they refer to the file by its path.
    ///   - fileLimit: Most bytes of one file; a larger one is an error.
    /// - Throws: When it is read, `Blob.FileError`, and `FileTextError` for a file whose name says text and which is none.
    public static func files(_ paths: [String], inline: Bool = true, fileLimit: Int = 1 << 30) -> PartStream {
        files(inline: inline, fileLimit: fileLimit) { paths.map { FoundFile(path: $0, name: $0) } }
    }

    /// Files that a pattern fits, one part each, in natural order of their names (`2.png` before `10.png`), then of their paths. Their
    /// metadata tell the path in the folder under `original_file_name`.
    ///
    ///     for try await part in trace(PartStream.files(matching: "scans/**/*.png")) { … }
    ///
    /// - Parameters:
    ///   - pattern: A path with `*`, `?` and `[…]` in names, which do not stand for a leading dot, and `**` for any number of folders.
    ///   - folder: Where the pattern begins. Folders that cannot be read are errors; links to folders are not followed by `**`.
    ///   - inline: Whether parts carry the bytes; else they refer to the file by its path.
    ///   - fileLimit: Most bytes of one file; a larger one is an error.
    public static func files(
        matching pattern: String, in folder: String = ".", inline: Bool = true, fileLimit: Int = 1 << 30
    ) -> PartStream {
        files(inline: inline, fileLimit: fileLimit) {
            let names = pattern.split(separator: "/").map(String.init)
            var found: Set<String> = []
            try findFiles(names[...], in: pattern.utf8.first == UInt8(ascii: "/") ? "/" : folder, below: "", into: &found)
            let ordered = found.map { (path: $0, key: naturalKey(of: $0)) }
                .sorted { $0.key == $1.key ? $0.path < $1.path : $0.key.lexicographicallyPrecedes($1.key) }
            return ordered.map { FoundFile(path: join(pattern.utf8.first == UInt8(ascii: "/") ? "/" : folder, $0.path), name: $0.path) }
        }
    }

    private static func files(inline: Bool, fileLimit: Int, _ list: @escaping @Sendable () throws -> [FoundFile]) -> PartStream {
        PartStream(emitting: { output in
            for file in try await onFileThread(list) {
                try await output.emit(try await onFileThread { try file.part(inline: inline, limit: fileLimit) })
            }
        })
    }

    /// The lines of a file as parts of text, without their ends (LF or CR LF). What is not UTF-8 in them is replaced.
    ///
    /// - Parameters:
    ///   - path: The file; a pipe or device is read as it comes.
    ///   - lineLimit: Most bytes of one line; a longer one is an error.
    /// - Throws: When it is read, `Blob.FileError`.
    public static func lines(ofFile path: String, lineLimit: Int = 16 << 20) -> PartStream {
        PartStream(emitting: { output in
            let descriptor = try await onFileThread {
                let descriptor = open(path, O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else {
                    throw errno == ENOENT ? Blob.FileError.notFound(path: path) : .failed(path: path, doing: "opening", code: errno)
                }
                return descriptor
            }
            defer { close(descriptor) }
            try await emitLines(of: descriptor, path: path, lineLimit: lineLimit, into: output)
        })
    }

    /// The lines of an open descriptor, such as standard input; it stays open.
    public static func lines(of descriptor: Int32, lineLimit: Int = 16 << 20) -> PartStream {
        PartStream(emitting: { try await emitLines(of: descriptor, path: "descriptor \(descriptor)", lineLimit: lineLimit, into: $0) })
    }
}

/// A file whose name says text and which is none.
public struct FileTextError: Error, Hashable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// What its name says.
    public var type: MIMEType

    /// One sentence.
    public var description: String { "\(path): is not UTF-8, though its name says \(type)" }
}

extension MIMEType {
    /// The type of files with a name like this; nil for a name that says nothing.
    public init?(ofFileNamed name: String) {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), !name.utf8[dot...].contains(UInt8(ascii: "/")) else { return nil }
        let suffix = String(decoding: name.utf8[name.utf8.index(after: dot)...].map(lowercase), as: UTF8.self)
        guard let type = typesBySuffix[suffix] else { return nil }
        self.init(type)
    }
}

/// IANA's names, for files that streams of parts are made of.
private let typesBySuffix: [String: String] = [
    "txt": "text/plain", "text": "text/plain", "log": "text/plain", "md": "text/markdown", "html": "text/html", "htm": "text/html",
    "css": "text/css", "csv": "text/csv", "tsv": "text/tab-separated-values", "xml": "text/xml", "js": "text/javascript",
    "py": "text/x-python",
    "swift": "text/x-swift", "json": "application/json", "jsonl": "application/jsonl", "yaml": "application/yaml",
    "yml": "application/yaml",
    "pdf": "application/pdf", "zip": "application/zip", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp", "svg": "image/svg+xml", "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff", "heic": "image/heic",
    "avif": "image/avif", "wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "ogg": "audio/ogg", "m4a": "audio/mp4",
    "mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
]

private struct FoundFile: Sendable {
    var path: String
    /// As metadata tell it.
    var name: String

    func part(inline: Bool, limit: Int) throws -> Part {
        let type = MIMEType(ofFileNamed: name) ?? "application/octet-stream", metadata: Metadata = ["original_file_name": .string(name)]
        guard inline else { return .file(uri: path, mimeType: type, name: name, metadata: metadata) }
        let bytes = try Blob.reading(path: path, limit: limit)
        do { return try Part(bytes: bytes, mimeType: type, metadata: metadata) } catch { throw FileTextError(path: path, type: type) }
    }
}

/// Threads that may block on files, apart from those that run tasks.
private let fileThreads = WorkerPool(threads: 2)

private func onFileThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        fileThreads.async { continuation.resume(with: Swift.Result { try body() }) }
    }
}

private func emitLines(of descriptor: Int32, path: String, lineLimit: Int, into output: Output) async throws {
    var rest: [UInt8] = []
    while true {
        let bytes = try await onFileThread { try readSome(of: descriptor, path: path) }
        if bytes.isEmpty { break }
        var begin = 0
        while let end = bytes[begin...].firstIndex(of: UInt8(ascii: "\n")) {
            rest += bytes[begin..<end]
            try await emitLine(rest, path: path, lineLimit: lineLimit, into: output)
            rest.removeAll(keepingCapacity: true)
            begin = end + 1
        }
        rest += bytes[begin...]
        guard rest.count <= lineLimit else { throw Blob.FileError.tooLarge(path: path + ", a line", count: nil, limit: lineLimit) }
    }
    if !rest.isEmpty { try await emitLine(rest, path: path, lineLimit: lineLimit, into: output) }
}

private func emitLine(_ bytes: [UInt8], path: String, lineLimit: Int, into output: Output) async throws {
    guard bytes.count <= lineLimit else { throw Blob.FileError.tooLarge(path: path + ", a line", count: bytes.count, limit: lineLimit) }
    let line = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes[...]
    try await output.emit(Part(String(decoding: line, as: UTF8.self)))
}

/// At most 64 KiB that are there, waiting for the first; none at the end.
private func readSome(of descriptor: Int32, path: String) throws -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
        while true {
            let got = read(descriptor, buffer.baseAddress, buffer.count)
            if got < 0, errno == EINTR { continue }
            if got < 0 { code = errno } else { count = got }
            return
        }
    }
    guard code == 0 else { throw Blob.FileError.failed(path: path, doing: "reading", code: code) }
    return bytes
}

// MARK: - Patterns

/// Deepest folders `**` goes into.
private let deepestFolder = 64

private func findFiles(_ names: ArraySlice<String>, in root: String, below: String, depth: Int = 0, into found: inout Set<String>) throws {
    guard let name = names.first, depth <= deepestFolder else { return }
    if name == "**" {
        // No folder, or one and any number below it.
        try findFiles(names.dropFirst(), in: root, below: below, depth: depth, into: &found)
        for entry in try entries(of: join(root, below)) where entry.isFolder && !entry.name.hasPrefix(".") {
            try findFiles(names, in: root, below: join(below, entry.name), depth: depth + 1, into: &found)
        }
        return
    }
    for entry in try entries(of: join(root, below)) where fnmatch(name, entry.name, FNM_PERIOD) == 0 {
        let path = join(below, entry.name)
        if names.count > 1 {
            if isKind(S_IFDIR, join(root, path)) { try findFiles(names.dropFirst(), in: root, below: path, depth: depth, into: &found) }
        } else if isKind(S_IFREG, join(root, path)) {
            found.insert(path)
        }
    }
}

private func join(_ folder: String, _ name: String) -> String {
    folder.isEmpty ? name : name.isEmpty ? folder : folder.hasSuffix("/") ? folder + name : folder + "/" + name
}

private func entries(of folder: String) throws -> [(name: String, isFolder: Bool)] {
    guard let directory = opendir(folder.isEmpty ? "." : folder) else {
        throw errno == ENOENT ? Blob.FileError.notFound(path: folder) : .failed(path: folder, doing: "listing", code: errno)
    }
    defer { closedir(directory) }
    var entries: [(name: String, isFolder: Bool)] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        guard name != ".", name != ".." else { continue }
        // Links are not followed here, so that there are no circles; where the system does not say, the file is asked.
        let isFolder =
            Int32(entry.pointee.d_type) == Int32(DT_UNKNOWN)
            ? isKind(S_IFDIR, join(folder, name)) : Int32(entry.pointee.d_type) == Int32(DT_DIR)
        entries.append((name, isFolder))
    }
    return entries
}

private func isKind(_ kind: mode_t, _ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == kind
}

/// The name of a file in letters and numbers, letters in lower case and numbers before letters.
private func naturalKey(of path: String) -> [NaturalPiece] {
    let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8[path.utf8.index(after: $0)...] } ?? path.utf8[...]
    var pieces: [NaturalPiece] = []
    for byte in name {
        if (48...57).contains(byte) {
            if case .number(let digits)? = pieces.last {
                pieces[pieces.count - 1] = .number(digits == [48] ? [byte] : digits + [byte])
            } else {
                pieces.append(.number([byte]))
            }
        } else if case .text(let text)? = pieces.last {
            pieces[pieces.count - 1] = .text(text + [lowercase(byte)])
        } else {
            pieces.append(.text([lowercase(byte)]))
        }
    }
    return pieces
}

private enum NaturalPiece: Comparable {
    /// Digits without leading zeros.
    case number([UInt8])
    case text([UInt8])

    static func < (a: NaturalPiece, b: NaturalPiece) -> Bool {
        switch (a, b) {
        case (.number(let a), .number(let b)): a.count == b.count ? a.lexicographicallyPrecedes(b) : a.count < b.count
        case (.text(let a), .text(let b)): a.lexicographicallyPrecedes(b)
        case (.number, .text): true
        case (.text, .number): false
        }
    }
}
