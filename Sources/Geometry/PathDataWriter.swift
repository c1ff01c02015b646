/// Writes paths as the shortest SVG path data on a grid: relative coordinates, `h`, `v`, `s`, `q` and `t` where they fit, repeated
/// command letters and all avoidable separators left out (SVG 2, section 9.3).
///
///     var writer = PathDataWriter(unitsPerPixel: 10, decimals: 0)
///     writer.append(path)
///     let d = writer.bytes                        // "M10 10h80v80h-80z"
///
/// Every point is rounded to the grid once and all differences are taken between rounded points, so nothing drifts.
public struct PathDataWriter: Sendable {
    /// The path data so far, ASCII.
    public private(set) var bytes: [UInt8] = []
    private let scale: Double
    private let decimals: Int
    private var current: (x: Int, y: Int) = (0, 0)
    private var start: (x: Int, y: Int) = (0, 0)
    /// The second control point of the last cubic, for `s`.
    private var control: (x: Int, y: Int)?
    /// The control point of the last quadratic, for `t`.
    private var quadraticControl: (x: Int, y: Int)?
    private var last: UInt8 = 0
    private var hasMoved = false
    /// What readers draw, in grid units, if that is asked for.
    fileprivate var drawn: BezierPath?

    /// A writer for coordinates multiplied by `unitsPerPixel` and rounded to `decimals` places (0…9).
    public init(unitsPerPixel: Double, decimals: Int) {
        self.decimals = min(9, max(0, decimals))
        var power = 1.0
        for _ in 0..<self.decimals { power *= 10 }
        scale = unitsPerPixel * power
    }

    /// Adds the subpaths of a path. Segments that vanish on the grid are left out.
    public mutating func append(_ path: BezierPath) {
        var place = Point.zero
        for (i, element) in path.elements.enumerated() {
            switch element {
            case .move(let p):
                move(to: grid(p))
                place = p
            case .line(let p):
                // The line back to the start is what `z` draws.
                let target = grid(p)
                place = p
                if target == start, i + 1 < path.elements.count, path.elements[i + 1] == .close { continue }
                line(to: target)
            case .cubic(let c1, let c2, let p):
                if !quadratic(place, c1, c2, p) { cubic(grid(c1), grid(c2), grid(p)) }
                place = p
            case .close: close()
            }
        }
    }

    private func grid(_ p: Point) -> (x: Int, y: Int) { (round(p.x * scale), round(p.y * scale)) }

    private func round(_ v: Double) -> Int {
        guard v > -1e15, v < 1e15 else { return 0 }
        return v >= 0 ? Int(v + 0.5) : -Int(0.5 - v)
    }

    private mutating func move(to p: (x: Int, y: Int)) {
        if hasMoved {
            command(UInt8(ascii: "m"))
            number(p.x - current.x)
            number(p.y - current.y)
            // What follows a move without a letter is a line.
            last = UInt8(ascii: "l")
        } else {
            command(UInt8(ascii: "M"))
            number(p.x)
            number(p.y)
            last = 0
        }
        hasMoved = true
        drawn?.move(to: point(p))
        current = p
        start = p
        control = nil
        quadraticControl = nil
    }

    private mutating func line(to p: (x: Int, y: Int)) {
        let dx = p.x - current.x, dy = p.y - current.y
        if dx == 0, dy == 0 { return }
        if dy == 0 {
            command(UInt8(ascii: "h"))
            number(dx)
        } else if dx == 0 {
            command(UInt8(ascii: "v"))
            number(dy)
        } else {
            command(UInt8(ascii: "l"))
            number(dx)
            number(dy)
        }
        drawn?.line(to: point(p))
        current = p
        control = nil
        quadraticControl = nil
    }

    private mutating func cubic(_ c1: (x: Int, y: Int), _ c2: (x: Int, y: Int), _ p: (x: Int, y: Int)) {
        if c1 == current && c2 == current && p == current { return }
        // A cubic whose control points lie on its chord is a line.
        if isOnChord(c1, p), isOnChord(c2, p) { return line(to: p) }
        let dx1 = c1.x - current.x, dy1 = c1.y - current.y
        // `s` reflects the control point before; without one it takes the current point.
        let reflected = control.map { (x: current.x - $0.x, y: current.y - $0.y) } ?? (x: 0, y: 0)
        if abs(dx1 - reflected.x) <= 1, abs(dy1 - reflected.y) <= 1 {
            command(UInt8(ascii: "s"))
            let c1 = (x: current.x + reflected.x, y: current.y + reflected.y)
            drawn?.cubic(point(c1), point(c2), to: point(p))
        } else {
            command(UInt8(ascii: "c"))
            number(dx1)
            number(dy1)
            drawn?.cubic(point(c1), point(c2), to: point(p))
        }
        number(c2.x - current.x)
        number(c2.y - current.y)
        number(p.x - current.x)
        number(p.y - current.y)
        control = c2
        quadraticControl = nil
        current = p
    }

    /// Writes a cubic that is a quadratic curve with its degree raised, to within half a grid unit, as `q`, or as `t` where its control point
    /// mirrors the one before.
    private mutating func quadratic(_ from: Point, _ c1: Point, _ c2: Point, _ to: Point) -> Bool {
        let first = c1 + (c1 - from) * 0.5, second = c2 + (c2 - to) * 0.5
        guard (first - second).length * scale <= 0.5 else { return false }
        let p = grid(to)
        if p == current { return false }
        let q = grid(first.interpolated(to: second, 0.5))
        if isOnChord(q, p) {
            line(to: p)
            return true
        }
        let mirrored = quadraticControl.map { (x: 2 * current.x - $0.x, y: 2 * current.y - $0.y) }
        if let mirrored, abs(mirrored.x - q.x) <= 1, abs(mirrored.y - q.y) <= 1, !isOnChord(mirrored, p) {
            command(UInt8(ascii: "t"))
            quadraticControl = mirrored
        } else {
            command(UInt8(ascii: "q"))
            number(q.x - current.x)
            number(q.y - current.y)
            quadraticControl = q
        }
        if let control = quadraticControl { drawn?.quadratic(point(control), to: point(p)) }
        number(p.x - current.x)
        number(p.y - current.y)
        control = nil
        current = p
        return true
    }

    /// Whether a control point lies between the current point and `p`, within half a grid unit of their chord.
    private func isOnChord(_ c: (x: Int, y: Int), _ p: (x: Int, y: Int)) -> Bool {
        let dx = Double(p.x - current.x), dy = Double(p.y - current.y), cx = Double(c.x - current.x), cy = Double(c.y - current.y)
        let length = dx * dx + dy * dy, cross = dx * cy - dy * cx, along = dx * cx + dy * cy
        // A curve that ends where it starts has no chord; it is a loop, not a line.
        if length == 0 { return cx == 0 && cy == 0 }
        return cross * cross * 4 <= length && along >= 0 && along <= length
    }

    private mutating func close() {
        command(UInt8(ascii: "z"))
        drawn?.close()
        current = start
        control = nil
        quadraticControl = nil
        last = 0
    }

    private var needsSeparator = false
    private var hasPoint = false

    private mutating func command(_ letter: UInt8) {
        if letter == last { return }
        bytes.append(letter)
        last = letter
        needsSeparator = false
        hasPoint = false
    }

    /// Writes a grid number with the decimals of the writer: no leading zero, no trailing ones, no separator that a sign or
    /// (after a number with a point) a point makes needless.
    private mutating func number(_ value: Int) {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var count = 0, rest = value.magnitude, places = decimals
        while places > 0, rest % 10 == 0, rest > 0 { rest /= 10; places -= 1 }
        if rest == 0 { places = 0 }
        let fraction = places
        while rest > 0 || places > 0 {
            digits[count] = UInt8(ascii: "0") + UInt8(rest % 10)
            count += 1
            rest /= 10
            if places > 0 { places -= 1 }
        }
        let startsWithPoint = fraction > 0 && count == fraction
        if value < 0, count > 0 {
            bytes.append(UInt8(ascii: "-"))
        } else if needsSeparator, !(startsWithPoint && hasPoint) {
            bytes.append(UInt8(ascii: " "))
        }
        if count == 0 { bytes.append(UInt8(ascii: "0")) }
        while count > 0 {
            if count == fraction { bytes.append(UInt8(ascii: ".")) }
            count -= 1
            bytes.append(digits[count])
        }
        needsSeparator = true
        hasPoint = fraction > 0
    }
}

extension BezierPath {
    /// The path that readers see once it was written on a grid of whole numbers: points are rounded, and where `s`, `q`, `t` or lines
    /// stand for curves that are nearly the same, these are what is drawn.
    public func written(unitsPerPixel units: Double) -> BezierPath {
        var writer = PathDataWriter(unitsPerPixel: units, decimals: 0)
        var path = BezierPath()
        path.reserveCapacity(elements.count)
        writer.drawn = path
        writer.append(self)
        return (writer.drawn ?? path).transformed(by: .scaling(1 / units, 1 / units))
    }
}

private func point(_ p: (x: Int, y: Int)) -> Point { Point(Double(p.x), Double(p.y)) }
