/// Whether text stays text.
public enum TextMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// Always as text boxes, even where letters will stand elsewhere.
    case keep
    /// As text boxes where they will look right, else as outlines.
    case auto
    /// As outlines of its glyphs, exact and independent of fonts, with the text as description.
    case outline
}
