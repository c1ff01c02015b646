import AtelierGeometry
import AtelierSVG
import Testing

@testable import AtelierOOXML

private func tiled(
    _ children: [SVG.Node], _ tile: Double, transform: AffineTransform = .identity, opacity: Double = 1, stroked: Bool = false
) -> Slide {
    let paint = SVG.Paint.pattern(SVG.Pattern(tile: Size(tile, tile), transform: transform, children: children))
    var line = stroke(10)
    line.paint = paint
    return mapSlide(
        picture([
            rectangle(
                20, 20, 60, 60, origin("rect", id: "r"), fill: stroked ? nil : SVG.Fill(paint: paint, opacity: opacity),
                stroke: stroked ? line : nil)
        ]))
}

@Suite("Patterns on slides")
struct PatternTests {
    @Test("Each thing in a tile is one shape of as many parts as there are tiles; what fills the tile is the outline itself")
    func dots() {
        let slide = tiled([rectangle(0, 0, 20, 20, fill: fill(SVG.Color(red: 1, green: 2, blue: 3))), ellipse(10, 10, 5, 5)], 20)
        #expect(slide.messages.isEmpty && slide.contents == SlideContents(shapes: 2, groups: 1))
        #expect(slide.shapes.contains("name=\"r\"") && slide.shapes.contains("prst=\"rect\""))
        #expect(slide.shapes.split(separator: "<a:moveTo>").count - 1 == 9)
    }

    @Test("Parts are cut at the outline and at the edge of the tile, and parts side by side are one")
    func cut() {
        // Stripes of the whole width: 3 of them in 60 pixels, the tile beginning 10 pixels further up.
        let slide = tiled([rectangle(-5, 0, 40, 10)], 20, transform: .translation(0, 10))
        #expect(slide.shapes.split(separator: "<a:moveTo>").count - 1 == 3)
        #expect(slide.shapes.contains("<a:off x=\"190500\" y=\"285750\"/><a:ext cx=\"571500\" cy=\"476250\"/>"))
    }

    @Test("Neighbours in one opaque colour are one shape, overlapping or not; another colour between them keeps them apart")
    func sameColour() {
        let other = SVG.Color(red: 9, green: 9, blue: 9)
        #expect(tiled([rectangle(0, 0, 10, 10), rectangle(5, 5, 10, 10)], 20).contents == SlideContents(shapes: 1, groups: 1))
        let between = tiled([rectangle(0, 0, 10, 10), rectangle(2, 2, 5, 5, fill: fill(other)), rectangle(5, 5, 10, 10)], 20)
        #expect(between.contents == SlideContents(shapes: 3, groups: 1))
    }

    @Test("A pattern's opacity is that of every shape, and a stroke's tiles lie where the stroke is")
    func opacityAndStroke() {
        #expect(tiled([ellipse(10, 10, 5, 5)], 20, opacity: 0.5).shapes.contains("<a:alpha val=\"50000\"/>"))
        let line = tiled([rectangle(0, 0, 20, 20)], 20, stroked: true)
        #expect(line.messages.isEmpty && line.shapes.contains("<a:off x=\"142875\" y=\"142875\"/><a:ext cx=\"666750\" cy=\"666750\"/>"))
    }

    @Test("Patterns of very many tiles, or of next to no size, are a picture of the element in no time")
    func bounded() {
        for tile in [0.1, 1e-9, 1e-300] {
            #expect(tiled([ellipse(0.05, 0.05, 0.05, 0.05)], tile).contents == SlideContents(pictures: 1))
        }
    }

    /// Markers on the corners of a line, in the pattern of the line's own fill.
    private func marked(_ line: String) throws -> Slide {
        let svg = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">
            <pattern id="p" patternUnits="userSpaceOnUse" width="20" height="20">
            <rect width="10" height="10" fill="grey"/><rect x="10" y="10" width="10" height="10" fill="green"/></pattern>
            <marker id="m" refX="5" refY="5" markerWidth="10" markerHeight="10" orient="0.25turn">
            <path d="M5 0 10 10H0Z" fill="context-fill"/></marker>
            <path fill="url(#p)" d="\(line)" marker-start="url(#m)" marker-mid="url(#m)" marker-end="url(#m)"/></svg>
            """
        return mapSlide(try SVG.read(Array(svg.utf8).span))
    }

    @Test("Tiles are laid once over all markers in one pattern that do not overlap")
    func markers() throws {
        // Two colours: of the line, of the markers.
        #expect(try marked("M20 20H80V80H20").contents.shapes == 4)
        // The last marker lies on the first one.
        #expect(try marked("M20 20H80V80H20Z").contents.shapes == 6)
    }

    @Test("Markers so far apart that the box of all holds very many tiles stay apart")
    func farMarkers() throws {
        #expect(try marked("M-150 -150H150V150H-150").contents.shapes == 6)
    }
}
