import AtelierGeometry
import AtelierOOXML
import AtelierSVG
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

    @Test("Overlapping contours are painted one upon the other, outlines last")
    func overlapping() {
        let two = joined(square(0, 0, 20), square(10, 10, 20))
        let slide = mapSlide(picture([path(two, stroke: stroke())]))
        #expect(paths(slide.shapes) == 3 && slide.messages.isEmpty)
        #expect(mapSlide(picture([path(two, fill: fill(opacity: 0.5))])).messages.count == 1)
    }

    @Test("Contours apart from each other share a path")
    func apart() {
        #expect(paths(shapes(path(joined(square(0, 0, 20), square(30, 0, 20), square(60, 0, 20))))) == 1)
        let mixed = shapes(path(joined(square(0, 0, 20), square(10, 10, 20), square(60, 0, 20), square(65, 5, 5, clockwise: false))))
        #expect(paths(mixed) == 2)
    }

    @Test("An outline that crosses itself is noted")
    func selfCrossing() {
        let pentagram = polygon([(50, 0), (80, 90), (2, 35), (98, 35), (20, 90)])
        #expect(mapSlide(picture([path(pentagram)])).messages.count == 1)
        #expect(mapSlide(picture([path(pentagram, fill: fill(rule: .evenOdd))])).messages.isEmpty)
        let bowTie = polygon([(0, 0), (50, 50), (50, 0), (0, 50)])
        #expect(mapSlide(picture([path(bowTie)])).messages.isEmpty)
    }

    @Test("A spiral of curves that covers itself is noted whichever way it lies", arguments: [0.0, 45, 90])
    func spiral(degrees: Double) {
        var outline = BezierPath()
        outline.move(to: Point(50, 40))
        outline.cubic(Point(90, 40), Point(90, 90), to: Point(50, 90))
        outline.cubic(Point(0, 90), Point(0, 20), to: Point(50, 20))
        outline.cubic(Point(120, 20), Point(120, 95), to: Point(50, 95))
        outline.cubic(Point(5, 95), Point(5, 30), to: Point(50, 30))
        outline.close()
        #expect(mapSlide(picture([path(outline, transform: turn(degrees, about: Point(50, 50)))])).messages.count == 1)
    }

    @Test("Whatever is not noted covers the same points as the nonzero rule", arguments: 0..<400)
    func coverage(seed: UInt64) {
        var random = SplitMix(state: seed)
        var outline = BezierPath()
        var squares: [(rect: Rect, winding: Int)] = []
        for _ in 0..<(2 + seed % 6) {
            let (x, y, side) = (random.whole(0...60), random.whole(0...60), random.whole(3...40))
            let clockwise = random.next() % 3 != 0
            outline.append(square(x, y, side, clockwise: clockwise))
            squares.append((Rect(x: x, y: y, width: side, height: side), clockwise ? 1 : -1))
        }
        let slide = mapSlide(picture([path(outline)]))
        guard slide.messages.isEmpty else { return }
        let layers = drawnSquares(slide.shapes)
        for _ in 0..<500 {
            // Between whole pixels, where every contour has its edges.
            let p = Point(random.whole(0...99) + 0.5, random.whole(0...99) + 0.5)
            let winding = squares.reduce(0) { $0 + ($1.rect.holds(p) ? $1.winding : 0) }
            let covered = layers.contains { layer in layer.count { $0.holds(p) } % 2 == 1 }
            #expect(covered == (winding != 0), "seed \(seed) at \(p)")
        }
    }

    /// The squares of each `a:path`, back in pixels.
    private func drawnSquares(_ text: String) -> [[Rect]] {
        func numbers(_ text: Substring) -> [Double] { text.split(separator: "\"").compactMap { Double($0) } }
        let offset = numbers(text[text.firstRange(of: "<a:off")!.upperBound...])
        return text.split(separator: "<a:path ").dropFirst().map { path in
            path.split(separator: "<a:moveTo>").dropFirst().map { contour in
                let points = contour.split(separator: "<a:pt ").dropFirst().map { numbers($0[...]) }
                let xs = points.map { ($0[0] + offset[0]) / 9525 }, ys = points.map { ($0[1] + offset[1]) / 9525 }
                return Rect(Point(xs.min()!, ys.min()!), Point(xs.max()!, ys.max()!))
            }
        }
    }
}

extension Rect {
    fileprivate func holds(_ p: Point) -> Bool { minX < p.x && p.x < maxX && minY < p.y && p.y < maxY }
}
