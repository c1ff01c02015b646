import AtelierGeometry
import AtelierPixels
import Testing

@Suite("Canvas")
struct CanvasTests {
    private let ink = Paint.color(RGBA8(0, 0, 0))

    private func polygon(_ points: [Point]) -> BezierPath {
        var path = BezierPath()
        for (i, p) in points.enumerated() { if i == 0 { path.move(to: p) } else { path.line(to: p) } }
        path.close()
        return path
    }

    private func alphas(_ width: Int, _ height: Int, _ path: BezierPath, _ rule: FillRule = .nonzero) -> [Int] {
        var canvas = Canvas(width: width, height: height)
        canvas.fill(path, with: ink, rule: rule)
        return canvas.raster().pixels.map { Int($0.a) }
    }

    @Test("A pixel is covered by the share of its area inside the path")
    func exactArea() {
        let found = alphas(4, 3, BezierPath(Rect(x: 0.25, y: 0.5, width: 2.25, height: 1.5), rx: 0, ry: 0))
        #expect(found == [96, 128, 64, 0, 191, 255, 128, 0, 0, 0, 0, 0])
        let triangle = alphas(2, 2, polygon([Point(0, 0), Point(2, 0), Point(0, 2)]))
        #expect(triangle == [255, 128, 128, 0])
    }

    @Test("Pixels that are covered too little are found row by row")
    func lessCovered() {
        var canvas = Canvas(width: 600, height: 3)
        canvas.fill(BezierPath(Rect(x: 2, y: 0, width: 596.5, height: 2)), with: ink)
        func columns(_ y: Int, _ alpha: UInt8) -> [Int] {
            var found: [Int] = []
            canvas.forEachPixel(inRow: y, lessCoveredThan: alpha) { found.append($0) }
            return found
        }
        #expect(columns(0, 255) == [0, 1, 598, 599])
        #expect(columns(1, 100) == [0, 1, 599])
        #expect(columns(1, 0) == [])
        #expect(columns(2, 1) == Array(0..<600))
    }

    @Test("The pixels of a disc add up to its area")
    func disc() {
        for radius in [0.4, 3, 17.3, 90] {
            let found = alphas(200, 200, BezierPath(ellipseAt: Point(100.3, 99.8), rx: radius, ry: radius))
            let area = Double(found.reduce(0, +)) / 255, expected = Double.pi * radius * radius
            #expect(abs(area - expected) < 0.02 * 2 * .pi * radius + 0.01, "radius \(radius): \(area) for \(expected)")
        }
    }

    @Test("Outlines on top of each other cover once, and a hole is a hole for its rule only")
    func overlaps() {
        let outer = polygon([Point(0.5, 0.5), Point(7.5, 0.5), Point(7.5, 7.5), Point(0.5, 7.5)])
        var twice = outer
        twice.append(outer)
        #expect(alphas(8, 8, twice) == alphas(8, 8, outer))
        #expect(alphas(8, 8, twice, .evenOdd).allSatisfy { $0 == 0 })

        // Two triangles that share one edge and wind opposite ways leave no seam by the nonzero rule.
        var seam = polygon([Point(0, 0), Point(8, 0), Point(0, 8)])
        seam.append(polygon([Point(8, 0), Point(0, 8), Point(8, 8)]))
        #expect(alphas(8, 8, seam).allSatisfy { $0 == 255 })
        var opposed = polygon([Point(0, 0), Point(8, 0), Point(0, 8)])
        opposed.append(polygon([Point(8, 8), Point(0, 8), Point(8, 0)]))
        #expect(alphas(8, 8, opposed).allSatisfy { $0 == 255 })
    }

    @Test("Tangled polygons are covered as counting points says", arguments: [FillRule.nonzero, .evenOdd])
    func tangled(rule: FillRule) {
        var state: UInt64 = 7
        func random() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24)
        }
        for round in 0..<18 {
            let size = 12, count = 3 + round % 9
            var path = BezierPath(), corners: [[Point]] = []
            for _ in 0...(round % 3) {
                // Some reach out of the picture on all sides; every other round has level edges.
                let points = (0..<count).map { _ in
                    Point(random() * 18 - 3, round % 2 == 0 ? random() * 18 - 3 : (random() * 9).rounded() * 2 - 3.5)
                }
                corners.append(points)
                path.append(polygon(points))
            }
            let found = alphas(size, size, path, rule)
            let n = 16
            for y in 0..<size {
                for x in 0..<size {
                    var inside = 0
                    for j in 0..<n {
                        for i in 0..<n {
                            let p = Point(Double(x) + (Double(i) + 0.5) / Double(n), Double(y) + (Double(j) + 0.5) / Double(n))
                            let turns = corners.reduce(0) { $0 + winding($1, p) }
                            if rule == .nonzero ? turns != 0 : turns % 2 != 0 { inside += 1 }
                        }
                    }
                    let expected = Double(inside) / Double(n * n) * 255
                    #expect(abs(Double(found[y * size + x]) - expected) < 14, "round \(round), pixel \(x) \(y)")
                }
            }
        }
    }

    private func winding(_ points: [Point], _ p: Point) -> Int {
        var turns = 0, a = points[points.count - 1]
        for b in points {
            if (a.y > p.y) != (b.y > p.y), a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x) < p.x { turns += b.y > a.y ? 1 : -1 }
            a = b
        }
        return turns
    }

    @Test("Hundreds of pieces in one place are covered within a sixteenth")
    func crowded() {
        var path = BezierPath()
        for i in 0..<300 { path.append(polygon([Point(1, 1 + Double(i) * 0.01), Point(7, 1.2), Point(1, 7 - Double(i) * 0.01)])) }
        let found = alphas(8, 8, path), one = alphas(8, 8, polygon([Point(1, 1), Point(7, 1.2), Point(1, 7)]))
        for (a, b) in zip(found, one) { #expect(a >= b - 17 && a <= 255) }
    }

    @Test("A band of a picture has the rows of the whole")
    func bands() {
        let path = BezierPath(ellipseAt: Point(20.3, 19.1), rx: 15, ry: 18)
        let paint = Paint.radial(
            RadialGradient(
                center: Point(14, 12), radius: 22,
                stops: [GradientStop(offset: 0, color: RGBA8(255, 240, 90)), GradientStop(offset: 1, color: RGBA8(120, 0, 60, 90))]))
        var whole = Canvas(width: 40, height: 40), band = Canvas(width: 40, height: 8)
        whole.fill(path, with: paint)
        band.fill(path, with: paint, transform: .translation(0, -16))
        #expect(Array(whole.raster().pixels[640..<960]) == band.raster().pixels)
    }

    @Test("Colours go over each other as premultiplied sRGB")
    func over() {
        var canvas = Canvas(width: 1, height: 1)
        let all = BezierPath(Rect(x: 0, y: 0, width: 1, height: 1), rx: 0, ry: 0)
        canvas.fill(all, with: .color(RGBA8(200, 100, 0, 128)))
        #expect(canvas.raster().pixels == [RGBA8(199, 100, 0, 128)])
        canvas = Canvas(width: 1, height: 1)
        canvas.fill(all, with: .color(RGBA8(0, 0, 255)))
        canvas.fill(all, with: .color(RGBA8(255, 0, 0, 51)))
        #expect(canvas.raster().pixels == [RGBA8(51, 0, 204)])
    }

    @Test("A gradient runs straight between its stops and stays beyond them")
    func gradients() {
        let stops = [
            GradientStop(offset: 0.25, color: RGBA8(0, 0, 0)), GradientStop(offset: 0.75, color: RGBA8(200, 100, 50)),
        ]
        let all = BezierPath(Rect(x: 0, y: 0, width: 8, height: 2), rx: 0, ry: 0)
        var canvas = Canvas(width: 8, height: 2)
        canvas.fill(all, with: .linear(LinearGradient(start: Point(0, 0), end: Point(8, 0), stops: stops)))
        #expect(canvas.raster().pixels.prefix(8).map(\.r) == [0, 0, 25, 75, 125, 175, 200, 200])

        // An ellipse four times as wide as high: the colour one to the right is that a quarter below.
        var round = Canvas(width: 9, height: 9)
        let place = AffineTransform(a: 4, b: 0, c: 0, d: 1, e: 4.5, f: 4.5)
        round.fill(
            BezierPath(Rect(x: 0, y: 0, width: 9, height: 9), rx: 0, ry: 0),
            with: .radial(
                RadialGradient(
                    place: place,
                    stops: [GradientStop(offset: 0, color: RGBA8(0, 0, 0)), GradientStop(offset: 1, color: RGBA8(200, 0, 0))])))
        let found = round.raster()
        #expect([found[4, 4].r, found[5, 4].r, found[6, 4].r, found[8, 4].r, found[4, 5].r] == [0, 50, 100, 200, 200])

        // Straight alpha between stops: half way from clear black to white is half-clear grey.
        var clear = Canvas(width: 1, height: 1)
        let half = [GradientStop(offset: 0, color: RGBA8(0, 0, 0, 0)), GradientStop(offset: 1, color: RGBA8(255, 255, 255))]
        clear.fill(all, with: .linear(LinearGradient(start: Point(0, 0), end: Point(1, 0), stops: half)))
        #expect(clear.raster().pixels == [RGBA8(128, 128, 128, 128)])
    }

    @Test("A stroke covers its width, scaled with its path")
    func strokes() {
        var line = BezierPath()
        line.move(to: Point(1, 2))
        line.line(to: Point(5, 2))
        var canvas = Canvas(width: 12, height: 8)
        canvas.stroke(line, StrokeStyle(width: 1), with: ink, transform: .scaling(2, 2))
        let sum = canvas.raster().pixels.reduce(0) { $0 + Int($1.a) }
        #expect(sum == 255 * 16)
    }

    @Test("Numbers that are none and shapes far away paint nothing or what is seen of them")
    func hostile() {
        #expect(alphas(3, 3, polygon([Point(.nan, 0), Point(2, 2), Point(0, 2)])).allSatisfy { $0 == 0 })
        #expect(alphas(3, 3, polygon([Point(0, 0), Point(.infinity, 2), Point(0, 2)])).allSatisfy { $0 == 0 })
        #expect(alphas(3, 3, BezierPath()).allSatisfy { $0 == 0 })
        #expect(alphas(3, 3, polygon([Point(1, 1)])).allSatisfy { $0 == 0 })
        let vast = polygon([Point(-1e12, -1e12), Point(1e12, -1e12), Point(1e12, 1e12), Point(-1e12, 1e12)])
        #expect(alphas(3, 3, vast).allSatisfy { $0 == 255 })
        #expect(alphas(3, 3, polygon([Point(-9, -9), Point(-4, -9), Point(-4, 9), Point(-9, 9)])).allSatisfy { $0 == 0 })
        #expect(alphas(2, 1, polygon([Point(-5, 0), Point(1, 0), Point(1, 1), Point(-5, 1)])) == [255, 0])
    }
}
