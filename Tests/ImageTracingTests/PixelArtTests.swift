import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Pixel art")
struct PixelArtTests {
    let inPixels = TraceOptions(quantize: QuantizeOptions(mode: .pixel))

    private func art(_ width: Int, _ height: Int, colors: Int, seed: UInt64, alpha: Bool) -> Raster<RGBA8> {
        var random = Seeded(state: seed)
        var palette: [RGBA8] = []
        for k in 0..<colors {
            let v = random.next()
            let a = !alpha ? 255 : k == 0 ? 0 : UInt8(truncatingIfNeeded: v >> 32)
            palette.append(
                a == 0
                    ? RGBA8(0, 0, 0, 0)
                    : RGBA8(UInt8(truncatingIfNeeded: v), UInt8(truncatingIfNeeded: v >> 8), UInt8(truncatingIfNeeded: v >> 16), a))
        }
        var image = Raster(width: width, height: height, filledWith: palette[0])
        for i in image.pixels.indices { image.pixels[i] = palette[Int(random.next() % UInt64(colors))] }
        return image
    }

    private func enlarged(_ image: Raster<RGBA8>, _ factor: Int) -> Raster<RGBA8> {
        var result = Raster(width: image.width * factor, height: image.height * factor, filledWith: image.pixels[0])
        for y in 0..<result.height { for x in 0..<result.width { result[x, y] = image[x / factor, y / factor] } }
        return result
    }

    /// What a renderer without anti-aliasing shows, `zoom` pixels a pixel, from the text of the SVG.
    private func rendered(_ svg: String, width: Int, height: Int, zoom: Int) throws -> Raster<RGBA8> {
        var result = Raster(width: width * zoom, height: height * zoom, filledWith: RGBA8(0, 0, 0, 0))
        let box = try #require(svg.firstRange(of: "viewBox=\"0 0 "))
        let boxWidth = try #require(Double(svg[box.upperBound...].prefix { $0 != " " }))
        let scale = Double(width * zoom) / boxWidth
        for element in svg.components("<path").dropFirst() {
            func value(_ name: String) -> Substring? {
                element.firstRange(of: " \(name)=\"").map { element[$0.upperBound...].prefix { $0 != "\"" } }
            }
            var fill = RGBA8(0, 0, 0)
            if let text = value("fill") { fill = try #require(RGBA8(hex: text) ?? ["red": RGBA8(255, 0, 0)][String(text)]) }
            if let text = value("fill-opacity") { fill.a = UInt8(try #require(Double("0\(text)")) * 255 + 0.5) }
            let (path, error) = BezierPath.reading(svgPathData: Array(try #require(value("d")).utf8).span)
            #expect(error == nil)
            // Upright edges in the middle of each row of pixels, by the non-zero rule.
            var edges: [(x: Int, from: Int, to: Int)] = []
            var at = Point.zero, start = Point.zero
            func go(_ p: Point) throws {
                #expect(at.x == p.x || at.y == p.y)
                let x = Int((p.x * scale).rounded()), from = Int((at.y * scale).rounded()), to = Int((p.y * scale).rounded())
                if from != to { edges.append((x, from, to)) }
                at = p
            }
            for e in path.elements {
                switch e {
                case .move(let p): (at, start) = (p, p)
                case .line(let p): try go(p)
                case .cubic: Issue.record("a curve in pixel art")
                case .close: try go(start)
                }
            }
            for y in 0..<result.height {
                var change = [Int](repeating: 0, count: result.width + 1)
                for e in edges where min(e.from, e.to) <= y && y < max(e.from, e.to) { change[e.x] += e.to > e.from ? 1 : -1 }
                var winding = 0
                for x in 0..<result.width {
                    winding += change[x]
                    if winding != 0 { result[x, y] = fill }
                }
            }
        }
        return result
    }

    @Test("Drawn at its size and at eight times, it is the picture", arguments: 1...8 as ClosedRange<UInt64>, [false, true])
    func roundTrip(seed: UInt64, alpha: Bool) throws {
        let image = art(5 + Int(seed), 16 - Int(seed), colors: 1 + Int(seed), seed: seed, alpha: alpha)
        let text = svg(image, inPixels)
        for zoom in [1, 8] {
            #expect(try rendered(text, width: image.width, height: image.height, zoom: zoom) == enlarged(image, zoom))
        }
    }

    @Test("An enlarged picture is known by itself and has the outlines of the small one", arguments: [4, 5, 8])
    func enlargement(factor: Int) throws {
        let small = art(12, 9, colors: 5, seed: 3, alpha: false), large = enlarged(small, factor)
        #expect(quantize(large).kind == .pixels)
        let paths = { (text: String) in text.components("<path").dropFirst() }
        #expect(paths(svg(large)) == paths(svg(small, inPixels)))
        #expect(svg(large).contains("viewBox=\"0 0 12 9\""))
    }

    @Test("One pixel off the grid, and it is none")
    func offGrid() {
        var image = enlarged(art(12, 9, colors: 5, seed: 3, alpha: false), 4)
        image[6, 7] = RGBA8(1, 2, 3)
        #expect(quantize(image).kind == .areas)
    }

    @Test("More colours than a palette has are kept")
    func manyColors() throws {
        var image = Raster(width: 32, height: 20, filledWith: RGBA8(0, 0, 0))
        for i in image.pixels.indices { image.pixels[i] = RGBA8(UInt8(i & 255), UInt8(i >> 8), 200) }
        #expect(try rendered(svg(image, inPixels), width: 32, height: 20, zoom: 1) == image)
    }

    @Test("Every opacity is written so that it is read back", arguments: [0, 1, 2, 127, 128, 200, 253, 254] as [UInt8])
    func opacity(alpha: UInt8) throws {
        var image = Raster(width: 3, height: 3, filledWith: RGBA8(0, 0, 0, 0))
        image[1, 1] = RGBA8(9, 8, 7, alpha)
        let expected = alpha == 0 ? Raster(width: 3, height: 3, filledWith: RGBA8(0, 0, 0, 0)) : image
        #expect(try rendered(svg(image, inPixels), width: 3, height: 3, zoom: 1) == expected)
    }
}

extension String {
    /// The parts between occurrences of a separator.
    fileprivate func components(_ separator: String) -> [String] {
        var parts: [String] = [], rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
