internal import AtelierGeometry

extension BezierPath {
    /// The path with every point mapped and without subpaths that draw nothing.
    ///
    /// Nil when a mapped coordinate is not a finite number. A subpath without extent is a dot, drawn by the caps of its stroke: with
    /// `keepsDots` it becomes an open line of no length, which shows them, otherwise it is left out.
    init?(drawing path: BezierPath, keepsDots: Bool, through map: (Point) -> Point) {
        self.init()
        reserveCapacity(path.elements.count)
        var doubt = 0.0  // stays 0 for finite coordinates, becomes NaN otherwise
        func mapped(_ p: Point) -> Point {
            let q = map(p)
            doubt += (q.x - q.x) + (q.y - q.y)
            return q
        }
        for subpath in path.subpaths {
            guard subpath.count > 1, case .move(let start)? = subpath.first else { continue }
            let isDot = subpath.dropFirst().allSatisfy { $0 == .line(start) || $0 == .cubic(start, start, start) || $0 == .close }
            if isDot && !keepsDots { continue }
            move(to: mapped(start))
            if isDot {
                line(to: mapped(start))
                continue
            }
            for element in subpath.dropFirst() {
                switch element {
                case .move: break
                case .line(let p): line(to: mapped(p))
                case .cubic(let c1, let c2, let p): cubic(mapped(c1), mapped(c2), to: mapped(p))
                case .close: close()
                }
            }
        }
        if doubt != 0 { return nil }
    }

    /// The path with every point moved into the square `±reach` about the origin.
    func limited(to reach: Double) -> BezierPath {
        BezierPath(drawing: self, keepsDots: true) { Point(min(max($0.x, -reach), reach), min(max($0.y, -reach), reach)) } ?? BezierPath()
    }
}

extension XMLBuffer {
    /// A geometry of one's own, made of the paths that `paths` writes.
    mutating func freeform(_ paths: (inout XMLBuffer) -> Void) {
        markup(
            """
            <a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/><a:rect l="0" t="0" r="r" b="b"/><a:pathLst>
            """)
        paths(&self)
        markup("</a:pathLst></a:custGeom>")
    }

    /// One `a:path` of some subpaths, with coordinates counted from `origin`, in a box of the given size.
    ///
    /// One unit is one EMU, so the only rounding is to a whole EMU, and neighbours that share a point still share it.
    mutating func path(
        _ subpaths: [ArraySlice<BezierPath.Element>], origin: Point, width: EMU, height: EMU, fills: Bool = true,
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
            for element in subpath {
                switch element {
                case .move(let p):
                    markup("<a:moveTo>")
                    point(p, from: origin)
                    markup("</a:moveTo>")
                case .line(let p):
                    markup("<a:lnTo>")
                    point(p, from: origin)
                    markup("</a:lnTo>")
                case .cubic(let c1, let c2, let p):
                    markup("<a:cubicBezTo>")
                    point(c1, from: origin)
                    point(c2, from: origin)
                    point(p, from: origin)
                    markup("</a:cubicBezTo>")
                case .close:
                    markup("<a:close/>")
                }
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
