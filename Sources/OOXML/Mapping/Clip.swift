internal import AtelierGeometry
internal import AtelierSVG

extension SlideMapper {
    /// Writes what is seen of a path in a region of the slide. Slides cannot clip, so the fill becomes the intersection of both.
    ///
    /// - Returns: the box of its geometry on the slide; nil when nothing of it is seen.
    mutating func map(_ path: SVG.Path, through parent: AffineTransform, opacity: Double, clip: BezierPath?) -> Rect? {
        guard let clip else { return map(path, through: parent, opacity: opacity) }
        let transform = path.transform.followed(by: parent), outline = path.geometry.transformed(by: transform)
        guard let area = clip.bounds, let bounds = outline.bounds, transform.isFinite else { return nil }
        let ink = inkBounds(of: path, bounds, transform)
        guard ink.minX < area.maxX, ink.minY < area.maxY, ink.maxX > area.minX, ink.maxY > area.minY else { return nil }
        if isInside(ink, clip) { return map(path, through: parent, opacity: opacity) }

        var result: Rect?
        if var fill = path.fill {
            let seen = outline.combined(.intersection, with: clip, rule: fill.rule)
            fill.rule = .evenOdd
            if case .gradient(let gradient) = fill.paint { fill.paint = .gradient(gradient.moved(by: transform)) }
            let part = SVG.Path(origin: path.origin, geometry: seen, opacity: path.opacity, fill: fill)
            if !seen.isEmpty { result = map(part, through: .identity, opacity: opacity) }
        }
        if path.stroke != nil {
            var line = path
            line.fill = nil
            note(.approximated, path.origin, "its stroke is drawn whole, as slides cannot clip lines")
            if let box = map(line, through: parent, opacity: opacity) { result = result?.union(box) ?? box }
        }
        return result
    }

    /// Whether a box lies inside a region, within an EMU.
    func isInside(_ box: Rect, _ region: BezierPath) -> Bool {
        let inner = Rect(Point(box.minX + 1, box.minY + 1), Point(max(box.minX + 1, box.maxX - 1), max(box.minY + 1, box.maxY - 1)))
        return BezierPath(inner).combined(.difference, with: region).isEmpty
    }
}
