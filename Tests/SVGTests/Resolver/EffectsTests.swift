import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierSVG

private func tree(_ content: String) throws -> SVG.Tree {
    let text = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 200 100'>\(content)</svg>"
    return try SVG.read(Array(text.utf8).span)
}

private func group(_ content: String) throws -> SVG.Group? {
    guard case .group(let group)? = try tree(content).root.children.first else { return nil }
    return group
}

private func pattern(_ content: String) throws -> SVG.Pattern? {
    guard case .path(let path)? = try tree(content).root.children.last, case .pattern(let pattern)? = path.fill?.paint else { return nil }
    return pattern
}

@Suite("Masks, patterns and blending")
struct EffectsTests {
    @Test("A mask's region follows the box, the viewport or what is written")
    func maskRegions() throws {
        let rect = "<rect x='10' y='20' width='100' height='50' mask='url(#m)'/>", inside = "<rect width='9' height='9'/>"
        #expect(try group("<mask id='m'>\(inside)</mask>\(rect)")?.mask?.region == Rect(x: 0, y: 15, width: 120, height: 60))
        let whole = try group("<mask id='m' maskUnits='userSpaceOnUse'>\(inside)</mask>\(rect)")?.mask?.region
        #expect(whole == Rect(x: -20, y: -10, width: 240, height: 120))
        let written = try group("<mask id='m' maskUnits='userSpaceOnUse' x='1' y='2' width='3' height='4'>\(inside)</mask>\(rect)")
        #expect(written?.mask?.region == Rect(x: 1, y: 2, width: 3, height: 4))
        let scaled = try group("<mask id='m' maskContentUnits='objectBoundingBox'>\(inside)</mask>\(rect)")?.mask?.children.first
        #expect(scaled?.transform == AffineTransform(a: 100, b: 0, c: 0, d: 50, e: 10, f: 20))
    }

    @Test("A mask lies in the coordinates of its element, and is styled where it stands")
    func maskPlace() throws {
        let group = try group(
            "<g fill='red'><mask id='m'><rect width='9' height='9'/></mask></g>"
                + "<rect transform='translate(5)' fill='blue' width='9' height='9' mask='url(#m)'/>")
        #expect(group?.transform == .translation(5, 0) && group?.mask?.region.minX == -0.9)
        guard case .path(let path)? = group?.mask?.children.first else {
            Issue.record("no content")
            return
        }
        #expect(path.fill?.paint == .color(SVG.Color(red: 255, green: 0, blue: 0)))
    }

    @Test("What a mask's picture says of alpha, light and other masks is kept; a box without area is not drawn")
    func maskKinds() throws {
        let rect = "<rect width='9' height='9' mask='url(#m)'/>"
        #expect(try group("<mask id='m' mask-type='alpha'><rect width='9' height='9'/></mask>\(rect)")?.mask?.kind == .alpha)
        #expect(
            try group("<mask id='m' color-interpolation='linearRGB'><rect width='9' height='9'/></mask>\(rect)")?.mask?.kind
                == .luminance(isLinear: true))
        let nested = try group("<mask id='n'/><mask id='m' mask='url(#n)'><rect width='9' height='9'/></mask>\(rect)")?.mask?.children
        guard case .group(let inner)? = nested?.first else {
            Issue.record("no inner mask")
            return
        }
        #expect(inner.mask?.children.isEmpty == true)
        #expect(try tree("<mask id='m'/><path d='M0 0h9' stroke='red' mask='url(#m)'/>").root.children.isEmpty)
    }

    @Test("A pattern's tile follows the box or the viewport, its content the box or a viewBox, and what it lacks its templates")
    func patterns() throws {
        let rect = "<rect x='10' y='20' width='100' height='50' fill='url(#p)'/>", dot = "<circle r='1'/>"
        let box = try pattern("<pattern id='p' x='.1' width='.5' height='.5'>\(dot)</pattern>\(rect)")
        #expect(box?.tile == Size(50, 25) && box?.transform == .translation(20, 20))
        let user = try pattern(
            "<pattern id='q' patternUnits='userSpaceOnUse' width='10%' height='8'>\(dot)</pattern>"
                + "<pattern id='p' href='#q' patternTransform='scale(2)'/>\(rect)")
        #expect(user?.tile == Size(20, 8) && user?.transform == .scaling(2, 2) && user?.children.count == 1)
        let viewed = try pattern("<pattern id='p' width='.5' height='.5' viewBox='0 0 5 5'>\(dot)</pattern>\(rect)")
        #expect(viewed?.children.first?.transform == AffineTransform(a: 5, b: 0, c: 0, d: 5, e: 12.5, f: 0))
    }

    @Test("Patterns that cannot be laid out paint nothing or the fallback, and none goes on without end")
    func badPatterns() throws {
        let dot = "<circle r='1' fill='url(#p)'/>"
        #expect(try tree("<pattern id='p' width='1'>\(dot)</pattern><rect width='9' height='9' fill='url(#p)'/>").root.children.isEmpty)
        #expect(try pattern("<pattern id='p' width='1' height='1'/><rect width='9' height='9' fill='url(#p)'/>") == nil)
        guard
            case .path(let line)? = try tree(
                "<pattern id='p' width='1' height='1'>\(dot)</pattern><path d='M0 0h9' fill='none' stroke='url(#p) red'/>"
            ).root.children.first
        else {
            Issue.record("no line")
            return
        }
        #expect(line.stroke?.paint == .color(SVG.Color(red: 255, green: 0, blue: 0)))
    }

    @Test("Blend modes and isolation come from style sheets, not from attributes; paint-order from both")
    func blending() throws {
        #expect(try group("<rect width='9' height='9' style='mix-blend-mode:multiply'/>")?.blend == .multiply)
        #expect(try group("<g style='isolation:isolate'><rect width='9' height='9'/></g>")?.isIsolated == true)
        #expect(try group("<g isolation='isolate'><rect width='9' height='9'/></g>")?.isIsolated == false)
        for (order, isFirst) in [("stroke", true), ("markers stroke", true), ("fill", false), ("normal", false)] {
            guard case .path(let path)? = try tree("<rect width='9' height='9' stroke='red' paint-order='\(order)'/>").root.children.first
            else { continue }
            #expect(path.isStrokeFirst == isFirst, "\(order)")
        }
    }

    @Test("A filter works on what an element draws, its mask and its blend mode on what the filter makes")
    func filtered() throws {
        let drawn = try #require(
            try group(
                "<filter id='f'><feGaussianBlur stdDeviation='2'/></filter><mask id='m'><rect width='9' height='9'/></mask>"
                    + "<g filter='url(#f)' mask='url(#m)' style='mix-blend-mode:multiply'><rect width='9' height='9'/></g>"))
        #expect(drawn.filter != nil && drawn.mask != nil && drawn.blend == .multiply)
        // In units of the box, which filters leave as it is.
        #expect(drawn.mask?.region.width == 9 * 1.2)
    }

    @Test(
        "Markers are drawn where paint-order names them",
        arguments: [
            ("stroke", ["stroke first", "marker"]), ("markers stroke", ["marker", "stroke first"]),
            ("stroke markers", ["stroke", "marker", "fill"]),
            ("fill markers", ["fill", "marker", "stroke"]),
        ])
    func markers(order: String, parts: [String]) throws {
        let drawn = try group(
            "<marker id='m'><path d='M0 0h1v1'/></marker>"
                + "<path d='M1 1h5v5' stroke='red' marker-start='url(#m)' paint-order='\(order)'/>")
        let found = drawn?.children.map { child in
            guard case .path(let path) = child else { return "marker" }
            if path.fill != nil, path.stroke != nil { return path.isStrokeFirst ? "stroke first" : "fill first" }
            return path.isStrokeFirst ? "impossible" : path.fill != nil ? "fill" : "stroke"
        }
        #expect(found == parts)
    }

    @Test("What is written again reads as the same tree")
    func rewriting() throws {
        let first = try tree(
            "<mask id='m' mask-type='alpha'><rect width='9' height='9'/></mask>"
                + "<pattern id='p' width='.5' height='.5'><circle r='1'/></pattern>"
                + "<g mask='url(#m)' style='mix-blend-mode:screen'><rect width='9' height='9' fill='url(#p)' stroke='red' paint-order='stroke'/></g>"
                + "<g style='isolation:isolate'><rect width='9' height='9'/></g>")
        let written = SVG.write(first), second = try SVG.read(written.span)
        #expect(SVG.write(second) == written && second.diagnostics.isEmpty)
        guard case .group(let a)? = first.root.children.first, case .group(let b)? = second.root.children.first else {
            Issue.record("no groups")
            return
        }
        #expect(a.blend == b.blend && a.mask?.kind == b.mask?.kind && a.children.count == b.children.count)
    }
}
