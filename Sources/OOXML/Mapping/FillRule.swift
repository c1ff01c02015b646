internal import AtelierGeometry
internal import AtelierSVG

// Consumers of DrawingML fill one `a:path` by even-odd. There is no attribute for SVG's nonzero rule, so an outline on which
// the two differ is written as another one of the same region, on which they agree.

extension SlideMapper {
    /// What stands for an outline that the nonzero rule fills; nil for the outline itself.
    mutating func nonzeroRegion(of outline: BezierPath, _ origin: SVG.Origin) -> BezierPath? {
        guard outline.mayWindTwice else { return nil }
        let answer = outlines.answer(OutlineWork(.nonzeroRegion, outline))
        if answer.isGivenUp {
            note(.approximated, origin, "its outline crosses itself too often to be resolved and is filled by the even-odd rule")
        }
        return answer.outline
    }
}

extension BezierPath {
    /// The region that the nonzero rule fills, as an outline for even-odd; nil when that is the path as it is, or `work` comparisons
    /// were not enough to say: it is 0 or less then.
    func nonzeroRegionForEvenOdd(work: inout Int) -> BezierPath? {
        mayWindTwice ? resolvedUnlessRulesAgree(.nonzero, work: &work) : nil
    }

    /// Whether any point can be wound around twice at all: not in a single contour whose y (or x) goes up once and down once, for
    /// then every horizontal (or vertical) line meets it twice. Control points bound curves in this, too.
    var mayWindTwice: Bool {
        guard case .move(let start)? = elements.first else { return false }
        var (x, y) = (Reversals(start.x), Reversals(start.y))
        func visit(_ p: Point) {
            x.visit(p.x)
            y.visit(p.y)
        }
        for (index, element) in elements.enumerated() {
            switch element {
            case .move: if index > 0 { return true }
            case .close: break
            case .line(let p): visit(p)
            case .cubic(let c1, let c2, let p):
                visit(c1)
                visit(c2)
                visit(p)
            }
        }
        visit(start)
        return x.countAround > 2 && y.countAround > 2
    }
}

/// Counts how often a number that goes round changes its direction.
private struct Reversals {
    private var value: Double
    private var first = 0, last = 0, count = 0

    init(_ start: Double) { value = start }

    mutating func visit(_ next: Double) {
        guard next != value else { return }
        let direction = next > value ? 1 : -1
        if first == 0 { first = direction }
        if last != 0, last != direction { count += 1 }
        last = direction
        value = next
    }

    var countAround: Int { first == last ? count : count + 1 }
}
