import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Estimates of a picture")
struct EstimatesTests {
    private let drawing = picture(
        96, 96, [(RGBA8(20, 60, 160), disc(40.3, 40.6, 28)), (RGBA8(220, 40, 30), box(50.4, 20.7, 30, 30))])

    private func lines(_ image: Raster<RGBA8>, addingAlpha: Bool = false) -> SampledLines {
        SampledLines(image.pixels, width: image.width, height: image.height, addingAlpha: addingAlpha)
    }

    private func width(_ image: Raster<RGBA8>) -> Float { medianEdgeWidth(lines(image, addingAlpha: true), noise: 0) }

    /// The mean of three by three pixels, `times` over.
    private func blurred(_ image: Raster<RGBA8>, times: Int) -> Raster<RGBA8> {
        var result = image
        for _ in 0..<times {
            let source = result
            for y in 0..<source.height {
                for x in 0..<source.width {
                    var sum = SIMD4<Int>.zero
                    for yy in max(0, y - 1)...min(source.height - 1, y + 1) {
                        for xx in max(0, x - 1)...min(source.width - 1, x + 1) {
                            let p = source[xx, yy]
                            sum &+= SIMD4(Int(p.r), Int(p.g), Int(p.b), 1)
                        }
                    }
                    result[x, y] = RGBA8(UInt8(sum.x / sum.w), UInt8(sum.y / sum.w), UInt8(sum.z / sum.w))
                }
            }
        }
        return result
    }

    @Test("Edges are as wide as they are blurred")
    func edgeWidth() {
        var aliased = drawing
        for i in aliased.pixels.indices { aliased.pixels[i] = aliased.pixels[i].r > 128 ? RGBA8(255, 255, 255) : RGBA8(0, 0, 0) }
        #expect(width(aliased) == 1)
        #expect(width(drawing) < 1.7)
        #expect(width(blurred(drawing, times: 1)) > 2.1)
        #expect(width(blurred(drawing, times: 4)) > width(blurred(drawing, times: 1)))
        #expect(WorkingImage(blurred(drawing, times: 1)).isSoft && !WorkingImage(drawing).isSoft)
    }

    @Test("A picture without edges has no edge width and does not ring")
    func empty() {
        let plain = Raster(width: 3, height: 1, filledWith: RGBA8(9, 9, 9))
        #expect(width(plain) == 0)
        #expect(ringing(lines(plain)) == 0)
    }

    @Test("What waves around an edge rings, what is level or a gradient does not")
    func rings() {
        func level(_ value: (Int) -> Int) -> Float {
            var image = Raster(width: 64, height: 64, filledWith: RGBA8(0, 0, 0))
            for y in 0..<64 {
                for x in 0..<64 {
                    let v = UInt8(min(255, max(0, (x < 32 ? 40 : 200) + value(x))))
                    image[x, y] = RGBA8(v, v, v)
                }
            }
            return ringing(lines(image))
        }
        #expect(level { _ in 0 } == 0)
        #expect(level { $0 / 4 } < 0.8)
        #expect(level { $0 % 2 * 6 } > 5)
    }

    @Test("Smoothing does not shrink what is small: boundaries are measured in the picture itself")
    func smallDisc() {
        var noisy = picture(32, 32, [(RGBA8(30, 30, 30), disc(15.6, 16.3, 4))])
        var random = Seeded(state: 12)
        for i in noisy.pixels.indices {
            func jitter(_ v: UInt8) -> UInt8 { UInt8(min(255, max(0, Int(v) + Int(random.next() % 5) - 2))) }
            let p = noisy.pixels[i]
            noisy.pixels[i] = RGBA8(jitter(p.r), jitter(p.g), jitter(p.b))
        }
        let s = segment(noisy, quantize(noisy))
        #expect(s.noise > 0 && s.regions.count == 2)
        let radii = s.chains.filter { $0.left >= 0 && $0.right >= 0 }.flatMap { s.points[$0.points] }.map {
            $0.distance(to: Point(15.6, 16.3))
        }
        #expect(abs(radii.reduce(0, +) / Double(radii.count) - 4) < 0.05)
    }
}
