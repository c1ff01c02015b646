internal import AtelierGeometry
internal import AtelierSVG

/// A shape that ends a line (`a:headEnd`, `a:tailEnd`; ISO/IEC 29500-1, 20.1.8.38).
struct LineEnd {
    /// Small, medium, large.
    enum Size: Int, CaseIterable {
        case small = 2
        case medium = 3
        /// There is no four.
        case large = 5
    }

    var shape: SVG.Arrowhead.Shape
    var width: Size, length: Size

    /// Programs draw the ends of thinner lines as if these were 2 points wide.
    static let leastLineWidth = 25_400.0
}

extension SlideMapper {
    /// A line and its markers as one line with ends that slides have, when these are near enough to what the markers draw.
    ///
    /// - Parameters:
    ///   - transform: From the group's coordinates to the slide.
    /// - Returns: The line with the name of the group, its ends, and how far off the worst extent of one is; nil when none are near.
    func arrow(
        _ group: SVG.Group, through transform: AffineTransform, clip: BezierPath?
    ) -> (line: SVG.Path, ends: (start: LineEnd?, end: LineEnd?), deviation: Double)? {
        guard clip == nil, group.clip == nil, group.children.count > 1, case .path(var path) = group.children[0], let stroke = path.stroke,
            path.fill == nil, let pose = Pose(path.transform.followed(by: transform)), abs(pose.scaleX - pose.scaleY) <= 1e-3 * pose.scaleX
        else { return nil }
        let scale = pose.scaleX, unit = max(stroke.width * scale, LineEnd.leastLineWidth)
        var ends: (start: LineEnd?, end: LineEnd?), farthest = 0.0
        for child in group.children.dropFirst() {
            guard case .group(let marker) = child, let head = marker.arrowhead,
                let reached = path.geometry.extended(by: head.reach, at: head.end, unlessWithin: stroke.width / 4)
            else { return nil }
            func nearest(_ extent: Double) -> (size: LineEnd.Size, deviation: Double) {
                let ratio = extent * scale / unit
                let sizes = LineEnd.Size.allCases.map { ($0, abs(Double($0.rawValue) / ratio - 1)) }
                return sizes.min { $0.1 < $1.1 } ?? (.medium, .infinity)
            }
            let (width, length) = (nearest(head.width), nearest(head.length))
            farthest = max(farthest, width.deviation, length.deviation)
            let end = LineEnd(shape: head.shape, width: width.size, length: length.size)
            if head.end == .start { ends.start = end } else { ends.end = end }
            (path.geometry, path.shape) = (reached, nil)
        }
        let tolerance =
            switch profile {
            case .editable: 0.6
            case .balanced: 0.17
            case .exact: 0.02
            }
        // A region has no ends, and of many lines each would have some.
        guard farthest <= tolerance, splitDashes(of: path) == nil, let paint = VisiblePaint(stroke.paint, opacity: 1),
            !isDrawnAsRegion(path, stroke, paint, path.transform.followed(by: transform), line: nil)
        else { return nil }
        path.origin = group.origin
        path.opacity *= group.opacity
        return (path, ends, farthest)
    }

    /// Writes what `arrow` found.
    mutating func map(
        _ arrow: (line: SVG.Path, ends: (start: LineEnd?, end: LineEnd?), deviation: Double), through transform: AffineTransform,
        opacity: Double
    ) -> Rect? {
        if arrow.deviation > 0.02 {
            note(
                .approximated, arrow.line.origin, "its arrowheads became those that slides have, in the nearest of three sizes",
                by: arrow.deviation)
        }
        lineEnds = arrow.ends
        defer { lineEnds = (nil, nil) }
        return map(arrow.line, through: transform, opacity: opacity)
    }
}

extension BezierPath {
    /// The path with its straight first or last segment longer by a length; nil when that segment is curved, but for a length
    /// nobody sees.
    fileprivate func extended(by length: Double, at end: SVG.Arrowhead.End, unlessWithin slack: Double) -> BezierPath? {
        if abs(length) <= slack { return self }
        var points: [Point] = []
        for element in elements {
            switch element {
            case .move(let p), .line(let p): points.append(p)
            // Curves and what closes have no straight end to move; a mixed path is left to be drawn.
            case .cubic, .close: return nil
            }
        }
        if end == .start { points.reverse() }
        guard points.count > 1 else { return nil }
        let last = points[points.count - 1], way = last - points[points.count - 2]
        guard way.length + length > 0, way.length > 0 else { return nil }
        points[points.count - 1] = last + way.normalized * length
        if end == .start { points.reverse() }
        var path = BezierPath()
        path.move(to: points[0])
        for point in points.dropFirst() { path.line(to: point) }
        return path
    }
}

extension XMLBuffer {
    /// The ends of a line, the first before the second.
    mutating func lineEnds(_ start: LineEnd?, _ end: LineEnd?) {
        for (element, value) in [("<a:headEnd", start), ("<a:tailEnd", end)] as [(StaticString, LineEnd?)] {
            guard let value else { continue }
            markup(element)
            switch value.shape {
            case .triangle: markup(" type=\"triangle\"")
            case .stealth: markup(" type=\"stealth\"")
            case .diamond: markup(" type=\"diamond\"")
            case .oval: markup(" type=\"oval\"")
            }
            markup(" w=\"")
            size(value.width)
            markup("\" len=\"")
            size(value.length)
            markup("\"/>")
        }
    }

    private mutating func size(_ size: LineEnd.Size) {
        switch size {
        case .small: markup("sm")
        case .medium: markup("med")
        case .large: markup("lg")
        }
    }
}
