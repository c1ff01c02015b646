import AtelierArchives
import AtelierMemo
import AtelierSVG
import AtelierStages
import Glibc
import Testing

@testable import AtelierCommand

/// Where the pictures of `Examples/art` are.
private let art = Scratch.repository + "/Examples/art/"

extension Scratch {
    fileprivate static var repository: String { #filePath.components(before: "/Tests/") }

    /// Puts a picture of `Examples/art` into the folder.
    fileprivate func place(_ picture: String, as name: String) throws {
        write("", to: name)
        unlink(self[name])
        let bytes = try Blob.reading(path: art + picture, limit: 1 << 30).withUnsafeBytes(Array.init)
        let descriptor = open(self[name], O_WRONLY | O_CREAT | O_EXCL, 0o666)
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, called: name)
    }

    /// Pictures in a presentation, by their bytes.
    fileprivate func media(_ name: String) throws -> [Digest] {
        let archive = try ZIPReader(try Blob.reading(path: self[name], limit: 1 << 30).withUnsafeBytes(Array.init))
        return try archive.members.filter { $0.name.hasPrefix("ppt/media/") }
            .map { try Artifact.bytes(archive.unpacked($0)).digest }
    }

    /// The bytes of a picture of `Examples/art`, as `media` gives them.
    fileprivate func digest(of picture: String) throws -> Digest { try Artifact.file(path: art + picture).digest }
}

extension String {
    fileprivate func components(before part: String) -> String {
        String(self[..<(indices.first { self[$0...].hasPrefix(part) } ?? endIndex)])
    }
}

private func drawing(_ addresses: String...) -> String {
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>"
        + addresses.map { "<image href='\($0)' width='50' height='50'/>" }.joined() + "</svg>"
}

@Suite("Linked files on the command line")
struct LinkedFilesTests {
    let scratch = Scratch()

    @Test("A picture beside the drawing is in the presentation; another one under its name is another result, the same one is found")
    func changes() async throws {
        scratch.write(drawing("img/my%20photo.png"), to: "a.svg")
        try scratch.place("icon.png", as: "img/my photo.png")
        let cold = await runCommand(scratch, "pptx @a.svg -o @a.pptx --json -q")
        #expect(cold.code == .done && cold.err == "" && cold.out.contains(#""cached":false"#), "\(cold.err)")
        #expect(try scratch.media("a.pptx") == [scratch.digest(of: "icon.png")])
        let warm = await runCommand(scratch, "pptx @a.svg -o @a.pptx --json -q")
        #expect(warm.out.contains(#""cached":true"#))
        let plan = await runCommand(scratch, "explain pptx @a.svg -o @a.pptx")
        #expect(plan.out.contains("  disk  "), "\(plan.out)")

        try scratch.place("badge.png", as: "img/my photo.png")
        let changed = await runCommand(scratch, "pptx @a.svg -o @a.pptx --json -q -f")
        #expect(changed.code == .done && changed.out.contains(#""cached":false"#))
        #expect(try scratch.media("a.pptx") == [scratch.digest(of: "badge.png")])
        let why = await runCommand(scratch, "explain pptx @a.svg -o @a.pptx --cache-dir @cache")
        #expect(why.out.contains("  disk  "))

        unlink(scratch["img/my photo.png"])
        let gone = await runCommand(scratch, "pptx @a.svg -o @a.pptx -f")
        #expect(gone.code == .done && gone.err.contains("the picture `img/my%20photo.png` is left out: there is no such file"))
    }

    @Test("A drawing becomes one SVG with its pictures in it")
    func rewritten() async throws {
        scratch.write(drawing("photo.png"), to: "a.svg")
        try scratch.place("icon.png", as: "photo.png")
        #expect(await runCommand(scratch, "convert @a.svg -o @b.svg -q").code == .done)
        #expect(scratch.read("b.svg")?.contains("href=\"data:image/png;base64,") == true)
        scratch.write(drawing("out.svg"), to: "a.svg")
        scratch.write(drawing(), to: "out.svg")
        let itself = await runCommand(scratch, "convert @a.svg -o @out.svg -q -f")
        #expect(itself.code == .someFailed && itself.err.contains("would overwrite out.svg, which the drawing refers to"), "\(itself.err)")
    }

    @Test("Files outside of the root are refused in a sentence: by path, behind a link, by absolute path; --root widens it")
    func outside() async throws {
        try scratch.place("icon.png", as: "secret.png")
        try scratch.place("badge.png", as: "art/photo.png")
        scratch.write(drawing("../secret.png", "link.png", "\(scratch["secret.png"])", "photo.png", "loop.png"), to: "art/a.svg")
        symlink("../secret.png", scratch["art/link.png"])
        symlink("loop.png", scratch["art/loop.png"])
        let made = await runCommand(scratch, "pptx @art/a.svg -o @a.pptx -v")
        #expect(made.code == .done)
        for words in [
            "`../secret.png` is left out: it lies outside the folder that files are read from",
            "`link.png` is left out: it lies outside the folder that files are read from", "is left out: its path is absolute",
            "`loop.png` is left out: it is no file that can be read",
        ] {
            #expect(made.err.contains(words), "\(made.err)")
        }
        #expect(try scratch.media("a.pptx") == [scratch.digest(of: "badge.png")])

        let wide = await runCommand(scratch, "pptx @art/a.svg -o @b.pptx -v --root @.")
        #expect(!wide.err.contains("outside"), "\(wide.err)")
        #expect(try Set(scratch.media("b.pptx")) == [scratch.digest(of: "badge.png"), scratch.digest(of: "icon.png")])
        let nowhere = await runCommand(scratch, "pptx @art/a.svg -o @c.pptx --root @nowhere")
        #expect(nowhere.code == .usage && nowhere.err.contains("there is no such folder"))
        scratch.write("", to: "other/x")
        let elsewhere = await runCommand(scratch, "pptx @art/a.svg -o @c.pptx -v --root @other")
        #expect(elsewhere.err.contains("`photo.png` is left out: it lies outside"))
    }

    @Test("Standard input has no folder of its own; each input of a deck has its own")
    func folders() async throws {
        for (folder, picture) in [("one", "icon.png"), ("two", "badge.png")] {
            try scratch.place(picture, as: "\(folder)/photo.png")
            scratch.write(drawing("photo.png"), to: "\(folder)/a.svg")
        }
        let piped = await runCommand(scratch, "pptx - -o @a.pptx", input: drawing("photo.png"))
        #expect(piped.err.contains("there is no folder to look in"))
        let rooted = await runCommand(scratch, "pptx - -o @b.pptx --root @one -q", input: drawing("photo.png"))
        #expect(try rooted.err == "" && scratch.media("b.pptx") == [scratch.digest(of: "icon.png")])
        let deck = await runCommand(scratch, "pptx @one/a.svg @two/a.svg -o @c.pptx -q")
        #expect(deck.code == .done && deck.err == "")
        #expect(try Set(scratch.media("c.pptx")) == [scratch.digest(of: "icon.png"), scratch.digest(of: "badge.png")])
    }

    @Test("Linked drawings refer to files from their own folder, each is read once, and limits hold for all of them together")
    func nested() async throws {
        scratch.write(drawing("sub/b.svg", "../x.png"), to: "a.svg")
        scratch.write(drawing("c.png", "../a.svg"), to: "sub/b.svg")
        try scratch.place("icon.png", as: "sub/c.png")
        let folder = try #require(LinkFolder(of: Input(path: scratch["a.svg"], relative: "a.svg"), root: nil))
        func links(limit: Int) throws -> [String] {
            let blob = try Blob.reading(path: scratch["a.svg"], limit: 1 << 20)
            return linkedFiles(of: blob, in: folder, limits: .init(), limit: limit).map {
                "\($0.source.path) \($0.source.refusal?.rawValue ?? "read")"
            }
        }
        #expect(try links(limit: 1 << 30) == ["sub/b.svg read", "../x.png outside", "sub/c.png read", "a.svg read"])
        #expect(try links(limit: 400) == ["sub/b.svg read", "../x.png outside", "sub/c.png tooLarge", "a.svg read"])
        let made = await runCommand(scratch, "pptx @a.svg -o @a.pptx -q")
        #expect(try made.code == .done && scratch.media("a.pptx") == [scratch.digest(of: "icon.png")])
    }

    @Test("A run with linked files is warmed from its log as long as they are what they were")
    func warmed() async throws {
        scratch.write(drawing("photo.png", "gone.png"), to: "a.svg")
        try scratch.place("icon.png", as: "photo.png")
        _ = await runCommand(scratch, "pptx @a.svg -o @a.pptx -q")
        let logged = try #require(RequestLog(in: scratch["cache"]).requests().last)
        #expect(
            logged.request.converted?.links == [
                Request.Link(page: 0, path: "photo.png"), Request.Link(page: 0, path: "gone.png", refusal: .missing),
            ])
        #expect(logged.paths == [scratch["a.svg"], scratch["photo.png"]])
        #expect(await runCommand(scratch, "cache verify --sample none").code == .done)
        try DiskStore(in: CacheDirectory(opening: scratch["cache"]), limit: 1 << 30).clear()
        #expect(await runCommand(scratch, "cache warm").out.contains("1 made"))
        #expect(await runCommand(scratch, "pptx @a.svg -o @a.pptx --json -q").out.contains(#""cached":true"#))
        try DiskStore(in: CacheDirectory(opening: scratch["cache"]), limit: 1 << 30).clear()
        try scratch.place("badge.png", as: "photo.png")
        #expect(await runCommand(scratch, "cache warm").err.contains("has changed since"))
    }
}
