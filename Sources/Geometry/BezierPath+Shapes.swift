/// Length of the handles of a quarter circle of radius 1 as one cubic.
///
/// With this value the radius swings between −1.96e-4 and +1.96e-4; the textbook's 0.5523 errs by 2.73e-4 to one side.
private let quarterCircleHandle = 0.551_915_024_493_510_6

extension BezierPath {
    /// The outline of a rectangle, from its upper left corner clockwise on screen.
    ///
    /// - Parameters:
    ///   - rect: The rectangle.
    ///   - rx: Horizontal radius of the corners, limited to half the width.
    ///   - ry: Vertical radius of the corners, limited to half the height. Sharp corners when either radius is 0.
    ///     Each rounded corner is one cubic, within 2e-4 of the radius.
    public init(_ rect: Rect, rx: Double = 0, ry: Double = 0) {
        self.init()
        let rx = min(rx, rect.width / 2), ry = min(ry, rect.height / 2)
        let (x0, y0, x1, y1) = (rect.minX, rect.minY, rect.maxX, rect.maxY)
        guard rx > 0, ry > 0 else {
            reserveCapacity(5)
            move(to: Point(x0, y0))
            line(to: Point(x1, y0))
            line(to: Point(x1, y1))
            line(to: Point(x0, y1))
            close()
            return
        }
        reserveCapacity(10)
        let hx = rx * (1 - quarterCircleHandle), hy = ry * (1 - quarterCircleHandle)
        let isWide = rect.width > 2 * rx, isTall = rect.height > 2 * ry
        move(to: Point(x0 + rx, y0))
        if isWide { line(to: Point(x1 - rx, y0)) }
        cubic(Point(x1 - hx, y0), Point(x1, y0 + hy), to: Point(x1, y0 + ry))
        if isTall { line(to: Point(x1, y1 - ry)) }
        cubic(Point(x1, y1 - hy), Point(x1 - hx, y1), to: Point(x1 - rx, y1))
        if isWide { line(to: Point(x0 + rx, y1)) }
        cubic(Point(x0 + hx, y1), Point(x0, y1 - hy), to: Point(x0, y1 - ry))
        if isTall { line(to: Point(x0, y0 + ry)) }
        cubic(Point(x0, y0 + hy), Point(x0 + hx, y0), to: Point(x0 + rx, y0))
        close()
    }

    /// The rectangle that the path draws with four straight sides along the axes, and whether it is closed; nil for any
    /// other path, and for a rectangle without area.
    public var alignedRectangle: (rect: Rect, isClosed: Bool)? {
        guard (4...6).contains(elements.count), case .move(let p0) = elements[0], case .line(let p1) = elements[1],
            case .line(let p2) = elements[2], case .line(let p3) = elements[3]
        else { return nil }
        var rest = elements[4...]
        if case .line(let p4) = rest.first, p4 == p0 { rest.removeFirst() }
        guard rest.isEmpty || rest.first == .close && rest.count == 1 else { return nil }
        let startsAlongX = p0.y == p1.y && p1.x == p2.x && p2.y == p3.y && p3.x == p0.x
        let startsAlongY = p0.x == p1.x && p1.y == p2.y && p2.x == p3.x && p3.y == p0.y
        guard startsAlongX || startsAlongY, p0.x != p2.x, p0.y != p2.y else { return nil }
        return (Rect(p0, p2), !rest.isEmpty)
    }

    /// The outline of an ellipse as four cubics, within 2e-4 of the radius; clockwise on screen from its rightmost point.
    public init(ellipseAt center: Point, rx: Double, ry: Double) {
        self.init()
        reserveCapacity(6)
        let hx = rx * quarterCircleHandle, hy = ry * quarterCircleHandle
        let (x, y) = (center.x, center.y)
        move(to: Point(x + rx, y))
        cubic(Point(x + rx, y + hy), Point(x + hx, y + ry), to: Point(x, y + ry))
        cubic(Point(x - hx, y + ry), Point(x - rx, y + hy), to: Point(x - rx, y))
        cubic(Point(x - rx, y - hy), Point(x - hx, y - ry), to: Point(x, y - ry))
        cubic(Point(x + hx, y - ry), Point(x + rx, y - hy), to: Point(x + rx, y))
        close()
    }

    /// Adds an elliptical arc from the current point, as cubics within 1e-4 of the radius.
    ///
    /// The meaning of the arguments and the treatment of impossible ones is that of SVG's `A`
    /// (SVG 2, 9.5.1 and appendix B.2.4–5): a radius of 0 gives a straight line, radii too small are scaled up,
    /// an arc that ends where it starts is left out. Every piece is computed from the centre, so errors do not add up,
    /// and the last one ends exactly at `end`. A path must have begun.
    ///
    /// - Parameters:
    ///   - end: Where the arc ends.
    ///   - rx: Radius along the ellipse's own x axis; the sign does not matter.
    ///   - ry: Radius along the ellipse's own y axis; the sign does not matter.
    ///   - rotation: How far the ellipse's x axis is turned from the x axis.
    ///   - isLarge: Takes the way of more than half a turn.
    ///   - sweeps: Goes in the direction of growing angles (clockwise on screen).
    public mutating func arc(to end: Point, rx: Double, ry: Double, rotation: Angle, isLarge: Bool, sweeps: Bool) {
        guard let start = currentPoint else { preconditionFailure("a path starts with move(to:)") }
        restartAfterClose()
        appendArc(from: start, to: end, rx: rx, ry: ry, rotation: rotation, isLarge: isLarge, sweeps: sweeps, &elements)
    }
}

/// Appends the cubics of an elliptical arc; see `BezierPath.arc(to:rx:ry:rotation:isLarge:sweeps:)`.
func appendArc(
    from start: Point, to end: Point, rx: Double, ry: Double, rotation: Angle, isLarge: Bool, sweeps: Bool,
    _ elements: inout [BezierPath.Element]
) {
    if start == end { return }
    var rx = rx.magnitude, ry = ry.magnitude
    guard rx > 0, ry > 0 else { return elements.append(.line(end)) }

    // Into the frame where the ellipse is a unit circle round the origin and the chord's middle is known.
    let (sine, cosine) = rotation.sineAndCosine
    let half = Vector((start.x - end.x) / 2, (start.y - end.y) / 2)
    let turned = Vector(cosine * half.dx + sine * half.dy, -sine * half.dx + cosine * half.dy)
    var chord = Vector(turned.dx / rx, turned.dy / ry)  // half the chord on the unit circle
    var squared = chord.dot(chord)
    if squared > 1 {
        let growth = squared.squareRoot()
        rx *= growth
        ry *= growth
        chord = chord * (1 / growth)
        squared = 1
    }
    guard squared > 0, squared.isFinite, rx.isFinite, ry.isFinite else { return elements.append(.line(end)) }
    let distance = (max(0, 1 - squared) / squared).squareRoot() * (isLarge == sweeps ? -1 : 1)
    let middle = Vector(distance * chord.dy, -distance * chord.dx)
    let from = Angle(of: Vector(chord.dx - middle.dx, chord.dy - middle.dy)).degrees
    var turn = Angle(of: Vector(-chord.dx - middle.dx, -chord.dy - middle.dy)).degrees - from
    if sweeps, turn <= 0 { turn += 360 }
    if !sweeps, turn >= 0 { turn -= 360 }

    let center = Point(
        (start.x + end.x) / 2 + cosine * rx * middle.dx - sine * ry * middle.dy,
        (start.y + end.y) / 2 + sine * rx * middle.dx + cosine * ry * middle.dy)
    let onEllipse = AffineTransform(
        a: cosine * rx, b: sine * rx, c: -sine * ry, d: cosine * ry, e: center.x, f: center.y)
    // The error of one cubic grows with the sixth power of its angle: 2.7e-4 at 90°, 9.2e-5 at 75°.
    let pieces = min(5, Int(turn.magnitude / 75 * 0.999_999_999) + 1)
    let step = turn / Double(pieces)
    let handle = Angle(degrees: step / 4).tangent * 4 / 3
    var (s0, c0) = Angle(degrees: from).sineAndCosine
    for piece in 1...pieces {
        let (s1, c1) = Angle(degrees: from + step * Double(piece)).sineAndCosine
        let target = piece == pieces ? end : onEllipse(Point(c1, s1))
        elements.append(
            .cubic(onEllipse(Point(c0 - handle * s0, s0 + handle * c0)), onEllipse(Point(c1 + handle * s1, s1 - handle * c1)), target))
        (s0, c0) = (s1, c1)
    }
}
