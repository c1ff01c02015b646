import AtelierSVG
import Testing

/// A grey PNG file of 4 × 2 pixels, without its last bytes, which nobody decodes.
private let png: [UInt8] = [
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 4, 0, 0, 0, 2, 8, 0, 0, 0, 0, 0x6B, 2,
    0x40, 0x64,
    0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
]

private func document(_ content: String) -> [UInt8] {
    Array("<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink' viewBox='0 0 90 90'>\(content)</svg>".utf8)
}

@Suite("Linked files")
struct LinkedFilesTests {
    private func paths(_ content: String, at path: String = "") throws -> [String] {
        try SVG.linkedFiles(of: document(content).span, at: path)
    }

    @Test("The files of images and feImages are listed once each, in document order")
    func listed() throws {
        let content =
            "<defs><filter id='f'><feImage href='b.png'/></filter></defs><image x:href = ' a.png&#10;'/><g><image href=\"b.png\"/></g>"
            + "<image href='data:image/png,a'/><a href='page.html'/><use href='other.svg#a'/><image href=''/><image href='c.png' display='none'/>"
        #expect(try paths(content) == ["b.png", "a.png", "c.png"])
        #expect(try SVG.Document(parsing: document(content).span).linkedFiles == ["b.png", "a.png", "c.png"])
        #expect(try paths("<path d='M0 0h9'/>") == [])
        #expect(throws: SVG.ParseError.self) { try paths("<image href='a.png'>") }
        // In a drawing that refers to nothing nobody looks for faults, which reading will say.
        #expect(try paths("<image href='data:,'>") == [])
    }

    @Test(
        "Paths are normal: decoded, without `.` and `..` behind a name",
        arguments: [
            ("a/./b/../c.png", "a/c.png"), ("./a.png", "a.png"), ("a//b.png", "a/b.png"), ("../a.png", "../a.png"),
            ("a/../../b.png", "../b.png"),
            ("my%20photo.png", "my photo.png"), ("%2e%2E/a.png", "../a.png"), ("a%2Fb.png", "a/b.png"), ("%C3%A9.png", "é.png"),
            ("100%.png", "100%.png"), ("./a:b.png", "a:b.png"), ("a\\b.png", "a\\b.png"), ("%23.png", "#.png"),
        ])
    func normal(address: String, path: String) throws {
        #expect(try paths("<image href='\(address)'/>") == [path])
    }

    @Test("From another drawing paths begin in its folder")
    func nestedPaths() throws {
        #expect(try paths("<image href='a.png'/>", at: "icons/b.svg") == ["icons/a.png"])
        #expect(try paths("<image href='../a.png'/>", at: "icons/b.svg") == ["a.png"])
        #expect(try paths("<image href='../../a.png'/>", at: "icons/b.svg") == ["../a.png"])
    }

    @Test("Drawings in UTF-16 and addresses from entities are found as well")
    func disguised() throws {
        let wide: [UInt8] = [0xFF, 0xFE] + document("<image href='a.png'/>").flatMap { [$0, UInt8(0)] }
        #expect(try SVG.linkedFiles(of: wide.span) == ["a.png"])
        let entity = Array("<!DOCTYPE svg [<!ENTITY e 'a.png'>]><svg xmlns='http://www.w3.org/2000/svg'><image href='&e;'/></svg>".utf8)
        #expect(try SVG.linkedFiles(of: entity.span) == ["a.png"])
    }

    private func resolved(_ content: String, _ files: [String: SVG.LinkedFile]) throws -> (pictures: Int, messages: [String]) {
        let tree = try SVG.read(document(content).span, files: files)
        func count(_ node: SVG.Node) -> Int {
            switch node {
            case .image(let image): image.file == png ? 1 : 0
            case .group(let group): group.children.reduce(0) { $0 + count($1) }
            default: 0
            }
        }
        return (count(.group(tree.root)), tree.diagnostics.map { "\($0.outcome.rawValue): \($0.message)" })
    }

    @Test("A file is shown where an image refers to it, also one that a linked drawing refers to from its own folder")
    func shown() throws {
        let inner = document("<image href='a.png'/><image href='../a.png'/>")
        let files: [String: SVG.LinkedFile] = ["icons/b.svg": .bytes(inner), "icons/a.png": .bytes(png), "a.png": .bytes(png)]
        let all = try resolved("<image href='./a.png'/><image href='icons/b.svg' width='90' height='90'/>", files)
        #expect(all.pictures == 3 && all.messages == [])
        let filter = "<filter id='f'><feImage href='a.png'/></filter><rect width='9' height='9' filter='url(#f)'/>"
        #expect(try resolved(filter, files).messages == [])
        #expect(try resolved(filter, [:]).messages.count == 1)
    }

    @Test("A drawing that is data has no folder, and one that shows itself comes to an end")
    func nested() throws {
        let data = "data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22%3E%3Cimage href=%22a.png%22/%3E%3C/svg%3E"
        let inside = try resolved("<image href='\(data)'/>", ["a.png": .bytes(png)])
        #expect(inside.messages.first?.contains("a drawing that is data itself has no folder") == true)
        let itself = "<image href='self.svg' width='90' height='90'/>"
        #expect(try resolved(itself, ["self.svg": .bytes(document(itself))]).messages.first?.contains("nested too deeply") == true)
    }

    @Test(
        "What is not read is one sentence",
        arguments: [
            ("missing.png", "invalid", "there is no such file"),
            ("../out.png", "unsupported", "outside the folder that files are read from"),
            ("folder", "invalid", "no file that can be read"), ("large.png", "unsupported", "larger than what is allowed"),
            ("/a.png", "unsupported", "its path is absolute"), ("%2Fa.png", "unsupported", "its path is absolute"),
            ("https://a.org/a.png", "unsupported", "addresses with a scheme are not followed"),
            ("file:///a.png", "unsupported", "addresses with a scheme are not followed"),
            ("C:/a.png", "unsupported", "addresses with a scheme are not followed"), ("//a.org/a.png", "unsupported", "of other machines"),
            ("a.svg#part", "unsupported", "parts of files"), ("a.png?v=2", "unsupported", "parts of files"),
            ("..", "unsupported", "it names no file"),
            ("a%00.png", "unsupported", "it names no file"), ("%FF.png", "unsupported", "it names no file"),
            ("unknown.png", "unsupported", "more files than are read"),
        ])
    func refused(address: String, outcome: String, words: String) throws {
        let files: [String: SVG.LinkedFile] = [
            "missing.png": .refused(.missing), "../out.png": .refused(.outside), "folder": .refused(.unreadable),
            "large.png": .refused(.tooLarge),
        ]
        let messages = try resolved("<image href='\(address)'/>", files).messages
        #expect(messages.count == 1 && messages[0].hasPrefix("\(outcome): the picture `\(address)` is left out: "), "\(messages)")
        #expect(messages[0].contains(words), "\(messages)")
    }
}
