import AtelierArchives
import AtelierGeometry
import AtelierSVG
import Testing

@testable import AtelierOOXML

@Suite("Pictures of what has no form as shapes")
struct PictureTests {
    /// A mapper for a canvas of 100 × 100 pixels.
    private func mapper() -> SlideMapper {
        var mapper = SlideMapper(title: nil, profile: .balanced)
        mapper.canvas = Rect(x: 0, y: 0, width: 952_500, height: 952_500)
        return mapper
    }
    private let toSlide = AffineTransform.scaling(EMU.perPixel, EMU.perPixel)

    private func drawing(_ mapper: SlideMapper) throws -> (drawing: Drawing, text: String) {
        let slide = Slide(
            part: Packer().pack([]), size: SlideSize(for: Size(100, 100)), shapeCount: 0, diagnostics: [], media: mapper.media)
        let drawing = try #require(Slide.drawings(of: [slide]).first)
        return (drawing, String(decoding: drawing.svg, as: UTF8.self))
    }

    @Test("A picture stands where its ink is, strokes included, and its twin shows exactly that box")
    func place() throws {
        var mapper = mapper()
        let node = rectangle(10, 20, 30, 40, SVG.Origin(element: "rect", id: "box", line: 3), stroke: stroke(2))
        let box = mapper.picture(of: node, through: toSlide, opacity: 1, clip: nil, because: "slides have no such thing")
        #expect(box == Rect(x: 9 * 9525, y: 19 * 9525, width: 32 * 9525, height: 42 * 9525))
        let (drawing, text) = try drawing(mapper)
        #expect(drawing.width == 64 && drawing.height == 84, "two pixels for one of the slide")
        #expect(text.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"32\" height=\"42\" viewBox=\"9 19 32 42\">"))
        let xml = String(decoding: mapper.xml.bytes, as: UTF8.self)
        #expect(xml.contains("<a:off x=\"85725\" y=\"180975\"/><a:ext cx=\"304800\" cy=\"400050\"/>"))
        #expect(xml.contains("name=\"box\"") && xml.contains("<a:blip r:embed=\"rId2\">") && xml.contains("r:embed=\"rId3\"/></a:ext>"))
        #expect(mapper.diagnostics.map(\.message) == ["it became a picture of its own, as slides have no such thing"])
        #expect(mapper.diagnostics[0].element == "rect#box" && mapper.shapeCount == 1)
    }

    @Test("What the ancestors do is in the twin: transform, opacity, clip")
    func surroundings() throws {
        var mapper = mapper()
        let turned = AffineTransform(a: 0, b: 1, c: -1, d: 0, e: 60, f: 10).followed(by: toSlide)
        let clip = square(0, 0, 20).transformed(by: toSlide)
        let box = mapper.picture(of: rectangle(0, 40, 50, 20), through: turned, opacity: 0.5, clip: clip, because: "x")
        #expect(box == Rect(x: 0, y: 10 * 9525, width: 20 * 9525, height: 10 * 9525))
        let text = try drawing(mapper).text
        #expect(text.contains("<clipPath"), "\(text)")
        #expect(text.contains("opacity=\".5\""))
        #expect(text.contains("matrix(0 1 -1 0 60 0)"))
    }

    @Test("The same picture twice is one file; what is outside the canvas or the clip is none")
    func files() {
        var mapper = mapper()
        let node = rectangle(0, 0, 10, 10)
        for _ in 0..<2 { mapper.picture(of: node, through: toSlide, opacity: 1, clip: nil, because: "x") }
        #expect(mapper.media.count == 2 && mapper.shapeCount == 2)
        #expect(mapper.picture(of: rectangle(200, 0, 10, 10), through: toSlide, opacity: 1, clip: nil, because: "x") == nil)
        let elsewhere = square(50, 50, 10).transformed(by: toSlide)
        #expect(mapper.picture(of: node, through: toSlide, opacity: 1, clip: elsewhere, because: "x") == nil)
        #expect(mapper.picture(of: grouped([]), through: toSlide, opacity: 1, clip: nil, because: "x") == nil)
    }

    @Test("A large picture has about four million pixels, a sliver no side beyond what programs read")
    func bounds() throws {
        var mapper = mapper()
        mapper.canvas = Rect(x: 0, y: 0, width: 5e7, height: 5e7)
        mapper.picture(of: rectangle(0, 0, 5000, 5000), through: toSlide, opacity: 1, clip: nil, because: "x")
        let large = try drawing(mapper).drawing
        #expect((3_900_000...4_010_000).contains(large.width * large.height))
        mapper.media = []
        mapper.canvas = Rect(x: 0, y: 0, width: 1e9, height: 1e9)
        mapper.picture(of: rectangle(0, 0, 100_000, 1), through: toSlide, opacity: 1, clip: nil, because: "x")
        #expect(try drawing(mapper).drawing.width <= 32_767)
    }

    @Test("Files of slides lie in the package once, with their types, and every relationship leads to one")
    func package() throws {
        var mapper = mapper()
        mapper.picture(of: rectangle(0, 0, 10, 10), through: toSlide, opacity: 1, clip: nil, because: "x")
        mapper.picture(of: ellipse(50, 50, 9, 9), through: toSlide, opacity: 1, clip: nil, because: "x")
        let slide = mapper.finish(SlideSize(for: Size(100, 100)))
        let drawings = Slide.drawings(of: [slide, slide])
        #expect(drawings.count == 2)
        let file = try packPresentation([slide, slide], pictures: [drawings[0]: [1, 2, 3]])
        let parts = try #require(unzipped(file))
        #expect(
            parts.keys.filter { $0.hasPrefix("ppt/media/") }.sorted() == [
                "ppt/media/image1.png", "ppt/media/image2.svg", "ppt/media/image3.png", "ppt/media/image4.svg",
            ])
        #expect(parts["ppt/media/image1.png"] == [1, 2, 3] && parts["ppt/media/image2.svg"] == drawings[0].svg)
        #expect(parts["ppt/media/image3.png"]?.starts(with: [0x89, 0x50]) == true, "a pixel stands in")
        let types = String(decoding: parts["[Content_Types].xml"] ?? [], as: UTF8.self)
        #expect(types.contains("Extension=\"png\" ContentType=\"image/png\""))
        #expect(types.contains("Extension=\"svg\" ContentType=\"image/svg+xml\""))
        for number in 1...2 {
            let relations = String(decoding: parts["ppt/slides/_rels/slide\(number).xml.rels"] ?? [], as: UTF8.self)
            #expect(relations.contains("Id=\"rId5\"") && relations.contains("Target=\"../media/image4.svg\""))
        }
    }
}
