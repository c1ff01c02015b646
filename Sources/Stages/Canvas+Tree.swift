import AtelierGeometry
import AtelierPixels
import AtelierSVG

extension Canvas {
    /// Paints the paths of a drawing: fills, solid strokes, colours and gradients that stay beyond their ends.
    ///
    /// That is all a traced drawing is made of. Clips, masks, filters, patterns, pictures, text and the opacity of groups are not painted.
    mutating func paint(_ tree: SVG.Tree, transform: AffineTransform) { paint(tree.root, transform) }

    private mutating func paint(_ group: SVG.Group, _ outer: AffineTransform) {
        let transform = group.transform.followed(by: outer)
        for child in group.children {
            switch child {
            case .group(let group): paint(group, transform)
            case .path(let path): paint(path, path.transform.followed(by: transform))
            case .image, .text: break
            }
        }
    }

    private mutating func paint(_ path: SVG.Path, _ transform: AffineTransform) {
        if let fill = path.fill, let paint = Paint(fill.paint, opacity: fill.opacity * path.opacity) {
            self.fill(path.geometry, with: paint, rule: fill.rule, transform: transform)
        }
        if let stroke = path.stroke, let paint = Paint(stroke.paint, opacity: stroke.opacity * path.opacity) {
            let style = StrokeStyle(width: stroke.width, cap: stroke.cap, join: stroke.join, miterLimit: stroke.miterLimit)
            self.stroke(path.geometry, style, with: paint, transform: transform)
        }
    }
}

extension Paint {
    /// Nil for a pattern.
    fileprivate init?(_ paint: SVG.Paint, opacity: Double) {
        func color(_ color: SVG.Color, _ opacity: Double) -> RGBA8 {
            RGBA8(color.red, color.green, color.blue, UInt8(max(0, min(1, opacity)) * 255 + 0.5))
        }
        switch paint {
        case .color(let plain): self = .color(color(plain, opacity))
        case .pattern: return nil
        case .gradient(let gradient):
            let stops = gradient.stops.map { GradientStop(offset: $0.offset, color: color($0.color, $0.opacity * opacity)) }
            let transform = gradient.transform
            switch gradient.shape {
            case .linear(let from, let to):
                // Lines of one colour run across the gradient and may lean after the transform; `end` is chosen square to them.
                let start = transform(from), normal = transform((to - from).perpendicular).perpendicular
                let square = normal.dot(normal), reach = (transform(to) - start).dot(normal)
                let end = square > 0 ? start + normal * (reach / square) : start
                self = .linear(LinearGradient(start: start, end: end, stops: stops))
            case .radial(let center, let radius, _, _):
                let circle = AffineTransform(a: radius, b: 0, c: 0, d: radius, e: center.x, f: center.y)
                self = .radial(RadialGradient(place: circle.followed(by: transform), stops: stops))
            }
        }
    }
}
