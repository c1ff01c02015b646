import AtelierGeometry
import AtelierOOXML
import Foundation
import Testing

@Suite("Slide sizes")
struct SlideSizeTests {
    private func sides(_ width: Double, _ height: Double) -> [Int] {
        let size = SlideSize(for: Size(width, height))
        return [size.width.rawValue, size.height.rawValue]
    }

    @Test("A picture of ordinary size keeps it at 96 pixels to the inch")
    func natural() {
        #expect(sides(200, 100) == [1_905_000, 952_500])
        #expect(sides(100.3333, 192) == [955_675, 1_828_800])
    }

    @Test("Small pictures are lifted, large ones lowered, both sides alike")
    func uniform() {
        #expect(sides(16, 16) == [914_400, 914_400])
        #expect(sides(16, 32) == [914_400, 1_828_800])
        #expect(sides(10_000, 5_000) == [51_206_400, 25_603_200])
    }

    @Test("A picture too long for any uniform scale gets the longest and the shortest side")
    func strip() {
        #expect(sides(8000, 1) == [51_206_400, 914_400])
        #expect(sides(1, 8000) == [914_400, 51_206_400])
    }

    @Test("Sizes that are no sizes end inside the limits", arguments: [0, -1, .nan, .infinity, 1e300, 1e-300])
    func hostile(side: Double) {
        for size in [SlideSize(for: Size(side, 100)), SlideSize(for: Size(100, side)), SlideSize(for: Size(side, side))] {
            #expect(size.width >= SlideSize.shortestSide && size.width <= SlideSize.longestSide)
            #expect(size.height >= SlideSize.shortestSide && size.height <= SlideSize.longestSide)
        }
    }

    @Test("Options survive JSON, and a size from outside is moved into the limits")
    func json() throws {
        let options = SlideOptions(size: SlideSize(for: Size(200, 100)))
        #expect(try JSONDecoder().decode(SlideOptions.self, from: JSONEncoder().encode(options)) == options)
        let decoded = try JSONDecoder().decode(SlideSize.self, from: Data("{\"width\": 5, \"height\": 99999999999}".utf8))
        #expect(decoded.width == SlideSize.shortestSide && decoded.height == SlideSize.longestSide)
    }
}
