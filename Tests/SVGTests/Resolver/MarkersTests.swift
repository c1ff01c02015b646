import AtelierGeometry
import AtelierSVG
import Testing

@Suite("Markers")
struct MarkersTests {
    /// The transforms of the markers drawn beside a path.
    private func places(_ path: String, marker: String = "orient='auto'", content: String = "<path d='M0 0h1v1z'/>") throws
        -> [AffineTransform]
    {
        try markers(path, marker: marker, content: content).map(\.transform)
    }

    private func markers(_ path: String, marker: String, content: String) throws -> [SVG.Group] {
        let tree = try tree("<marker id='m' \(marker)>\(content)</marker>\(path)")
        guard case .group(let group)? = tree.root.children.first else { return [] }
        return group.children.compactMap { if case .group(let marker) = $0 { marker } else { nil } }
    }

    private func isNear(_ a: AffineTransform, _ b: AffineTransform) -> Bool {
        zip([a.a, a.b, a.c, a.d, a.e, a.f], [b.a, b.b, b.c, b.d, b.e, b.f]).allSatisfy { abs($0 - $1) < 1e-9 }
    }

    @Test("Start, mids and end stand on their vertices, as large as the line is wide, turned the way it goes")
    func places() throws {
        let places = try places("<path d='M10 10h20v20' fill='none' stroke='red' stroke-width='2' style='marker:url(#m)'/>")
        try #require(places.count == 3)
        #expect(isNear(places[0], AffineTransform(a: 2, b: 0, c: 0, d: 2, e: 10, f: 10)))
        let half = 2.0.squareRoot()
        #expect(isNear(places[1], AffineTransform(a: half, b: half, c: -half, d: half, e: 30, f: 10)), "between right and down")
        #expect(isNear(places[2], AffineTransform(a: 0, b: 2, c: -2, d: 0, e: 30, f: 30)))
    }

    @Test("Angles, units, reference points and view boxes")
    func attributes() throws {
        func place(_ attributes: String) throws -> AffineTransform? {
            try places("<path d='M10 10v9' stroke='red' stroke-width='2' marker-start='url(#m)'/>", marker: attributes).first
        }
        #expect(isNear(try #require(try place("")), AffineTransform(a: 2, b: 0, c: 0, d: 2, e: 10, f: 10)))
        #expect(isNear(try #require(try place("orient='0.25turn'")), AffineTransform(a: 0, b: 2, c: -2, d: 0, e: 10, f: 10)))
        #expect(isNear(try #require(try place("orient='auto-start-reverse'")), AffineTransform(a: 0, b: -2, c: 2, d: 0, e: 10, f: 10)))
        #expect(isNear(try #require(try place("markerUnits='userSpaceOnUse'")), AffineTransform(a: 1, b: 0, c: 0, d: 1, e: 10, f: 10)))
        #expect(isNear(try #require(try place("refX='1' refY='2'")), AffineTransform(a: 2, b: 0, c: 0, d: 2, e: 8, f: 6)))
        let boxed = "viewBox='0 0 10 10' markerWidth='5' markerHeight='5' "
        #expect(isNear(try #require(try place(boxed + "refX='10' refY='5'")), AffineTransform(a: 1, b: 0, c: 0, d: 1, e: 0, f: 5)))
        #expect(isNear(try #require(try place(boxed + "refX='right' refY='center'")), AffineTransform(a: 1, b: 0, c: 0, d: 1, e: 0, f: 5)))
        #expect(try place("markerWidth='0'") == nil)
    }

    @Test(
        "Vertices are those written: arcs have none inside, closing adds one, segments without length have the direction beside them",
        arguments: [
            ("M50 20a20 20 0 1 1 0 40", 2), ("M0 0L9 0L9 9z", 4), ("M0 0L9 0M20 20L30 30", 4), ("M0 0L9 0L9 0L9 9", 4), ("M5 5z", 2),
        ])
    func vertices(data: String, count: Int) throws {
        #expect(try places("<path d='\(data)' stroke='red' style='marker:url(#m)'/>").count == count)
    }

    @Test("A closed path turns its first and last marker half way between how it ends and how it begins")
    func closed() throws {
        let places = try places("<path d='M0 0L10 0L10 10L0 10z' fill='red' marker-start='url(#m)' marker-end='url(#m)'/>")
        let half = 0.5.squareRoot()
        #expect(places.count == 2)
        for place in places {
            #expect(isNear(place, AffineTransform(a: half, b: -half, c: half, d: half, e: 0, f: 0)), "between up and right")
        }
    }

    @Test("Only paths, lines and polygons have markers")
    func elements() throws {
        for element in ["<rect width='9' height='9'", "<circle r='5'", "<ellipse rx='5' ry='4'"] {
            #expect(try places("\(element) style='marker:url(#m)'/>").isEmpty)
        }
        #expect(try places("<line x2='9' stroke='red' style='marker:url(#m)'/>").count == 2)
        #expect(try places("<polyline points='0 0 9 0 9 9' style='marker:url(#m)'/>").count == 3)
    }

    @Test("A marker is seen on a path that is not, and of it what lies in its viewport")
    func clipped() throws {
        let path = "<path d='M10 10h20' fill='none' marker-end='url(#m)'/>"
        #expect(try markers(path, marker: "", content: "<path d='M0 0h1v1z'/>").first?.clip == nil)
        #expect(try markers(path, marker: "", content: "<path d='M0 0h9v9z'/>").first?.clip?.bounds == Rect(Point(0, 0), Point(3, 3)))
        #expect(try markers(path, marker: "overflow='visible'", content: "<path d='M0 0h9v9z'/>").first?.clip == nil)
    }

    @Test("Markers inherit from where they stand, and take the paints of the path where they ask for them")
    func style() throws {
        let text = try rewritten(
            """
            <g fill='#0f0'><marker id='m'><path d='M0 0h1v1z'/><path d='M0 0h1v1z' fill='context-stroke'/></marker></g>
            <path d='M0 0h9' fill='none' stroke='#f00' marker-end='url(#m)'/>
            """)
        #expect(text.contains("fill=\"#0f0\"") && text.contains("fill=\"#f00\""))
    }

    @Test("A gradient of the path goes on in its markers")
    func contextGradient() throws {
        let tree = try tree(
            """
            <linearGradient id='g' gradientUnits='userSpaceOnUse' x2='100'><stop stop-color='red'/><stop offset='1'/></linearGradient>
            <marker id='m' orient='auto'><path d='M0 0h1v1z' fill='context-fill'/></marker>
            <path d='M50 0v9h9z' fill='url(#g)' stroke='red' stroke-width='2' marker-start='url(#m)'/>
            """)
        guard case .group(let group)? = tree.root.children.first, case .group(let marker)? = group.children.last,
            case .path(let path)? = marker.children.first, case .gradient(let gradient)? = path.fill?.paint
        else { throw Missing() }
        // From the gradient to the canvas it is where it was.
        let place = gradient.transform.followed(by: path.transform).followed(by: marker.transform).followed(by: group.transform)
        #expect(isNear(place, .identity))
    }

    private struct Missing: Error {}

    @Test(
        "paint-order says when markers are drawn", arguments: [("normal", 0), ("markers", 1), ("stroke markers", 1), ("fill markers", 1)])
    func order(value: String, place: Int) throws {
        let tree = try tree(
            """
            <marker id='m'><path d='M0 0h1v1z'/></marker>
            <path d='M0 0h9v9' fill='blue' stroke='red' paint-order='\(value)' marker-end='url(#m)'/>
            """)
        guard case .group(let group)? = tree.root.children.first else { throw Missing() }
        let isPath = group.children.map { if case .path = $0 { true } else { false } }
        #expect(isPath == (value == "normal" ? [true, false] : value == "markers" ? [false, true] : [true, false, true]))
    }

    @Test("Markers that draw themselves end")
    func recursion() throws {
        let messages = try diagnostics(
            "<marker id='m'><path d='M0 0h1v1' marker-mid='url(#m)'/></marker><path d='M0 0h9v9' stroke='red' style='marker:url(#m)'/>")
        #expect(messages == ["invalid path: marker `#m` inside itself is not drawn"])
        #expect(try diagnostics("<path d='M0 0h9v9' stroke='red' style='marker:url(#none)'/>") == [])
    }

    @Test("Heads in the colour of the line are known as arrowheads")
    func arrowheads() throws {
        func head(_ marker: String, _ content: String, _ property: String = "marker-end", _ line: String = "M10 50h50") throws -> SVG
            .Arrowhead?
        {
            try markers(
                "<path d='\(line)' fill='none' stroke='#123' stroke-width='2' \(property)='url(#m)'/>", marker: marker, content: content
            ).first?.arrowhead
        }
        let auto = "orient='auto' viewBox='0 0 10 10' refX='10' refY='5' markerWidth='5' markerHeight='5'"
        let triangle = "<path d='M0 0L10 5L0 10z' fill='#123'/>"
        #expect(try head(auto, triangle) == SVG.Arrowhead(end: .end, shape: .triangle, length: 10, width: 10, reach: 0))
        #expect(try head(auto, "<path d='M0 0L10 5L0 10z' fill='context-stroke'/>")?.shape == .triangle)
        #expect(try head(auto, "<path d='M0 0L10 5L0 10z' fill='red'/>") == nil, "another colour")
        #expect(try head(auto, triangle, "marker-start") == nil, "points into the line")
        #expect(try head(auto.replacing("auto", with: "auto-start-reverse"), triangle, "marker-start")?.end == .start)
        #expect(try head(auto, "<path d='M0 0L10 5L0 10L3 5z' fill='#123'/>")?.shape == .stealth)
        #expect(try head(auto, "<path d='M0 5L5 0L10 5L5 10z' fill='#123'/>")?.shape == .diamond)
        #expect(try head(auto.replacing("refX='10'", with: "refX='5'"), "<circle cx='5' cy='5' r='5' fill='#123'/>")?.shape == .oval)
        #expect(try head(auto, triangle, "marker-end", "M10 50h50v20z") == nil, "closed")
        #expect(try head(auto.replacing("orient='auto'", with: ""), triangle)?.shape == .triangle, "the line goes that way")
        #expect(try head(auto.replacing("orient='auto'", with: ""), triangle, "marker-end", "M10 50v50") == nil)
    }
}
