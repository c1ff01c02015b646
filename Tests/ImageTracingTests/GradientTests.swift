import AtelierGeometry
import AtelierPixels
import Synchronization
import Testing

@testable import AtelierImageTracing

/// A picture whose shape has the colour of a place instead of one colour; 4 × 4 points in every pixel.
private func shaded(
    _ width: Int, _ height: Int, background: RGBA8, _ isInside: (Point) -> Bool, _ color: (Point) -> SIMD4<Double>
) -> Raster<RGBA8> {
    var raster = Raster(width: width, height: height, filledWith: background)
    for y in 0..<height {
        for x in 0..<width {
            var sum = SIMD4<Double>.zero
            for k in 0..<16 {
                let p = Point(Double(x) + (Double(k % 4) + 0.5) / 4, Double(y) + (Double(k / 4) + 0.5) / 4)
                let c =
                    isInside(p) ? color(p) : SIMD4(Double(background.r), Double(background.g), Double(background.b), Double(background.a))
                sum += SIMD4(c.x * c.w, c.y * c.w, c.z * c.w, c.w)
            }
            guard sum.w > 0 else {
                raster[x, y] = RGBA8(0, 0, 0, 0)
                continue
            }
            let c = sum / sum.w
            raster[x, y] = RGBA8(UInt8(c.x + 0.5), UInt8(c.y + 0.5), UInt8(c.z + 0.5), UInt8(sum.w / 16 + 0.5))
        }
    }
    return raster
}

private func mix(_ a: SIMD4<Double>, _ b: SIMD4<Double>, _ t: Double) -> SIMD4<Double> { a + (b - a) * max(0, min(1, t)) }

private func linearGradients(_ drawing: TracedDrawing) -> [LinearGradient] {
    drawing.layers.compactMap { if case .linear(let g) = $0.fill { g } else { nil } }
}

private func radialGradients(_ drawing: TracedDrawing) -> [RadialGradient] {
    drawing.layers.compactMap { if case .radial(let g) = $0.fill { g } else { nil } }
}

/// Counts how often something was asked.
private final class Questions: Sendable {
    private let number = Atomic(0)
    var count: Int { number.load(ordering: .relaxed) }
    func next() -> Int { number.add(1, ordering: .relaxed).newValue }
}

@Suite("Gradients")
struct GradientTests {
    private let red = SIMD4<Double>(220, 40, 30, 255), blue = SIMD4<Double>(30, 60, 200, 255), yellow = SIMD4<Double>(250, 220, 40, 255)
    private let white = RGBA8(255, 255, 255)

    @Test("Bands of a slanted gradient become one shape with two stops", arguments: [0.0, 0.4, 0.9, 1.3])
    func slanted(slope: Double) {
        let direction = Vector(1, slope).normalized
        let length = direction.dx * 120 + direction.dy * 100
        let image = shaded(160, 140, background: white, box(20, 20, 120, 100)) { p in
            let along = direction.dx * (p.x - 20) + direction.dy * (p.y - 20)
            return mix(red, blue, along / length)
        }
        let drawing = traced(image)
        #expect(drawing.layers.count == 2)
        let found = linearGradients(drawing)
        #expect(found.count == 1)
        guard let g = found.first else { return }
        #expect(g.stops.count == 2)
        let along = (g.end - g.start).normalized
        #expect(abs(along.dx * direction.dy - along.dy * direction.dx) < 0.01)
    }

    @Test("A colour between the ends is a third stop where it was")
    func threeStops() {
        let image = shaded(160, 120, background: white, box(20, 10, 120, 100)) { p in
            let t = (p.x - 20) / 120
            return t < 0.35 ? mix(red, yellow, t / 0.35) : mix(yellow, blue, (t - 0.35) / 0.65)
        }
        let found = linearGradients(traced(image))
        #expect(found.count == 1)
        guard let g = found.first else { return }
        #expect(g.stops.count == 3)
        let place = g.start.interpolated(to: g.end, g.stops[1].offset)
        #expect(abs(place.x - 62) < 1.5)
        #expect(abs(Int(g.stops[1].color.r) - 250) <= 4)
        #expect(abs(Int(g.stops[1].color.g) - 220) <= 4)
    }

    @Test("A slope has the mean colour of its pixels however many they are")
    func largeSlope() {
        // A quarter of a million pixels that all look like steep places between areas, around one that does not.
        let image = Raster(width: 512, height: 512, filledWith: RGBA8(255, 254, 3))
        var map = RegionMap(
            width: 512, height: 512, labels: [Int32](repeating: 0, count: image.pixels.count), colors: [0], areas: [image.pixels.count],
            shown: [RGBA8(0, 0, 0)], centers: [SIMD4(0, 0, 0, 255)])
        var indices = [UInt8](repeating: QuantizedImage.mixed, count: image.pixels.count)
        indices[0] = 0
        recoverGradients(&map, WorkingImage(image), indices)
        #expect(map.areas == [1, image.pixels.count - 1] && map.shown[1] == RGBA8(255, 254, 3))
    }

    @Test("What is cancelled at any of its questions ends whole, and asks only as often as it takes")
    func cancelled() {
        let image = shaded(160, 120, background: white, box(20, 10, 120, 100)) { mix(yellow, blue, ($0.x - 20) / 120) }
        let colors = quantize(image), regions = segment(image, colors)
        // One step after the other, each asked to end at its first, second, … question until it has none left.
        func endings(_ step: (_ isCancelled: @escaping @Sendable () -> Bool) -> Bool) -> Int {
            for last in 1... {
                let asked = Questions()
                #expect(step { asked.next() >= last })
                if asked.count < last { return last - 1 }
            }
            return 0
        }
        let ofColors = endings { quantize(image, isCancelled: $0).indices.count == image.pixels.count }
        let ofRegions = endings {
            let left = segment(image, colors, isCancelled: $0)
            return left.labels.count == image.pixels.count && !fit(left).layers.isEmpty
        }
        let ofPaths = endings { fit(regions, isCancelled: $0).width == image.width }
        #expect(ofColors >= 3 && ofRegions >= 8 && ofPaths >= 2)
        #expect(quantize(image, isCancelled: { false }) == colors && segment(image, colors, isCancelled: { false }) == regions)
        let texture = WorkingImage(
            Raster(width: 140, height: 130, pixels: (0..<18_200).map { RGBA8(UInt8($0 * 7919 >> 5 & 255), UInt8($0 & 255), 90) }))
        let ofSquares = endings {
            RegionMap.textured(texture, lambda: 600, each: serially, isCancelled: $0).labels.count == 18_200
        }
        #expect(ofSquares == 5)
    }

    @Test("A radial gradient has its centre, even outside of the middle")
    func radial() {
        let center = Point(60, 84)
        let image = shaded(160, 160, background: white, disc(80, 80, 60)) { p in mix(yellow, red, p.distance(to: center) / 90) }
        let drawing = traced(image)
        #expect(drawing.layers.count == 2)
        let found = radialGradients(drawing)
        #expect(found.count == 1)
        guard let g = found.first else { return }
        #expect(Point(g.place.e, g.place.f).distance(to: center) < 0.5)
    }

    @Test("An elliptical gradient keeps the ratio of its axes")
    func elliptical() {
        let image = shaded(180, 140, background: white, box(15, 15, 150, 110)) { p in
            let x = (p.x - 90) / 100, y = (p.y - 70) / 50
            return mix(yellow, blue, (x * x + y * y).squareRoot())
        }
        let found = radialGradients(traced(image))
        #expect(found.count == 1)
        guard let g = found.first else { return }
        #expect(abs(g.place.a / g.place.d - 2) < 0.1)
        #expect(abs(g.place.b) < 1)
    }

    @Test("A glow fades out as opacity, with its own colour throughout")
    func glow() {
        let image = shaded(140, 140, background: RGBA8(0, 0, 0, 0), disc(70, 70, 50)) { p in
            var c = red
            c.w = 255 * (1 - p.distance(to: Point(70, 70)) / 55)
            return c
        }
        let found = radialGradients(traced(image))
        #expect(found.count == 1)
        guard let g = found.first else { return }
        for stop in g.stops where stop.color.a > 20 {
            #expect(abs(Int(stop.color.r) - 220) <= 6)
            #expect(abs(Int(stop.color.g) - 40) <= 6)
        }
        #expect(g.stops[0].color.a > 240)
        #expect(g.stops[g.stops.count - 1].color.a < 40)
    }

    @Test("Flat areas, however many and however alike, have no gradient")
    func flat() {
        let colors = (0..<6).map { (k: Int) -> RGBA8 in RGBA8(UInt8(90 + 14 * k), UInt8(120 + 9 * k), 60) }
        var shapes: [(color: RGBA8, isInside: (Point) -> Bool)] = []
        for (k, c) in colors.enumerated() { shapes.append((c, box(Double(k) * 30, 0, 30, 80))) }
        let image = picture(180, 80, shapes)
        let drawing = traced(image)
        #expect(linearGradients(drawing).isEmpty)
        #expect(radialGradients(drawing).isEmpty)
    }

    @Test("With a given number of colours there are only colours")
    func givenColors() {
        let image = shaded(160, 120, background: white, box(20, 10, 120, 100)) { p in mix(red, blue, (p.x - 20) / 120) }
        let drawing = traced(image, TraceOptions(quantize: .init(colors: 4)))
        #expect(linearGradients(drawing).isEmpty)
    }

    @Test("Two areas under one gradient share it")
    func shared() {
        let left = box(20, 20, 50, 100), right = box(90, 20, 50, 100)
        let image = shaded(160, 140, background: white, { left($0) || right($0) }) { p in mix(red, blue, (p.y - 20) / 100) }
        let found = linearGradients(traced(image))
        #expect(Set(found).count == 1)
    }
}
