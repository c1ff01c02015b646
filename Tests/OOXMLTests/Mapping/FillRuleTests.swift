import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import AtelierTesting
import Testing

@Suite("Fill rules")
struct FillRuleTests {
    private func paths(_ text: String) -> Int { text.split(separator: "<a:path ").count - 1 }

    private func joined(_ contours: BezierPath...) -> BezierPath {
        var result = BezierPath()
        for contour in contours { result.append(contour) }
        return result
    }

    @Test("Even-odd paths and nonzero paths with opposite holes are written as they are")
    func sameAnyway() {
        let ring = joined(square(0, 0, 30), square(10, 10, 10, clockwise: false))
        let twice = joined(square(0, 0, 30), square(10, 10, 10))
        for slide in [mapSlide(picture([path(ring)])), mapSlide(picture([path(twice, fill: fill(rule: .evenOdd))]))] {
            #expect(paths(slide.shapes) == 1 && slide.shapes.split(separator: "<a:moveTo>").count == 3 && slide.messages.isEmpty)
        }
    }

    @Test("A contour that changes nothing leaves the fill but keeps its outline")
    func nested() {
        let twice = joined(square(0, 0, 30), square(10, 10, 10))
        let filled = mapSlide(picture([path(twice)]))
        #expect(filled.shapes.split(separator: "<a:moveTo>").count == 2 && filled.messages.isEmpty)
        let stroked = mapSlide(picture([path(twice, stroke: stroke())])).shapes
        #expect(stroked.contains("stroke=\"0\"") && stroked.contains("fill=\"none\"") && paths(stroked) == 2)
    }

    @Test("Overlapping contours become one outline, whatever the opacity; the stroke keeps to both")
    func overlapping() {
        let two = joined(square(0, 0, 20), square(10, 10, 20))
        let slide = mapSlide(picture([path(two, stroke: stroke())]))
        #expect(paths(slide.shapes) == 2 && slide.messages.isEmpty)
        let translucent = mapSlide(picture([path(two, fill: fill(opacity: 0.5))]))
        #expect(paths(translucent.shapes) == 1 && translucent.messages.isEmpty)
        #expect(translucent.shapes.split(separator: "<a:moveTo>").count == 2)
    }

    @Test("A contour that begins inside another and lies half outside it is filled whole")
    func halfOutside() {
        let slide = mapSlide(picture([path(joined(polygon([(0, 0), (60, 0), (0, 60)]), square(25, 25, 10)))]))
        #expect(paths(slide.shapes) == 1 && slide.messages.isEmpty)
    }

    @Test("Contours apart from each other share a path")
    func apart() {
        #expect(paths(shapes(path(joined(square(0, 0, 20), square(30, 0, 20), square(60, 0, 20))))) == 1)
        let mixed = shapes(path(joined(square(0, 0, 20), square(10, 10, 20), square(60, 0, 20), square(65, 5, 5, clockwise: false))))
        #expect(paths(mixed) == 1)
    }

    @Test("An outline that crosses itself loses its crossings in the fill; the stroke keeps to the whole")
    func selfCrossing() {
        let pentagram = polygon([(50, 0), (80, 90), (2, 35), (98, 35), (20, 90)])
        let slide = mapSlide(picture([path(pentagram, stroke: stroke())]))
        #expect(slide.messages.isEmpty && slide.shapes.contains("fill=\"none\""))
        #expect(slide.shapes.split(separator: "fill=\"none\"")[1].split(separator: "<a:moveTo>").count == 2)
        let bowTie = polygon([(0, 0), (50, 50), (50, 0), (0, 50)])
        #expect(paths(shapes(path(bowTie))) == 1)
    }

    @Test("A loop at a corner, as tracers leave them, is cut off on the curve itself", arguments: [0.0, 45, 90])
    func cornerLoop(degrees: Double) {
        var outline = BezierPath()
        outline.move(to: Point(10, 10))
        outline.cubic(Point(50, 10), Point(70, 12), to: Point(84, 28))
        outline.cubic(Point(78, 20), Point(90, 16), to: Point(80, 30))
        outline.cubic(Point(70, 60), Point(60, 80), to: Point(10, 80))
        outline.close()
        let slide = mapSlide(picture([path(outline, transform: turn(degrees, about: Point(50, 50)))]))
        #expect(slide.messages.isEmpty && slide.shapes.contains("cubicBezTo"))
    }

    @Test("Self-crossing polygons cover the same points as the nonzero rule, tangles of many corners too", arguments: 0..<300)
    func polygonCoverage(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let corners = (0..<(seed % 50 == 0 ? 200 : 4 + seed % 7)).map { _ in (random.whole(0...99), random.whole(0...99)) }
        let slide = mapSlide(picture([path(polygon(corners))]))
        #expect(slide.messages.isEmpty)
        let whole = corners.map { Point($0.0, $0.1) }
        let layers = drawnContours(slide.shapes)
        for _ in 0..<300 {
            let p = Point(random.whole(0...9900) / 100, random.whole(0...9900) / 100)
            // A tenth of a pixel beside every edge: there sampling, rounding and cutting may differ.
            guard distance(p, toEdgesOf: whole) > 0.1 else { continue }
            let covered = layers.contains { layer in layer.reduce(0) { $0 + winding(around: p, of: $1) } % 2 != 0 }
            #expect(covered == (winding(around: p, of: whole) != 0), "seed \(seed) at \(p)")
        }
    }

    @Test("Squares in any order cover the same points as the nonzero rule", arguments: 0..<400)
    func coverage(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var outline = BezierPath()
        var squares: [(rect: Rect, winding: Int)] = []
        for _ in 0..<(2 + seed % 6) {
            let (x, y, side) = (random.whole(0...60), random.whole(0...60), random.whole(3...40))
            let clockwise = random.next() % 3 != 0
            outline.append(square(x, y, side, clockwise: clockwise))
            squares.append((Rect(x: x, y: y, width: side, height: side), clockwise ? 1 : -1))
        }
        let slide = mapSlide(picture([path(outline)]))
        #expect(slide.messages.isEmpty)
        let layers = drawnContours(slide.shapes)
        for _ in 0..<500 {
            // Between whole pixels, where every contour has its edges.
            let p = Point(random.whole(0...99) + 0.5, random.whole(0...99) + 0.5)
            let expected = squares.reduce(0) { $0 + ($1.rect.holds(p) ? $1.winding : 0) }
            let covered = layers.contains { layer in layer.reduce(0) { $0 + winding(around: p, of: $1) } % 2 != 0 }
            #expect(covered == (expected != 0), "seed \(seed) at \(p)")
        }
    }

    /// The corners of each contour of each `a:path`, back in pixels.
    private func drawnContours(_ text: String) -> [[[Point]]] {
        func numbers(_ text: Substring) -> [Double] { text.split(separator: "\"").compactMap { Double($0) } }
        let offset = numbers(text[text.firstRange(of: "<a:off")!.upperBound...])
        return text.split(separator: "<a:path ").dropFirst().map { path in
            path.split(separator: "<a:moveTo>").dropFirst().map { contour in
                contour.split(separator: "<a:pt ").map {
                    let point = numbers($0[...])
                    return Point((point[0] + offset[0]) / 9525, (point[1] + offset[1]) / 9525)
                }
            }
        }
    }

    private func winding(around p: Point, of corners: [Point]) -> Int {
        zip(corners, corners.dropFirst() + corners.prefix(1)).reduce(0) { sum, edge in
            let (a, b) = edge
            guard (a.y <= p.y) != (b.y <= p.y), a.x + (b.x - a.x) * (p.y - a.y) / (b.y - a.y) < p.x else { return sum }
            return sum + (b.y > a.y ? 1 : -1)
        }
    }

    private func distance(_ p: Point, toEdgesOf corners: [Point]) -> Double {
        zip(corners, corners.dropFirst() + corners.prefix(1)).map { a, b in
            let length = (b - a).dot(b - a)
            let t = length > 0 ? min(max((p - a).dot(b - a) / length, 0), 1) : 0
            return p.distance(to: a.interpolated(to: b, t))
        }.min()!
    }
}

extension Rect {
    fileprivate func holds(_ p: Point) -> Bool { minX < p.x && p.x < maxX && minY < p.y && p.y < maxY }
}
