import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Pictures at the edge of being any")
struct DegenerateTests {
    @Test(
        "One pixel, one colour, nothing, and a ribbon: right in every mode and layering", arguments: TraceMode.allCases, Layering.allCases)
    func degenerate(mode: TraceMode, layering: Layering) {
        let options = TraceOptions(quantize: QuantizeOptions(mode: mode), fit: FitOptions(layering: layering))
        let color = RGBA8(200, 30, 40)
        for (width, height) in [(1, 1), (1, 7), (33, 20), (20_000, 10)] {
            let whole = traced(Raster(width: width, height: height, filledWith: color), options)
            #expect(whole.layers.count == 1)
            #expect(whole.layers.first?.fill == .color(color))
            #expect(abs(area(whole.layers[0].shape.outline)) == Double(width * height))

            let nothing = traced(Raster(width: width, height: height, filledWith: RGBA8(9, 9, 9, 0)), options)
            // Ink on paper has paper.
            #expect(nothing.layers.count == (mode == .bw ? 1 : 0))
        }
        var ribbon = Raster(width: 20_000, height: 10, filledWith: RGBA8(255, 255, 255))
        for y in 0..<10 { for x in 0..<20_000 where x / 1000 % 2 == 0 && y > 3 { ribbon[x, y] = color } }
        let text = svg(ribbon, options)
        #expect(text.hasPrefix("<svg") && text.hasSuffix("</svg>") && text.contains("width=\"20000\""))
        #expect(text.utf8.count < 2000)
    }
}
