internal import AtelierGeometry
internal import AtelierPixels
internal import AtelierSVG

// Slides paint one shape over the other and know neither masks nor blend modes nor the opacity of a group. Where all of them act on
// areas of plain colours or gradients, the picture they make can be said as areas that do not overlap, each with what is seen there.

/// An area of a picture that is painted in one way.
struct FlatArea {
    /// The element it comes from.
    var origin: SVG.Origin
    /// In the coordinates of the picture; both fill rules enclose the same of it.
    var region: BezierPath
    /// The box of `region`.
    var bounds: Rect
    /// One colour, or a gradient in the coordinates of the picture; never a pattern.
    var paint: SVG.Paint
    var opacity: Double
    var blend = SVG.BlendMode.normal
    /// The element itself, its transform leading to the picture, as long as nothing was cut off it: a fill or a stroke, not both.
    var element: SVG.Path?

    /// The area as a thing to draw.
    var node: SVG.Node {
        guard var path = element, let back = path.transform.inverse else {
            return .path(
                SVG.Path(origin: origin, geometry: region, fill: SVG.Fill(paint: paint, opacity: opacity, rule: .evenOdd)))
        }
        path.origin = origin
        path.opacity = 1
        let paint = paint.moved(by: back)
        if let rule = path.fill?.rule { path.fill = SVG.Fill(paint: paint, opacity: opacity, rule: rule) }
        if path.stroke != nil {
            path.stroke?.paint = paint
            path.stroke?.opacity = opacity
        }
        return .path(path)
    }

    /// Whether every point of it hides what lies behind.
    var isOpaque: Bool {
        guard opacity >= 1, blend == .normal else { return false }
        if case .gradient(let gradient) = paint { return gradient.stops.allSatisfy { $0.opacity >= 1 } }
        return true
    }
}

/// Turns nodes into areas, as long as that is little work.
struct Flattening {
    /// Why nodes have no areas.
    enum Obstacle: Error {
        /// It is more work than a slide is worth.
        case tooMuch
        /// Something is painted in a way that areas cannot be: the element at fault.
        case notFlat(SVG.Origin)
    }

    /// How many comparisons one element may take: about a 20th of a second.
    static let mostWork = 6_000_000
    /// What looking at a segment takes beside them, measured in them.
    private static let workOfSegment = 500

    /// How many comparisons may still be made.
    var work: Int
    /// Whether text may be outlines; without, it has no areas.
    var outlinesText = true

    mutating func spend(_ count: Int) throws(Obstacle) {
        let (cost, overflow) = count.multipliedReportingOverflow(by: Self.workOfSegment)
        work = overflow ? 0 : work - cost
        if work <= 0 { throw .tooMuch }
    }

    /// A region made of two.
    mutating func combined(_ region: BezierPath, _ operation: BooleanOperation, _ other: BezierPath) throws(Obstacle) -> BezierPath {
        guard let result = region.combined(operation, with: other, work: &work) else { throw .tooMuch }
        return result
    }

    /// The region of an outline, on which both rules agree.
    mutating func resolved(_ outline: BezierPath, _ rule: FillRule) throws(Obstacle) -> BezierPath {
        guard let result = outline.resolved(rule, work: &work) else { throw .tooMuch }
        return result
    }

    /// What of an area lies in a region, or outside it; nil for nothing.
    mutating func cut(_ area: FlatArea, _ operation: BooleanOperation, _ other: BezierPath) throws(Obstacle) -> FlatArea? {
        let rest = try combined(area.region, operation, other)
        guard let box = rest.bounds else { return nil }
        var area = area
        area.region = rest
        area.bounds = box
        area.element = nil
        return area
    }

    // MARK: Layers

    /// What nodes draw, back to front; areas may overlap. Groups with an opacity, a mask or blending children are flat in themselves.
    ///
    /// - Parameters:
    ///   - transform: From the nodes' parent to the picture.
    ///   - box: What lies beyond it may be left out; nil for nothing.
    mutating func layers(of nodes: [SVG.Node], _ transform: AffineTransform, near box: Rect? = nil) throws(Obstacle) -> [FlatArea] {
        var result: [FlatArea] = []
        for node in nodes {
            if let box {
                guard let ink = node.inkBounds(in: node.transform.followed(by: transform)), ink.overlaps(box) else { continue }
            }
            switch node {
            case .path(let path): result += try layers(of: path, transform)
            case .image(let image): throw .notFlat(image.origin)
            case .text(let text):
                guard outlinesText, text.chunks.allSatisfy({ $0.spans.allSatisfy { !$0.glyphs.isEmpty } }) else {
                    throw .notFlat(text.origin)
                }
                result += try layers(of: text.outlined, transform, near: box)
            case .group(let group): result += try layers(of: group, transform, near: box)
            }
        }
        return result
    }

    private mutating func layers(of group: SVG.Group, _ outer: AffineTransform, near box: Rect?) throws(Obstacle) -> [FlatArea] {
        if group.opacity <= 0 { return [] }
        if group.filter != nil { throw .notFlat(group.origin) }
        let transform = group.transform.followed(by: outer)
        if group.mask != nil { return try layers(of: unmasked(group), outer, near: box) }
        var areas = try layers(of: group.children, transform, near: box)
        // Blending children see what lies behind their group, unless it is one for itself.
        if group.isIsolating, areas.contains(where: { $0.blend != .normal }) { areas = try flat(areas) }
        if let clip = group.clip?.transformed(by: transform) {
            var seen: [FlatArea] = []
            for area in areas {
                try spend(area.region.elements.count + clip.elements.count)
                // What is seen whole stays as it is.
                if let beyond = try cut(area, .difference, clip), !beyond.bounds.isNegligible(beside: area.bounds) {
                    if let inside = try cut(area, .intersection, clip) { seen.append(inside) }
                } else {
                    seen.append(area)
                }
            }
            areas = seen
        }
        if group.opacity < 1 || group.blend != .normal {
            areas = try flat(areas)
            for index in areas.indices {
                areas[index].opacity *= group.opacity
                areas[index].blend = group.blend
            }
        }
        return areas
    }

    private mutating func layers(of path: SVG.Path, _ outer: AffineTransform) throws(Obstacle) -> [FlatArea] {
        if path.hasPattern { return try layers(of: [unpatterned(path)], outer) }
        let transform = path.transform.followed(by: outer)
        guard transform.isFinite, transform.inverse != nil,
            let outline = BezierPath(drawing: path.geometry, keepsDots: false, through: { transform($0) })
        else { throw .notFlat(path.origin) }
        var areas: [FlatArea] = []
        if let fill = path.fill {
            var part = path
            part.transform = transform
            part.stroke = nil
            try spend(outline.elements.count)
            let region = try resolved(outline, fill.rule)
            if let bounds = region.bounds {
                areas.append(
                    FlatArea(
                        origin: path.origin, region: region, bounds: bounds, paint: fill.paint.moved(by: transform), opacity: fill.opacity,
                        element: part))
            }
        }
        if let stroke = path.stroke {
            var part = path
            part.transform = transform
            part.fill = nil
            // A 500th of the width, or of a hundredth of the whole when it is thin beside that.
            let extent = path.geometry.bounds.map { max($0.width, $0.height) } ?? 0
            let line = path.geometry.dashed(stroke.dashes, offset: stroke.dashOffset)
            try spend(line.elements.count * 8)
            let ink = line.stroked(stroke.style, tolerance: max(stroke.width, extent / 100) / 500).transformed(by: transform)
            try spend(ink.elements.count)
            let region = try resolved(ink, .nonzero)
            if let bounds = region.bounds {
                areas.append(
                    FlatArea(
                        origin: path.origin, region: region, bounds: bounds, paint: stroke.paint.moved(by: transform),
                        opacity: stroke.opacity, element: part))
            }
        }
        if path.isStrokeFirst { areas.reverse() }
        if path.opacity < 1 {
            areas = try flat(areas)
            for index in areas.indices { areas[index].opacity *= path.opacity }
        }
        return areas
    }

    // MARK: Flat

    /// Areas that do not overlap and look like the given ones painted one over the other onto nothing.
    mutating func flat(_ layers: [FlatArea]) throws(Obstacle) -> [FlatArea] {
        var result: [FlatArea] = []
        for layer in layers { try paint(layer, onto: &result) }
        return result
    }

    private mutating func paint(_ layer: FlatArea, onto areas: inout [FlatArea]) throws(Obstacle) {
        if layer.opacity <= 0 { return }
        var rest: FlatArea? = layer
        var result: [FlatArea] = []
        for area in areas {
            guard area.bounds.overlaps(layer.bounds), let remaining = rest else {
                result.append(area)
                continue
            }
            try spend(2 * (area.region.elements.count + remaining.region.elements.count))
            guard let shared = try cut(area, .intersection, remaining.region), !shared.bounds.isNegligible(beside: area.bounds) else {
                result.append(area)
                continue
            }
            if let visible = try cut(area, .difference, remaining.region) { result.append(visible) }
            if layer.isOpaque { continue }
            guard var mixed = layer.mixed(over: area) else { throw .notFlat(layer.origin) }
            (mixed.region, mixed.bounds, mixed.element) = (shared.region, shared.bounds, nil)
            result.append(mixed)
            rest = try cut(remaining, .difference, area.region)
            if result.count > 512 { throw .tooMuch }
        }
        if var rest {
            rest.blend = .normal
            result.append(rest)
        }
        areas = result
    }
}

extension SVG.Group {
    /// Whether children that blend see only what lies in the group (Compositing and Blending 1, 3.1).
    var isIsolating: Bool { isIsolated || opacity < 1 || clip != nil || mask != nil || filter != nil || blend != .normal }
}

extension FlatArea {
    /// What is seen where one area is painted over another; nil when that is no plain colour or gradient.
    fileprivate func mixed(over back: FlatArea) -> FlatArea? {
        var result = self
        result.blend = .normal
        switch (paint, back.paint) {
        case (.color(let color), .color(let behind)):
            let backdrop = Shade(behind, opacity: back.opacity)
            let shade = Shade(color, opacity: opacity).blended(blend, over: backdrop).over(backdrop)
            (result.paint, result.opacity) = (.color(shade.rounded), shade.alpha)
        case (.gradient(let gradient), .color(let behind)):
            let backdrop = Shade(behind, opacity: back.opacity)
            result.paint = .gradient(gradient.mapped(opacity: opacity) { $0.blended(blend, over: backdrop).over(backdrop) })
            result.opacity = 1
        case (.color(let color), .gradient(let behind)):
            let shade = Shade(color, opacity: opacity)
            result.paint = .gradient(behind.mapped(opacity: back.opacity) { shade.blended(blend, over: $0).over($0) })
            result.opacity = 1
        default: return nil
        }
        return result
    }
}

extension SVG.Gradient {
    /// The gradient with other colours, sampled between its stops as what becomes of them need not be linear.
    func mapped(opacity: Double, _ change: (Shade) -> Shade) -> SVG.Gradient {
        var result = self
        result.stops = []
        func add(_ offset: Double, _ shade: Shade) {
            let changed = change(shade)
            result.stops.append(Stop(offset: offset, color: changed.rounded, opacity: min(max(changed.alpha, 0), 1)))
        }
        let shades = stops.map { Shade($0.color, opacity: $0.opacity * opacity) }
        for index in stops.indices {
            if index > 0, stops[index].offset > stops[index - 1].offset, shades[index] != shades[index - 1] {
                let steps = 8, (from, to) = (shades[index - 1], shades[index])
                for step in 1..<steps {
                    let t = Double(step) / Double(steps)
                    add(
                        stops[index - 1].offset + (stops[index].offset - stops[index - 1].offset) * t,
                        Shade(color: from.color + (to.color - from.color) * t, alpha: from.alpha + (to.alpha - from.alpha) * t))
                }
            }
            add(stops[index].offset, shades[index])
        }
        return result
    }
}

extension Rect {
    /// Whether both share more than an edge.
    func overlaps(_ other: Rect) -> Bool {
        minX < other.maxX && other.minX < maxX && minY < other.maxY && other.minY < maxY
    }

    /// Whether it is so thin that it comes of rounding where two areas touch.
    func isNegligible(beside other: Rect) -> Bool {
        Swift.min(width, height) < 1e-4 * Swift.max(other.width, other.height)
    }
}
