import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Merging regions")
struct RegionGraphTests {
    /// Four upright bands of 10 × 40 pixels with grey values 0, 10, 200 and 203.
    private func bands(_ lambda: Float, keepsColors: Bool = false) -> RegionMap {
        var map = RegionMap(
            width: 40, height: 40, labels: (0..<1600).map { Int32($0 % 40 / 10) }, colors: [0, 1, 2, 3], areas: [400, 400, 400, 400])
        let means = [0, 10, 200, 203].map { SIMD4<Float>(Float($0), Float($0), Float($0), 255) }
        map.centers = map.merge(means, lambda: lambda, prices: .init(region: 20, crack: 0.5, keepsColors: keepsColors))
        return map
    }

    @Test("Neighbours merge when the bytes saved are worth the error, the most similar first")
    func price() {
        // 200 · 3 · 9 = 5400 for 40 bytes, and 200 · 3 · 100 = 60 000 for 40.
        #expect(bands(134).areas == [400, 400, 400, 400])
        #expect(bands(136).areas == [400, 400, 800])
        #expect(bands(1499).areas == [400, 400, 800])
        #expect(bands(1501).areas == [800, 800])
        #expect(bands(2e6).areas == [1600])
    }

    @Test("A merged region has the mean colour, or that of its larger part")
    func colors() {
        #expect(bands(136).centers[2].x == 201.5)
        let kept = bands(280, keepsColors: true).centers
        #expect(kept.count == 3)
        #expect(kept.allSatisfy { [0, 10, 200, 203].contains($0.x) })
    }

    @Test("What a smaller λ merged, a larger one leaves merged")
    func nested() {
        let image = cloud(48, 40)
        let work = WorkingImage(image)
        var previous = RegionMap.textured(work, lambda: 1, each: serially)
        for lambda: Float in [10, 100, 600, 3000, 20_000] {
            let map = RegionMap.textured(work, lambda: lambda, each: serially)
            #expect(map.areas.count <= previous.areas.count)
            var parent = [Int32: Int32]()
            for (fine, coarse) in zip(previous.labels, map.labels) {
                #expect(parent[fine, default: coarse] == coarse)
                parent[fine] = coarse
            }
            previous = map
        }
        #expect(previous.areas.count < 20)
    }

    @Test("Squares of a texture in any order give the same regions, and hardly more than one square would")
    func squares() {
        let work = WorkingImage(cloud(150, 140))
        let map = RegionMap.textured(work, lambda: 600, each: serially)
        let other = RegionMap.textured(work, lambda: 600) { count, body in for i in (0..<count).reversed() { body(i) } }
        #expect(map.labels == other.labels && map.areas == other.areas && map.shown == other.shown)
        // No border follows the side of a square for longer than chance lets it.
        let across = (0..<140).count { map.labels[$0 * 150 + 127] != map.labels[$0 * 150 + 128] }
        let within = (0..<140).count { map.labels[$0 * 150 + 63] != map.labels[$0 * 150 + 64] }
        #expect(across <= 3 * max(10, within), "\(across) and \(within)")
    }

    @Test("A larger λ writes fewer bytes, of a drawing and of a texture")
    func bytes() {
        let drawing = picture(
            96, 96,
            [
                (RGBA8(20, 60, 160), disc(40, 40, 30)), (RGBA8(30, 70, 170), disc(42, 44, 12)), (RGBA8(220, 40, 30), box(60, 60, 30.5, 6)),
                (RGBA8(230, 60, 40), box(70, 62, 4, 3)), (RGBA8(250, 250, 240), box(4, 80, 20, 10)),
            ])
        for image in [drawing, cloud(96, 96)] {
            var last = Int.max
            for lambda in [30.0, 600, 12_000, 240_000] {
                let count = svg(image, TraceOptions(segment: SegmentOptions(lambda: lambda), fit: FitOptions(lambda: lambda))).utf8.count
                #expect(count <= last, "\(lambda)")
                last = count
            }
        }
    }

    @Test("Every region of a texture is connected and has as many pixels as it says, in one square and in several", arguments: [60, 200])
    func connected(width: Int) {
        let map = RegionMap.textured(WorkingImage(cloud(width, 50)), lambda: 300, each: serially)
        var counts = [Int](repeating: 0, count: map.areas.count)
        for l in map.labels { counts[Int(l)] += 1 }
        #expect(counts == map.areas)
        // Numbers rise in reading order.
        var next: Int32 = 0
        for l in map.labels where l >= next {
            #expect(l == next)
            next += 1
        }
    }

    @Test("A texture is told from a drawing, noisy or not")
    func textured() {
        var noisy = picture(64, 64, [(RGBA8(20, 60, 160), disc(31, 32, 20))])
        #expect(!quantize(noisy).isTextured)
        var random = Seeded(state: 3)
        for i in noisy.pixels.indices {
            func jitter(_ v: UInt8) -> UInt8 { UInt8(min(255, max(0, Int(v) + Int(random.next() % 13) - 6))) }
            let p = noisy.pixels[i]
            noisy.pixels[i] = RGBA8(jitter(p.r), jitter(p.g), jitter(p.b))
        }
        #expect(!quantize(noisy).isTextured)
        #expect(quantize(cloud(64, 64)).isTextured)
        #expect(!quantize(cloud(64, 64), QuantizeOptions(colors: 5)).isTextured)
    }

    @Test("Regions of a texture are paths, and those of the same picture as a drawing need not be")
    func pathsOfTextures() {
        var image = cloud(128, 128)
        for y in 40..<88 { for x in 30..<98 { image[x, y] = RGBA8(250, 20, 20) } }
        func hasShapes(_ options: QuantizeOptions) -> Bool {
            fit(segment(image, quantize(image, options))).layers.contains { if case .path = $0.shape { false } else { true } }
        }
        #expect(quantize(image).isTextured)
        #expect(!hasShapes(.init()))
        #expect(hasShapes(.init(colors: 5)))
    }

    @Test("A small drawing whose colour runs over its edges is no texture")
    func halfChroma() {
        let colors = [RGBA8(210, 60, 40), RGBA8(40, 150, 70), RGBA8(60, 70, 200), RGBA8(190, 160, 30)]
        var discs: [(color: RGBA8, isInside: (Point) -> Bool)] = []
        for row in 0..<4 {
            for column in 0..<4 { discs.append((colors[(column + 2 * row) % 4], disc(Double(14 * column + 9), Double(14 * row + 9), 5.3))) }
        }
        let sharp = picture(60, 60, background: RGBA8(170, 200, 235), discs)
        var image = sharp
        var random = Seeded(state: 5)
        for y in 0..<60 {
            for x in 0..<60 {
                // Its own luma, and what the pixels around differ from theirs.
                var sum = SIMD4<Int>.zero, count = 0
                for v in max(0, y - 2)...min(59, y + 2) {
                    for u in max(0, x - 2)...min(59, x + 2) {
                        let p = sharp[u, v]
                        sum &+= SIMD4(Int(p.r), Int(p.g), Int(p.b), 0) &- luma(p)
                        count += 1
                    }
                }
                let here = luma(sharp[x, y]) + Int(random.next() % 3) - 1
                func channel(_ k: Int) -> UInt8 { UInt8(min(255, max(0, here + sum[k] / count))) }
                image[x, y] = RGBA8(channel(0), channel(1), channel(2))
            }
        }
        #expect(!quantize(image).isTextured)
    }
}

/// Values of a coarse random grid, interpolated, and some grain: a texture without edges.
func cloud(_ width: Int, _ height: Int) -> Raster<RGBA8> {
    var random = Seeded(state: 77)
    let cell = 6, columns = width / cell + 2
    let grid = (0..<columns * (height / cell + 2)).map { _ in Int(random.next() % 200) }
    var image = Raster(width: width, height: height, filledWith: RGBA8(0, 0, 0))
    for y in 0..<height {
        for x in 0..<width {
            let i = y / cell * columns + x / cell, u = x % cell, v = y % cell
            let top = grid[i] * (cell - u) + grid[i + 1] * u, bottom = grid[i + columns] * (cell - u) + grid[i + columns + 1] * u
            let value = (top * (cell - v) + bottom * v) / (cell * cell) + Int(random.next() % 9)
            image[x, y] = RGBA8(UInt8(value), UInt8(value / 2 + 40), UInt8(200 - value / 2))
        }
    }
    return image
}
