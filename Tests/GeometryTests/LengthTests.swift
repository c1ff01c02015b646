import AtelierGeometry
import AtelierTesting
import Testing

@Suite("Length")
struct LengthTests {
    @Test(
        "The length of a path is that of its curves",
        arguments: [
            ("M0 0h3v4z", 12.0), ("M0 0h3M9 9v5", 8), ("M0 0C1 0 2 0 3 0", 3), ("M1 0A1 1 0 0 1 0 1", Double.pi / 2),
            ("M100 0A100 100 0 0 1-100 0", 100 * Double.pi), ("M0 0Q1 2 2 0", 2.957886), ("", 0),
        ])
    func length(data: String, expected: Double) {
        #expect(abs(read(data).path.length - expected) <= 2e-5 * expected)
    }

    @Test("Random cubics, loops and near cusps among them, are as long as twenty thousand of their chords")
    func chords() {
        var random = SplitMix(seed: 31)
        func value() -> Double { .random(in: -9...9, using: &random) }
        for _ in 0..<100 {
            let p = (0..<4).map { _ in Point(value(), value()) }
            // The length of 20 000 chords stands in for the true one.
            var chords = 0.0, last = p[0]
            for i in 1...20_000 {
                let q = point(p[0], p[1], p[2], p[3], Double(i) / 20_000)
                chords += last.distance(to: q)
                last = q
            }
            var path = BezierPath()
            path.move(to: p[0])
            path.cubic(p[1], p[2], to: p[3])
            #expect(abs(path.length - chords) < 1e-4 * chords)
        }
    }
}
