import AtelierPixels
import Testing

@Suite("Oklab")
struct OklabTests {
    @Test("White, black and the primaries land where the definition puts them")
    func knownColors() {
        let convert = OklabConverter()
        let known: [(RGBA8, Float, Float, Float)] = [
            (RGBA8(255, 255, 255), 1, 0, 0), (RGBA8(0, 0, 0), 0, 0, 0),
            (RGBA8(255, 0, 0), 0.627_955, 0.224_863, 0.125_846), (RGBA8(0, 255, 0), 0.866_440, -0.233_888, 0.179_498),
            (RGBA8(0, 0, 255), 0.452_014, -0.032_457, -0.311_528),
        ]
        for (color, l, a, b) in known {
            let lab = convert(color)
            let farthest = max(abs(lab.l - l), abs(lab.a - a), abs(lab.b - b))
            #expect(farthest < 4e-4, "\(color): \(lab)")
        }
    }

    @Test("Lightness grows with grey, and greys have no colour")
    func greys() {
        let convert = OklabConverter()
        var last: Float = -1
        for v in 0...255 {
            let lab = convert(RGBA8(UInt8(v), UInt8(v), UInt8(v)))
            #expect(lab.l > last)
            #expect(abs(lab.a) < 1e-4)
            #expect(abs(lab.b) < 1e-4)
            last = lab.l
        }
    }

    @Test("Alpha does not matter")
    func alpha() {
        let convert = OklabConverter()
        #expect(convert(RGBA8(10, 200, 30, 0)) == convert(RGBA8(10, 200, 30, 255)))
    }
}
