internal import AtelierGeometry
internal import AtelierSVG

/// A geometry that slides know by name.
enum PresetGeometry {
    case rect
    /// The corner radius in 100 000ths of the shorter side.
    case roundRect(adjust: Int)
    case ellipse
    case line
    /// Base below, the tip above it at so many 100 000ths of its length.
    case triangle(adjust: Int)
    case diamond
}

extension XMLBuffer {
    mutating func presetGeometry(_ geometry: PresetGeometry) {
        switch geometry {
        case .rect: markup("<a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom>")
        case .ellipse: markup("<a:prstGeom prst=\"ellipse\"><a:avLst/></a:prstGeom>")
        case .line: markup("<a:prstGeom prst=\"line\"><a:avLst/></a:prstGeom>")
        case .diamond: markup("<a:prstGeom prst=\"diamond\"><a:avLst/></a:prstGeom>")
        case .triangle(let adjust):
            markup("<a:prstGeom prst=\"triangle\"><a:avLst><a:gd name=\"adj\" fmla=\"val ")
            number(adjust)
            markup("\"/></a:avLst></a:prstGeom>")
        case .roundRect(let adjust):
            markup("<a:prstGeom prst=\"roundRect\"><a:avLst><a:gd name=\"adj\" fmla=\"val ")
            number(adjust)
            markup("\"/></a:avLst></a:prstGeom>")
        }
    }
}

extension SlideMapper {
    /// The named geometry that draws a path exactly, with its frame; nil when there is none.
    func preset(
        for path: SVG.Path, _ pose: Pose, _ transform: AffineTransform, isDashed: Bool
    ) -> (geometry: PresetGeometry, kind: StaticString, frame: Frame)? {
        // An open outline may be closed where nobody sees it.
        let mayBeOpen = path.stroke == nil
        if path.shape == nil, !isDashed, let corners = path.geometry.corners(mayBeOpen: mayBeOpen),
            let polygon = RecognizedPolygon(corners)
        {
            return preset(polygon, pose, transform)
        }
        switch path.shape ?? (isDashed ? nil : path.geometry.recognizedShape(mayBeOpen: mayBeOpen)) {
        case .rect(let rect, let rx, let ry):
            guard rect.width >= 0, rect.height >= 0 else { return nil }
            let size = Size(rect.width * pose.scaleX, rect.height * pose.scaleY)
            let frame = frame(pose, transform(rect.center), size, isDashed: isDashed)
            guard rx > 0, ry > 0 else { return (.rect, "Rectangle", frame) }
            // Named corners are quarter circles, and dashes would begin at another corner than SVG's.
            let (radius, other) = (rx * pose.scaleX, ry * pose.scaleY)
            let shorter = min(size.width, size.height)
            guard abs(radius - other) <= 1, !isDashed, shorter > 0 else { return nil }
            let adjust = Int(min(radius / shorter, 0.5) * 100_000 + 0.5)
            return (.roundRect(adjust: adjust), "Rounded Rectangle", frame)
        case .ellipse(let center, let rx, let ry):
            // The named ellipse begins at its left, SVG's at its right.
            guard !isDashed, rx >= 0, ry >= 0 else { return nil }
            let size = Size(2 * rx * pose.scaleX, 2 * ry * pose.scaleY)
            var frame = frame(pose, transform(center), size, isDashed: false)
            if frame.width == frame.height { frame.rotation = 0 }
            return (.ellipse, "Ellipse", frame)
        case .line, nil:
            return nil
        }
    }

    /// The frame of a shape that looks the same flipped and turned by 180°, said in the simplest way.
    private func frame(_ pose: Pose, _ center: Point, _ size: Size, isDashed: Bool) -> Frame {
        // The path of a dashed shape begins at a certain corner, which must stay that corner.
        guard !isDashed || pose.isUpright else { return Frame(pose, center: center, size: size) }
        let quarter = Pose.fullTurn / 4
        let rotation = pose.rotation % (2 * quarter)
        let isTurned = rotation == quarter
        if rotation == 0 || isTurned {
            let (dx, dy) = isTurned ? (size.height / 2, size.width / 2) : (size.width / 2, size.height / 2)
            return Frame(around: Rect(Point(center.x - dx, center.y - dy), Point(center.x + dx, center.y + dy)))
        }
        var result = Frame(pose, center: center, size: size)
        result.rotation = rotation
        (result.flipsHorizontally, result.flipsVertically) = (false, false)
        return result
    }

    private func preset(
        _ polygon: RecognizedPolygon, _ pose: Pose, _ transform: AffineTransform
    ) -> (geometry: PresetGeometry, kind: StaticString, frame: Frame)? {
        let isTurned = polygon.quarterTurns % 2 == 1
        // A quarter turn inside of a flip is one outside of it the other way round; it is left as a general path.
        guard !(isTurned && (pose.isFlipped || pose.scaleX != pose.scaleY)) else { return nil }
        let size = Size(polygon.size.width * pose.scaleX, polygon.size.height * pose.scaleY)
        var frame = Frame(pose, center: transform(polygon.center), size: size)
        frame.rotation = (frame.rotation + polygon.quarterTurns * Pose.fullTurn / 4) % Pose.fullTurn
        if polygon.isUpsideDown { frame.flipsVertically.toggle() }
        guard case .triangle = polygon.geometry else { return (polygon.geometry, "Diamond", frame) }
        return (polygon.geometry, "Triangle", frame)
    }
}
