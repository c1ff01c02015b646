/// What to make of two regions.
public enum BooleanOperation: String, Hashable, Sendable, CaseIterable {
    /// What lies in either.
    case union
    /// What lies in both.
    case intersection
    /// What lies in the first and not in the second.
    case difference
    /// What lies in one of them only.
    case exclusion

    func includes(_ first: Bool, _ second: Bool) -> Bool {
        switch self {
        case .union: first || second
        case .intersection: first && second
        case .difference: first && !second
        case .exclusion: first != second
        }
    }
}

extension BezierPath {
    /// The same region in contours that neither cross each other nor themselves, wound so that both fill rules agree.
    ///
    ///     let pentagram = star.resolved(.nonzero)          // ten corners, no crossing
    ///
    /// Curves stay curves, cut where they cross. See `combined` for accuracy and cost. Open subpaths are closed, as
    /// filling closes them.
    public func resolved(_ rule: FillRule) -> BezierPath {
        Arrangement([(self, rule)]).outline { first, _ in first }
    }

    /// As `resolved`; nil when both rules enclose the same points already.
    public func resolvedUnlessRulesAgree(_ rule: FillRule) -> BezierPath? {
        let arrangement = Arrangement([(self, rule)])
        return arrangement.rulesAgree ? nil : arrangement.outline { first, _ in first }
    }

    /// A region made of two, in contours that do not cross, wound so that both fill rules agree.
    ///
    /// Curves are flattened to within 2⁻¹⁴ of the larger side of both regions' box, and their chords put on a grid 2⁻²⁵ of it
    /// fine, on which every question has an exact answer (snap rounding: Hobby, "Practical segment intersection with
    /// finite precision output", 1999). The outline is then made of the parts of the curves that the chords stand for,
    /// whose crossings Newton's method finds to the precision of `Double`. So coincident, touching and degenerate
    /// contours are cases like any other, and what is nearer together than the flattening may be taken for touching.
    ///
    /// - Complexity: O(*n* log *n* + *p*) for *n* chords, of which *p* pairs overlap in both coordinates.
    public func combined(
        _ operation: BooleanOperation, with other: BezierPath, rule: FillRule = .nonzero, otherRule: FillRule = .nonzero
    ) -> BezierPath {
        Arrangement([(self, rule), (other, otherRule)]).outline(operation.includes)
    }
}
