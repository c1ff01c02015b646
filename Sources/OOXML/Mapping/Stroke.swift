internal import AtelierGeometry
internal import AtelierSVG

extension SlideMapper {
    /// A stroke in DrawingML's terms.
    ///
    /// - Parameters:
    ///   - scale: EMU per unit of the path's coordinates, across the line.
    ///   - origin: The element to name in diagnostics.
    mutating func lineStyle(_ stroke: SVG.Stroke, _ paint: VisiblePaint, scale: Double, origin: SVG.Origin) -> LineStyle {
        let width = EMU(nearest: stroke.width * scale).rawValue
        if width > LineStyle.greatestWidth {
            note(.approximated, origin, "the stroke is wider than slides allow (22 inches) and was made as wide as they do")
        }
        var line = LineStyle(
            paint: paint, width: min(max(width, 1), LineStyle.greatestWidth), cap: stroke.cap, join: stroke.join,
            miterLimit: percentage(of: stroke.miterLimit))
        (line.start, line.end) = lineEnds
        if !stroke.dashes.isEmpty { line.dashes = dashes(of: stroke, origin: origin) }
        return line
    }

    /// Dashes as parts of the line width, turned so that the first one begins the line.
    private mutating func dashes(of stroke: SVG.Stroke, origin: SVG.Origin) -> [(dash: Int, gap: Int)] {
        let lengths = stroke.dashes
        guard let (first, gap) = stroke.firstDash else {
            note(.invalid, origin, "the dash pattern is not a list of lengths and the line was drawn solid")
            return []
        }
        if gap > 1e-3 * stroke.period {
            note(
                .approximated, origin, "slides have no dash offset, so the dashes begin at the nearest whole dash",
                by: gap / stroke.period)
        }
        return stride(from: 0, to: lengths.count, by: 2).map { step in
            let index = (first + step) % lengths.count
            let dash = percentage(of: lengths[index] / stroke.width)
            let gap = percentage(of: lengths[index + 1] / stroke.width)
            // A dash of no length shows its caps alone; consumers need some length to draw them.
            return (dash == 0 && stroke.cap != .butt ? 1000 : dash, gap)
        }
    }

    /// A ratio in 1000ths of a percent.
    private func percentage(of ratio: Double) -> Int {
        guard ratio > 0 else { return 0 }
        return Int(min(ratio * 100_000 + 0.5, Double(LineStyle.greatestPercentage)))
    }
}
