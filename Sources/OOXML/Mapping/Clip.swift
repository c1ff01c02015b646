internal import AtelierGeometry
internal import AtelierSVG

extension SlideMapper {
    /// Writes what is seen of a path in a region of the slide. Slides cannot clip, so the fill becomes the intersection of both,
    /// and so does what the stroke covers.
    ///
    /// - Returns: the box of its geometry on the slide; nil when nothing of it is seen.
    mutating func map(_ path: SVG.Path, through parent: AffineTransform, opacity: Double, clip: BezierPath?) -> Rect? {
        guard let clip else { return map(path, through: parent, opacity: opacity) }
        let transform = path.transform.followed(by: parent), outline = path.geometry.transformed(by: transform)
        guard let area = clip.bounds, let bounds = outline.bounds, transform.isFinite else { return nil }
        let ink = inkBounds(of: path, bounds, transform)
        guard ink.minX < area.maxX, ink.minY < area.maxY, ink.maxX > area.minX, ink.maxY > area.minY else { return nil }
        if isInside(ink, clip) { return map(path, through: parent, opacity: opacity) }

        guard let stroke = path.stroke, let region = region(of: stroke, along: path.geometry, through: transform) else {
            var (area, line) = (path, path)
            (area.stroke, line.fill) = (nil, nil)
            let box = mapParts(of: area, region: BezierPath(), through: transform, opacity: opacity, clip: clip)
            guard path.stroke != nil else { return box }
            note(.approximated, path.origin, "its stroke is too long to be clipped and was drawn whole")
            let lineBox = map(line, through: parent, opacity: opacity)
            return box.flatMap { box in lineBox.map { $0.union(box) } ?? box } ?? lineBox
        }
        return mapParts(of: path, region: region, through: transform, opacity: opacity, clip: clip)
    }

    /// Whether a box lies inside a region, within an EMU.
    mutating func isInside(_ box: Rect, _ region: BezierPath) -> Bool {
        let inner = Rect(Point(box.minX + 1, box.minY + 1), Point(max(box.minX + 1, box.maxX - 1), max(box.minY + 1, box.maxY - 1)))
        return outlines.answer(OutlineWork(.difference, BezierPath(inner), other: region)).outline?.isEmpty ?? true
    }
}
