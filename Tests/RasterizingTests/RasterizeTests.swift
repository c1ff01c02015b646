import AtelierPixels
import AtelierRasterizing
import Testing

@Suite("Rasterizing", .enabled(if: Rasterizing.library != "none", "librsvg is not installed here"))
struct RasterizeTests {
    private func draw(_ body: String, _ width: Int, _ height: Int) throws -> Raster<RGBA8> {
        let svg = Array("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 2\">\(body)</svg>".utf8)
        return try rasterize(svg.span, width: width, height: height)
    }

    @Test("The viewBox fills the raster, untouched pixels are transparent and alpha is straight")
    func pixels() throws {
        let raster = try draw("<rect width='2' height='2' fill='#f80'/><rect x='3' width='1' height='2' fill='#f80' opacity='.5'/>", 8, 4)
        #expect(raster.width == 8 && raster.height == 4)
        #expect(raster[0, 0] == RGBA8(255, 136, 0) && raster[3, 3] == RGBA8(255, 136, 0))
        #expect(raster[4, 0] == RGBA8(0, 0, 0, 0))
        let half = raster[7, 3]
        #expect(half.r == 255 && abs(Int(half.g) - 136) <= 1 && half.b == 0 && abs(Int(half.a) - 128) <= 1)
    }

    @Test("Filters are drawn, and the same drawing gives the same pixels from many threads")
    func threads() async throws {
        let body = "<filter id='f'><feGaussianBlur stdDeviation='.3'/></filter><rect x='1' y='.5' width='2' height='1' filter='url(#f)'/>"
        let first = try draw(body, 64, 32)
        #expect((1..<254).contains(first[14, 16].a))
        try await withThrowingTaskGroup(of: Raster<RGBA8>.self) { group in
            for _ in 0..<8 { group.addTask { try draw(body, 64, 32) } }
            for try await raster in group { #expect(raster == first) }
        }
    }

    @Test("Nothing outside the document is read")
    func noFiles() throws {
        let raster = try draw("<image href='file:///usr/share/pixmaps/debian-logo.png' width='4' height='2'/>", 4, 2)
        #expect(raster.pixels.allSatisfy { $0.a == 0 })
    }

    @Test("What is no SVG is refused in a sentence")
    func refused() {
        let text = Array("<svg".utf8)
        #expect { try rasterize(text.span, width: 4, height: 4) } throws: { "\($0)".hasPrefix("librsvg says: ") }
    }
}
