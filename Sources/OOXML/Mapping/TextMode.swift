/// What becomes of text.
public enum TextMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// Text that can be edited, whatever the reader's fonts make of it.
    case keep
    /// Text that can be edited where the fonts asked for are there, else outlines of its letters.
    case auto
    /// Outlines of the letters, which look the same everywhere.
    case outline
}
