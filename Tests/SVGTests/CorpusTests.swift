import AtelierSVG
import Glibc
import Testing

/// The shared drawings, which are not part of the package.
private enum Corpus {
    static let groups = ["resvg-shapes", "resvg-structure", "resvg-painting", "resvg-masking", "papirus", "breeze", "openclipart"]

    static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        let package = "/" + parts.joined(separator: "/")
        // Beside the package, or beside the folder that work trees stand in.
        for place in ["/../shared", "/../../shared"] where access(package + place, R_OK) == 0 { return package + place + "/corpus/svg" }
        return ""
    }()

    static func files(in group: String) -> [String] {
        guard let directory = opendir("\(root)/\(group)") else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasSuffix(".svg") { names.append("\(root)/\(group)/\(name)") }
        }
        return names.sorted()
    }

    static func bytes(of path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }
}

@Suite("Shared drawings", .enabled(if: !Corpus.root.isEmpty, "the shared drawings are not beside the package"))
struct CorpusTests {
    @Test("Every shared drawing is read, draws something or says why, and is understood again when written", arguments: Corpus.groups)
    func rewriting(group: String) throws {
        let files = Corpus.files(in: group)
        #expect(!files.isEmpty)
        for file in files {
            let tree = try SVG.read(Corpus.bytes(of: file).span)
            #expect(!tree.root.children.isEmpty || !tree.diagnostics.isEmpty, "\(file)")
            let again = try SVG.read(SVG.write(tree).span)
            #expect(again.diagnostics.isEmpty, "\(file)")
            #expect(outlineCount(again.root) == outlineCount(tree.root), "\(file)")
        }
    }

    private func outlineCount(_ group: SVG.Group) -> Int {
        group.children.reduce(0) { count, child in
            switch child {
            case .group(let group): count + outlineCount(group)
            case .path, .image: count + 1
            case .text(let text): count + text.chunks.reduce(0) { $0 + $1.spans.count }
            }
        }
    }
}
