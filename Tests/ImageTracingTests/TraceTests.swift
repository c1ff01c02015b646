import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Whole pictures")
struct TraceTests {
    @Test("A picture of one colour is one rectangle")
    func oneColor() {
        #expect(
            svg(Raster(width: 3, height: 2, filledWith: RGBA8(255, 0, 0)))
                == "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"3\" height=\"2\" viewBox=\"0 0 3 2\">"
                + "<path fill=\"red\" d=\"M0 0h3v2h-3z\"/></svg>")
    }

    @Test("A fully transparent picture has no paths")
    func transparent() {
        #expect(!svg(Raster(width: 9, height: 9, filledWith: RGBA8(9, 9, 9, 0))).contains("<path"))
    }

    @Test("Pictures of any shape give a document", arguments: [(1, 1), (1, 40), (40, 1), (2, 2), (3, 200)])
    func oddShapes(width: Int, height: Int) {
        for seed: UInt64 in 1...6 {
            var random = Seeded(state: seed)
            for alpha in [false, true] {
                var image = Raster(width: width, height: height, filledWith: RGBA8(0, 0, 0))
                for i in image.pixels.indices {
                    let v = random.next()
                    image.pixels[i] = RGBA8(
                        UInt8(truncatingIfNeeded: v), UInt8(truncatingIfNeeded: v >> 8), UInt8(truncatingIfNeeded: v >> 16),
                        alpha ? UInt8(truncatingIfNeeded: v >> 24) : 255)
                }
                let text = svg(image, TraceOptions(segment: SegmentOptions(speckleArea: Int(seed) - 1)))
                #expect(text.hasPrefix("<svg") && text.hasSuffix("</svg>"), "seed \(seed)")
            }
        }
    }

    @Test("Noise in few colours stays within the picture and gives the same bytes twice", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func noise(seed: UInt64) {
        var random = Seeded(state: seed)
        let colors = [
            RGBA8(0, 0, 0), RGBA8(255, 255, 255), RGBA8(200, 30, 30), RGBA8(0, 0, 0, 0), RGBA8(30, 200, 30, 120), RGBA8(20, 20, 220),
        ]
        var image = Raster(width: 60, height: 45, filledWith: colors[0])
        for i in image.pixels.indices { image.pixels[i] = colors[Int(random.next() % UInt64(1 + seed))] }
        let options = TraceOptions(segment: SegmentOptions(speckleArea: 1))
        let drawing = traced(image, options)
        for layer in drawing.layers {
            for p in samples(layer.shape.outline) {
                #expect((-8.0...68.0).contains(p.x), "seed \(seed)")
                #expect((-8.0...53.0).contains(p.y), "seed \(seed)")
            }
        }
        #expect(svg(image, options) == svg(image, options))
    }

    @Test("A checkerboard of single pixels ends")
    func checkerboard() {
        var image = Raster(width: 64, height: 64, filledWith: RGBA8(0, 0, 0))
        for y in 0..<64 { for x in 0..<64 where (x + y) % 2 == 0 { image[x, y] = RGBA8(255, 255, 255) } }
        #expect(svg(image, TraceOptions(segment: SegmentOptions(speckleArea: 0))).hasSuffix("</svg>"))
    }

    @Test("Path data read back has the points that were written, on the grid")
    func roundTrip() {
        let drawing = traced(
            picture(64, 64, [(RGBA8(20, 60, 160), disc(30, 31, 19.3)), (RGBA8(220, 40, 30), box(35.3, 8.2, 20, 17.7))]))
        for layer in drawing.layers {
            var writer = PathDataWriter(unitsPerPixel: 10, decimals: 0)
            writer.append(layer.shape.outline)
            let (read, error) = BezierPath.reading(svgPathData: writer.bytes.span)
            #expect(error == nil)
            let expected = samples(layer.shape.outline), found = samples(read.transformed(by: .scaling(0.1, 0.1)))
            // The line back to the start may be left to `z`, and lines shorter than the grid vanish: compare shapes, not commands.
            for p in expected {
                let nearest = found.map { $0.distance(to: p) }.min() ?? .infinity
                #expect(nearest < 1)
            }
            let difference = abs(area(layer.shape.outline)) - abs(area(read)) / 100
            #expect(abs(difference) < 4)
        }
    }
}
