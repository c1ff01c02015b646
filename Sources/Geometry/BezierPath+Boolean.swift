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
    /// filling closes them, and coordinates that are no numbers, or lie beyond 1e90, enclose nothing. The inside lies to the right of the
    /// way; an outline that is clearly like that already comes back as it is.
    ///
    /// An outline that crosses itself so often that it would take more than `usualWork` comes back as it is.
    public func resolved(_ rule: FillRule) -> BezierPath {
        var work = BezierPath.usualWork
        return resolved(rule, work: &work) ?? self
    }

    /// As `resolved`; nil when both rules enclose the same points already, or it takes too much work to say.
    public func resolvedUnlessRulesAgree(_ rule: FillRule) -> BezierPath? {
        var work = BezierPath.usualWork
        return resolvedUnlessRulesAgree(rule, work: &work)
    }

    /// How many comparisons one operation may take unless the caller says so: some tenths of a second. Outlines of a few thousand
    /// segments that all cross each other pass it, and none that people draw.
    public static var usualWork: Int { 40_000_000 }

    /// As `resolved`, with a bound.
    ///
    /// - Parameter work: How many comparisons may be made; those that were are taken off.
    /// - Returns: nil when that was not enough; `work` is 0 or less then.
    public func resolved(_ rule: FillRule, work: inout Int) -> BezierPath? {
        if let windings = clearWindings(ifTidy: true, work: &work), (0...1).contains(windings) { return self }
        return Arrangement([(self, rule)], work: &work)?.outline { first, _ in first }
    }

    /// As `resolvedUnlessRulesAgree`, with a bound: nil also when `work` is 0 or less afterwards.
    public func resolvedUnlessRulesAgree(_ rule: FillRule, work: inout Int) -> BezierPath? {
        if let windings = clearWindings(work: &work), (-1...1).contains(windings) { return nil }
        guard let arrangement = Arrangement([(self, rule)], work: &work) else { return nil }
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
    /// An outline with coordinates that are no numbers, or lie beyond 1e90, encloses nothing.
    ///
    /// Where it takes more than `usualWork`, nothing is taken away and nothing added: this outline comes back as it is.
    ///
    /// - Complexity: O(*n* log *n* + *p*) for *n* chords, of which *p* pairs overlap in x.
    public func combined(
        _ operation: BooleanOperation, with other: BezierPath, rule: FillRule = .nonzero, otherRule: FillRule = .nonzero
    ) -> BezierPath {
        var work = BezierPath.usualWork
        return combined(operation, with: other, rule: rule, otherRule: otherRule, work: &work) ?? self
    }

    /// As above, with a bound.
    ///
    /// - Parameter work: How many comparisons may be made; those that were are taken off.
    /// - Returns: nil when that was not enough; `work` is 0 or less then.
    public func combined(
        _ operation: BooleanOperation, with other: BezierPath, rule: FillRule = .nonzero, otherRule: FillRule = .nonzero,
        work: inout Int
    ) -> BezierPath? {
        Arrangement([(self, rule), (other, otherRule)], work: &work)?.outline(operation.includes)
    }
}
