import AtelierMemo
import CAtelierStudio

/// The studio's files: those in the program, or those of a folder while somebody works on them.
struct Studio: Sendable {
    /// Names the files in their paths, so that none of them ever changes there.
    let tag: String
    private let folder: String?
    private let files: [String: Blob]

    /// Most bytes of a file of a folder.
    private static let largestFile = 16 << 20

    /// - Parameter folder: Read from at every request; nil for the files in the program.
    init(folder: String?) throws {
        self.folder = folder
        guard folder == nil else {
            (tag, files) = ("now", [:])
            return
        }
        var files: [String: Blob] = [:], hasher = DigestHasher()
        for file in Self.builtIn {
            let bytes = Self.lean(file.bytes, of: file.name)
            files[file.name] = bytes
            for piece in [Blob(file.name), bytes] { piece.withUnsafeBytes { hasher.update($0, threads: 1) } }
        }
        let tag = String(hasher.finalize().description.prefix(16))
        for (name, bytes) in files where name.hasSuffix(".html") { files[name] = Self.page(bytes, tag: tag) }
        (self.files, self.tag) = (files, tag)
    }

    /// The files in the program.
    static var builtIn: [(name: String, bytes: Blob)] {
        (0...).lazy.map { atelier_studio_file($0) }.prefix { $0 != nil }.compactMap(\.self).map { file in
            (String(cString: file.pointee.name), Blob(Array(UnsafeBufferPointer(start: file.pointee.bytes, count: file.pointee.count))))
        }
    }

    /// A file as it travels.
    private static func lean(_ bytes: Blob, of name: String) -> Blob {
        guard name.hasSuffix(".js") || name.hasSuffix(".css") else { return bytes }
        let text = lean(String(decoding: bytes.bytes, as: UTF8.self))
        return Blob(name.hasSuffix(".css") ? leanRules(text) : text)
    }

    /// A script or style sheet without indentation, comments that have lines of their own, and types, which are a fifth of it. By lines
    /// alone: a test sees to it that no text of a script goes over several or has such a mark in it.
    static func lean(_ text: String) -> String {
        var lines: [Substring] = [], isInComment = false
        for line in text.split(separator: "\n") {
            var line = line.drop { $0 == " " }
            while let start = line.firstRange(of: "/**"), let end = line[start.upperBound...].firstRange(of: "*/") {
                line.removeSubrange(
                    start.lowerBound..<(line[end.upperBound...].hasPrefix(" ") ? line.index(after: end.upperBound) : end.upperBound))
            }
            if isInComment || line.hasPrefix("/*") && (line.hasSuffix("*/") || !line.contains("*/")) {
                isInComment = !line.hasSuffix("*/")
            } else if !line.isEmpty, !line.hasPrefix("//") {
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A style sheet without the blanks beside its signs. In texts of rules there are none of these.
    static func leanRules(_ text: String) -> String {
        [("; ", ";"), (": ", ":"), (" {", "{"), ("{ ", "{"), (" }", "}"), (";}", "}"), (", ", ",")].reduce(text) {
            $0.replacing($1.0, with: $1.1)
        }
    }

    /// Whether clients may keep files for good.
    var isFixed: Bool { folder == nil }

    /// A file by its name; nil when there is none. Pages name their files below `{assets}`.
    func file(_ name: String) -> Blob? {
        guard let folder else { return files[name] }
        // A file that cannot be read is one that is not there.
        guard !name.contains("/"), !name.hasPrefix("."),
            let bytes = try? Blob.reading(path: "\(folder)/\(name)", limit: Self.largestFile)
        else { return nil }
        return name.hasSuffix(".html") ? Self.page(bytes, tag: tag) : bytes
    }

    private static func page(_ bytes: Blob, tag: String) -> Blob {
        Blob(String(decoding: bytes.bytes, as: UTF8.self).replacing("{assets}", with: "/assets/\(tag)"))
    }

    /// The media type of a file by its name.
    static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "json", "webmanifest": "application/json"
        case "wasm": "application/wasm"
        default: "application/octet-stream"
        }
    }
}
