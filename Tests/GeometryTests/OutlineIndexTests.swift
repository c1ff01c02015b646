import AtelierTesting
import Testing

@testable import AtelierGeometry

@Suite("Outlines near a box")
struct OutlineIndexTests {
    /// Some subpaths of lines and curves all over a square of side 100.
    private func outline(_ random: inout SplitMix, count: Int) -> BezierPath {
        func point() -> Point { Point(Double(random.int(in: 0..<101)), Double(random.int(in: 0..<101))) }
        var path = BezierPath()
        for _ in 0..<count {
            if path.isEmpty || random.int(in: 0..<9) == 0 { path.move(to: point()) }
            switch random.int(in: 0..<8) {
            case 0: path.close()
            case 1..<5: path.line(to: point())
            default: path.cubic(point(), point(), to: point())
            }
        }
        return path
    }

    @Test("Every point of the box is wound around as often as before", arguments: 0..<48)
    func winding(seed: Int) {
        let geometry = BooleanTests()
        var random = SplitMix(seed: UInt64(seed))
        let whole = outline(&random, count: [1, 7, 30, 300][seed % 4]), index = OutlineIndex(whole)
        for size in [3.0, 10, 40, 200] {
            let box = Rect(x: Double(random.int(in: 0..<100)), y: Double(random.int(in: 0..<100)), width: size, height: size / 2)
            let near = index.outline(near: box)
            #expect(near.elements.count <= 2 * whole.elements.count + 4)
            for _ in 0..<40 {
                let p = Point(
                    box.minX + box.width * Double(random.int(in: 1..<999)) / 1000 + 1e-5,
                    box.minY + box.height * Double(random.int(in: 1..<999)) / 1000 + 1e-5)
                #expect(geometry.winding(of: near, p) == geometry.winding(of: whole, p), "seed \(seed), \(box), \(p)")
            }
        }
    }

    @Test("Far from a long outline little of it is left, and inside it one line around")
    func far() {
        var path = BezierPath()
        for step in 0..<4096 {
            let direction = Angle(degrees: 360 * Double(step) / 4096).sineAndCosine
            let point = Point(1000 * direction.cosine, 1000 * direction.sine)
            if step == 0 { path.move(to: point) } else { path.line(to: point) }
        }
        path.close()
        let index = OutlineIndex(path)
        #expect(index.outline(near: Rect(x: 2000, y: 0, width: 5, height: 5)).isEmpty)
        #expect(index.outline(near: Rect(x: -2, y: -2, width: 4, height: 4)).elements.count < 12)
        #expect(index.outline(near: Rect(x: 998, y: -2, width: 4, height: 4)).elements.count < 40)
    }

    @Test("Nothing gives nothing")
    func nothing() {
        #expect(OutlineIndex(BezierPath()).outline(near: Rect(x: 0, y: 0, width: 1, height: 1)).isEmpty)
    }
}
