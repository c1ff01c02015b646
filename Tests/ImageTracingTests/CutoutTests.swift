import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Cutout")
struct CutoutTests {
    let red = RGBA8(220, 40, 30), blue = RGBA8(20, 60, 160), green = RGBA8(30, 150, 60), white = RGBA8(255, 255, 255)

    private func options(overlap: Double = 1) -> TraceOptions {
        TraceOptions(quantize: QuantizeOptions(mode: .color), fit: FitOptions(layering: .cutout, overlap: overlap))
    }

    private var touching: Raster<RGBA8> {
        picture(
            64, 64,
            [
                (blue, disc(24.3, 26.1, 17.4)), (red, { $0.y > 30.6 && $0.y < 52.2 && $0.x > 14.7 && $0.x < 58.1 }),
                (green, { $0.x + $0.y > 84 && $0.x < 61 }),
            ])
    }

    @Test("Nothing shows through between areas that touch", arguments: [(8.0, 0), (2.5, 16), (1, 60)])
    func seams(scale: Double, limit: Int) {
        func open(_ overlap: Double) -> Int {
            render(traced(touching, options(overlap: overlap)), scale: scale).pixels.count { $0.a < 253 }
        }
        #expect(open(1) <= limit)
        // The same coordinates on both sides are not enough: this is what the overlap is for.
        #expect(open(0) > 2 * limit)
    }

    @Test("Nothing shows through in tips and tangles either", arguments: 1...4)
    func tips(seed: Int) {
        // Wedges from anywhere to anywhere, thinner than the overlap at one end, over one another.
        var random = Seeded(state: UInt64(seed))
        func place() -> Point { Point(.random(in: 0...96, using: &random), .random(in: 0...96, using: &random)) }
        let wedges: [(color: RGBA8, isInside: (Point) -> Bool)] = (0..<24).map { k in
            let tip = place(), end = place(), along = end - tip, length = along.length
            let width = Double.random(in: 3...9, using: &random)
            return (
                [red, blue, green, white][k % 4],
                {
                    let v = $0 - tip, t = v.dot(along) / (length * length)
                    return t > 0 && t < 1 && abs(v.cross(along) / length) < t * width
                }
            )
        }
        let image = picture(96, 96, wedges), drawing = traced(image, options())
        #expect(render(drawing, scale: 8).pixels.count { $0.a < 245 } == 0)
        // What closes a gap is not seen beside it: the drawing is as like the picture as one without seams.
        let stacked = traced(image, TraceOptions(quantize: QuantizeOptions(mode: .color)))
        let likeness = Similarity(of: render(drawing), to: image).ssim, best = Similarity(of: render(stacked), to: image).ssim
        #expect(likeness > best - 0.01, "\(likeness) and \(best)")
    }

    @Test("Gaps are closed the same way by any number of threads")
    func threads() {
        var random = Seeded(state: 7)
        let discs: [(color: RGBA8, isInside: (Point) -> Bool)] = (0..<40).map { k in
            let (x, y) = (Double.random(in: 0...200, using: &random), Double.random(in: 0...200, using: &random))
            return ([red, blue, green][k % 3], disc(x, y, Double.random(in: 4...30, using: &random)))
        }
        let image = picture(200, 200, discs)
        let segmentation = segment(image, quantize(image, options().quantize), options().segment)
        func backwards(_ count: Int, _ body: @Sendable (Int) -> Void) { for i in (0..<count).reversed() { body(i) } }
        #expect(fit(segmentation, options().fit) == fit(segmentation, options().fit, each: backwards))
    }

    @Test("Each shape has only its own area")
    func areas() {
        let drawing = traced(touching, options(overlap: 0))
        let total = drawing.layers.reduce(0) { $0 + abs(area($1.shape.outline)) }
        #expect(abs(total - 64 * 64) < 4)
        let stacked = traced(touching, TraceOptions(quantize: QuantizeOptions(mode: .color)))
        #expect(stacked.layers.reduce(0) { $0 + abs(area($1.shape.outline)) } > 64 * 64 + 500)
    }

    @Test("Without overlap neighbours have the same joints")
    func sharedJoints() {
        var joints: [[Point]] = []
        for layer in traced(touching, options(overlap: 0)).layers {
            joints.append(
                layer.shape.outline.elements.compactMap {
                    switch $0 {
                    case .move(let p), .line(let p), .cubic(_, _, let p): p
                    case .close: nil
                    }
                })
        }
        for (i, own) in joints.enumerated() {
            let others = joints.indices.filter { $0 != i }.flatMap { joints[$0] }
            for p in own where p.x > 0 && p.y > 0 && p.x < 64 && p.y < 64 { #expect(others.contains(p)) }
        }
    }

    @Test("Towards transparency nothing is moved")
    func transparency() {
        let image = picture(48, 48, background: RGBA8(0, 0, 0, 0), [(blue, disc(24, 24, 15))])
        var cut = options()
        let first = traced(image, cut)
        cut.fit.overlap = 0
        #expect(first == traced(image, cut))
    }
}
