import AtelierArchives
import AtelierOOXML
import AtelierTesting
import Foundation
import Testing

@Suite("Checking presentations")
struct CheckPresentationTests {
    /// A package with most of what slides are made of.
    private static let sound: [(name: String, bytes: [UInt8])] = {
        let tree = picture(
            [
                rectangle(0, 0, 10, 10, origin("rect", id: "a"), stroke: stroke(dashes: [3, 1])), path(square(30, 3, 5)),
                grouped([rectangle(50, 0, 10, 10), ellipse(90, 20, 10, 5)], origin("g", id: "group")),
            ])
        return try! members(of: packPresentation([mapSlide(tree), mapSlide(tree)]))
    }()

    /// One way to damage a package: where, what is replaced by what (nothing removes the part), and words of the finding.
    struct Damage: CustomTestStringConvertible, Sendable {
        var part: String, old: String, new: String?, finding: String
        /// Whether `pptxcheck.py` does not look at this.
        var isOurs = false
        var testDescription: String { "\(part): \(old) → \(new ?? "nothing")" }

        init(_ part: String, _ old: String, _ new: String?, _ finding: String, ours isOurs: Bool = false) {
            (self.part, self.old, self.new, self.finding, self.isOurs) = (part, old, new, finding, isOurs)
        }
    }

    private static let slide = "ppt/slides/slide1.xml", main = "ppt/presentation.xml", types = "[Content_Types].xml"
    private static let master = "ppt/slideMasters/slideMaster1.xml", layout = "ppt/slideLayouts/slideLayout1.xml"
    private static let slideArrows = "ppt/slides/_rels/slide1.xml.rels", mainArrows = "ppt/_rels/presentation.xml.rels"
    private static let body = "<p:txBody><a:bodyPr/><a:p><a:r>RUN</a:r></a:p></p:txBody></p:sp>"
    private static func run(_ run: String) -> String { "</p:spPr>" + body.replacingOccurrences(of: "RUN", with: run) }
    private static func effects(_ effects: String) -> String { "</a:ln><a:effectLst>\(effects)</a:effectLst></p:spPr>" }

    static let damages: [Damage] = [
        Damage(types, "", nil, "no list of content types"), Damage("_rels/.rels", "", nil, "0 relationships to a main document"),
        Damage(main, "", nil, "there is no part /ppt/presentation.xml"), Damage(slide, "", nil, "there is no part /ppt/slides/slide1.xml"),
        Damage(layout, "", nil, "there is no part"), Damage(master, "", nil, "there is no part"),
        Damage(mainArrows, "", nil, "names no relationship"), Damage(types, "slides/slide1.xml", "slides/slide9.xml", "slide9.xml"),
        Damage(types, "</Types>", "", "not well-formed XML: no element found"),
        Damage(slideArrows, "slideLayout1", "slideLayout7", "rId1 leads to ppt/slideLayouts/slideLayout7.xml, which is not in"),
        Damage(mainArrows, "\"rId2\"", "\"rId1\"", "the relationship rId1 stands here twice"),
        Damage(slideArrows, "relationships/slideLayout\"", "relationships/image\"", "not one of a image", ours: true),
        Damage(slideArrows, "/>", "", "not well-formed XML"),
        Damage(main, "id=\"256\" r:id=\"rId3\"", "id=\"256\" r:id=\"rId99\"", "r:id=\"rId99\" of p:sldId names no relationship"),
        Damage(main, "id=\"257\"", "id=\"256\"", "the id 256 stands twice in the list of p:sldId", ours: true),
        Damage(main, "id=\"256\"", "id=\"255\"", "id=\"255\" of p:sldId"), Damage(main, "cx=\"1905000\"", "cx=\"914399\"", "cx=\"914399\""),
        Damage(main, "cx=\"1905000\"", "cx=\"51206401\"", "cx=\"51206401\" of p:sldSz is none of: a whole number from 914400 to 51206400"),
        Damage(main, "<p:notesSz cx=\"6858000\" cy=\"9144000\"/>", "", "p:presentation ends where p:notesSz must follow"),
        Damage(master, "<p:titleStyle/><p:bodyStyle/>", "<p:bodyStyle/><p:titleStyle/>", "p:titleStyle cannot stand here"),
        Damage(master, "id=\"2147483649\"", "id=\"17\"", "id=\"17\" of p:sldLayoutId"),
        Damage(layout, "type=\"blank\"", "type=\"vacant\"", "type=\"vacant\""),
        Damage("ppt/theme/theme1.xml", "<a:effectStyle><a:effectLst/></a:effectStyle>", "", "a:effectStyleLst ends", ours: true),
        Damage(slide, "</p:cSld>", "", "not well-formed XML: mismatched tag"),
        Damage(slide, "<p:cNvPr id=\"3\"", "<p:cNvPr id=\"2\"", "the shape id 2 is used before on this slide"),
        Damage(slide, "<a:ext cx=\"95250\"", "<a:ext cx=\"-5\"", "cx=\"-5\" of a:ext is none of: a whole number from 0"),
        Damage(slide, "<a:ext cx=\"95250\"", "<a:ext cx=\"0.5\"", "cx=\"0.5\""),
        Damage(slide, "<p:spPr>", "<p:spPr><a:solidFill/>", "a:xfrm cannot stand here"),
        Damage(slide, "<p:spPr>", "<p:spPr><a:nonsense/>", "a:nonsense cannot stand here; a:xfrm"),
        Damage(slide, "<p:sp>", "<p:sp foo=\"1\">", "p:sp has no attribute foo"),
        Damage(slide, "<p:nvPr/></p:nvSpPr>", "</p:nvSpPr>", "p:nvSpPr ends where p:nvPr must follow"),
        Damage(slide, " name=\"a\"", "", "p:cNvPr lacks the attribute name"),
        Damage(slide, "prst=\"rect\"", "prst=\"blob\"", "prst=\"blob\" of a:prstGeom"),
        Damage(slide, "srgbClr val=\"000000\"", "srgbClr val=\"00000\"", "none of: 6 hexadecimal digits"),
        Damage(slide, "<a:srgbClr val=\"000000\"/>", "<a:srgbClr val=\"000000\"><a:alpha val=\"100001\"/></a:srgbClr>", "val=\"100001\""),
        Damage(slide, "<a:xfrm>", "<a:xfrm rot=\"1.5\">", "rot=\"1.5\""),
        Damage(slide, "<a:xfrm>", "<a:xfrm flipH=\"yes\">", "flipH=\"yes\" of a:xfrm is none of: true, false, 1 or 0"),
        Damage(slide, "<a:ln w=\"19050\"", "<a:ln w=\"20116801\"", "w=\"20116801\""),
        Damage(slide, "cap=\"flat\"", "cap=\"butt\"", "cap=\"butt\" of a:ln is none of: rnd, sq, flat"),
        Damage(slide, "<a:ds d=\"", "<a:ds d=\"-", "of a:ds is none of"),
        Damage(slide, "<a:ln", "<a:effectLst/><a:ln", "a:ln cannot stand here"),
        Damage(slide, "</a:ln></p:spPr>", effects("<a:softEdge rad=\"5\"/><a:blur rad=\"5\"/>"), "a:blur cannot stand here"),
        Damage(slide, "</a:ln></p:spPr>", effects("<a:softEdge rad=\"-5\"/>"), "rad=\"-5\""),
        Damage(slide, "</a:ln></p:spPr>", effects("<a:outerShdw dir=\"21600000\"><a:srgbClr val=\"000000\"/></a:outerShdw>"), "dir=\"2160"),
        Damage(slide, "</p:spPr></p:sp>", "</p:spPr><p:txBody><a:bodyPr/></p:txBody></p:sp>", "p:txBody ends where a:p must follow"),
        Damage(slide, "</p:spPr></p:sp>", run("<a:rPr sz=\"99\"/><a:t>x</a:t>"), "sz=\"99\" of a:rPr is none of: a whole number from 100"),
        Damage(slide, "</p:spPr></p:sp>", run("<a:t>x</a:t><a:rPr/>"), "a:rPr cannot stand here"),
        Damage(slide, "</p:spPr></p:sp>", run("<a:rPr><a:latin typeface=\"A\"/><a:noFill/></a:rPr><a:t>x</a:t>"), "a:noFill cannot"),
        Damage(slide, "<p:cSld>", "<p:cSld>stray", "p:cSld holds text"),
        Damage(slide, "<p:clrMapOvr>", "<p:timing/><p:clrMapOvr>", "p:clrMapOvr cannot stand here"),
        Damage(slide, "</p:sld>", "<p:timing><p:bldLst/></p:timing></p:sld>", "p:bldLst ends where"),
        Damage(slide, "<p:sld ", "<p:sld xmlns:v=\"urn:x\" v:a=\"1\" ", "p:sld has no attribute {urn:x}a"),
        Damage(slide, "</p:spTree>", "<p:pic><p:spPr/></p:pic></p:spTree>", "p:spPr cannot stand here; p:nvPicPr could"),
        Damage(slide, "<p:nvPr/></p:nvSpPr>", "<p:nvPr><p:custDataLst><p:tags r:id=\"rId8\"/></p:custDataLst></p:nvPr></p:nvSpPr>", "rId8"),
    ]

    @Test("Every kind of damage is found and said", arguments: damages)
    func damaged(damage: Damage) throws {
        let found = try checkPresentation(Self.package(Self.sound, with: damage))
        #expect(found.contains { $0.problem.contains(damage.finding) }, "\(found)")
    }

    @Test("Sound packages have no findings, with and without what other programs add")
    func sound() throws {
        #expect(try checkPresentation(Self.package(Self.sound)) == [])
        let mc = "xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\""
        let shape = "<p:sp><p:nvSpPr><p:cNvPr id=\"950\" name=\"f\"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/></p:sp>"
        for (old, new) in [
            (
                "</p:spTree>",
                "<mc:AlternateContent \(mc)><mc:Choice xmlns:n=\"urn:n\" Requires=\"n\"><n:new/></mc:Choice>"
                    + "<mc:Fallback>\(shape)</mc:Fallback></mc:AlternateContent></p:spTree>"
            ),
            ("<p:sld ", "<p:sld \(mc) xmlns:v=\"urn:x\" mc:Ignorable=\"v\" v:attr=\"1\" "),
            ("<a:ln ", "<!-- a remark --> <a:ln "),
        ] {
            #expect(try checkPresentation(Self.package(Self.sound, with: Damage(Self.slide, old, new, ""))) == [])
        }
    }

    @Test("Two members of one name, parts without a type and pictures that are something else are found")
    func archive() throws {
        func findings(_ extra: [(String, [UInt8])]) throws -> [PackageFinding] { try checkPresentation(Self.package(Self.sound + extra)) }
        #expect(try findings([("ppt/Presentation.xml", [])]).contains { $0.problem.contains("upper and lower case only") })
        #expect(try findings([("ppt/media/x.foo", [1])]).map(\.problem) == ["the part has no content type"])
        let png = Damage(Self.types, "<Default ", "<Default Extension=\"png\" ContentType=\"image/png\"/><Default ", "")
        let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0]
        let found = try checkPresentation(Self.package(Self.sound + [("ppt/media/image1.png", jpeg)], with: png))
        #expect(found.map(\.problem) == ["the bytes are those of a .jpg file, not of .png"])
    }

    @Test("Bombs and broken files end in a finding or an error, never in a crash")
    func hostile() throws {
        let file = try Self.package(Self.sound)
        for cut in stride(from: 0, to: file.count, by: 37) { expectSurvives(Array(file.prefix(cut))) }
        var random = SplitMix(seed: 5)
        for _ in 0..<400 {
            var damaged = file
            damaged[Int(random.next() % UInt64(file.count))] = UInt8(truncatingIfNeeded: random.next())
            expectSurvives(damaged)
        }
        let deep = String(repeating: "<p:grpSp>", count: 100_000)
        let found = try checkPresentation(Self.package(Self.sound, with: Damage(Self.slide, "</p:spTree>", deep + "</p:spTree>", "")))
        #expect(found.contains { $0.problem.contains("nested deeper than 10000 levels") })
        let entities = "<?xml version=\"1.0\"?><!DOCTYPE p [<!ENTITY a \"aaaa\">]><p>&a;</p>"
        let bomb = try checkPresentation(Self.package(Self.sound, with: Damage(Self.slide, "*", entities, "")))
        #expect(bomb.contains { $0.problem.contains("a document type is not allowed") })
    }

    private func expectSurvives(_ file: [UInt8]) {
        do { _ = try checkPresentation(file) } catch { #expect(!error.description.isEmpty) }
    }

    @Test(
        "The verdicts agree with those of the schemas and of python-pptx",
        .enabled(if: PresentationTests.canCheck, "../shared or its Python is absent"))
    func agreement() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "atelier-check-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover in the temporary folder harms nobody
        let kinds = Self.damages.filter { !$0.isOurs }
        for (index, damage) in kinds.enumerated() {
            try Data(Self.package(Self.sound, with: damage)).write(to: folder.appending(path: "\(index).pptx"))
        }
        try Data(Self.package(Self.sound)).write(to: folder.appending(path: "sound.pptx"))
        // The checker ends at its first exception, which counts as a finding.
        let script = """
            import sys, pptxcheck
            for f in sys.argv[1:]:
                try:
                    c = pptxcheck.check(f)
                    bad = not c['opens'] or bool(c.get('xsd_errors') or c.get('pkg_errors')) or c.get('xsd_errors') is None
                except Exception:
                    bad = True
                print('bad' if bad else 'good')
            """
        let program = folder.appending(path: "verdicts.py")
        try Data(("import sys; sys.path.insert(0, '\(PresentationTests.checker.deletingLastPathComponent().path())')\n" + script).utf8)
            .write(to: program)
        let files = kinds.indices.map { folder.appending(path: "\($0).pptx").path() } + [folder.appending(path: "sound.pptx").path()]
        let (_, output) = try PresentationTests.run(PresentationTests.python, [program.path()] + files)
        let verdicts = output.split(separator: "\n").filter { $0 == "bad" || $0 == "good" }
        try #require(verdicts.count == files.count, "\(output)")
        for (verdict, damage) in zip(verdicts, kinds) { #expect(verdict == "bad", "\(damage.testDescription)") }
        #expect(verdicts.last == "good")
    }

    // MARK: Packages

    private static func members(of file: [UInt8]) throws -> [(name: String, bytes: [UInt8])] {
        let zip = try ZIPReader(file)
        return try zip.members.map { ($0.name, try zip.unpacked($0)) }
    }

    /// A package with one part changed; `*` stands for the whole part.
    private static func package(_ members: [(name: String, bytes: [UInt8])], with damage: Damage? = nil) throws -> [UInt8] {
        var zip = ZIPWriter()
        let packer = Packer()
        for (name, bytes) in members {
            guard let damage, damage.part == name else {
                try zip.add(name, packer.pack(bytes))
                continue
            }
            guard let new = damage.new else { continue }
            var text = String(decoding: bytes, as: UTF8.self)
            if damage.old == "*" {
                text = new
            } else {
                let range = try #require(text.range(of: damage.old), "\(damage.testDescription)")
                text.replaceSubrange(range, with: new)
            }
            try zip.add(name, packer.pack(Array(text.utf8)))
        }
        return zip.finish()
    }
}
