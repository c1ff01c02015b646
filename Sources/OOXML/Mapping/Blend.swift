internal import AtelierGeometry
internal import AtelierPixels
internal import AtelierSVG

extension Flattening {
    /// What a group with a blend mode draws, as areas to paint as usual: each part of it over one colour behind it in the colour that, painted
    /// there, gives the mixture (Compositing and Blending 1, 5.7). All in the coordinates of the picture.
    ///
    /// - Parameters:
    ///   - transform: From the group's parent to the picture.
    ///   - backdrop: What is drawn behind it in the same isolated group, back to front.
    mutating func blended(
        _ group: SVG.Group, _ transform: AffineTransform, over backdrop: [FlatArea]
    ) throws(Obstacle) -> [FlatArea] {
        let behind = try flat(backdrop)
        var result: [FlatArea] = []
        for source in try layers(of: [.group(group)], transform) {
            var rest: FlatArea? = source
            for area in behind where area.bounds.overlaps(source.bounds) {
                guard let remaining = rest else { break }
                try spend(2 * (area.region.elements.count + remaining.region.elements.count))
                guard var part = try cut(remaining, .intersection, area.region), !part.bounds.isNegligible(beside: source.bounds) else {
                    continue
                }
                guard let paint = source.paint.blended(source.blend, source.opacity, over: area) else { throw .notFlat(area.origin) }
                (part.paint, part.opacity) = paint
                result.append(part)
                rest = try cut(remaining, .difference, area.region)
            }
            if let rest { result.append(rest) }
        }
        for index in result.indices { result[index].blend = .normal }
        return result
    }
}

extension SVG.Paint {
    /// The paint that gives over `backdrop` what this one gives by a blend mode, and its opacity; nil when it would be a mixture of two
    /// gradients.
    fileprivate func blended(_ mode: SVG.BlendMode, _ opacity: Double, over backdrop: FlatArea) -> (SVG.Paint, Double)? {
        switch (self, backdrop.paint) {
        case (.color(let color), .color(let behind)):
            let shade = Shade(color, opacity: opacity).blended(mode, over: Shade(behind, opacity: backdrop.opacity))
            return (.color(shade.rounded), opacity)
        case (.gradient(let gradient), .color(let behind)):
            let behind = Shade(behind, opacity: backdrop.opacity)
            return (.gradient(gradient.mapped(opacity: opacity) { $0.blended(mode, over: behind) }), 1)
        case (.color(let color), .gradient(let behind)):
            let shade = Shade(color, opacity: opacity)
            return (.gradient(behind.mapped(opacity: backdrop.opacity) { shade.blended(mode, over: $0) }), 1)
        default: return nil
        }
    }
}
