/// How colors are mixed with those below (Compositing and Blending 1, clause 10), by its name in CSS.
///
/// In the order of the specification, which is that of the modes in `CAtelierKernels`.
public enum BlendMode: String, Hashable, Sendable, CaseIterable {
    /// The color above.
    case normal
    /// Channel by channel, darker or lighter.
    case multiply, screen, overlay, darken, lighten
    /// The colors below brightened by those above.
    case colorDodge = "color-dodge"
    /// The colors below darkened by those above.
    case colorBurn = "color-burn"
    /// `overlay` with the two exchanged.
    case hardLight = "hard-light"
    /// A softer `hardLight`.
    case softLight = "soft-light"
    /// How far the channels are apart.
    case difference, exclusion
    /// All channels together: what is named comes from the color above.
    case hue, saturation, color, luminosity
}

#if !hasFeature(Embedded)
    extension BlendMode: Codable {}
#endif
