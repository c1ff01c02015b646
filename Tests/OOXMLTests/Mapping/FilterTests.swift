import AtelierGeometry
import AtelierSVG
import Testing

@testable import AtelierOOXML

@Suite("Filters on slides")
struct FilterTests {
    private static let red = SVG.Color(red: 255, green: 0, blue: 0)
    private let whole = Rect(x: -100, y: -100, width: 400, height: 400)

    private func slide(
        _ effects: [SVG.Filter.Effect], on nodes: [SVG.Node] = [rectangle(40, 40, 60, 30)], region: Rect? = nil,
        transform: AffineTransform = .identity, isLinear: Bool = false, profile: Profile = .balanced
    ) -> Slide {
        let filter = SVG.Filter(region: region ?? whole, primitives: effects.map { SVG.Filter.Primitive($0, isLinear: isLinear) })
        let group = SVG.Group(origin: origin("g", id: "f"), transform: transform, filter: filter, children: nodes)
        return mapSlide(picture([.group(group)]), SlideOptions(profile: profile))
    }

    @Test("A drop shadow is an outer shadow of the shape, said in one primitive or in four")
    func shadow() {
        let shadow =
            "<a:outerShdw blurRad=\"76200\" dist=\"47625\" dir=\"3187806\" algn=\"ctr\" rotWithShape=\"0\">"
            + "<a:srgbClr val=\"FF0000\"><a:alpha val=\"50000\"/></a:srgbClr></a:outerShdw>"
        let short = slide([.dropShadow(.source, Vector(3, 4), x: 4, y: 4, Self.red, opacity: 0.5)])
        let long = slide([
            .blur(.sourceAlpha, x: 4, y: 4), .offset(.result(0), Vector(3, 4)), .flood(Self.red, opacity: 0.5),
            .composite(.result(2), .result(1), .in), .merge([.result(3), .source]),
        ])
        for slide in [short, long] {
            #expect(slide.shapes.contains(shadow) && slide.media.isEmpty)
            #expect(slide.shapes.split(separator: "<p:sp>").count == 2 || slide.shapes.split(separator: "<p:sp>").count == 1)
        }
        #expect(short.messages.count == 1 && short.messages[0].hasPrefix("its filter was said as shadows"))
    }

    @Test("Light cut out of the source's own alpha is an inner shadow")
    func inner() {
        let slide = slide([
            .offset(.sourceAlpha, Vector(0, 5)), .blur(.result(0), x: 2, y: 2), .composite(.sourceAlpha, .result(1), .out),
            .flood(Self.red, opacity: 1), .composite(.result(3), .result(2), .in), .merge([.source, .result(4)]),
        ])
        #expect(slide.shapes.contains("<a:innerShdw blurRad=\"38100\" dist=\"47625\" dir=\"5400000\"><a:srgbClr val=\"FF0000\"/>"))
    }

    @Test("A blur is soft edges of a shape grown by as much as they take away")
    func blur() {
        let shapes = slide([.blur(.source, x: 5, y: 5)]).shapes
        #expect(shapes.contains("<a:softEdge rad=\"100013\"/>"))
        #expect(shapes.contains("<a:off x=\"276225\" y=\"276225\"/><a:ext cx=\"781050\" cy=\"495300\"/>"), "11 pixels each way")
    }

    @Test("A blurred line keeps its dashes")
    func dashes() {
        let dashed = SVG.Stroke(paint: .color(Self.red), width: 20, dashes: [40, 20])
        let shapes = slide([.blur(.source, x: 2, y: 2)], on: [line(10, 50, 110, 50, stroke: dashed)]).shapes
        #expect(shapes.split(separator: "<a:moveTo>").count == 3 && shapes.contains("<a:softEdge"), "two dashes")
    }

    @Test("Colours change as the pixels would, in sRGB and in linear light")
    func colors() {
        let half: [Double] = [0.5, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0, 1, 0]
        let nodes = [rectangle(0, 0, 9, 9, fill: fill(SVG.Color(red: 200, green: 100, blue: 255)))]
        #expect(slide([.colorMatrix(.source, half)], on: nodes).shapes.contains("643280"))
        // In linear light: 200 → 0.578, half of it is 146; 100 → 0.127, 71; 255 → 1, 188.
        #expect(slide([.colorMatrix(.source, half)], on: nodes, isLinear: true).shapes.contains("9247BC"))
        #expect(slide([.colorMatrix(.source, half)], on: nodes).messages.isEmpty)
    }

    @Test("An offset moves shapes and cuts them at the region's edge; a flood is a rectangle")
    func offset() {
        let region = Rect(x: 30, y: 30, width: 80, height: 50)
        let moved = slide([.offset(.source, Vector(0, 20))], region: region).shapes
        #expect(moved.contains("<a:off x=\"381000\" y=\"571500\"/><a:ext cx=\"571500\" cy=\"190500\"/>"))
        let flood = slide([.flood(Self.red, opacity: 1)], region: region).shapes
        #expect(flood.contains("<a:off x=\"285750\" y=\"285750\"/><a:ext cx=\"762000\" cy=\"476250\"/>") && flood.contains("FF0000"))
    }

    @Test("A shadow of several shapes is that of the one behind all, of each, or a shape of its own")
    func groups() {
        let shadow = SVG.Filter.Effect.dropShadow(.source, Vector(2, 2), x: 2, y: 2, Self.red, opacity: 1)
        func count(_ text: String, in shapes: String) -> Int { shapes.split(separator: text, omittingEmptySubsequences: false).count - 1 }
        let card = slide([shadow], on: [rectangle(10, 10, 80, 60), rectangle(20, 20, 9, 9), rectangle(50, 20, 9, 9)]).shapes
        #expect(count("<a:outerShdw", in: card) == 1 && count("<p:sp>", in: card) == 3)
        let apart = slide([shadow], on: [rectangle(10, 10, 20, 20), rectangle(80, 10, 20, 20)]).shapes
        #expect(count("<a:outerShdw", in: apart) == 2 && count("<p:sp>", in: apart) == 2)
        let crossing = slide([shadow], on: [rectangle(10, 10, 40, 20), rectangle(20, 0, 20, 60)]).shapes
        #expect(count("<a:softEdge", in: crossing) == 1 && count("<p:sp>", in: crossing) == 3)
    }

    @Test("What no effect says is a picture of that element alone, without a twin that would be drawn wrong")
    func pictures() {
        let noise = SVG.Filter.Turbulence(frequency: Vector(1, 1), octaves: 1, seed: 0, stitches: false, isFractal: false)
        let cases: [([SVG.Filter.Effect], Rect?, AffineTransform, Profile)] = [
            ([.turbulence(noise)], nil, .identity, .balanced), ([.blur(.source, x: 2, y: 9)], nil, .identity, .balanced),
            ([.blur(.source, x: 5, y: 5)], Rect(x: 40, y: 40, width: 60, height: 30), .identity, .balanced),
            ([.blur(.source, x: 5, y: 5)], nil, AffineTransform(a: 1, b: 0, c: 1, d: 1, e: 0, f: 0), .balanced),
            ([.blur(.source, x: 5, y: 5)], nil, .identity, .exact),
            ([.blend(.source, .sourceAlpha, mode: "multiply")], nil, .identity, .editable),
        ]
        for (effects, region, transform, profile) in cases {
            let slide = slide(effects, region: region, transform: transform, profile: profile)
            #expect(slide.messages == ["it became a picture of its own, as slides have no such filter"], "\(effects)")
            #expect(slide.media.count == 1 && !slide.shapes.contains("svgBlip"))
        }
    }

    @Test("What became of a filtered group and of what it holds is said once, and what was written adds up")
    func decisions() {
        let shadow = SVG.Filter(region: whole, primitives: [.init(.dropShadow(.source, Vector(2, 2), x: 2, y: 2, Self.red, opacity: 1))])
        let noise = SVG.Filter(region: whole, primitives: [.init(.tile(.source))])
        let two = [rectangle(10, 10, 40, 20), rectangle(20, 0, 20, 60)]
        let tree = picture([
            .group(SVG.Group(origin: origin("g", id: "a"), filter: shadow, children: two)),
            .group(SVG.Group(origin: origin("g", id: "b"), filter: noise, children: [grouped(two)])), rectangle(0, 0, 9, 9),
        ])
        let slide = mapSlide(tree)
        var lines: [String] = [], sum = SlideContents()
        slide.visitDecisions(on: tree) {
            lines.append("\($0.element) \($0.outcome)")
            sum = sum + $0.contents
        }
        #expect(
            lines == [
                "svg native", "g#a approximated", "rect approximated", "rect approximated", "g#b picture", "g picture", "rect picture",
                "rect picture", "rect native",
            ])
        #expect(sum == slide.contents && sum.pictures == 1)
    }

    @Test("A filter that changes nothing leaves the shapes as they are")
    func nothing() {
        let plain = mapSlide(picture([grouped([rectangle(40, 40, 60, 30)], origin("g", id: "f"))]))
        #expect(slide([.blur(.source, x: 0, y: 0), .merge([.result(0)])]).shapes == plain.shapes)
    }
}
