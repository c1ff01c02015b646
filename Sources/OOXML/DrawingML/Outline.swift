internal import AtelierGeometry

/// A path on its way to the slide: the same steps as `BezierPath`, in slide coordinates and in flat storage that is used again
/// for the next shape.
struct Outline {
    enum Step: UInt8 {
        case move, line, cubic, close

        /// How many points the step takes.
        var pointCount: Int { self == .close ? 0 : self == .cubic ? 3 : 1 }
    }

    private(set) var steps: [Step] = []
    private(set) var points: [Point] = []

    var isEmpty: Bool { steps.isEmpty }

    /// Takes over a path, mapping every point. Subpaths without a segment, which draw nothing, are left out.
    ///
    /// - Returns: false when a coordinate is not a finite number; the outline is then not to be used.
    mutating func take(_ path: BezierPath, through transform: AffineTransform) -> Bool {
        steps.removeAll(keepingCapacity: true)
        points.removeAll(keepingCapacity: true)
        var start: Point?
        var doubt = 0.0  // stays 0 for finite coordinates, becomes NaN otherwise
        func mapped(_ p: Point) -> Point {
            let q = transform(p)
            doubt += (q.x - q.x) + (q.y - q.y)
            return q
        }
        for element in path.elements {
            if case .move(let p) = element {
                start = mapped(p)
                continue
            }
            if let p = start {
                steps.append(.move)
                points.append(p)
                start = nil
            }
            switch element {
            case .move: break
            case .line(let p):
                steps.append(.line)
                points.append(mapped(p))
            case .cubic(let c1, let c2, let p):
                steps.append(.cubic)
                points.append(mapped(c1))
                points.append(mapped(c2))
                points.append(mapped(p))
            case .close:
                steps.append(.close)
            }
        }
        return doubt == 0
    }

    /// Moves every point into the square `±reach` about the origin.
    mutating func limit(to reach: Double) {
        for index in points.indices {
            points[index] = Point(
                min(max(points[index].x, -reach), reach), min(max(points[index].y, -reach), reach))
        }
    }

    /// The smallest box around the curve itself, not around its control points. Zero for an empty outline.
    var bounds: Rect {
        guard let first = points.first else { return Rect(.zero, .zero) }
        var (low, high) = (first, first)
        var index = 0
        var current = first
        for step in steps {
            switch step {
            case .close: continue
            case .move, .line: break
            case .cubic:
                let (c1, c2, end) = (points[index], points[index + 1], points[index + 2])
                // The end point is inside after this step, so only controls outside can push the curve out.
                if min(c1.x, c2.x) < low.x || max(c1.x, c2.x) > high.x {
                    Self.widen(&low.x, &high.x, current.x, c1.x, c2.x, end.x)
                }
                if min(c1.y, c2.y) < low.y || max(c1.y, c2.y) > high.y {
                    Self.widen(&low.y, &high.y, current.y, c1.y, c2.y, end.y)
                }
            }
            index += step.pointCount
            current = points[index - 1]
            low = Point(min(low.x, current.x), min(low.y, current.y))
            high = Point(max(high.x, current.x), max(high.y, current.y))
        }
        return Rect(low, high)
    }

    /// Widens an interval by the extrema of one coordinate of a cubic: the roots of its derivative in (0, 1).
    private static func widen(_ low: inout Double, _ high: inout Double, _ p0: Double, _ p1: Double, _ p2: Double, _ p3: Double) {
        let a = p3 - 3 * p2 + 3 * p1 - p0
        let b = 2 * (p2 - 2 * p1 + p0)
        let c = p1 - p0
        func include(_ t: Double) {
            guard t > 0, t < 1 else { return }
            let s = 1 - t
            let value = s * s * s * p0 + 3 * s * s * t * p1 + 3 * s * t * t * p2 + t * t * t * p3
            low = min(low, value)
            high = max(high, value)
        }
        let discriminant = b * b - 4 * a * c
        guard discriminant >= 0 else { return }
        // The stable pair of formulas: no cancellation when a is small against b.
        let q = -0.5 * (b + (b < 0 ? -1 : 1) * discriminant.squareRoot())
        if a != 0 { include(q / a) }
        if q != 0 { include(c / q) }
    }
}

extension XMLBuffer {
    /// One `a:path`: the steps in `range`, with coordinates counted from `origin`, in a box of the given size.
    ///
    /// One unit is one EMU, so the only rounding is to a whole EMU, and neighbours that share a point still share it.
    mutating func path(
        _ outline: Outline, _ subpaths: [Outline.Subpath], origin: Point, width: EMU, height: EMU, fills: Bool = true,
        strokes: Bool = true
    ) {
        markup("<a:path w=\"")
        number(width)
        markup("\" h=\"")
        number(height)
        markup("\"")
        if !fills { markup(" fill=\"none\"") }
        if !strokes { markup(" stroke=\"0\"") }
        markup(">")
        for subpath in subpaths {
            var index = subpath.points.lowerBound
            for step in outline.steps[subpath.steps] {
                switch step {
                case .move:
                    markup("<a:moveTo>")
                    point(outline.points[index], from: origin)
                    markup("</a:moveTo>")
                case .line:
                    markup("<a:lnTo>")
                    point(outline.points[index], from: origin)
                    markup("</a:lnTo>")
                case .cubic:
                    markup("<a:cubicBezTo>")
                    point(outline.points[index], from: origin)
                    point(outline.points[index + 1], from: origin)
                    point(outline.points[index + 2], from: origin)
                    markup("</a:cubicBezTo>")
                case .close:
                    markup("<a:close/>")
                }
                index += step.pointCount
            }
        }
        markup("</a:path>")
    }

    private mutating func point(_ p: Point, from origin: Point) {
        markup("<a:pt x=\"")
        number(EMU(nearest: p.x - origin.x))
        markup("\" y=\"")
        number(EMU(nearest: p.y - origin.y))
        markup("\"/>")
    }
}

extension Outline {
    /// A run of steps from one `move` to the next.
    struct Subpath {
        var steps: Range<Int>
        var points: Range<Int>
    }

    /// The subpaths in drawing order.
    var subpaths: [Subpath] {
        var result: [Subpath] = []
        var (firstStep, firstPoint, point) = (0, 0, 0)
        for (index, step) in steps.enumerated() {
            if step == .move, index > firstStep {
                result.append(Subpath(steps: firstStep..<index, points: firstPoint..<point))
                (firstStep, firstPoint) = (index, point)
            }
            point += step.pointCount
        }
        if !steps.isEmpty { result.append(Subpath(steps: firstStep..<steps.count, points: firstPoint..<point)) }
        return result
    }
}
