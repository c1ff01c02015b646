internal import AtelierGeometry
internal import AtelierSVG

extension Flattening {
    /// A group that draws without a mask what it draws with its own: each part of one weight clipped and given it as opacity, what lies
    /// under a gradient painted in one whose alpha is the weight.
    mutating func unmasked(_ group: SVG.Group) throws(Obstacle) -> SVG.Group {
        guard let mask = group.mask else { return group }
        var result = group
        result.mask = nil
        result.children = []
        let weights = try weights(of: mask)
        if weights.count == 1, case .color = weights[0].paint {
            result.children = group.children
            result.opacity *= weights[0].opacity
            result.clip = weights[0].region
            if let clip = group.clip { result.clip = try combined(clip, .intersection, weights[0].region) }
            return result
        }
        var areas: [FlatArea]?
        for weight in weights {
            switch weight.paint {
            case .color:
                try spend(SVG.Node.group(group).nodeCount * 64)
                result.children.append(
                    .group(
                        SVG.Group(
                            origin: SVG.Origin(element: "g"), opacity: weight.opacity, clip: weight.region, children: group.children)))
            case .gradient(let gradient):
                if areas == nil { areas = try flat(layers(of: group.children, .identity)) }
                for area in areas ?? [] where area.bounds.overlaps(weight.bounds) {
                    guard case .color(let color) = area.paint else { throw .notFlat(area.origin) }
                    try spend(area.region.elements.count + weight.region.elements.count)
                    var part: FlatArea? = area
                    if let beyond = try cut(area, .difference, weight.region), !beyond.bounds.isNegligible(beside: area.bounds) {
                        part = try cut(area, .intersection, weight.region)
                    }
                    part?.paint = .gradient(gradient.painted(color))
                    if let part { result.children.append(part.node) }
                }
            case .pattern: throw .notFlat(weight.origin)
            }
        }
        return result
    }

    /// How much a mask shows where, in the coordinates of its group: areas whose opacity, that of a gradient's stops too, is the weight.
    private mutating func weights(of mask: SVG.Mask) throws(Obstacle) -> [FlatArea] {
        func weight(_ shade: Shade) -> Double {
            switch mask.kind {
            case .alpha: shade.alpha
            case .luminance(let isLinear): shade.luminance(isLinear: isLinear)
            }
        }
        let region = BezierPath(mask.region)
        var result: [FlatArea] = []
        for area in try flat(layers(of: mask.children, .identity)) {
            try spend(area.region.elements.count)
            guard var area = try cut(area, .intersection, region) else { continue }
            switch area.paint {
            case .color(let color):
                area.opacity = weight(Shade(color, opacity: area.opacity))
                // What is hidden to less than half a step of 8 bits is hidden.
                if area.opacity < 1.0 / 510 { continue }
                // White is 1, not a rounding error less.
                if area.opacity > 1 - 1e-6 { area.opacity = 1 }
                area.paint = .color(SVG.Color(red: 0, green: 0, blue: 0))
                if let same = result.firstIndex(where: { $0.paint == area.paint && abs($0.opacity - area.opacity) < 1e-6 }) {
                    result[same].region.append(area.region)
                    result[same].bounds = result[same].bounds.union(area.bounds)
                    continue
                }
            case .gradient(let gradient):
                area.paint = .gradient(gradient.mapped(opacity: area.opacity) { Shade(color: .zero, alpha: weight($0)) })
                area.opacity = 1
            case .pattern: throw .notFlat(area.origin)
            }
            result.append(area)
        }
        for index in result.indices {
            try spend(result[index].region.elements.count)
            // Parts side by side become one.
            result[index].region = try resolved(result[index].region, .nonzero)
        }
        return result
    }
}

extension SVG.Gradient {
    /// The gradient's alphas in one colour.
    fileprivate func painted(_ color: SVG.Color) -> SVG.Gradient {
        var result = self
        for index in result.stops.indices { result.stops[index].color = color }
        return result
    }
}
