internal import AtelierGeometry
internal import AtelierSVG

// A line of slides has one width, square to it everywhere, begins with a whole dash and cannot be clipped. A stroke that is more
// than that is drawn as the region it covers, a shape of its own; what that costs is that people can no longer change its width.

extension SlideMapper {
    /// Outlining longer paths takes longer than it is worth, as do regions of more segments, and more dashes than these.
    private static let mostElements = 1000, mostRegionElements = 8000, mostDashElements = 20_000

    /// Whether a stroke looks right only as the region it covers.
    ///
    /// - Parameter line: Start and end on the slide, for a straight line.
    func isDrawnAsRegion(
        _ path: SVG.Path, _ stroke: SVG.Stroke, _ paint: VisiblePaint, _ transform: AffineTransform, line: (start: Point, end: Point)?
    ) -> Bool {
        guard path.geometry.elements.count <= Self.mostElements, profile != .editable else { return false }
        // Not every program draws lines in more than one colour.
        if paint.isGradient, profile == .exact { return true }
        // Lengths that nobody sees do not count.
        let leastLength = profile == .exact ? 0 : EMU.perPixel / 8
        let reach = stroke.width / 2 * transform.meanScale
        if let line {
            guard let inverse = transform.inverse, line.start != line.end else { return false }
            let (_, slant) = transform.widthAcross(inverse(line.end - line.start))
            if stroke.cap == .round || !stroke.dashes.isEmpty {
                return transform.unevenness > 0.05 && reach * transform.unevenness > leastLength
            }
            return slant > 0.05 && slant * reach > leastLength
        }
        if transform.unevenness > (profile == .exact ? 1e-3 : 0.025), transform.unevenness * reach > leastLength { return true }
        return stroke.cutsMitres(along: path.geometry)
    }

    /// The region that a stroke covers, on the slide, in contours on which both fill rules agree; nil for one too long, or too
    /// tangled for the work that outlines of the slide may still take.
    mutating func region(of stroke: SVG.Stroke, along outline: BezierPath, through transform: AffineTransform) -> BezierPath? {
        let line = outline.dashed(stroke.dashes, offset: stroke.dashOffset)
        guard line.elements.count <= Self.mostElements, let box = line.bounds else { return nil }
        // A 50th of a pixel of the slide, or what nobody sees of an outline far larger than slides.
        let tolerance = max(EMU.perPixel / 50 / transform.largestScale, 1e-5 * max(box.width, box.height))
        let region = line.stroked(stroke.style, tolerance: tolerance)
        return region.elements.count <= Self.mostRegionElements ? outlines.resolved(region.transformed(by: transform)) : nil
    }

    /// Writes fill and stroke as shapes of their own, the stroke as the region it covers, in a group when there are both.
    ///
    /// - Parameters:
    ///   - transform: From the path's coordinates to the slide.
    ///   - area: What the fill covers, where that is not the path as it is.
    ///   - opacity: What the path's ancestors leave of it.
    /// - Returns: the box of what is drawn; nil when nothing is.
    mutating func mapParts(
        of path: SVG.Path, area: BezierPath? = nil, region: BezierPath, through transform: AffineTransform, opacity: Double
    ) -> Rect? {
        var parts: [SVG.Path] = []
        if var fill = path.fill {
            fill.paint = fill.paint.moved(by: transform)
            if area != nil { fill.rule = .evenOdd }
            let seen = area ?? path.geometry.transformed(by: transform)
            if !seen.isEmpty { parts.append(SVG.Path(origin: path.origin, geometry: seen, opacity: path.opacity, fill: fill)) }
        }
        if let stroke = path.stroke, !region.isEmpty {
            let fill = SVG.Fill(paint: stroke.paint.moved(by: transform), opacity: stroke.opacity, rule: .evenOdd)
            parts.append(SVG.Path(origin: path.origin, geometry: region, opacity: path.opacity, fill: fill))
        }
        guard parts.count > 1 else { return parts.first.flatMap { map($0, through: .identity, opacity: opacity) } }
        if path.opacity * opacity < 1 {
            noteOpacityOfParts(path)
        }
        let id = nextID(), tag = groups.begin(at: xml.bytes.count)
        var bounds: Rect?, count = 0
        for var part in parts {
            part.origin = part.origin.nameless
            guard let box = map(part, through: .identity, opacity: opacity) else { continue }
            bounds = bounds?.union(box) ?? box
            count += 1
        }
        guard let bounds, count > 0 else { return nil }
        groups.end(tag, at: xml.bytes.count, .init(id: id, name: path.origin.label, summary: path.origin.summary, bounds: bounds))
        shapeCount += 1
        groupCount += 1
        return bounds
    }

    /// Notes what becomes of a translucent element with fill and stroke.
    mutating func noteOpacityOfParts(_ path: SVG.Path) {
        note(.approximated, path.origin, "opacity was given to fill and stroke each, so the fill shows through the stroke")
    }

    /// The dashes of a stroke as lines of their own, where DrawingML's own would begin elsewhere; nil where they would not, or
    /// where there would be too many.
    func splitDashes(of path: SVG.Path) -> BezierPath? {
        guard profile != .editable, let stroke = path.stroke, let start = stroke.firstDash, start.gap > 1e-3 * stroke.period else {
            return nil
        }
        let dashes = path.geometry.dashed(stroke.dashes, offset: stroke.dashOffset)
        return dashes.elements.count <= Self.mostDashElements && dashes != path.geometry ? dashes : nil
    }
}

extension SVG.Stroke {
    var style: StrokeStyle { StrokeStyle(width: width, cap: cap, join: join, miterLimit: miterLimit) }

    /// Whether a mitre of an outline is cut off at the limit, which slides cannot say.
    func cutsMitres(along outline: BezierPath) -> Bool {
        guard join == .miterClip else { return false }
        var mitred = style
        mitred.join = .miter
        return outline.stroked(style) != outline.stroked(mitred)
    }

    /// The length after which dashes repeat.
    var period: Double { dashes.reduce(0, +) }

    /// The dash that begins nearest to the offset, and how far from it; nil for no valid pattern.
    var firstDash: (index: Int, gap: Double)? {
        let period = period
        guard dashes.count % 2 == 0, dashes.allSatisfy({ $0 >= 0 }), period > 0, period.isFinite else { return nil }
        var offset = dashOffset.truncatingRemainder(dividingBy: period)
        guard offset == offset, offset != 0 else { return (0, 0) }
        if offset < 0 { offset += period }
        var best = (index: 0, gap: min(offset, period - offset)), position = 0.0
        for index in stride(from: 0, to: dashes.count, by: 2) {
            if abs(position - offset) < best.gap { best = (index, abs(position - offset)) }
            position += dashes[index] + dashes[index + 1]
        }
        return best
    }
}

extension AffineTransform {
    /// The largest factor by which a length grows.
    var largestScale: Double { (abs(determinant) * anisotropy).squareRoot() }

    /// How far the widest and the narrowest stroke are from the mean, as a share of it; 0 for a similarity.
    var unevenness: Double { anisotropy.squareRoot() - 1 }

    /// How wide a stroke of width 1 along a direction becomes, measured square to where the direction goes, and the cosine of the angle
    /// between its ends and where it goes.
    func widthAcross(_ direction: Vector) -> (width: Double, slant: Double) {
        let along = self(direction.normalized), across = self(direction.normalized.perpendicular)
        let length = along.length
        guard length > 0, across.length > 0 else { return (meanScale, 0) }
        return (abs(determinant) / length, abs(across.dot(along)) / (across.length * length))
    }
}
