import AtelierGeometry
import AtelierSVG
import Testing

@testable import AtelierOOXML

@Suite("Work that the pictures of a slide may ask for")
struct PictureWorkTests {
    private static let turbulence = SVG.Filter.Primitive(
        .turbulence(SVG.Filter.Turbulence(frequency: Vector(0.1, 0.1), octaves: 1, seed: 0, stitches: false, isFractal: true)))

    /// A group of a rectangle at a place that no slide can say: its filter makes noise.
    private func noisy(_ place: Int, _ primitives: [SVG.Filter.Primitive] = [turbulence], children: [SVG.Node]? = nil) -> SVG.Node {
        .group(
            SVG.Group(
                origin: origin("g", id: "g\(place)"),
                filter: SVG.Filter(region: Rect(x: 0, y: 0, width: 900, height: 900), primitives: primitives),
                children: children ?? [rectangle(Double(place), 0, 900, 900)]))
    }

    private func tree(_ children: [SVG.Node]) -> SVG.Tree {
        SVG.Tree(size: Size(1000, 1000), root: SVG.Group(origin: origin("svg"), children: children))
    }

    private func pixels(of slide: Slide) -> [Int] { Slide.drawings(of: [slide]).map { $0.width * $0.height } }

    @Test("A picture keeps its pixels; of fifty large ones all have fewer, and that is said once")
    func coarser() throws {
        let one = mapSlide(tree([noisy(0)]))
        #expect(pixels(of: one) == [1800 * 1800])
        #expect(!one.diagnostics.contains { $0.message.contains("more work") })

        let many = mapSlide(tree((0..<50).map { noisy($0) })), counts = pixels(of: many)
        #expect(counts.count == 50 && Set(counts).count == 1)
        #expect(counts[0] < 1800 * 1800 / 2 && counts[0] > 100 * 100, "\(counts[0])")
        let said = many.diagnostics.map(\.message).filter { $0.contains("fewer") || $0.contains("% of their pixels") }
        #expect(said.count == 1, "\(said)")
    }

    @Test("A copy of a picture is drawn once and costs nothing more")
    func copies() {
        #expect(pixels(of: mapSlide(tree((0..<50).map { _ in noisy(0) }))) == [1800 * 1800])
    }

    @Test("Of a hundred primitives the picture has fewer pixels, as all their results are held")
    func memory() throws {
        let slide = mapSlide(tree([noisy(0, [SVG.Filter.Primitive](repeating: Self.turbulence, count: 100))]))
        let count = try #require(pixels(of: slide).first)
        #expect(Double(count) * 4 * 100 < 1.1 * PictureWork.mostBytes)
        #expect(slide.diagnostics.contains { $0.message.contains("so much memory") })
    }

    @Test("Wide neighbourhoods, octaves and kernels count for each pixel")
    func estimates() {
        func perPixel(_ effect: SVG.Filter.Effect, scale: Double = 2) -> Double {
            PictureWork(of: noisy(0, [.init(effect)]), clip: nil, .scaling(scale, scale), Size(1000, 1000)).perPixel
        }
        func noise(_ octaves: Int) -> SVG.Filter.Effect {
            .turbulence(SVG.Filter.Turbulence(frequency: Vector(1, 1), octaves: octaves, seed: 0, stitches: false, isFractal: true))
        }
        #expect(perPixel(noise(9)) > 2 * perPixel(noise(1)))
        #expect(perPixel(noise(Int.max)).isFinite)
        let thick = SVG.Filter.Effect.morphology(.source, dilates: true, x: 50, y: 50)
        #expect(perPixel(thick) > 10_000)
        #expect(perPixel(thick, scale: 4) > 3 * perPixel(thick))
        #expect(perPixel(.morphology(.source, dilates: true, x: 1e300, y: 1e300)) < 1e8, "no further than the picture goes")
        let filter = SVG.Filter.Convolution(
            columns: 20, rows: 20, kernel: [Double](repeating: 1, count: 400), divisor: 1, bias: 0, targetX: 0, targetY: 0,
            edge: "none", keepsAlpha: false)
        #expect(perPixel(.convolution(.source, filter)) > 10 * perPixel(.offset(.source, Vector(1, 1))))
    }

    // MARK: With nothing left

    /// What becomes of a node when the slide's pictures have used up what does not depend on their size.
    private func mapped(_ node: SVG.Node, profile: Profile = .balanced) -> (mapper: SlideMapper, messages: [String]) {
        var mapper = SlideMapper(title: nil, profile: profile)
        mapper.pictureWork = PictureWork.mostFixed
        _ = mapper.map(tree([node]), SlideOptions(profile: profile))
        return (mapper, mapper.diagnostics.map(\.message))
    }

    @Test("A filter is left out then, and what it is made of drawn")
    func filter() {
        let (mapper, messages) = mapped(noisy(0))
        #expect(mapper.contents.shapes == 1 && mapper.pictureCount == 0 && mapper.media.isEmpty)
        #expect(messages == ["its filter was left out, as the pictures of this slide take more work than a slide may ask for"])
    }

    @Test("So are filters in filters")
    func nested() {
        var node = noisy(0)
        for place in 1..<100 { node = noisy(place, children: [node]) }
        let (mapper, messages) = mapped(node)
        #expect(mapper.pictureCount == 0 && mapper.contents.shapes == 1)
        #expect(messages.count == 100)
    }

    @Test("After sixteen refusals no picture is asked for any more")
    func refusals() {
        var mapper = SlideMapper(title: nil, profile: .balanced), answers: [Bool] = []
        // Fifteen are refused, one is not, one is, and then all are, whatever the work.
        for work in [Double](repeating: PictureWork.mostFixed, count: 15) + [0, PictureWork.mostFixed, 0] {
            mapper.pictureWork = work
            answers.append(mapper.affordsPicture(of: noisy(0), clip: nil))
        }
        #expect(answers == [Bool](repeating: false, count: 15) + [true, false, false])
    }

    @Test("So is a mask of pixels")
    func mask() {
        let photo = SVG.Node.image(
            SVG.Image(origin: origin("image"), file: [1], format: .png, frame: Rect(x: 0, y: 0, width: 9, height: 9)))
        let group = SVG.Group(
            origin: origin("g"), mask: SVG.Mask(region: Rect(x: 0, y: 0, width: 900, height: 900), children: [photo]),
            children: [rectangle(0, 0, 9, 9)])
        let (mapper, messages) = mapped(.group(group))
        #expect(mapper.shapeCount == 1 && mapper.pictureCount == 0)
        #expect(messages == ["its mask was left out, as the pictures of this slide take more work than a slide may ask for"])
    }

    @Test("A slanted picture is left out itself")
    func slanted() {
        let photo = SVG.Node.image(
            SVG.Image(
                origin: origin("image"), file: [1], format: .png, frame: Rect(x: 0, y: 0, width: 9, height: 9),
                transform: AffineTransform(a: 1, b: 0, c: 0.5, d: 1, e: 0, f: 0)))
        let (mapper, messages) = mapped(photo)
        #expect(mapper.shapeCount == 0)
        #expect(messages == ["it was left out, as the pictures of this slide take more work than a slide may ask for"])
    }

    @Test("What the profile does not accept as shapes stays shapes")
    func refused() {
        let gradient = SVG.Gradient(
            shape: .radial(center: Point(5, 5), radius: 5, focus: Point(1, 5), focusRadius: 0),
            stops: [.init(offset: 0, color: black), .init(offset: 1, color: SVG.Color(red: 255, green: 0, blue: 0))])
        let node = rectangle(0, 0, 10, 10, fill: SVG.Fill(paint: .gradient(gradient)))
        var usual = SlideMapper(title: nil, profile: .exact)
        _ = usual.map(tree([node]), SlideOptions(profile: .exact))
        #expect(usual.pictureCount == 1)
        let (mapper, messages) = mapped(node, profile: .exact)
        #expect(mapper.shapeCount == 1 && mapper.pictureCount == 0)
        #expect(messages.count == 1)
    }

    @Test("Shapes that are taken back take the work of their pixels with them")
    func restored() {
        var mapper = SlideMapper(title: nil, profile: .balanced)
        mapper.canvas = Rect(x: 0, y: 0, width: 9_525_000, height: 9_525_000)
        let start = mapper.checkpoint
        mapper.picture(of: noisy(0), through: .scaling(9525, 9525), opacity: 1, clip: nil, because: "x")
        #expect(mapper.pixelWork.count == 1)
        mapper.restore(start)
        #expect(mapper.pixelWork.isEmpty && mapper.media.isEmpty)
    }
}
