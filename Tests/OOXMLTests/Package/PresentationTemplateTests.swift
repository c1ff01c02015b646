import AtelierArchives
import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import AtelierTesting
import Foundation
import Testing

@Suite("Templates")
struct PresentationTemplateTests {
    /// A presentation of one slide whose layout "Two Boxes" has a title, a box of its own and one that takes its place from the master.
    private static let file: [UInt8] = {
        let box = "<p:spPr><a:xfrm><a:off x=\"914400\" y=\"457200\"/><a:ext cx=\"1828800\" cy=\"914400\"/></a:xfrm></p:spPr>"
        func placeholder(_ id: Int, _ name: String, _ ph: String, _ properties: String) -> String {
            "<p:sp><p:nvSpPr><p:cNvPr id=\"\(id)\" name=\"\(name)\"/><p:cNvSpPr/><p:nvPr><p:ph \(ph)/></p:nvPr></p:nvSpPr>\(properties)</p:sp>"
        }
        let inLayout =
            placeholder(2, "Title 1", "type=\"title\"", "<p:spPr/>")
            + placeholder(3, "Content 2", "idx=\"1\"", box) + placeholder(4, "Text 3", "type=\"body\" idx=\"7\"", "<p:spPr/>")
        let inMaster = placeholder(
            2, "Body", "type=\"body\"", "<p:spPr><a:xfrm><a:off x=\"5\" y=\"6\"/><a:ext cx=\"70\" cy=\"80\"/></a:xfrm></p:spPr>")
        let plain = try! packPresentation([mapSlide(picture([rectangle(0, 0, 10, 10)], size: Size(400, 300)))])
        return try! rewritten(plain) { name, text in
            switch name {
            case "ppt/slideLayouts/slideLayout1.xml":
                text.replacingOccurrences(of: "</p:spTree>", with: inLayout + "</p:spTree>")
                    .replacingOccurrences(of: "name=\"Blank\"", with: "name=\"Two Boxes\"")
            case "ppt/slideMasters/slideMaster1.xml": text.replacingOccurrences(of: "</p:spTree>", with: inMaster + "</p:spTree>")
            default: text
            }
        }
    }()

    private static func rewritten(_ file: [UInt8], _ change: (String, String) -> String?) throws -> [UInt8] {
        let zip = try ZIPReader(file)
        var result = ZIPWriter()
        for member in zip.members {
            guard let text = change(member.name, String(decoding: try zip.unpacked(member), as: UTF8.self)) else { continue }
            try result.add(member.name, Packer().pack(Array(text.utf8)))
        }
        return result.finish()
    }

    private func texts(_ file: [UInt8]) throws -> [String: String] {
        let zip = try ZIPReader(file)
        return Dictionary(
            uniqueKeysWithValues: try zip.members.map { ($0.name, String(decoding: try zip.unpacked($0), as: UTF8.self)) })
    }

    @Test("Layouts and placeholders are found by name, type and number, the largest for content without one")
    func places() throws {
        let template = try PresentationTemplate(reading: Self.file)
        #expect(template.size == SlideSize(for: Size(400, 300)))
        #expect(template.layouts.map(\.name) == ["Two Boxes"])
        let content = SlideArea(
            x: EMU(rawValue: 914_400), y: EMU(rawValue: 457_200), width: EMU(rawValue: 1_828_800), height: EMU(rawValue: 914_400))
        let body = SlideArea(x: EMU(rawValue: 5), y: EMU(rawValue: 6), width: EMU(rawValue: 70), height: EMU(rawValue: 80))
        for (placeholder, area) in [
            (nil, content), ("content 2", content), ("1", content), ("obj", content), ("Text 3", body), ("7", body),
        ] {
            let place = try template.place(layout: "two boxes", placeholder: placeholder)
            #expect(place.area == area, "\(placeholder ?? "none")")
            #expect(place.layout.hasTitle)
        }
        #expect(try template.place(layout: nil, placeholder: nil).layout.name == "Two Boxes")
        #expect(throws: TemplateError.noLayout("Three", known: ["Two Boxes"])) { try template.place(layout: "Three", placeholder: nil) }
        let error = #expect(throws: TemplateError.self) { try template.place(layout: nil, placeholder: "Chart") }
        #expect("\(try #require(error))" == "the layout 'Two Boxes' has no placeholder 'Chart'; it has 'Title 1', 'Content 2', 'Text 3'")
    }

    @Test("Slides go behind those there are, and nothing else changes")
    func inserted() throws {
        let template = try PresentationTemplate(reading: Self.file)
        let place = try template.place(layout: nil, placeholder: nil)
        var options = SlideOptions(size: template.size)
        options.area = place.area
        options.showsTitle = true
        let drawing = Drawing(svg: Array("<svg/>".utf8), width: 1, height: 1)
        let plain = mapSlide(picture([rectangle(0, 0, 200, 100)], title: "A & B"), options)
        let pictured = Slide(
            part: plain.part, size: plain.size, shapeCount: 1, diagnostics: [], media: [.rendering(drawing), .drawing(drawing)])
        let notes = SlideNotes([nil, "Say it\n\nloud"])
        let deck = try template.inserting([plain, pictured], layout: place.layout, notes: notes)
        #expect(try checkPresentation(deck) == [])
        #expect(try template.inserting([plain, pictured], layout: place.layout, notes: notes) == deck)

        let (before, after) = (try texts(Self.file), try texts(deck))
        let changed = before.filter { after[$0.key] != $0.value }.keys
        #expect(changed.sorted() == ["[Content_Types].xml", "ppt/_rels/presentation.xml.rels", "ppt/presentation.xml"])
        #expect(
            Set(after.keys).subtracting(before.keys).sorted() == [
                "ppt/media/image1.png", "ppt/media/image2.svg", "ppt/notesMasters/_rels/notesMaster1.xml.rels",
                "ppt/notesMasters/notesMaster1.xml", "ppt/notesSlides/_rels/notesSlide1.xml.rels", "ppt/notesSlides/notesSlide1.xml",
                "ppt/slides/_rels/slide2.xml.rels", "ppt/slides/_rels/slide3.xml.rels", "ppt/slides/slide2.xml", "ppt/slides/slide3.xml",
                "ppt/theme/theme2.xml",
            ])
        #expect(after["ppt/slides/slide2.xml"]?.contains("<p:ph type=\"title\"/>") == true)
        #expect(after["ppt/slides/slide2.xml"]?.contains("<a:t>A &amp; B</a:t>") == true)
        #expect(after["ppt/presentation.xml"]?.contains("<p:sldId id=\"256\" r:id=\"rId3\"/><p:sldId id=\"257\" r:id=\"rId4\"/>") == true)

        // Once more into the result: names and numbers go on.
        let again = try PresentationTemplate(reading: deck)
        let larger = try again.inserting([pictured], layout: again.layouts[0], notes: SlideNotes(["x"]))
        #expect(try checkPresentation(larger) == [])
        let names = Set(try texts(larger).keys)
        #expect(names.isSuperset(of: ["ppt/slides/slide4.xml", "ppt/media/image2.png", "ppt/notesSlides/notesSlide2.xml"]))
        #expect(!names.contains("ppt/notesMasters/notesMaster2.xml"))
    }

    @Test("Presentations with other prefixes, with no slides yet, and templates are extended too")
    func shapes() throws {
        let slide = mapSlide(picture([], size: Size(400, 300)))
        func deck(_ change: (String, String) -> String) throws -> [String: String] {
            let template = try PresentationTemplate(reading: Self.rewritten(Self.file, change))
            let deck = try template.inserting([slide], layout: template.layouts[0])
            #expect(try checkPresentation(deck) == [])
            return try texts(deck)
        }
        let empty = try deck { name, text in
            name == "ppt/presentation.xml" ? text.replacing(#/<p:sldIdLst>.*</p:sldIdLst>/#, with: "") : text
        }
        #expect(empty["ppt/presentation.xml"]?.contains("</p:sldMasterIdLst><p:sldIdLst><p:sldId id=\"256\"") == true)
        let closed = try deck { name, text in
            name == "ppt/presentation.xml" ? text.replacing(#/<p:sldIdLst>.*</p:sldIdLst>/#, with: "<p:sldIdLst />") : text
        }
        #expect(closed["ppt/presentation.xml"]?.contains("<p:sldIdLst><p:sldId id=\"256\"") == true)
        _ = try deck { name, text in
            switch name {
            case "ppt/presentation.xml":
                text.replacing("<p:", with: "<q:").replacing("</p:", with: "</q:").replacing("xmlns:p=", with: "xmlns:q=")
            case "[Content_Types].xml":
                text.replacing("<", with: "<c:").replacing("<c:/", with: "</c:").replacing("<c:?", with: "<?").replacing(
                    "xmlns=", with: "xmlns:c=")
            default: text
            }
        }
        let template = try deck { name, text in
            name == "[Content_Types].xml" ? text.replacing("presentation.main+xml", with: "template.main+xml") : text
        }
        #expect(template["[Content_Types].xml"]?.contains("presentationml.presentation.main+xml") == true)
    }

    @Test("What is no presentation is refused with a reason, and damage never crashes")
    func refused() throws {
        #expect(throws: TemplateError.archive(.notArchive(byteCount: 3))) { try PresentationTemplate(reading: [1, 2, 3]) }
        let noRoot = try Self.rewritten(Self.file) { name, text in name == "_rels/.rels" ? nil : text }
        let error = #expect(throws: TemplateError.self) { try PresentationTemplate(reading: noRoot) }
        #expect("\(try #require(error))".contains("leads to no presentation"))
        let macros = try PresentationTemplate(
            reading: Self.rewritten(Self.file) { name, text in
                name == "[Content_Types].xml"
                    ? text.replacing(
                        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
                        with: "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml") : text
            })
        #expect(throws: TemplateError.self) { try macros.inserting([], layout: macros.layouts[0]) }
        let slide = mapSlide(picture([], size: Size(400, 300)))
        var random = SplitMix(seed: 3)
        for _ in 0..<300 {
            var damaged = Self.file
            damaged[Int(random.next() % UInt64(damaged.count))] = UInt8(truncatingIfNeeded: random.next())
            do {
                let template = try PresentationTemplate(reading: damaged)
                if let layout = template.layouts.first { _ = try template.inserting([slide], layout: layout) }
            } catch { #expect(!"\(error)".isEmpty) }
        }
    }
}

@Suite("Notes")
struct NotesTests {
    @Test("A text file has the notes of the slides with lines of dashes between them")
    func written() {
        #expect(SlideNotes(written: "a\nb\n\n---\r\n\n --- \n  c \n").texts == ["a\nb", nil, "  c "])
        #expect(SlideNotes(written: "").texts == [nil])
        #expect(SlideNotes(written: "-- not a line").texts == ["-- not a line"])
    }

    @Test("Slides with notes have a page for them, the others have none")
    func packed() throws {
        let slide = mapSlide(picture([rectangle(1, 1, 2, 2)]))
        let deck = try packPresentation([slide, slide, slide], notes: SlideNotes(["one <1>", nil, "", "beyond"]))
        #expect(try checkPresentation(deck) == [])
        let members = try #require(unzipped(deck))
        #expect(members.keys.filter { $0.hasPrefix("ppt/notesSlides/notes") } == ["ppt/notesSlides/notesSlide1.xml"])
        #expect(String(decoding: members["ppt/notesSlides/notesSlide1.xml"]!, as: UTF8.self).contains("<a:t>one &lt;1&gt;</a:t>"))
        #expect(try packPresentation([slide], notes: SlideNotes([nil])) == packPresentation([slide]))
    }
}
