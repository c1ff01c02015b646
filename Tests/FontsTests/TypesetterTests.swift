import AtelierGeometry
import Foundation
import Testing

@testable import AtelierFonts

/// Fonts for tests that need real ones; none of them is part of the project.
enum SharedFonts {
    static let folder: String = {
        if let given = ProcessInfo.processInfo.environment["BENCH_FONT_DIR"] { return given }
        let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        // Beside the package, or beside the folder that work trees stand in.
        return ["/../shared/fonts", "/../../shared/fonts"].map { package + $0 }.first(where: FileManager.default.fileExists) ?? ""
    }()
    static var isMissing: Bool { !FileManager.default.fileExists(atPath: folder + "/NotoSans-Regular.ttf") || HarfBuzz.shared == nil }

    static func file(_ name: String, families: [String], weight: Int = 400) -> FontFile {
        let path = "\(folder)/\(name)", facts = FontFile.facts(of: path) ?? (0, 0)
        return FontFile(
            path: path, index: 0, byteCount: facts.byteCount, modified: facts.modified, families: families, weight: weight, isItalic: false)
    }
}

@Suite("Setting text with real fonts", .disabled(if: SharedFonts.isMissing, "needs HarfBuzz and the folder of fonts"))
struct TypesetterTests {
    let request = FontRequest(families: ["Noto Sans"])

    private func setter(_ names: String...) throws -> Typesetter {
        let files = names.map { SharedFonts.file($0, families: [$0]) }
        return try .book(FontBook(entries: [.init(request: request, fonts: files)], library: ""))
    }

    @Test("Glyphs advance as the font says, in ems, and pairs are kerned")
    func advances() throws {
        let setter = try setter("NotoSans-Regular.ttf")
        // Advance widths of Noto Sans: A 639, V 600 of 1000; the pair A V is 40 closer.
        let plain = setter.set(Array("AV".utf8), as: request, features: .noKerning)
        #expect(plain.count == 1 && abs(plain[0].width - 1.239) < 1e-9)
        let kerned = try #require(setter.set(Array("AV".utf8), as: request).first)
        #expect(kerned.width < 1.239 && kerned.width > 1.1)
        #expect(kerned.glyphs.map(\.start) == [0, 1])
    }

    @Test("Measures are those of the font")
    func metrics() throws {
        let metrics = try #require(try setter("NotoSans-Regular.ttf").face(for: request)).metrics
        #expect(metrics.ascent == 1.069 && metrics.descent == 0.293 && metrics.lineGap == 0)
        #expect(metrics.xHeight > 0.5 && metrics.xHeight < 0.56 && metrics.capHeight > 0.7 && metrics.capHeight < 0.73)
    }

    @Test("Outlines stand on the baseline, y down, and are made once")
    func outlines() throws {
        let setter = try setter("NotoSans-Regular.ttf")
        let run = try #require(setter.set(Array("H ".utf8), as: request).first), face = try #require(run.face)
        let box = try #require(face.outline(of: run.glyphs[0].id).bounds)
        #expect(box.maxY == 0 && abs(box.minY + 0.714) < 0.001 && box.minX > 0 && box.maxX < run.glyphs[0].advance)
        #expect(face.outline(of: run.glyphs[1].id).isEmpty)
        #expect(face.outline(of: run.glyphs[0].id) == face.outline(of: run.glyphs[0].id))
    }

    @Test("Characters that the first font lacks are set in the next that has them, spaces stay where they are")
    func fallback() throws {
        let setter = try setter("NotoSans-Regular.ttf", "Amiri-Regular.ttf")
        let text = Array("a \u{628}".utf8)
        let runs = setter.set(text, as: request)
        #expect(runs.map { $0.face?.file.families } == [["NotoSans-Regular.ttf"], ["Amiri-Regular.ttf"]])
        #expect(runs.map(\.glyphs.count) == [2, 1] && runs.allSatisfy { $0.glyphs.allSatisfy { $0.id != 0 } })
        #expect(setter.set(Array("\u{4E00}".utf8), as: request).first?.glyphs.first?.id == 0)
    }

    @Test("Letters join and run from right to left where their script does")
    func arabic() throws {
        let setter = try setter("Amiri-Regular.ttf")
        let text = Array("\u{628}\u{628}".utf8)
        let glyphs = setter.set(text, as: request, isRightToLeft: true).flatMap(\.glyphs)
        #expect(glyphs.map(\.start) == [2, 0] && glyphs[0].id != glyphs[1].id)
    }

    @Test("A font that is no longer as it was is an error")
    func changed() {
        var file = SharedFonts.file("NotoSans-Regular.ttf", families: ["Noto Sans"])
        file.modified -= 1
        let book = FontBook(entries: [.init(request: request, fonts: [file])], library: "")
        #expect(throws: FontError(path: file.path)) { try Typesetter.book(book) }
    }

    @Test("Any number of threads set and outline at once and get the same")
    func threads() async throws {
        let widths = try await withThrowingTaskGroup(of: Double.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let request = FontRequest(families: ["Noto Sans"])
                    let file = SharedFonts.file("NotoSans-Regular.ttf", families: ["Noto Sans"])
                    let setter = try Typesetter.book(FontBook(entries: [.init(request: request, fonts: [file])], library: ""))
                    return (0..<50).reduce(0.0) { sum, _ in
                        let run = setter.set(Array("The quick brown fox".utf8), as: request)[0]
                        return sum + run.width + run.glyphs.reduce(0) { $0 + (run.face!.outline(of: $1.id).bounds?.width ?? 0) }
                    }
                }
            }
            return try await group.reduce(into: [Double]()) { $0.append($1) }
        }
        #expect(Set(widths).count == 1)
    }
}

@Suite("Setting text without fonts")
struct EstimateTests {
    @Test("Widths are estimates, one glyph for each character, in the order they are seen")
    func estimates() {
        let setter = Typesetter.estimating(), request = FontRequest(families: ["x"])
        let run = setter.set(Array("aé ".utf8), as: request)[0]
        #expect(run.face == nil && run.glyphs.map(\.start) == [0, 1, 3] && run.width > 1)
        #expect(setter.set(Array("ab".utf8), as: request, isRightToLeft: true)[0].glyphs.map(\.start) == [1, 0])
        #expect(setter.set([], as: request)[0].glyphs.isEmpty)
    }
}

@Suite("The fonts of a machine", .serialized, .disabled(if: SharedFonts.isMissing, "needs HarfBuzz and the folder of fonts"))
struct EnvironmentTests {
    /// Sets the text of a file of configuration as the environment's while `body` runs.
    private func with<Result>(configuration: String, _ body: () throws -> Result) throws -> Result {
        let file = NSTemporaryDirectory() + "atelier-fonts-\(UUID().uuidString).conf"
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        let before = ProcessInfo.processInfo.environment["FONTCONFIG_FILE"]
        setenv("FONTCONFIG_FILE", file, 1)
        defer {
            if let before { setenv("FONTCONFIG_FILE", before, 1) } else { unsetenv("FONTCONFIG_FILE") }
            try? FileManager.default.removeItem(atPath: file)
        }
        return try body()
    }

    private var configuration: String {
        "<fontconfig><dir>\(SharedFonts.folder)</dir><cachedir>\(NSTemporaryDirectory())atelier-fonts-cache</cachedir></fontconfig>"
    }

    @Test("Fonts are found by family, weight and slant, and the book names them")
    func found() throws {
        try with(configuration: configuration) {
            let setter = Typesetter.system()
            let bold = FontRequest(families: ["Noto Sans"], weight: 700), thin = FontRequest(families: ["Noto Sans"], weight: 100)
            #expect(setter.face(for: bold)?.file.path.hasSuffix("/NotoSans-Bold.ttf") == true)
            #expect(setter.face(for: thin)?.file.styleFamily == "Noto Sans Thin")
            #expect(setter.face(for: FontRequest(families: ["Noto Sans"], isItalic: true))?.file.isItalic == true)
            #expect(setter.face(for: FontRequest(families: ["Nowhere"]))?.file.isOf(family: "Nowhere") == false)
            let runs = setter.set(Array("a\u{628}".utf8), as: bold)
            #expect(runs.count == 2 && runs[1].glyphs[0].id != 0)
            let again = try Typesetter.book(setter.book)
            #expect(again.set(Array("a\u{628}".utf8), as: bold).map(\.width) == runs.map(\.width) && again.book == setter.book)
        }
    }

    @Test("Another configuration is another environment, the same one is not")
    func identity() throws {
        let first = try with(configuration: configuration) { (FontEnvironment.current, FontEnvironment.current) }
        #expect(first.0 == first.1 && first.0.identity.contains("fonts"))
        #expect(try with(configuration: "<fontconfig></fontconfig>") { FontEnvironment.current } != first.0)
    }
}
