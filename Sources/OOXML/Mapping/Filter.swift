internal import AtelierGeometry
internal import AtelierPixels
internal import AtelierSVG

// A filter works on pixels, and slides have shapes. What common filters make of a drawing can still be said: its shapes in other
// colours or places, a shadow, soft edges. Whatever cannot becomes a picture.

extension SlideMapper {
    /// Writes a group with a filter: as shapes where they show the same, else as a picture.
    ///
    /// - Returns: the box of what was written; nil when nothing of it is seen.
    mutating func map(filtered group: SVG.Group, through parent: AffineTransform, opacity: Double, clip: BezierPath?) -> Rect? {
        decisions.begin()
        let start = checkpoint
        var bounds: Rect?
        if let filter = group.filter, let shapes = shapes(of: group, filter, through: parent) {
            if shapes.contains(where: { !$0.effects.isEmpty }) {
                note(
                    .approximated, group.origin, "its filter was said as shadows and soft edges, which programs draw a little differently",
                    by: Self.blurDeviation)
            }
            for (shape, effects, isForFirst) in shapes {
                // Shapes that have an effect have no filter inside, so there is none to go back to.
                (self.effects, effectsAreForOne) = (effects, isForFirst)
                let box = map(standIn: .group(shape), through: parent, opacity: opacity, clip: clip)
                (self.effects, effectsAreForOne) = (Effects(), false)
                bounds = box.map { bounds?.union($0) ?? $0 } ?? bounds
            }
        } else if !affordsPicture(of: .group(group), clip: clip) {
            note(.approximated, group.origin, "its filter was left out, as \(PictureWork.excess)")
            var plain = group
            plain.filter = nil
            bounds = map(standIn: .group(plain), through: parent, opacity: opacity, clip: clip)
        } else {
            let outer = link
            link = link(of: group, in: outer)
            bounds = picture(of: .group(group), through: parent, opacity: opacity, clip: clip, because: "slides have no such filter")
            link = outer
        }
        let added = contents - start.contents, isNoted = diagnostics.count > start.findingCount
        let outcome: Decision.Outcome =
            added.shapes > 0 ? (isNoted ? .approximated : .native) : added.pictures > 0 ? (isNoted ? .picture : .native) : .omitted
        decisions.end(outcome, added, nodeCount: SVG.Node.group(group).nodeCount)
        return bounds
    }

    /// Ends the properties of a shape with the effects it gets.
    mutating func writeEffects() {
        xml.effects(effects)
        if effectsAreForOne { effects = Effects() }
    }

    /// How far a program's shadow or soft edge is from a Gaussian blur: about so much of a colour channel, in the worst place.
    private static let blurDeviation = 0.02

    /// Groups to write in place of a filtered one, each with the effects that its shapes (or the first of them) get; nil for none
    /// that would look right.
    private mutating func shapes(
        of group: SVG.Group, _ filter: SVG.Filter, through parent: AffineTransform
    ) -> [(group: SVG.Group, effects: Effects, isForFirst: Bool)]? {
        let transform = group.transform.followed(by: parent)
        guard var layers = filter.layers, effects.isEmpty, transform.determinant != 0 else { return nil }
        var plain = group
        plain.filter = nil
        let ink = plain.children.inkBounds
        let blurScale = transform.meanScale
        // Shadows of a slide are round and fall straight, whatever the transform does.
        let isBlurred = layers.contains { $0.deviation > 0 }
        if isBlurred, transform.anisotropy > 1.2 || !profile.accepts(Self.blurDeviation) { return nil }

        var result: [(SVG.Group, Effects, Bool)] = []
        while !layers.isEmpty {
            let layer = layers.removeFirst()
            // A shadow right behind what throws it, and one inside right before it, are effects of that.
            var effects = Effects(), main = layer, rest = layers[...]
            if layer.isShadow, let next = rest.first, next.isUnmoved, layer.fits(ink), layer.deviation > 0 || layer.shift != .zero {
                effects.outer = shadow(layer, transform)
                main = next
                rest = rest.dropFirst()
            }
            if main.isUnmoved, let next = rest.first, case .inside = next.content, let inner = shadow(next, transform) {
                effects.inner = inner
                rest = rest.dropFirst()
            }
            if !effects.isEmpty, let holder = effectHolder(of: plain, effects, blurScale), main.fits(ink),
                let painted = repainted(plain, main)
            {
                result.append((painted, effects, holder == .first))
                layers = Array(rest)
                continue
            }
            if case .inside = layer.content { return nil }
            if case .outside = layer.content { return nil }

            if layer.deviation == 0 {
                guard let copy = copy(of: plain, layer, ink) else { return nil }
                result.append((copy, Effects(), false))
            } else {
                guard layer.fits(ink), let (soft, radius) = softened(plain, layer, blurScale) else { return nil }
                result.append((soft, Effects(softEdge: radius), false))
            }
        }
        return result
    }

    /// A shadow as an effect; nil for one of no colour.
    private func shadow(_ layer: FilterLayer, _ transform: AffineTransform) -> Effects.Shadow? {
        guard let color = layer.tint, (0...1).contains(layer.opacity) else { return nil }
        let by = transform(layer.shift)
        var direction = by == .zero ? 0 : Int((Angle(of: by).degrees * 60_000).rounded())
        if direction < 0 { direction += Pose.fullTurn }
        return Effects.Shadow(
            radius: min(Int(2 * layer.deviation * transform.meanScale + 0.5), Effects.greatestLength),
            distance: min(Int(by.length + 0.5), Effects.greatestLength), direction: direction % Pose.fullTurn,
            tint: Tint(color: color, alpha: Int(layer.opacity * Double(Tint.opaque) + 0.5)))
    }

    private enum EffectHolder { case first, all }

    /// Which shapes of a group may have an effect instead of the group as a whole: the only one, the first when it lies behind all
    /// others, all when none reaches another; nil when that would show.
    private func effectHolder(of group: SVG.Group, _ effects: Effects, _ scale: Double) -> EffectHolder? {
        guard let leaves = group.leaves(limit: 64), !leaves.isEmpty else { return nil }
        if leaves.count == 1 { return .all }
        let boxes = leaves.map { $0.node.inkBounds(in: $0.transform) }
        if let first = boxes[0], leaves[0].node.isOpaque,
            boxes.dropFirst().allSatisfy({ $0.map { first.holds($0) } ?? true })
        {
            return .first
        }
        guard effects.inner == nil, let outer = effects.outer else { return nil }
        let reach = (Double(outer.radius) * 1.5 + Double(outer.distance)) / scale
        for (index, box) in boxes.enumerated() {
            for other in boxes[(index + 1)...] {
                if let box, let other, box.shared(with: other.grown(by: reach)) != nil { return nil }
            }
        }
        return .all
    }

    /// The group in the layer's colours, in its place.
    private func repainted(_ group: SVG.Group, _ layer: FilterLayer) -> SVG.Group? {
        if layer.tint == nil, layer.changes.isEmpty, layer.opacity == 1 { return group }
        var result = group
        result.opacity *= layer.opacity
        result.children = []
        for child in group.children {
            guard let painted = child.painted(layer) else { return nil }
            result.children.append(painted)
        }
        return result
    }

    /// A layer without blur: the group in its colours, moved, and cut where it leaves its region.
    private func copy(of group: SVG.Group, _ layer: FilterLayer, _ ink: Rect?) -> SVG.Group? {
        var result = SVG.Group(
            origin: group.origin, transform: group.transform, opacity: group.opacity * layer.opacity, clip: group.clip, link: group.link)
        switch layer.content {
        case .everything:
            guard let color = layer.tint else { return nil }
            result.children = [
                .path(
                    SVG.Path(
                        origin: SVG.Origin(element: "feFlood"), geometry: BezierPath(layer.region),
                        shape: .rect(layer.region, rx: 0, ry: 0),
                        fill: SVG.Fill(paint: .color(color))))
            ]
            return result
        case .image(let node):
            var inner = SVG.Group(
                origin: SVG.Origin(element: "feImage"), transform: .translation(layer.shift.dx, layer.shift.dy), children: [node])
            if let box = node.inkBounds(in: node.transform.followed(by: inner.transform)), !layer.region.holds(box) {
                inner.clip = BezierPath(layer.region).transformed(by: .translation(-layer.shift.dx, -layer.shift.dy))
            }
            result.children = [.group(inner)]
            return result
        case .source:
            guard let painted = repainted(group, layer), let ink else { return ink == nil ? result : nil }
            if layer.shift == .zero, layer.fits(ink) {
                result = painted
                return result
            }
            var inner = SVG.Group(
                origin: SVG.Origin(element: "g"), transform: .translation(layer.shift.dx, layer.shift.dy), children: painted.children)
            if !layer.fits(ink) { inner.clip = BezierPath(layer.region).transformed(by: .translation(-layer.shift.dx, -layer.shift.dy)) }
            // Nodes that the cut leaves a part of cannot be cut themselves in every case.
            result.children = [.group(inner)]
            return result
        case .inside, .outside: return nil
        }
    }

    /// A blurred layer as one shape with soft edges: these take away from the inside what a blur spreads to both sides, so the shape
    /// grows by that first. Nil for what is no one shape of one paint.
    private mutating func softened(_ group: SVG.Group, _ layer: FilterLayer, _ scale: Double) -> (group: SVG.Group, radius: Int)? {
        guard case .source = layer.content, let leaves = group.leaves(limit: 64), !leaves.isEmpty else { return nil }
        var outline = BezierPath(), paint: SVG.Paint?, opacity: Double?
        // Longer outlines take longer to grow than to draw.
        guard leaves.reduce(0, { $0 + $1.node.elementCount }) <= 4096 else { return nil }
        for (node, transform) in leaves {
            guard case .path(let path) = node, let areas = areas(of: path) else { return nil }
            for (region, part, alpha) in areas where !region.isEmpty {
                let region = region.transformed(by: transform), part = part.moved(by: transform)
                if layer.tint == nil, let paint, paint != part { return nil }
                if let opacity, abs(opacity - alpha) > 0.01 { return nil }
                (paint, opacity) = (part, alpha)
                guard let more = united(outline, region) else { return nil }
                outline = more
            }
        }
        guard let paint, let opacity, opacity > 0.99 || leaves.count == 1, let box = outline.bounds else { return nil }
        // A thin shape fades as a whole when it is blurred, which soft edges cannot say.
        let grown = layer.deviation * SoftEdge.growth
        guard min(box.width, box.height) > layer.deviation * 3 else { return nil }
        let rim = outline.stroked(StrokeStyle(width: 2 * grown, join: .round), tolerance: max(grown, 1e-6) / 50)
        guard let whole = united(outline, rim) else { return nil }
        outline = whole

        var fill = SVG.Fill(paint: layer.tint.map { .color($0) } ?? paint, opacity: opacity)
        if layer.tint == nil {
            guard let changed = fill.paint.changed(by: layer.changes) else { return nil }
            fill.paint = changed
        }
        let origin = group.label == nil ? (group.leaves(limit: 1)?.first?.node.origin ?? group.origin) : group.origin
        let path = SVG.Path(
            origin: origin, geometry: outline, transform: .translation(layer.shift.dx, layer.shift.dy), opacity: layer.opacity, fill: fill)
        let result = SVG.Group(
            origin: SVG.Origin(element: "g"), transform: group.transform, opacity: group.opacity, clip: group.clip, link: group.link,
            children: [.path(path)])
        return (result, min(Int(layer.deviation * SoftEdge.radius * scale + 0.5), Effects.greatestLength))
    }
}

/// A blur of standard deviation 1 as soft edges, fitted to how programs draw them.
private enum SoftEdge {
    /// How far the shape grows.
    static let growth = 2.2
    /// How far the edge fades inwards.
    static let radius = 2.1
}

extension Effects {
    /// The largest positive coordinate of the schema.
    static let greatestLength = 27_273_042_316_900 / 1000
}

extension FilterLayer {
    /// Whether it is the group where the group is, in whatever colours.
    fileprivate var isUnmoved: Bool { if case .source = content { isInPlace } else { false } }

    /// Whether it is seen whole, or as good as: a blur is faint beyond one and a half deviations.
    fileprivate func fits(_ ink: Rect?) -> Bool {
        guard let ink else { return true }
        let reach = deviation * 1.5
        let moved = Rect(x: ink.minX + shift.dx, y: ink.minY + shift.dy, width: ink.width, height: ink.height)
        return region.holds(moved.grown(by: reach))
    }
}

extension Rect {
    fileprivate func grown(by margin: Double) -> Rect {
        Rect(x: minX - margin, y: minY - margin, width: width + 2 * margin, height: height + 2 * margin)
    }

    /// Whether a box lies inside, within a thousandth of its size.
    fileprivate func holds(_ box: Rect) -> Bool {
        let slack = 1e-3 * max(box.width, box.height)
        return box.minX >= minX - slack && box.minY >= minY - slack && box.maxX <= maxX + slack && box.maxY <= maxY + slack
    }
}

extension [SVG.Node] {
    /// A box that nothing of them leaves, in the coordinates around them.
    fileprivate var inkBounds: Rect? {
        reduce(nil) { result, node in
            guard let box = node.inkBounds(in: node.transform) else { return result }
            return result?.union(box) ?? box
        }
    }
}

extension SVG.Group {
    fileprivate var label: String? { origin.label }

    /// What is drawn inside, with its transform to the group; nil when there are more than `limit`, or something between changes
    /// more than the place: opacity, clips, filters.
    fileprivate func leaves(limit: Int) -> [(node: SVG.Node, transform: AffineTransform)]? {
        var result: [(SVG.Node, AffineTransform)] = [], pending = [(SVG.Node.group(self), AffineTransform.identity, true)]
        while let (node, outer, isRoot) = pending.popLast() {
            guard case .group(let group) = node else {
                guard result.count < limit else { return nil }
                // These become several shapes, each of which would have the effects.
                if case .path(let path) = node, path.hasPattern || path.isStrokeFirst { return nil }
                result.append((node, node.transform.followed(by: outer)))
                continue
            }
            if !isRoot, group.opacity < 1 || group.clip != nil || group.filter != nil { return nil }
            if group.mask != nil || group.blend != .normal { return nil }
            let transform = isRoot ? outer : group.transform.followed(by: outer)
            pending += group.children.reversed().map { ($0, transform, false) }
        }
        return result
    }
}

extension SVG.Node {
    fileprivate var elementCount: Int { if case .path(let path) = self { path.geometry.elements.count } else { 0 } }

    /// Whether nothing shows through its inside.
    fileprivate var isOpaque: Bool {
        guard case .path(let path) = self, let fill = path.fill, path.opacity * fill.opacity > 0.99 else { return false }
        switch fill.paint {
        case .color: return true
        case .gradient(let gradient): return gradient.stops.allSatisfy { $0.opacity > 0.99 }
        case .pattern: return false
        }
    }

    /// The node in a layer's colours; nil for pixels, whose colours are in their file.
    fileprivate func painted(_ layer: FilterLayer) -> SVG.Node? {
        var isKnown = true
        func paint(_ old: SVG.Paint) -> SVG.Paint {
            let new = old.painted(layer)
            if new == nil { isKnown = false }
            return new ?? old
        }
        func paint(_ fill: SVG.Fill?) -> SVG.Fill? {
            fill.map {
                var fill = $0
                fill.paint = paint(fill.paint)
                return fill
            }
        }
        func paint(_ stroke: SVG.Stroke?) -> SVG.Stroke? {
            stroke.map {
                var stroke = $0
                stroke.paint = paint(stroke.paint)
                return stroke
            }
        }
        switch self {
        case .image: return nil
        case .group(var group):
            guard group.filter == nil, group.blend == .normal else { return nil }
            var children: [SVG.Node] = []
            for child in group.children {
                guard let painted = child.painted(layer) else { return nil }
                children.append(painted)
            }
            group.children = children
            return .group(group)
        case .path(var path):
            (path.fill, path.stroke) = (paint(path.fill), paint(path.stroke))
            return isKnown ? .path(path) : nil
        case .text(var text):
            for chunk in text.chunks.indices {
                for span in text.chunks[chunk].spans.indices {
                    var painted = text.chunks[chunk].spans[span]
                    (painted.fill, painted.stroke) = (paint(painted.fill), paint(painted.stroke))
                    for line in painted.decorations.indices {
                        painted.decorations[line].fill = paint(painted.decorations[line].fill)
                        painted.decorations[line].stroke = paint(painted.decorations[line].stroke)
                    }
                    text.chunks[chunk].spans[span] = painted
                }
            }
            return isKnown ? .text(text) : nil
        }
    }
}

extension SVG.Paint {
    /// The paint in a layer's colours; nil when these cannot be computed.
    fileprivate func painted(_ layer: FilterLayer) -> SVG.Paint? {
        guard let tint = layer.tint else { return changed(by: layer.changes) }
        if case .pattern = self { return nil }
        guard case .gradient(var gradient) = self else { return .color(tint) }
        if gradient.stops.allSatisfy({ $0.opacity == 1 }) { return .color(tint) }
        for index in gradient.stops.indices { gradient.stops[index].color = tint }
        return .gradient(gradient)
    }

    fileprivate func changed(by changes: [ColorChange]) -> SVG.Paint? {
        func changed(_ color: SVG.Color) -> SVG.Color? {
            var color = color
            for change in changes {
                guard let next = change(color) else { return nil }
                color = next
            }
            return color
        }
        switch self {
        case .color(let color): return changed(color).map { .color($0) }
        case .gradient(var gradient):
            for index in gradient.stops.indices {
                guard let color = changed(gradient.stops[index].color) else { return nil }
                gradient.stops[index].color = color
            }
            return .gradient(gradient)
        case .pattern: return nil
        }
    }
}

extension SlideMapper {
    /// What lies in either region; nil where that takes more work than is left.
    fileprivate mutating func united(_ one: BezierPath, _ other: BezierPath) -> BezierPath? {
        outlines.spending(atMost: Flattening.mostWork) { work in
            one.isEmpty ? other.resolved(.nonzero, work: &work) : one.combined(.union, with: other, work: &work)
        }
    }

    /// The regions that a path paints, back to front, each with its paint and opacity, in its own coordinates; nil where that takes too
    /// much work.
    fileprivate mutating func areas(of path: SVG.Path) -> [(region: BezierPath, paint: SVG.Paint, opacity: Double)]? {
        var areas: [(BezierPath, SVG.Paint, Double)] = []
        if let fill = path.fill {
            let region = outlines.spending(atMost: Flattening.mostWork) { path.geometry.resolved(fill.rule, work: &$0) }
            guard let region else { return nil }
            areas.append((region, fill.paint, fill.opacity * path.opacity))
        }
        if let stroke = path.stroke {
            let line = path.geometry.dashed(stroke.dashes, offset: stroke.dashOffset)
            guard line.elements.count <= 4096 else { return nil }
            areas.append((line.stroked(stroke.style, tolerance: stroke.width / 100), stroke.paint, stroke.opacity * path.opacity))
        }
        return areas
    }
}
