import AtelierGeometry
import AtelierSVG
import Testing

@testable import AtelierOOXML

@Suite("Clips on slides")
struct ClipTests {
    private func clipped(_ nodes: [SVG.Node], to clip: BezierPath, transform: AffineTransform = .identity) -> (
        shapes: String, messages: [String]
    ) {
        let group = SVG.Group(origin: origin("g"), transform: transform, clip: clip, children: nodes)
        let slide = mapSlide(picture([.group(group)]))
        return (slide.shapes, slide.messages)
    }

    @Test("A fill becomes what is seen of it; what is not seen leaves no shape, what is seen whole stays as it was")
    func fills() {
        let (shapes, messages) = clipped(
            [path(square(0, 0, 40)), path(square(60, 60, 10)), rectangle(12, 12, 5, 5)], to: square(10, 10, 40))
        #expect(messages.isEmpty && shapes.split(separator: "<p:sp>").count == 3, "two shapes and what stands before them")
        #expect(shapes.contains("<a:off x=\"95250\" y=\"95250\"/><a:ext cx=\"285750\" cy=\"285750\"/>"))
        #expect(shapes.contains("prst=\"rect\""))
    }

    @Test("Clips of groups inside each other leave what both leave, in the coordinates of each")
    func nested() {
        let inner = SVG.Node.group(
            SVG.Group(origin: origin("g"), transform: .translation(5, 0), clip: square(0, 0, 10), children: [path(square(-50, -50, 200))]))
        let (shapes, _) = clipped([inner], to: square(0, 0, 10), transform: .scaling(2, 2))
        // 5…10 by 0…10, twice as large.
        #expect(shapes.contains("<a:off x=\"95250\" y=\"0\"/><a:ext cx=\"95250\" cy=\"190500\"/>"))
    }

    @Test("A gradient stays where it was, whatever is cut away")
    func gradients() {
        let stops = [SVG.Gradient.Stop(offset: 0, color: black), .init(offset: 1, color: SVG.Color(red: 255, green: 255, blue: 255))]
        let paint = SVG.Paint.gradient(SVG.Gradient(shape: .linear(from: Point(0, 0), to: Point(100, 0)), stops: stops))
        let (shapes, _) = clipped([path(square(0, 0, 100), fill: SVG.Fill(paint: paint))], to: square(50, 0, 50))
        #expect(
            shapes.contains("<a:gs pos=\"0\"><a:srgbClr val=\"808080\"/>")
                && shapes.contains("<a:gs pos=\"100000\"><a:srgbClr val=\"FFFFFF\"/>"))
    }

    @Test("With no work left six elements become pictures with their clips, the rest is drawn whole, each with a note")
    func exhausted() {
        let group = SVG.Group(
            origin: origin("g"), clip: square(10, 10, 40), children: (0..<20).map { path(square(Double($0), 0, 40)) })
        for (profile, pictures) in [(Profile.balanced, 6), (.editable, 0)] {
            var mapper = SlideMapper(title: nil, profile: profile)
            mapper.outlines.workLeft = 0
            _ = mapper.map(picture([.group(group)]), SlideOptions(profile: profile))
            #expect(mapper.pictureCount == pictures)
            let whole = mapper.diagnostics.count { $0.message.contains("takes more work than a slide may take and it was drawn whole") }
            #expect(whole == 20 - pictures)
            #expect(mapper.diagnostics.count { $0.message.contains("takes more work than a slide may take") } == 20)
        }
    }

    @Test("What is seen of a stroke is cut as a region; one that lies inside stays a line")
    func strokes() {
        let cut = clipped([path(square(0, 0, 40), stroke: stroke())], to: square(10, 10, 100))
        #expect(cut.messages.isEmpty && !cut.shapes.contains("<a:ln w"))
        // The fill from 10 to 40, the stroke to 41.
        #expect(cut.shapes.contains("<a:off x=\"95250\" y=\"95250\"/><a:ext cx=\"285750\" cy=\"285750\"/>"))
        #expect(cut.shapes.contains("<a:off x=\"95250\" y=\"95250\"/><a:ext cx=\"295275\" cy=\"295275\"/>"))
        let whole = clipped([path(square(20, 20, 40), stroke: stroke())], to: square(10, 10, 100))
        #expect(whole.messages.isEmpty && whole.shapes.contains("<a:ln w"))
    }

    @Test("A long clip cuts a small shape as the piece of it that is near does")
    func longClips() {
        var comb = BezierPath()
        comb.move(to: Point(0, 100))
        for tooth in 0..<50 {
            comb.line(to: Point(Double(tooth) * 2, 0))
            comb.line(to: Point(Double(tooth) * 2 + 1, 0))
            comb.line(to: Point(Double(tooth) * 2 + 1, 90))
            comb.line(to: Point(Double(tooth) * 2 + 2, 90))
        }
        comb.line(to: Point(100, 100))
        comb.close()
        // Between two teeth there is nothing, in their back all, and across one its width.
        let (shapes, messages) = clipped([rectangle(41.25, 20, 0.5, 5), rectangle(41, 92, 5, 5), rectangle(79.5, 60, 2, 5)], to: comb)
        #expect(messages.isEmpty && shapes.split(separator: "<p:sp>").count == 3, "two shapes and what stands before them")
        #expect(shapes.contains("prst=\"rect\""))
        #expect(shapes.contains("<a:off x=\"762000\" y=\"571500\"/><a:ext cx=\"9525\" cy=\"47625\"/>"))
    }
}
