import AtelierArchives
import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import AtelierTesting
import Foundation
import Testing

@Suite("Presentations")
struct PresentationTests {
    /// `../shared` beside the package, with the checker and its Python.
    static let checker = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/bench/pptx/pptxcheck.py").standardizedFileURL.resolvingSymlinksInPath()
    static let python = NSHomeDirectory() + "/.cache/atelier-bench/bin/python"
    static var canCheck: Bool {
        FileManager.default.fileExists(atPath: checker.path()) && FileManager.default.isExecutableFile(atPath: python)
    }

    @Test(
        "python-pptx, the schemas and the package rules accept every kind of shape",
        .enabled(if: canCheck, "../shared or its Python is absent"))
    func checkedOutside() throws {
        let turned = turn(35, about: Point(50, 50))
        let everything = picture(
            [
                rectangle(0, 0, 10, 10, origin("rect", id: "a", title: "tab\there \u{1}<&>\"", summary: "line\nbreak")),
                rectangle(20, 0, 30, 10, rx: 3, transform: turned, fill: fill(opacity: 0.25), stroke: stroke(dashes: [3, 1, 0, 1])),
                ellipse(70, 20, 10, 5, transform: turned, stroke: stroke(cap: .round, join: .round)),
                line(100, 10, 20, 90, stroke: stroke(cap: .square, join: .bevel, dashes: [0, 4])),
                line(10, 10, 90, 10, stroke: stroke()), path(square(3, 3, 5), fill: nil),
                path(polygon([(0, 0), (10, 0), (0, 10)]), transform: .scaling(-2, 3)),
                path(polygon([(0, 0), (1e7, 0), (0, 1e7)])), rectangle(-1e9, -1e9, 2e9, 2e9),
                grouped(
                    [grouped([rectangle(1, 1, 2, 2), rectangle(5, 5, 2, 2)]), grouped([])], origin("g", id: "outer"), opacity: 0.5),
            ], title: "All & \"everything\" <here>\u{0}")
        let empty = picture([])
        let strip = picture([rectangle(0, 0, 8000, 1)], size: Size(8000, 1))
        let size = SlideSize(for: Size(200, 100))
        let hostile = (0..<60 as Range<UInt64>).map { seed in
            var maker = TreeMaker(random: SplitMix(seed: seed), oddity: 50)
            return mapSlide(maker.tree(), SlideOptions(size: size))
        }
        for (name, slides) in [
            ("hostile", hostile), ("everything", [mapSlide(everything), mapSlide(empty)]), ("strip", [mapSlide(strip)]),
            ("empty", [mapSlide(empty)]),
        ] {
            let file = FileManager.default.temporaryDirectory.appending(path: "atelier-\(name)-\(UUID()).pptx")
            let bytes = try packPresentation(slides, title: "A & B")
            #expect(try checkPresentation(bytes) == [], "\(name)")
            try Data(bytes).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }  // a leftover in the temporary folder harms nobody
            let (status, report) = try Self.run(Self.python, [Self.checker.path(), file.path()])
            #expect(status == 0, "\(name): \(report)")
            // Without schemas the checker passes everything: be sure it had them.
            #expect(report.contains("\"xsd_errors\": 0"), "\(name): \(report)")
        }
    }

    @Test("The same slides give the same bytes, and other slides other bytes")
    func deterministic() throws {
        let tree = picture([rectangle(1, 2, 3, 4)])
        let first = try packPresentation([mapSlide(tree)], title: "t")
        #expect(try packPresentation([mapSlide(tree)], title: "t") == first)
        #expect(try packPresentation([mapSlide(picture([rectangle(1, 2, 3, 5)]))], title: "t") != first)
    }

    @Test("A plain slide is packed like any other: only the title's part differs from a presentation with a title")
    func plain() throws {
        for size in [Size(90, 60), Size(90, 60), Size(60, 90)] {
            let slide = mapSlide(picture([rectangle(1, 2, 3, 4)], size: size))
            let plain = try ZIPReader(packPresentation([slide])), titled = try ZIPReader(packPresentation([slide], title: "t"))
            #expect(plain.members.map(\.name) == titled.members.map(\.name))
            for (one, other) in zip(plain.members, titled.members) {
                #expect(try (plain.packed(one) == titled.packed(other)) == (one.name != "docProps/core.xml"), "\(one.name)")
            }
        }
    }

    @Test("A presentation of nothing, and slides of two sizes, are refused with a reason")
    func refused() throws {
        let (wide, tall) = (mapSlide(picture([])), mapSlide(picture([], size: Size(100, 200))))
        #expect(throws: PresentationError.noSlides) { try packPresentation([]) }
        let error = #expect(throws: PresentationError.self) { try packPresentation([wide, tall]) }
        #expect(error?.description.hasPrefix("slide 2 was mapped for 1.04 × 2.08 in but the presentation has 2.08 × 1.04 in") == true)
        #expect(error == .sizesDiffer(slide: 2, size: tall.size, first: wide.size))
    }

    static func run(_ tool: String, _ arguments: [String]) throws -> (Int32, String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: tool)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
