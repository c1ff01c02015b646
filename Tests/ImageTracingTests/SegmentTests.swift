import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Regions and boundaries")
struct SegmentTests {
    let ink = RGBA8(20, 60, 160), red = RGBA8(220, 40, 30), paper = RGBA8(255, 255, 255)

    /// Pictures of two colours are regions too.
    let inColor = TraceOptions(quantize: QuantizeOptions(mode: .color))

    private func segmented(_ image: Raster<RGBA8>, _ options: TraceOptions = .init()) -> Segmentation {
        segment(image, quantize(image, options.quantize), options.segment)
    }

    @Test("Anti-aliased pixels never become colours or regions")
    func noFringe() {
        let s = segmented(picture(64, 64, [(ink, disc(31.3, 32.4, 20)), (red, disc(31.3, 32.4, 9))]))
        #expect(Set(s.regions.map(\.paint)) == [.color(paper), .color(ink), .color(red)])
        #expect(s.regions.count == 3)
    }

    @Test("Two neighbours refer to the same chain, once from each side")
    func sharedChains() {
        let s = segmented(picture(64, 64, [(ink, box(0, 0, 30.4, 64)), (red, box(20, 22.5, 30, 20))]))
        var uses = [Int](repeating: 0, count: s.chains.count)
        for (r, region) in s.regions.enumerated() {
            for l in region.loops {
                for step in s.steps[s.loops[l].steps] {
                    let chain = s.chains[Int(step.chain)]
                    #expect(Int(step.isReversed ? chain.right : chain.left) == r)
                    uses[Int(step.chain)] += 1
                }
            }
        }
        for (i, chain) in s.chains.enumerated() {
            let sides = (chain.left >= 0 ? 1 : 0) + (chain.right >= 0 ? 1 : 0)
            #expect(uses[i] == sides)
        }
    }

    @Test("Each way around is closed: every chain begins where the one before ended")
    func closedLoops() {
        var random = Seeded(state: 11)
        let colors = [ink, red, paper, RGBA8(10, 140, 60)]
        var image = Raster(width: 24, height: 24, filledWith: paper)
        for i in image.pixels.indices { image.pixels[i] = colors[Int(random.next() % 4)] }
        let s = segmented(image, TraceOptions(segment: SegmentOptions(speckleArea: 0)))
        #expect(s.regions.reduce(0) { $0 + $1.area } == 24 * 24)
        for loop in s.loops {
            let steps = Array(s.steps[loop.steps])
            for (i, step) in steps.enumerated() {
                let chain = s.chains[Int(step.chain)]
                if chain.isClosed { #expect(steps.count == 1); continue }
                let next = steps[(i + 1) % steps.count], other = s.chains[Int(next.chain)]
                let end = step.isReversed ? s.points[chain.points.lowerBound] : s.points[chain.points.upperBound - 1]
                let start = next.isReversed ? s.points[other.points.upperBound - 1] : s.points[other.points.lowerBound]
                #expect(end == start)
            }
        }
    }

    @Test("An edge between pixels is found where it is", arguments: [0.0, 0.25, 0.5, 0.875])
    func edgePosition(fraction: Double) {
        let s = segmented(picture(32, 32, [(ink, box(0, 0, 14 + fraction, 32))]), inColor)
        let inner = s.chains.filter { $0.left >= 0 && $0.right >= 0 }
        #expect(inner.count == 1)
        for chain in inner {
            for p in s.points[chain.points] {
                let error = p.x - 14 - fraction
                #expect(abs(error) < 0.03, "\(p)")
            }
        }
    }

    @Test("A stroke thinner than two pixels keeps its width")
    func thinStroke() {
        // The wide bar lets the colour be known.
        let s = segmented(picture(48, 48, [(ink, box(4, 4, 10, 40)), (ink, box(30.25, 0, 1.5, 48))]))
        let xs = s.points.filter { $0.x > 25 && $0.x < 40 && $0.y > 2 && $0.y < 46 }.map(\.x)
        #expect(!xs.isEmpty)
        for x in xs {
            let error = min(abs(x - 30.25), abs(x - 31.75))
            #expect(error < 0.1, "\(x)")
        }
    }

    @Test("Specks join their surroundings up to the chosen area")
    func specks() {
        let image = picture(40, 40, [(ink, box(10, 10, 2, 2)), (ink, box(24, 24, 8, 8))])
        let kept = segmented(image, TraceOptions(quantize: inColor.quantize, segment: SegmentOptions(speckleArea: 3)))
        let joined = segmented(image, TraceOptions(quantize: inColor.quantize, segment: SegmentOptions(speckleArea: 4)))
        #expect(kept.regions.count == 3)
        #expect(joined.regions.count == 2)
    }
}
