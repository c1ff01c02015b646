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
            files[file.name] = file.bytes
            for piece in [Blob(file.name), file.bytes] { piece.withUnsafeBytes { hasher.update($0, threads: 1) } }
        }
        self.files = files
        tag = String(hasher.finalize().description.prefix(16))
    }

    /// The files in the program.
    static var builtIn: [(name: String, bytes: Blob)] {
        (0...).lazy.map { atelier_studio_file($0) }.prefix { $0 != nil }.compactMap(\.self).map { file in
            (String(cString: file.pointee.name), Blob(Array(UnsafeBufferPointer(start: file.pointee.bytes, count: file.pointee.count))))
        }
    }

    /// Whether clients may keep files for good.
    var isFixed: Bool { folder == nil }

    /// A file by its name; nil when there is none. Pages name their files below `{assets}`.
    func file(_ name: String) -> Blob? {
        guard let blob = bytes(of: name) else { return nil }
        guard name.hasSuffix(".html") else { return blob }
        let page = String(decoding: blob.bytes, as: UTF8.self), path = "/assets/\(tag)"
        return Blob(page.split(separator: "{assets}", omittingEmptySubsequences: false).joined(separator: path))
    }

    private func bytes(of name: String) -> Blob? {
        guard let folder else { return files[name] }
        guard !name.contains("/"), !name.hasPrefix(".") else { return nil }
        // A file that cannot be read is one that is not there.
        return try? Blob.reading(path: "\(folder)/\(name)", limit: Self.largestFile)
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
