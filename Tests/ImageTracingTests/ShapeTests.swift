import AtelierGeometry
import AtelierPixels
import Testing

@testable import AtelierImageTracing

@Suite("Primitives and strokes")
struct ShapeTests {
    let ink = RGBA8(20, 60, 160), paper = RGBA8(255, 255, 255), none = RGBA8(0, 0, 0, 0)

    private func only(_ drawing: TracedDrawing) throws -> TracedDrawing.Layer {
        #expect(drawing.layers.count == 2, "the ground and one shape")
        return try #require(drawing.layers.last)
    }

    @Test("A disc is a circle", arguments: [5.0, 12.3, 40])
    func circle(r: Double) throws {
        guard case .circle(let center, let radius) = try only(traced(picture(100, 100, [(ink, disc(50.3, 48.8, r))]))).shape else {
            Issue.record("not a circle")
            return
        }
        #expect(center.distance(to: Point(50.3, 48.8)) < 0.1)
        #expect(abs(radius - r) < 0.1)
    }

    @Test("A flattened disc is an ellipse")
    func ellipse() throws {
        let inside: (Point) -> Bool = { p in
            let x = (p.x - 50) / 32, y = (p.y - 44) / 18
            return x * x + y * y < 1
        }
        guard case .ellipse(let center, let rx, let ry) = try only(traced(picture(100, 100, [(ink, inside)]))).shape else {
            Issue.record("not an ellipse")
            return
        }
        #expect(center.distance(to: Point(50, 44)) < 0.1)
        #expect(abs(rx - 32) < 0.1 && abs(ry - 18) < 0.1)
    }

    @Test("A rectangle has the radius of its corners, and none when only mixed pixels round them", arguments: [0.0, 4, 11])
    func rectangle(radius: Double) throws {
        let inside: (Point) -> Bool = { p in
            let x = max(0, abs(p.x - 50) - 30.4 + radius), y = max(0, abs(p.y - 50) - 17.7 + radius)
            return radius == 0 ? abs(p.x - 50) < 30.4 && abs(p.y - 50) < 17.7 : x * x + y * y < radius * radius
        }
        guard case .rect(let rect, let found) = try only(traced(picture(100, 100, [(ink, inside)]))).shape else {
            Issue.record("not a rectangle")
            return
        }
        for (side, expected) in [(rect.minX, 19.6), (rect.maxX, 80.4), (rect.minY, 32.3), (rect.maxY, 67.7)] {
            let error = abs(side - expected)
            #expect(error < 0.1)
        }
        #expect(radius == 0 ? found == 0 : abs(found - radius) < 0.25)
    }

    @Test("A ring is a stroked circle and leaves what is inside unpainted", arguments: [true, false])
    func ring(opaque: Bool) throws {
        let ground = opaque ? paper : none
        let drawing = traced(picture(100, 100, background: ground, [(ink, disc(50, 50, 30)), (ground, disc(50, 50, 24))]))
        #expect(drawing.layers.count == (opaque ? 2 : 1))
        let layer = try #require(drawing.layers.last), stroke = try #require(layer.stroke)
        guard case .circle(let center, let radius) = layer.shape else {
            Issue.record("not a circle")
            return
        }
        #expect(layer.fill == nil && stroke.paint == .color(ink))
        #expect(center.distance(to: Point(50, 50)) < 0.1)
        #expect(abs(radius - 27) < 0.1 && abs(stroke.width - 6) < 0.15)
    }

    @Test("A disc inside a ring stays, and so does the ring")
    func discInARing() {
        let red = RGBA8(220, 30, 30)
        let drawing = traced(picture(100, 100, [(ink, disc(50, 50, 40)), (paper, disc(50, 50, 34)), (red, disc(46, 52, 12))]))
        let kinds = drawing.layers.map { $0.stroke?.paint ?? $0.fill }
        #expect(kinds == [.color(paper), .color(ink), .color(red)])
    }

    @Test("A slanting bar is a line, its ends cut off or round", arguments: [false, true])
    func line(isRound: Bool) throws {
        let a = Point(20, 30), b = Point(78, 62), width = 7.0
        let along = (b - a).normalized, length = (b - a).length
        let inside: (Point) -> Bool = { p in
            let u = (p - a).dot(along), v = along.cross(p - a)
            if abs(v) > width / 2 { return false }
            if u >= 0, u <= length { return true }
            return isRound && min(p.distance(to: a), p.distance(to: b)) < width / 2
        }
        let layer = try only(traced(picture(100, 100, [(ink, inside)])))
        guard case .line(let p, let q) = layer.shape, let stroke = layer.stroke else {
            Issue.record("not a line")
            return
        }
        #expect(stroke.isRound == isRound)
        #expect(abs(stroke.width - width) < 0.15)
        #expect(min(p.distance(to: a), p.distance(to: b)) < 0.3 && min(q.distance(to: a), q.distance(to: b)) < 0.3)
    }

    @Test("Half a circle's line of constant width is a stroked path")
    func curve() throws {
        let inside: (Point) -> Bool = { p in
            let r = p.distance(to: Point(50, 70))
            return p.y < 70 ? abs(r - 36) < 3 : min(p.distance(to: Point(14, 70)), p.distance(to: Point(86, 70))) < 3
        }
        let layer = try only(traced(picture(100, 100, [(ink, inside)])))
        let stroke = try #require(layer.stroke)
        #expect(layer.fill == nil && stroke.isRound)
        #expect(abs(stroke.width - 6) < 0.2)
        for p in samples(layer.shape.outline) {
            let error = abs(p.distance(to: Point(50, 70)) - 36)
            #expect(error < 0.25)
        }
    }

    @Test("What only resembles a primitive stays a path", arguments: ["octagon", "squircle", "egg", "gear"])
    func decoy(name: String) throws {
        let c = Point(50, 50)
        let inside: (Point) -> Bool = { p in
            let x = abs(p.x - c.x) / 30, y = abs(p.y - c.y) / 30
            switch name {
            case "octagon": return max(x, y) < 1 && x + y < 1.414
            case "squircle": return x * x * x * x + y * y * y * y < 1
            case "egg":
                let stretch = p.y < c.y ? 1.3 : 0.8
                return x * x + y * y / (stretch * stretch) < 1
            default:
                // Twelve teeth: a square wave along the angle, from its sign at twelve places.
                var isTooth = true
                for k in 0..<12 {
                    let direction = [
                        Vector(1, 0), Vector(0.9659, 0.2588), Vector(0.866, 0.5), Vector(0.7071, 0.7071), Vector(0.5, 0.866),
                        Vector(0.2588, 0.9659),
                        Vector(0, 1), Vector(-0.2588, 0.9659), Vector(-0.5, 0.866), Vector(-0.7071, 0.7071), Vector(-0.866, 0.5),
                        Vector(-0.9659, 0.2588),
                    ][k]
                    if direction.cross(p - c) < 0 { isTooth.toggle() }
                }
                return (x * x + y * y).squareRoot() < (isTooth ? 1 : 0.85)
            }
        }
        let layer = try only(traced(picture(100, 100, [(ink, inside)])))
        guard case .path = layer.shape else {
            Issue.record("\(name) became \(layer.shape)")
            return
        }
        #expect(layer.stroke == nil)
    }
}
