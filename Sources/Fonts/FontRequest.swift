// Fonts: finds the font files a text asks for, sets text in them and gives their outlines. HarfBuzz shapes, measures and reads
// outlines, fontconfig finds files; both are opened on first use, so that what has no text pays nothing. It knows no SVG and no
// slides. Start with `Typesetter`.

/// What a text asks for in a font.
public struct FontRequest: Hashable, Sendable, Codable {
    /// Names of families, the preferred one first; generic ones such as `sans-serif` are names too.
    public var families: [String]
    /// 1…1000; 400 is regular, 700 bold.
    public var weight: Int
    /// Whether letters should slant.
    public var isItalic: Bool
    /// Width of the letters in percent of normal: 50…200.
    public var stretch: Int

    /// A request from its parts.
    public init(families: [String], weight: Int = 400, isItalic: Bool = false, stretch: Int = 100) {
        self.families = families
        self.weight = weight
        self.isItalic = isItalic
        self.stretch = stretch
    }
}

/// A font in a file, by everything that tells one file from another without reading it.
public struct FontFile: Hashable, Sendable, Codable {
    /// Where it lies.
    public var path: String
    /// Which font of a collection, and in the upper half which named instance of a variable font, as fontconfig counts.
    public var index: Int
    /// Size of the file.
    public var byteCount: Int
    /// When the file was changed, in nanoseconds since 1970.
    public var modified: Int
    /// Names of the font's family, the one that all its styles share first.
    public var families: [String]
    /// Its weight, 1…1000.
    public var weight: Int
    /// Whether its letters slant.
    public var isItalic: Bool

    /// A font from its parts.
    public init(
        path: String, index: Int, byteCount: Int, modified: Int, families: [String], weight: Int, isItalic: Bool
    ) {
        self.path = path
        self.index = index
        self.byteCount = byteCount
        self.modified = modified
        self.families = families
        self.weight = weight
        self.isItalic = isItalic
    }

    /// The family under which programs find this very weight when all they can ask for is regular and bold: `Noto Sans Thin`.
    public var styleFamily: String {
        let first = families.first ?? ""
        guard weight != 400, weight != 700 else { return first }
        return families.filter { $0.hasPrefix(first) }.max { $0.utf8.count < $1.utf8.count } ?? first
    }

    /// Whether it is of a family, in any case of letters.
    public func isOf(family: String) -> Bool { families.contains { $0.lowercased() == family.lowercased() } }
}

/// The fonts that a text was set in: with it the same text can be set again without looking for fonts.
public struct FontBook: Hashable, Sendable, Codable {
    /// The fonts of a request, preferred first; the others hold characters that those before them lack.
    public struct Entry: Hashable, Sendable, Codable {
        /// What was asked for.
        public var request: FontRequest
        /// What was found; empty when there is no font at all.
        public var fonts: [FontFile]

        /// An entry from its parts.
        public init(request: FontRequest, fonts: [FontFile]) {
            self.request = request
            self.fonts = fonts
        }
    }

    /// In the order in which they were asked for.
    public var entries: [Entry]
    /// Version of the library that sets.
    public var library: String

    /// A book from its parts.
    public init(entries: [Entry], library: String) {
        self.entries = entries
        self.library = library
    }
}
