import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Cutout")
struct CutoutTests {
    let red = RGBA8(220, 40, 30), blue = RGBA8(20, 60, 160), green = RGBA8(30, 150, 60), white = RGBA8(255, 255, 255)

    private func options(overlap: Double = 0.75) -> TraceOptions {
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
        #expect(open(0.75) <= limit)
        // The same coordinates on both sides are not enough: this is what the overlap is for.
        #expect(open(0) > 2 * limit)
        // Nor may rounding take it back.
        #expect(traced(touching, options(overlap: 0.75)).gridUnits >= 8)
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
