import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import AtelierTesting
import Foundation
import Testing

@Suite("Transforms")
struct TransformTests {
    /// An L, which looks different in every position.
    private let mark = polygon([(0, 0), (40, 0), (40, 10), (12, 10), (12, 40), (0, 40)])

    @Test("Pure turns and flips stay turns and flips")
    func pure() {
        #expect(shapes(path(mark, transform: turn(30, about: Point(20, 20)))).contains("<a:xfrm rot=\"1800000\">"))
        #expect(shapes(path(mark, transform: turn(-30, about: Point(20, 20)))).contains("<a:xfrm rot=\"19800000\">"))
        #expect(shapes(path(mark, transform: .scaling(-1, 1))).contains("<a:xfrm flipH=\"1\">"))
        #expect(shapes(path(mark, transform: .scaling(1, -1))).contains("<a:xfrm flipV=\"1\">"))
        #expect(shapes(path(mark, transform: .scaling(-1, -1))).contains("<a:xfrm rot=\"10800000\">"))
    }

    @Test("Skews are carried into the geometry")
    func skew() {
        let text = shapes(path(mark, transform: .skewX(Angle(degrees: 20))))
        #expect(text.contains("<a:xfrm><a:off"))
    }

    @Test("Through every transform the points stand where SVG puts them, within 2 EMU and the unit of angles", arguments: 0..<300)
    func everyPointStands(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var transform = AffineTransform.scaling(
            random.whole(-20...20) / 10 + 0.05, seed % 3 == 0 ? random.whole(-20...20) / 10 + 0.05 : 1)
        if seed % 2 == 0 { transform = transform.followed(by: .rotation(Angle(degrees: random.whole(-720...720)))) }
        if seed % 5 == 0 { transform = transform.followed(by: .skewX(Angle(degrees: random.whole(-60...60)))) }
        transform = transform.followed(by: .translation(random.whole(-50...250), random.whole(-50...150)))

        let text = shapes(path(mark, transform: transform))
        let drawn = try drawnPoints(text)
        let expected: [Point] = mark.elements.compactMap {
            switch $0 {
            case .move(let p), .line(let p): transform(p)
            default: nil
            }
        }
        #expect(drawn.count == expected.count, "seed \(seed)")
        for (a, b) in zip(drawn, expected) {
            #expect(a.distance(to: Point(b.x * 9525, b.y * 9525)) < 2.5, "seed \(seed): \(text)")
        }
    }

    /// Where a consumer draws the points of the only shape: box, then flips about its middle, then the turn.
    private func drawnPoints(_ text: String) throws -> [Point] {
        func value(_ name: String, after marker: String = "<a:xfrm") -> Double? {
            let rest = text[text.firstRange(of: marker)!.upperBound...]
            guard let start = rest.firstRange(of: " \(name)=\"") else { return nil }
            return Double(rest[start.upperBound...].prefix { $0 != "\"" })
        }
        let head = text[..<text.firstRange(of: "<a:off")!.lowerBound]
        let (x, y) = (try #require(value("x")), try #require(value("y")))
        let (width, height) = (try #require(value("cx")), try #require(value("cy")))
        let rotation = head.contains("rot=") ? value("rot")! / 60_000 * .pi / 180 : 0
        let (sx, sy) = (head.contains("flipH") ? -1.0 : 1, head.contains("flipV") ? -1.0 : 1)
        let center = Point(x + width / 2, y + height / 2)
        return text.split(separator: "<a:pt ").dropFirst().map { piece in
            let numbers = piece.split(separator: "\"")
            let (dx, dy) = (sx * (Double(numbers[1])! - width / 2), sy * (Double(numbers[3])! - height / 2))
            return Point(center.x + dx * cos(rotation) - dy * sin(rotation), center.y + dx * sin(rotation) + dy * cos(rotation))
        }
    }
}
