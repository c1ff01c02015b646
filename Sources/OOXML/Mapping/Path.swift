internal import AtelierGeometry
internal import AtelierSVG

extension SlideMapper {
    /// Writes one drawn element as one shape.
    ///
    /// - Returns: the box of its geometry on the slide, without the stroke; nil when it draws nothing or cannot be drawn.
    mutating func map(_ path: SVG.Path, through parent: AffineTransform, opacity inherited: Double) -> Rect? {
        let alpha = inherited * path.opacity
        var fill = path.fill.flatMap { VisiblePaint($0.paint, opacity: $0.opacity * alpha) }
        let strokeFill = path.stroke.flatMap { $0.width > 0 ? VisiblePaint($0.paint, opacity: $0.opacity * alpha) : nil }
        guard fill != nil || strokeFill != nil else { return nil }

        let transform = path.transform.followed(by: parent)
        let keepsDots = strokeFill != nil && path.stroke?.cap != .butt
        guard transform.isFinite, transform.determinant.isFinite,
            var outline = BezierPath(drawing: path.geometry, keepsDots: keepsDots, through: { transform($0) })
        else {
            note(.invalid, path.origin, "a coordinate is too large to compute with and the element was left out")
            return nil
        }
        // SVG draws nothing through a transform that flattens the plane.
        guard var bounds = outline.bounds, transform.determinant != 0 else { return nil }
        let isWithinReach = max(-bounds.minX, bounds.maxX, -bounds.minY, bounds.maxY) <= EMU.reach
        if !isWithinReach {
            outline = outline.limited(to: EMU.reach)
            bounds = outline.bounds ?? bounds
            note(.approximated, path.origin, "the element reaches more than 1000 inches beyond the slide and was cut there")
        }

        var straight: (start: Point, end: Point)?
        if case .line(let end)? = outline.elements.last, outline.elements.count == 2, case .move(let start) = outline.elements[0] {
            straight = (start, end)
        }
        if let stroke = path.stroke, let strokeFill, isWithinReach, isDrawnAsRegion(path, stroke, strokeFill, transform, line: straight),
            let region = region(of: stroke, along: path.geometry, through: transform)
        {
            var path = path
            if straight != nil { path.fill = nil }
            return mapParts(of: path, region: region, through: transform, opacity: inherited)
        }
        // A line has no inside.
        if straight != nil { fill = nil }
        guard fill != nil || strokeFill != nil else { return nil }
        let dashes = strokeFill != nil && isWithinReach ? splitDashes(of: path) : nil
        if let straight, dashes == nil {
            guard let stroke = path.stroke, let strokeFill else { return nil }
            writeConnector(path, stroke, strokeFill, transform, from: straight.start, to: straight.end)
        } else {
            let line = path.stroke.flatMap { stroke in
                strokeFill.map {
                    var stroke = stroke
                    if dashes != nil { stroke.dashes = [] }
                    return lineStyle(stroke, $0, scale: transform.meanScale, origin: path.origin)
                }
            }
            if line != nil, transform.unevenness > 0.01 {
                note(
                    .approximated, path.origin, "the transform stretches the stroke unevenly and it was given one mean width",
                    by: transform.unevenness)
            }
            if let stroke = path.stroke, line != nil, stroke.cutsMitres(along: path.geometry) {
                note(.approximated, path.origin, "slides cannot cut mitres off, so those beyond the limit became bevels")
            }
            if alpha < 1, fill != nil, line != nil {
                noteOpacityOfParts(path)
            }
            var pose = isWithinReach ? Pose(transform) : nil
            // Whether a gradient is flipped with its shape is not agreed on.
            let canFlip = fill?.isGradient != true && strokeFill?.isGradient != true
            if dashes == nil, let pose, let preset = preset(for: path, pose, transform, isDashed: line?.dashes.isEmpty == false),
                canFlip || !preset.frame.isFlipped
            {
                write(path, preset.kind, preset.frame, transform, fill: fill, line: line) { $0.presetGeometry(preset.geometry) }
            } else {
                if !canFlip, pose?.isFlipped == true { pose = nil }
                writeFreeform(path, pose, transform, outline, bounds, dashes: dashes, fill: fill, line: line)
            }
        }
        shapeCount += 1
        return bounds
    }

    /// The box with the stroke, generously: joins may reach out by the mitre limit.
    func inkBounds(of path: SVG.Path, _ bounds: Rect, _ transform: AffineTransform) -> Rect {
        guard let stroke = path.stroke else { return bounds }
        let isPointed = path.shape == nil && (stroke.join == .miter || stroke.join == .miterClip)
        let reach = isPointed ? max(stroke.miterLimit, 1.5) + (stroke.join == .miterClip ? 1 : 0) : 1.5
        let margin = min(stroke.width * transform.largestScale / 2 * reach, EMU.reach)
        return Rect(
            x: bounds.minX - margin, y: bounds.minY - margin, width: bounds.width + 2 * margin, height: bounds.height + 2 * margin)
    }

    /// A straight line as a connector, which people can glue to other shapes.
    private mutating func writeConnector(
        _ path: SVG.Path, _ stroke: SVG.Stroke, _ paint: VisiblePaint, _ transform: AffineTransform, from start: Point, to end: Point
    ) {
        let length = start.distance(to: end)
        var scale = transform.meanScale
        if length > 0, let inverse = transform.inverse {
            let (width, slant) = transform.widthAcross(inverse(end - start))
            scale = width
            if slant > 0.05 {
                note(
                    .approximated, path.origin, "the transform slants the ends of the line and they were drawn square",
                    by: slant * width * stroke.width / (2 * length))
            }
        }
        let line = lineStyle(stroke, paint, scale: scale, origin: path.origin)
        var frame = Frame(around: Rect(start, end))
        frame.flipsHorizontally = end.x < start.x
        frame.flipsVertically = end.y < start.y
        let fill = fill(paint, through: transform, in: frame, of: path.origin)
        let id = nextID()
        xml.markup("<p:cxnSp><p:nvCxnSpPr>")
        xml.nonVisualProperties(
            id: id, name: path.origin.label, kind: "Line", summary: path.origin.summary, link: link)
        xml.markup("<p:cNvCxnSpPr/><p:nvPr/></p:nvCxnSpPr><p:spPr>")
        xml.frame(frame)
        xml.presetGeometry(.line)
        xml.line(line, fill)
        writeEffects()
        xml.markup("</p:spPr></p:cxnSp>")
    }

    /// A general path, with its own box and, where the transform is a turn or a flip, upright in it.
    private mutating func writeFreeform(
        _ path: SVG.Path, _ pose: Pose?, _ transform: AffineTransform, _ outline: BezierPath, _ bounds: Rect, dashes: BezierPath?,
        fill: VisiblePaint?, line: LineStyle?
    ) {
        let keepsDots = line != nil && line?.cap != .butt
        var outline = outline, toFrame = transform
        var frame = Frame(around: bounds)
        var origin = Point(Double(frame.x.rawValue), Double(frame.y.rawValue))
        if let pose, !pose.isUpright {
            let scaling = AffineTransform.scaling(pose.scaleX, pose.scaleY)
            let upright = BezierPath(drawing: path.geometry, keepsDots: keepsDots) { scaling($0) }
            if let upright, let box = upright.bounds {
                let center = transform(Point(box.center.x / pose.scaleX, box.center.y / pose.scaleY))
                frame = Frame(pose, center: center, size: box.size)
                origin = box.origin
                (outline, toFrame) = (upright, scaling)
            }
        }
        let drawn = dashes.flatMap { BezierPath(drawing: $0, keepsDots: keepsDots) { toFrame($0) } }

        let region = fill == nil || path.fill?.rule == .evenOdd ? nil : nonzeroRegion(of: outline, path.origin)
        write(path, "Freeform", frame, transform, fill: fill, line: line) { xml in
            xml.freeform { xml in
                if let region {
                    xml.path(region.subpaths, origin: origin, width: frame.width, height: frame.height, strokes: line == nil)
                }
                // The stroke follows the outline as it was drawn, over the fill.
                if let drawn {
                    if region == nil, fill != nil {
                        xml.path(outline.subpaths, origin: origin, width: frame.width, height: frame.height, strokes: false)
                    }
                    xml.path(drawn.subpaths, origin: origin, width: frame.width, height: frame.height, fills: false)
                } else if region == nil || line != nil {
                    xml.path(outline.subpaths, origin: origin, width: frame.width, height: frame.height, fills: region == nil)
                }
            }
        }
    }

    /// Writes a `p:sp` around a geometry.
    private mutating func write(
        _ path: SVG.Path, _ kind: StaticString, _ frame: Frame, _ transform: AffineTransform, fill paint: VisiblePaint?,
        line: LineStyle?, geometry: (inout XMLBuffer) -> Void
    ) {
        let origin = path.origin
        let fill = paint.map { self.fill($0, through: transform, in: frame, of: origin) }
        let lineFill = line.map { self.fill($0.paint, through: transform, in: frame, of: origin) }
        let id = nextID()
        xml.markup("<p:sp><p:nvSpPr>")
        xml.nonVisualProperties(id: id, name: origin.label, kind: kind, summary: origin.summary, link: link)
        xml.markup("<p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr>")
        xml.frame(frame)
        geometry(&xml)
        xml.fill(fill)
        xml.line(line, lineFill)
        writeEffects()
        xml.markup("</p:spPr></p:sp>")
    }
}

extension Frame {
    /// An upright frame with its edges on the nearest EMU, so that shapes sharing an edge still do.
    init(around box: Rect) {
        x = EMU(nearest: box.minX)
        y = EMU(nearest: box.minY)
        width = EMU(rawValue: EMU(nearest: box.maxX).rawValue - x.rawValue)
        height = EMU(rawValue: EMU(nearest: box.maxY).rawValue - y.rawValue)
    }

    /// A posed frame of a size before flip and turn, about its middle on the slide.
    init(_ pose: Pose, center: Point, size: Size) {
        width = EMU(nearest: size.width)
        height = EMU(nearest: size.height)
        x = EMU(nearest: center.x - size.width / 2)
        y = EMU(nearest: center.y - size.height / 2)
        rotation = pose.rotation
        flipsHorizontally = pose.flipsHorizontally
        flipsVertically = pose.flipsVertically
    }
}
