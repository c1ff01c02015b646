internal import AtelierSVG

extension SolidFill {
    /// A paint under an opacity; nil when nothing of it would be seen.
    init?(_ paint: SVG.Paint, opacity: Double) {
        // Written so that NaN counts as invisible rather than trapping below.
        guard opacity > 0 else { return nil }
        alpha = Int(min(opacity, 1) * Double(Self.opaque) + 0.5)
        guard alpha > 0 else { return nil }
        switch paint {
        case .color(let color): self.color = color
        }
    }
}
