import AtelierGeometry
import AtelierSVG
import Testing

@Suite("Gradients")
struct GradientsTests {
    private let stops = "<stop stop-color='red'/><stop offset='50%' stop-color='#0f0' stop-opacity='.5'/><stop offset='.2'/>"

    private func gradient(_ definition: String, on shape: String = "<rect x='10' y='20' width='40' height='80' fill='url(#g)'/>") throws
        -> SVG.Gradient
    {
        let tree = try tree("<defs>\(definition)</defs>\(shape)")
        #expect(tree.diagnostics == [])
        guard case .path(let path)? = tree.root.children.first, case .gradient(let gradient)? = (path.fill?.paint ?? path.stroke?.paint)
        else { throw NotAGradient() }
        return gradient
    }

    private struct NotAGradient: Error {}

    /// Where a point of the gradient's coordinates lies in those of the path.
    private func ends(_ gradient: SVG.Gradient) -> [Point] {
        switch gradient.shape {
        case .linear(let from, let to): [gradient.transform(from), gradient.transform(to)]
        case .radial(let center, let radius, let focus, _):
            [gradient.transform(center), gradient.transform(focus), gradient.transform(center + Vector(radius, 0))]
        }
    }

    @Test("Stops never go back, and keep their colours and opacities")
    func offsets() throws {
        let read = try gradient("<linearGradient id='g'>\(stops)</linearGradient>").stops
        #expect(read.map(\.offset) == [0, 0.5, 0.5])
        #expect(read.map(\.opacity) == [1, 0.5, 1])
        #expect(read[1].color == SVG.Color(red: 0, green: 255, blue: 0) && read[2].color == SVG.Color(red: 0, green: 0, blue: 0))
    }

    @Test("Box units are those of the outline, user units those of the drawing, percentages those of either")
    func units() throws {
        #expect(ends(try gradient("<linearGradient id='g'>\(stops)</linearGradient>")) == [Point(10, 20), Point(50, 20)])
        let inBox = try gradient("<linearGradient id='g' x1='25%' y1='.5' x2='1' y2='100%'>\(stops)</linearGradient>")
        #expect(ends(inBox) == [Point(20, 60), Point(50, 100)])
        let inUse = try gradient(
            "<linearGradient id='g' gradientUnits='userSpaceOnUse' x1='1' y1='2' x2='50%' y2='10mm'>\(stops)</linearGradient>")
        #expect(ends(inUse).first == Point(1, 2))
        guard case .radial(let center, let radius, _, _) = try gradient("<radialGradient id='g'>\(stops)</radialGradient>").shape else {
            throw NotAGradient()
        }
        #expect(center == Point(0.5, 0.5) && radius == 0.5)
    }

    @Test("gradientTransform comes before the box")
    func transforms() throws {
        let turned = try gradient("<linearGradient id='g' gradientTransform='rotate(90)'>\(stops)</linearGradient>")
        #expect(ends(turned) == [Point(10, 20), Point(10, 100)])
    }

    @Test("What a gradient does not say comes from those it refers to; coordinates only from its own kind")
    func templates() throws {
        let templates = """
            <radialGradient id='b' cx='9' spreadMethod='reflect' gradientUnits='userSpaceOnUse' href='#c'/>
            <linearGradient id='c' x1='3' x2='5'>\(stops)</linearGradient>
            """
        let read = try gradient("<linearGradient id='g' x2='7' href='#b'/>\(templates)")
        #expect(read.spread == .reflect && read.stops.count == 3)
        #expect(read.shape == .linear(from: Point(3, 0), to: Point(7, 0)))
    }

    @Test("A focus outside lies on the edge, and a hair inside it")
    func focus() throws {
        let read = try gradient("<radialGradient id='g' fx='2' fr='.1'>\(stops)</radialGradient>")
        guard case .radial(let center, let radius, let focus, let focusRadius) = read.shape else { throw NotAGradient() }
        #expect(focusRadius == 0.1 && focus.y == 0.5)
        #expect(focus.distance(to: center) < radius - focusRadius && focus.distance(to: center) > 0.99 * (radius - focusRadius))
    }

    @Test("On an outline without area, box units give way to the fallback")
    func flat() throws {
        let tree = try tree("<linearGradient id='g'>\(stops)</linearGradient><path d='M0 0h9' stroke='url(#g) #123'/>")
        guard case .path(let path)? = tree.root.children.first else { throw NotAGradient() }
        #expect(path.stroke?.paint == .color(SVG.Color(red: 0x11, green: 0x22, blue: 0x33)))
    }

    @Test("A stroke that keeps its width keeps its gradient's place")
    func nonScaling() throws {
        let shape = "<g transform='scale(2)'><path d='M0 0h10v10' fill='none' stroke='url(#g)' vector-effect='non-scaling-stroke'/></g>"
        let tree = try tree("<linearGradient id='g'>\(stops)</linearGradient>\(shape)")
        guard case .group(let group)? = tree.root.children.first, case .path(let path)? = group.children.first,
            case .gradient(let gradient)? = path.stroke?.paint
        else { throw NotAGradient() }
        #expect(ends(gradient).map { path.transform($0) } == [Point(0, 0), Point(10, 0)])
    }

    @Test(
        "Written and read again, a gradient is the same, and equal ones are written once",
        arguments: [
            "<linearGradient id='g' x1='.25' y2='1' spreadMethod='repeat'>STOPS</linearGradient>",
            "<radialGradient id='g' fx='.3' fr='.05' gradientTransform='rotate(30) skewX(20)'>STOPS</radialGradient>",
            "<radialGradient id='g' gradientUnits='userSpaceOnUse' cx='30' cy='60' r='25' spreadMethod='reflect'>STOPS</radialGradient>",
        ])
    func roundTrip(definition: String) throws {
        let shapes = "<rect id='gradient1' width='40' height='40' fill='url(#g)'/><rect x='0' width='40' height='40' fill='url(#g)'/>"
        let first = try tree(definition.replacing("STOPS", with: stops) + shapes)
        let written = SVG.write(first), text = String(decoding: written, as: UTF8.self)
        #expect(text.split(separator: "Gradient id=").count == 2 && text.contains("url(#gradient2)"))
        let second = try SVG.read(written.span)
        for (a, b) in zip(first.root.children, second.root.children) {
            guard case .path(let a) = a, case .path(let b) = b, case .gradient(let x)? = a.fill?.paint,
                case .gradient(let y)? = b.fill?.paint
            else { throw NotAGradient() }
            #expect(x.stops == y.stops && x.spread == y.spread)
            for (p, q) in zip(ends(x), ends(y)) { #expect(p.distance(to: q) < 1e-5) }
        }
    }
}
