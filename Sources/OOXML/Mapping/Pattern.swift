internal import AtelierGeometry
internal import AtelierPixels
internal import AtelierSVG

extension SVG.Path {
    /// Whether a pattern paints its fill or its stroke.
    var hasPattern: Bool {
        if case .pattern? = fill?.paint { return true }
        if case .pattern? = stroke?.paint { return true }
        return false
    }
}

extension SVG.Text {
    /// Whether a pattern paints any of it.
    var hasPattern: Bool {
        chunks.contains { chunk in
            chunk.spans.contains { span in
                if case .pattern? = span.fill?.paint { return true }
                if case .pattern? = span.stroke?.paint { return true }
                return false
            }
        }
    }
}

extension SVG.Group {
    /// The group with markers that follow each other in one pattern as one path, so that its tiles are laid over all of them at once; nil
    /// where there are none. Only what does not overlap is joined.
    var joiningMarkersInPatterns: SVG.Group? {
        // Markers follow each other, with no more than the line before them.
        guard children.count > 1, case .group(let second) = children[1], second.origin.element == "marker" else { return nil }
        var joined: [SVG.Node] = [], run: MarkersInPattern?
        for child in children {
            guard let marker = MarkersInPattern(child) else {
                run = nil
                joined.append(child)
                continue
            }
            if run?.join(marker) == true, let path = run?.path {
                joined[joined.count - 1] = .path(path)
            } else {
                run = marker
                joined.append(child)
            }
        }
        guard joined.count < children.count else { return nil }
        var result = self
        result.children = joined
        return result
    }
}

/// Markers that are one path each, all in one pattern: those of `context-fill` on a path that has one.
private struct MarkersInPattern {
    /// All of them, in the coordinates of the group around them.
    var path: SVG.Path
    private var pattern: SVG.Pattern
    private var boxes: [Rect]

    /// Most that are joined: each is compared with all others.
    private static let most = 100
    /// Most tiles in the box of all, which may hold many more than the boxes of each.
    private static let mostTiles = 200.0

    /// A marker; nil when it is anything else.
    init?(_ node: SVG.Node) {
        guard case .group(let marker) = node, marker.origin.element == "marker" else { return nil }
        var content = node, transform = AffineTransform.identity
        while case .group(let group) = content {
            let isBare = group.clip == nil && group.mask == nil && group.filter == nil && group.blend == .normal && group.link == nil
            guard isBare, group.opacity == 1, group.children.count == 1 else { return nil }
            transform = group.transform.followed(by: transform)
            content = group.children[0]
        }
        guard case .path(var path) = content, path.stroke == nil, path.opacity == 1, case .pattern(let own)? = path.fill?.paint else {
            return nil
        }
        transform = path.transform.followed(by: transform)
        pattern = own.moved(by: transform)
        path.geometry = path.geometry.transformed(by: transform)
        path.fill?.paint = .pattern(pattern)
        (path.transform, path.shape) = (.identity, nil)
        guard let box = path.geometry.bounds else { return nil }
        self.path = path
        boxes = [box]
    }

    /// Takes another marker in, if that changes nothing of what is seen.
    mutating func join(_ other: MarkersInPattern) -> Bool {
        let box = other.boxes[0]
        guard boxes.count < Self.most, path.fill?.rule == other.path.fill?.rule, path.fill?.opacity == other.path.fill?.opacity,
            pattern.tile == other.pattern.tile, pattern.children == other.pattern.children, liesAs(other.pattern),
            boxes.allSatisfy({ !$0.overlaps(box) }), let back = pattern.transform.inverse,
            let all = BezierPath(boxes.reduce(box) { $0.union($1) }).transformed(by: back).bounds,
            all.width * all.height <= Self.mostTiles * pattern.tile.width * pattern.tile.height
        else { return false }
        path.geometry.append(other.path.geometry)
        boxes.append(box)
        return true
    }

    /// Whether both patterns have their tiles at the same places but for rounding.
    private func liesAs(_ other: SVG.Pattern) -> Bool {
        guard let back = pattern.transform.inverse else { return false }
        let way = other.transform.followed(by: back), tile = pattern.tile
        return [Point.zero, Point(tile.width, 0), Point(0, tile.height)].allSatisfy {
            way($0).distance(to: $0) < 1e-6 * max(tile.width, tile.height)
        }
    }
}

extension Flattening {
    /// A group that draws what a path with patterns draws. Each thing in a tile becomes one shape of as many parts as there are tiles,
    /// cut at the outline; what fills tiles wholly becomes the outline itself.
    mutating func unpatterned(_ path: SVG.Path) throws(Obstacle) -> SVG.Node {
        var group = SVG.Group(origin: path.origin, transform: path.transform, opacity: path.opacity)
        var rest = path
        rest.origin = path.origin.nameless
        (rest.transform, rest.opacity) = (.identity, 1)
        if let fill = path.fill, case .pattern(let pattern) = fill.paint {
            group.children = try tiles(of: pattern, opacity: fill.opacity, in: resolved(path.geometry, fill.rule), path)
            rest.fill = nil
        }
        if let stroke = path.stroke, case .pattern(let pattern) = stroke.paint {
            var line = path
            (line.fill, line.transform) = (nil, .identity)
            line.stroke?.paint = .color(SVG.Color(red: 0, green: 0, blue: 0))
            var ink = BezierPath()
            for area in try layers(of: [.path(line)], .identity) { ink.append(area.region) }
            let tiles = try tiles(of: pattern, opacity: stroke.opacity, in: ink, SVG.Path(origin: path.origin, geometry: ink, fill: nil))
            if rest.fill != nil {
                rest.stroke = nil
                group.children = [.path(rest)]
            }
            group.children.insert(contentsOf: tiles, at: path.isStrokeFirst ? 0 : group.children.count)
        } else if rest.stroke != nil {
            group.children.insert(.path(rest), at: path.isStrokeFirst ? 0 : group.children.count)
        }
        return .group(group)
    }

    /// The tiles of a pattern inside an outline, in the outline's coordinates.
    private mutating func tiles(
        of pattern: SVG.Pattern, opacity: Double, in outline: BezierPath, _ path: SVG.Path
    ) throws(Obstacle) -> [SVG.Node] {
        guard let back = pattern.transform.inverse, let box = outline.transformed(by: back).bounds else { return [] }
        let columns = (box.minX / pattern.tile.width).rounded(.down), columnEnd = (box.maxX / pattern.tile.width).rounded(.up)
        let rows = (box.minY / pattern.tile.height).rounded(.down), rowEnd = (box.maxY / pattern.tile.height).rounded(.up)
        let count = (columnEnd - columns) * (rowEnd - rows)
        guard count >= 0, count <= 10_000, columns.magnitude < 1e9, rows.magnitude < 1e9 else { throw .tooMuch }
        var places: [AffineTransform] = []
        for row in Int(rows)..<Int(rowEnd) {
            for column in Int(columns)..<Int(columnEnd) {
                places.append(.translation(Double(column) * pattern.tile.width, Double(row) * pattern.tile.height))
            }
        }

        var result: [SVG.Node] = []
        for (area, isWhole) in try areas(ofTile: pattern, opacity: opacity) {
            var parts: [FlatArea] = []
            if isWhole, case .color = area.paint {
                var part = area
                part.element = SVG.Path(
                    origin: area.origin, geometry: path.geometry, shape: path.shape,
                    fill: path.fill ?? SVG.Fill(paint: area.paint, rule: .evenOdd))
                parts = [part]
            } else if case .color = area.paint {
                try spend(area.region.elements.count * places.count + outline.elements.count)
                var copies = BezierPath()
                copies.reserveCapacity(area.region.elements.count * places.count)
                for place in places { copies.append(area.region.transformed(by: place)) }
                var all = area
                all.region = copies.transformed(by: pattern.transform)
                parts = try cut(all, .intersection, outline).map { [$0] } ?? []
            } else {
                // Each copy of a gradient lies elsewhere.
                if places.count > 200 { throw .tooMuch }
                for place in places {
                    try spend(area.region.elements.count + outline.elements.count)
                    let toPath = place.followed(by: pattern.transform)
                    var copy = area
                    copy.region = area.region.transformed(by: toPath)
                    copy.paint = area.paint.moved(by: toPath)
                    if let part = try cut(copy, .intersection, outline) { parts.append(part) }
                }
            }
            result += parts.map { part in
                var part = part
                part.origin = area.origin.nameless
                return part.node
            }
        }
        return result
    }

    /// What a tile shows, back to front in the pattern's coordinates, and whether it fills the tile. Neighbours in one opaque colour
    /// are one.
    private mutating func areas(ofTile pattern: SVG.Pattern, opacity: Double) throws(Obstacle) -> [(FlatArea, isWhole: Bool)] {
        let tile = BezierPath(Rect(x: 0, y: 0, width: pattern.tile.width, height: pattern.tile.height))
        var areas = try layers(of: pattern.children, .identity)
        if opacity < 1 {
            areas = try flat(areas)
            for index in areas.indices { areas[index].opacity *= opacity }
        } else if areas.contains(where: { $0.blend != .normal }) {
            areas = try flat(areas)
        }
        var result: [(FlatArea, isWhole: Bool)] = []
        for area in areas {
            try spend(2 * area.region.elements.count)
            guard var seen = try cut(area, .intersection, tile) else { continue }
            let rest = try combined(tile, .difference, seen.region).bounds
            let isWhole = rest?.isNegligible(beside: seen.bounds) ?? true
            if isWhole, seen.isOpaque { result.removeAll() }
            if !isWhole, let last = result.last, !last.isWhole, last.0.isOpaque, seen.isOpaque, case .color = seen.paint,
                last.0.paint == seen.paint
            {
                // Nobody sees where the one ends and the other begins.
                try spend(last.0.region.elements.count + seen.region.elements.count)
                let both = try combined(last.0.region, .union, seen.region)
                (seen.region, seen.bounds) = (both, both.bounds ?? seen.bounds)
                result.removeLast()
            }
            result.append((seen, isWhole))
        }
        return result
    }
}
