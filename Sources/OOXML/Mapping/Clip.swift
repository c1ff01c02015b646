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
        guard let area = bounds(of: clip), let bounds = outline.bounds, transform.isFinite else { return nil }
        let ink = inkBounds(of: path, bounds, transform)
        guard ink.minX < area.maxX, ink.minY < area.maxY, ink.maxX > area.minX, ink.maxY > area.minY else { return nil }
        if isInside(ink, clip) { return map(path, through: parent, opacity: opacity) }

        let start = checkpoint
        if let box = mapSeen(of: path, through: parent, opacity: opacity, clip: clip) { return box }
        restore(start)
        let reason = "its clip takes more work than a slide may take"
        if profile != .editable, clipPictures > 0, affordsPicture(of: .path(path), clip: clip) {
            clipPictures -= 1
            return picture(of: .path(path), through: parent, opacity: opacity, clip: nearby(clip, ink), because: reason)
        }
        note(.approximated, path.origin, "\(reason) and it was drawn whole")
        return map(path, through: parent, opacity: opacity)
    }

    /// Writes what is seen of a path that a clip cuts; nil when telling takes too much work. The box in it is nil when nothing is seen.
    private mutating func mapSeen(of path: SVG.Path, through parent: AffineTransform, opacity: Double, clip: BezierPath) -> Rect?? {
        let transform = path.transform.followed(by: parent)
        var path = path, line: SVG.Path?
        var region = BezierPath()
        if let stroke = path.stroke {
            if let found = self.region(of: stroke, along: path.geometry, through: transform) {
                guard let seen = seen(found, through: clip) else { return .none }
                region = seen
            } else {
                line = path
                line?.fill = nil
                path.stroke = nil
            }
        }
        var area = BezierPath()
        if let fill = path.fill {
            guard let seen = seen(path.geometry.transformed(by: transform), fill.rule, through: clip) else { return .none }
            area = seen
        }
        var box = mapParts(of: path, area: area, region: region, through: transform, opacity: opacity)
        if let line {
            note(.approximated, path.origin, "its stroke is too long to be clipped and was drawn whole")
            if let whole = map(line, through: parent, opacity: opacity) { box = box?.union(whole) ?? whole }
        }
        return .some(box)
    }

    /// What is seen of a region through a clip, as an outline on which both fill rules agree; nil when telling takes too much work.
    mutating func seen(_ region: BezierPath, _ rule: FillRule = .nonzero, through clip: BezierPath) -> BezierPath? {
        guard let box = region.bounds, let area = bounds(of: clip) else { return BezierPath() }
        if case (let whole, true)? = region.alignedRectangle, whole.contains(area) { return clip }
        let isLong = region.elements.count > Self.fewestIndexed
        let part = isLong ? OutlineIndex(region).outline(near: area.grown) : region
        let answer = outlines.answer(OutlineWork(.intersection, part, rule: rule, other: nearby(clip, box)))
        if !answer.isGivenUp { return answer.outline ?? BezierPath() }
        outlines.unappliedClips -= 1
        return nil
    }

    /// What matters of a clip to what lies in a box: the same winding around all points of the box with fewer segments.
    mutating func nearby(_ clip: BezierPath, _ box: Rect) -> BezierPath {
        guard clip.elements.count > Self.fewestIndexed, (box.width + box.height).isFinite else { return clip }
        prepare(clip)
        return clipIndex?.index.outline(near: box.grown) ?? clip
    }

    /// A clip's box.
    private mutating func bounds(of clip: BezierPath) -> Rect? {
        guard clip.elements.count > Self.fewestIndexed else { return clip.bounds }
        prepare(clip)
        return clipIndex?.bounds
    }

    /// Makes a clip ready, unless it is the one in hand.
    private mutating func prepare(_ clip: BezierPath) {
        if clipIndex?.clip != clip { clipIndex = (clip, OutlineIndex(clip), clip.bounds) }
    }

    /// Shorter outlines are combined as fast as they are looked up in.
    private static let fewestIndexed = 32

    /// Whether a box lies inside a region, within an EMU.
    mutating func isInside(_ box: Rect, _ region: BezierPath) -> Bool {
        let inner = Rect(Point(box.minX + 1, box.minY + 1), Point(max(box.minX + 1, box.maxX - 1), max(box.minY + 1, box.maxY - 1)))
        guard let area = bounds(of: region), area.contains(inner) else { return false }
        let region = nearby(region, inner)
        if let winding = region.winding(around: inner) { return winding != 0 }
        let answer = outlines.answer(OutlineWork(.difference, BezierPath(inner), other: region))
        if answer.isGivenUp { outlines.unappliedClips -= 1 }
        return !answer.isGivenUp && answer.outline?.isEmpty ?? true
    }
}

extension Rect {
    fileprivate func contains(_ other: Rect) -> Bool {
        minX <= other.minX && minY <= other.minY && maxX >= other.maxX && maxY >= other.maxY
    }

    /// The box with room around it for what the grid of outlines rounds.
    fileprivate var grown: Rect {
        let margin = 16 + (width + height) / 64
        return Rect(x: minX - margin, y: minY - margin, width: width + 2 * margin, height: height + 2 * margin)
    }
}
