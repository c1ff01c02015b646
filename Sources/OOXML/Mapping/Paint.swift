internal import AtelierGeometry
internal import AtelierSVG

/// A paint of which something will be seen.
struct VisiblePaint {
    var paint: SVG.Paint
    /// Above 0.
    var opacity: Double

    /// Nil when nothing of it would be seen. Written so that NaN counts as invisible.
    init?(_ paint: SVG.Paint, opacity: Double) {
        // A pattern has become shapes of its own, or nothing (`Plain.swift`).
        if case .pattern = paint { return nil }
        guard opacity > 0, Int(min(opacity, 1) * Double(Tint.opaque) + 0.5) > 0 else { return nil }
        self.paint = paint
        self.opacity = opacity
    }

    var isGradient: Bool { if case .gradient = paint { true } else { false } }
}

extension SlideMapper {
    /// A paint as the fill of a shape.
    ///
    /// - Parameter transform: From the path's coordinates to the slide.
    mutating func fill(
        _ visible: VisiblePaint, through transform: AffineTransform, in frame: Frame, of origin: SVG.Origin
    ) -> Fill {
        switch visible.paint {
        case .color(let color):
            .solid(Tint(color: color, alpha: Int(min(visible.opacity, 1) * Double(Tint.opaque) + 0.5)))
        case .gradient(let gradient):
            self.gradient(gradient, opacity: visible.opacity, through: transform, in: frame, of: origin)
        case .pattern: preconditionFailure("a pattern is no visible paint")
        }
    }
}
