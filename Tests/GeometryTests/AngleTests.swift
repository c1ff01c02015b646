import AtelierGeometry
import AtelierTesting
import Glibc
import Testing

@Suite("Angles")
struct AngleTests {
    @Test("Quarter turns are exact", arguments: [(0.0, 0.0, 1.0), (90, 1, 0), (180, 0, -1), (270, -1, 0), (-90, -1, 0), (720, 0, 1)])
    func quarters(degrees: Double, sine: Double, cosine: Double) {
        #expect(Angle(degrees: degrees).sineAndCosine == (sine, cosine))
    }

    @Test("Sine and cosine agree with the C library within 2 units in the last place of 1")
    func sineAndCosine() {
        var random = SplitMix(seed: 3)
        for _ in 0..<20_000 {
            // Degrees that are whole 1024ths, so that the C library's argument is as exact as ours.
            let degrees = (Double.random(in: -45...45, using: &random) * 1024).rounded() / 1024
            let (s, c) = Angle(degrees: degrees).sineAndCosine
            #expect(abs(s - sin(degrees * .pi / 180)) <= 2.3e-16)
            #expect(abs(c - cos(degrees * .pi / 180)) <= 2.3e-16)
        }
        for degrees in stride(from: -1000.0, through: 1000, by: 0.7) {
            let (s, c) = Angle(degrees: degrees).sineAndCosine
            #expect(abs(s - sin(degrees * .pi / 180)) <= 4e-15 && abs(c - cos(degrees * .pi / 180)) <= 4e-15)
            #expect(abs(s * s + c * c - 1) < 5e-16)
        }
    }

    @Test("The direction of a vector agrees with the C library within 2 units in the last place")
    func direction() {
        var random = SplitMix(seed: 4)
        for _ in 0..<20_000 {
            let v = Vector(.random(in: -9...9, using: &random), .random(in: -9...9, using: &random))
            let expected = atan2(v.dy, v.dx)
            #expect(abs(Angle(of: v).radians - expected) <= 2 * expected.ulp)
        }
        #expect(Angle(of: Vector(1, 1)).degrees == 45)
        #expect(Angle(of: Vector(-1, 0)).degrees == 180)
        #expect(Angle(of: Vector(0, -1)).degrees == -90)
        #expect(Angle(of: .zero).degrees == 0)
    }

    @Test("Angles that are no angle are no crash", arguments: [Double.nan, .infinity, -1e300])
    func hostile(degrees: Double) {
        #expect(Angle(degrees: degrees).sineAndCosine == (0, 1))
    }
}
