import AtelierImageCodecs
import AtelierPixels
import AtelierTesting
import Testing

@testable import AtelierLayers

/// A picture with opaque, translucent and transparent parts, of any size.
private func randomPicture(_ width: Int, _ height: Int, _ random: inout SplitMix, opaque: Bool = false) -> Raster<RGBA8> {
    var picture = Raster(width: width, height: height, filledWith: RGBA8(0, 0, 0, 0))
    var kind = 0, left = 0
    for index in picture.pixels.indices {
        if left == 0 { (kind, left) = (random.int(in: 0..<3), 1 + random.int(in: 0..<24)) }
        left -= 1
        let b = random.bytes(4)
        picture.pixels[index] = RGBA8(b[0], b[1], b[2], opaque || kind == 2 ? 255 : kind == 1 ? b[3] : 0)
    }
    return picture
}

/// Compositing and Blending 1 in double precision: what each formula says, pixel by pixel.
private struct Reference {
    static func separable(_ mode: BlendMode, _ b: Double, _ s: Double) -> Double {
        switch mode {
        case .multiply: b * s
        case .screen: b + s - b * s
        case .overlay: separable(.hardLight, s, b)
        case .darken: min(b, s)
        case .lighten: max(b, s)
        case .colorDodge: b == 0 ? 0 : s == 1 ? 1 : min(1, b / (1 - s))
        case .colorBurn: b == 1 ? 1 : s == 0 ? 0 : 1 - min(1, (1 - b) / s)
        case .hardLight: s <= 0.5 ? b * 2 * s : separable(.screen, b, 2 * s - 1)
        case .softLight:
            s <= 0.5
                ? b - (1 - 2 * s) * b * (1 - b)
                : b + (2 * s - 1) * ((b <= 0.25 ? ((16 * b - 12) * b + 4) * b : b.squareRoot()) - b)
        case .difference: abs(b - s)
        case .exclusion: b + s - 2 * b * s
        default: s
        }
    }

    static func luminosity(_ c: [Double]) -> Double { 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2] }
    static func saturation(_ c: [Double]) -> Double { c.max()! - c.min()! }

    static func clipped(_ c: [Double]) -> [Double] {
        let l = luminosity(c), n = c.min()!, x = c.max()!
        var c = c
        if n < 0 { c = c.map { l + ($0 - l) * l / (l - n) } }
        if x > 1 { c = c.map { l + ($0 - l) * (1 - l) / (x - l) } }
        return c
    }

    static func setLuminosity(_ c: [Double], _ l: Double) -> [Double] {
        let by = l - luminosity(c)
        return clipped(c.map { $0 + by })
    }

    static func setSaturation(_ c: [Double], _ s: Double) -> [Double] {
        let low = c.min()!, range = saturation(c)
        guard range > 0 else { return [0, 0, 0] }
        return c.map { ($0 - low) * s / range }
    }

    static func mixed(_ mode: BlendMode, _ b: [Double], _ s: [Double]) -> [Double] {
        switch mode {
        case .hue: return setLuminosity(setSaturation(s, saturation(b)), luminosity(b))
        case .saturation: return setLuminosity(setSaturation(b, saturation(s)), luminosity(b))
        case .color: return setLuminosity(s, luminosity(b))
        case .luminosity: return setLuminosity(b, luminosity(s))
        default: return (0..<3).map { separable(mode, b[$0], s[$0]) }
        }
    }

    /// Premultiplied color and opacity, 0…1.
    var c = [0.0, 0.0, 0.0], a = 0.0

    mutating func put(_ pixel: RGBA8, _ mode: BlendMode, _ opacity: Double) {
        let s = [pixel.r, pixel.g, pixel.b].map { Double($0) / 255 }, sa = Double(pixel.a) / 255 * opacity
        let b = c.map { a > 0 ? $0 / a : 0 }, mixed = Self.mixed(mode, b, s)
        for k in 0..<3 { c[k] = sa * (1 - a) * s[k] + sa * a * mixed[k] + (1 - sa) * c[k] }
        a = sa + a * (1 - sa)
    }
}

/// A project of pictures in one item, from bottom to top, and its drawing.
private struct Stack {
    var size: PixelSize
    var background: Background = .transparent
    var layers: [Placed] = []

    struct Placed {
        var picture: Raster<RGBA8>, x = 0, y = 0, mode = BlendMode.normal, opacity = 1.0
    }

    func drawing(_ output: Drawing.Output = .png(.fast)) throws -> Drawing {
        var project = Project(
            name: "Stack",
            layers: layers.enumerated().map { index, layer in
                var made = Layer(name: "L\(index)", traits: [Trait(name: "t", weight: Weight(1), pieces: [Piece(file: "\(index).png")])])
                (made.blend, made.opacity, made.offset) = (layer.mode, layer.opacity, PixelOffset(x: layer.x, y: layer.y))
                return made
            })
        project.background = background
        let images = Dictionary(uniqueKeysWithValues: layers.enumerated().map { ("\($0).png", TraitImage($1.picture)) })
        return try Drawing(project, try project.plan(count: 1), images: images, size: size, output: output)
    }

    func file(_ output: Drawing.Output = .png(.fast)) throws -> [UInt8] {
        var statistics = DrawingStatistics()
        return try drawing(output).draw([0], &statistics)[0]
    }

    /// Pixels whose premultiplied channels are not the nearest to the reference, and pixels off by more than one.
    func differences() throws -> (inexact: Int, wrong: Int) {
        let file = try file(), picture = try decodeImage(file.span)
        var (inexact, wrong) = (0, 0)
        for y in 0..<size.height {
            for x in 0..<size.width {
                var reference = Reference()
                if case .color(let color) = background { reference.put(color, .normal, 1) }
                for layer in layers {
                    let (px, py) = (x - layer.x, y - layer.y)
                    guard (0..<layer.picture.width).contains(px), (0..<layer.picture.height).contains(py) else { continue }
                    reference.put(layer.picture[px, py], layer.mode, layer.opacity)
                }
                let pixel = picture[x, y], alpha = Double(pixel.a)
                var worst = abs(alpha - reference.a * 255)
                for (value, exact) in zip([pixel.r, pixel.g, pixel.b], reference.c) {
                    worst = max(worst, abs(Double(value) * alpha / 255 - exact * 255))
                }
                if worst > 0.5 + 1e-4 { inexact += 1 }
                if worst > 1.5 { wrong += 1 }
            }
        }
        return (inexact, wrong)
    }
}

/// How many bytes of a pixel the file of a stack has.
private func bytesPerPixel(of stack: Stack) throws -> Int {
    let drawing = try stack.drawing(), layout = drawing.layout(of: 0)
    return layout.color.bytesPerPixel
}

@Suite("Drawing")
struct DrawingTests {
    @Test("Every blend mode and opacity is rounded exactly, over opaque and over nothing", arguments: BlendMode.allCases)
    func modes(_ mode: BlendMode) throws {
        var random = SplitMix(seed: 1)
        for opaque in [true, false] {
            var stack = Stack(size: PixelSize(width: 61, height: 70))
            for (number, opacity) in [1, 1, 0.6, 1].enumerated() {
                let picture = randomPicture(61, 70, &random, opaque: opaque && number == 0)
                stack.layers.append(.init(picture: picture, mode: number == 0 ? .normal : mode, opacity: opacity))
            }
            let result = try stack.differences()
            // The modes of all channels together divide by what may be nearly nothing; one pixel in a hundred thousand may round the other way.
            #expect(result.wrong == 0 && result.inexact <= 4, "\(mode): \(result)")
        }
    }

    @Test("Pictures lie where their offsets say, over any background, and overlap as in the reference")
    func places() throws {
        var random = SplitMix(seed: 2)
        for background in [Background.transparent, .color(RGBA8(10, 200, 30)), .color(RGBA8(1, 2, 3, 90))] {
            for _ in 0..<6 {
                var stack = Stack(size: PixelSize(width: 150, height: 140), background: background)
                for _ in 0..<5 {
                    let (width, height) = (1 + random.int(in: 0..<150), 1 + random.int(in: 0..<140))
                    stack.layers.append(
                        .init(
                            picture: randomPicture(width, height, &random), x: random.int(in: 0..<151 - width),
                            y: random.int(in: 0..<141 - height), opacity: random.int(in: 0..<3) == 0 ? 0.5 : 1))
                }
                let result = try stack.differences()
                #expect(result.wrong == 0 && result.inexact <= 20, "\(background): \(result)")
            }
        }
    }

    @Test("An opaque picture has no alpha channel, a translucent one has, few unmixed colors are a palette")
    func layouts() throws {
        var random = SplitMix(seed: 3)
        var stack = Stack(size: PixelSize(width: 40, height: 40))
        stack.layers = [
            .init(picture: randomPicture(40, 40, &random, opaque: true)), .init(picture: randomPicture(20, 20, &random), x: 3, y: 4),
        ]
        #expect(try bytesPerPixel(of: stack) == 3)
        stack.layers.removeFirst()
        #expect(try bytesPerPixel(of: stack) == 4)
        stack.background = .color(RGBA8(1, 1, 1))
        #expect(try bytesPerPixel(of: stack) == 3)

        var art = Raster(width: 16, height: 16, filledWith: RGBA8(9, 9, 9))
        for index in 40..<90 { art.pixels[index] = index % 2 == 0 ? RGBA8(0, 0, 0, 0) : RGBA8(200, 0, UInt8(index)) }
        for background in [Background.transparent, .color(RGBA8(5, 6, 7))] {
            var few = Stack(size: PixelSize(width: 20, height: 20), background: background)
            few.layers = [.init(picture: art, x: 1, y: 2), .init(picture: art, x: 4)]
            #expect(try bytesPerPixel(of: few) == 1)
            let result = try few.differences()
            #expect(result == (0, 0))
        }
    }

    @Test("An item has the same bytes alone, in a group, and in another order")
    func company() throws {
        var random = SplitMix(seed: 4)
        let project = try project(
            """
            {'name':'P','width':96,'height':140,'layers':[
              {'name':'A','traits':[{'name':'a','file':'a.png'},{'name':'b','file':'b.png'}]},
              {'name':'B','traits':[{'name':'c','file':'c.png'},{'name':'d','file':'d.png'},{'name':'None'}]},
              {'name':'C','blend':'multiply','opacity':0.7,'traits':[{'name':'e','file':'e.png'},{'name':'f','file':'f.png'}]}]}
            """)
        var images: [String: TraitImage] = [:]
        for name in ["a", "b"] { images[name + ".png"] = TraitImage(randomPicture(96, 140, &random, opaque: true)) }
        for name in ["c", "d", "e", "f"] { images[name + ".png"] = TraitImage(randomPicture(96, 60, &random)) }
        let plan = try project.plan(count: 12), size = PixelSize(width: 96, height: 140)
        for level in PNGLevel.allCases {
            let drawing = try Drawing(project, plan, images: images, size: size, output: .png(level))
            var alone: [[UInt8]] = [], others = DrawingStatistics()
            for item in 0..<12 { alone += drawing.draw([item], &others) }
            var together = alone.map { _ in [UInt8]() }, statistics = DrawingStatistics()
            for group in drawing.groups(of: Array(0..<12), workers: 1, budget: 1 << 30) {
                for (item, file) in zip(group, drawing.draw(group, &statistics)) { together[item] = file }
            }
            #expect(alone == together && alone.count == 12, "\(level)")
            #expect(statistics.items == 12 && statistics.bytes == alone.reduce(0) { $0 + $1.count })
            // Below row 60 only the lowest layer is seen, so bands of one group repeat.
            #expect(level == .small || statistics.repeatedBands > 0)
        }
    }

    @Test("What is cancelled is not handed over")
    func cancelling() throws {
        var random = SplitMix(seed: 5)
        var stack = Stack(size: PixelSize(width: 30, height: 30))
        stack.layers = [.init(picture: randomPicture(30, 30, &random))]
        var statistics = DrawingStatistics()
        let files = try stack.drawing().draw([0], isCancelled: { true }, &statistics)
        #expect(files.isEmpty && statistics.items == 0)
    }

    @Test("A picture that does not lie on the canvas, or is not there, is named")
    func refusals() throws {
        var random = SplitMix(seed: 6)
        var stack = Stack(size: PixelSize(width: 30, height: 30))
        stack.layers = [.init(picture: randomPicture(31, 30, &random))]
        let refused = stack
        #expect(throws: DrawingError.outside(file: "0.png", width: 31, height: 30, x: 0, y: 0, canvas: stack.size)) {
            _ = try refused.drawing()
        }
        let plan = try project("{'name':'P','layers':[{'name':'A','traits':[{'name':'a','file':'a.png'}]}]}")
        let items = try plan.plan(count: 1), size = stack.size
        #expect(throws: DrawingError.missing(file: "a.png")) { _ = try Drawing(plan, items, images: [:], size: size) }
    }

    @Test("WebP without loss reads back as PNG does")
    func webP() throws {
        guard WebP.isAvailable else { return print("skipped: libwebp is not installed") }
        var random = SplitMix(seed: 7)
        var stack = Stack(size: PixelSize(width: 50, height: 40))
        stack.layers = [.init(picture: randomPicture(50, 40, &random, opaque: true)), .init(picture: randomPicture(50, 40, &random))]
        let webP = try stack.file(.webp)
        let isKnown = WebP.sniff(webP.span)
        #expect(isKnown)
        let decoded = try WebP.decode(webP.span), png = try stack.file(), expected = try decodeImage(png.span)
        #expect(decoded == expected)
        #expect(throws: WebPError.damaged) { _ = try WebP.decode(Array(webP.prefix(20)).span) }
    }
}

@Suite("Images of traits")
struct TraitImageTests {
    @Test("What is transparent takes no memory")
    func bounds() {
        var picture = Raster(width: 200, height: 100, filledWith: RGBA8(9, 9, 9, 0))
        for x in 50..<150 { picture[x, 40] = RGBA8(1, 2, 3) }
        let image = TraitImage(picture)
        #expect(image.coveredCount == 100 && image.translucentCount == 0 && !image.isOpaque)
        #expect(!image.draws(in: 0..<40) && image.draws(in: 30..<41) && !image.draws(in: 41..<500))
        #expect(TraitImage(Raster(width: 3, height: 3, filledWith: RGBA8(1, 1, 1))).isOpaque)
    }
}

@Suite("Scaled pictures")
struct ScaleTests {
    @Test("Averages are weighted with opacity and area; larger pictures repeat pixels")
    func averages() {
        let picture = Raster(width: 2, height: 1, pixels: [RGBA8(100, 0, 0), RGBA8(0, 200, 0, 0)])
        #expect(picture.scaled(by: Scale(from: 2, to: 1)).pixels == [RGBA8(100, 0, 0, 64)])
        let wide = Raster(width: 3, height: 2, pixels: (0..<6).map { RGBA8(UInt8($0 * 10), 0, 0) })
        #expect(
            wide.scaled(by: Scale(from: 1, to: 2)).pixels.map(\.r) == [
                0, 0, 10, 10, 20, 20, 0, 0, 10, 10, 20, 20, 30, 30, 40, 40, 50, 50, 30, 30, 40, 40, 50, 50,
            ])
        #expect(wide.scaled(by: .whole) == wide)
        let flat = Raster(width: 7, height: 7, filledWith: RGBA8(12, 34, 56)).scaled(by: Scale(from: 7, to: 3))
        #expect(flat == Raster(width: 3, height: 3, filledWith: RGBA8(12, 34, 56)))
    }

    @Test("A contact sheet shows every item in its cell")
    func sheet() throws {
        var project = Project(
            name: "P",
            layers: [Layer(name: "L", traits: (0..<5).map { Trait(name: "t\($0)", weight: Weight(1), pieces: [Piece(file: "\($0)")]) })])
        project.seed = 3
        let images = Dictionary(
            uniqueKeysWithValues: (0..<5).map { ("\($0)", TraitImage(Raster(width: 4, height: 4, filledWith: RGBA8(UInt8($0), 7, 7)))) })
        let plan = try project.plan(count: 5)
        let drawing = try Drawing(project, plan, images: images, size: PixelSize(width: 4, height: 4))
        let sheet = try decodeImage(drawing.contactSheet(of: 0..<5).span)
        #expect(sheet.width == 12 && sheet.height == 8)
        for item in 0..<5 { #expect(sheet[item % 3 * 4 + 1, item / 3 * 4 + 2] == RGBA8(UInt8(plan[item].traits.first!), 7, 7)) }
    }
}
