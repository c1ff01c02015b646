public import AtelierOOXML

/// What the slides of a deck are made of.
public struct DeckOptions: Hashable, Sendable, Codable {
    /// What becomes a slide.
    public enum Pages: String, Hashable, Sendable, Codable, CaseIterable {
        /// Each file.
        case files
        /// Each layer of each file, with what is in no layer.
        case layers
        /// Each page that a file marks out on its canvas; a file without pages is one.
        case pages
    }

    /// What becomes a slide, or a picture of the grid.
    public var pages = Pages.files
    /// Columns and rows of pictures on each slide; nil for one picture.
    public var grid: PictureGrid?
    /// Distance of the grid's pictures from the slide's edges and from one another, in points.
    public var margin = 18.0
    /// Whether descriptions become notes.
    public var notesFromDescriptions = false
    /// Name of the template's layout; nil for its blank one.
    public var layout: String?
    /// Name, type or number of the placeholder that pictures go into; nil for the largest for content.
    public var placeholder: String?

    /// One slide for each file.
    public init() {}
}

/// Why files do not make the deck that was asked for.
public enum DeckError: Error, Equatable, CustomStringConvertible {
    /// A drawing without layers.
    case noLayers
    /// A template has its own slide size.
    case sizeOfTemplate
    /// More notes than slides.
    case tooManyNotes(count: Int, slides: Int)

    /// One sentence: what, and what would help.
    public var description: String {
        switch self {
        case .noLayers:
            "the drawing has no layers: no group at its top is a layer or has a title, a label or an id; name its groups, "
                + "or leave --slides layers away"
        case .sizeOfTemplate: "a template has its own slide size; leave --slide-size away"
        case .tooManyNotes(let count, let slides):
            "there are notes for \(count) slides and the deck has \(slides); a line of --- stands between the notes of two slides"
        }
    }
}
