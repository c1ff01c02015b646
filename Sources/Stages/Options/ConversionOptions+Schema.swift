import AtelierImageCodecs
import AtelierOOXML
import AtelierSVG

// Made once: a run reads them for its flags, and again to note what it was asked for.
extension ConversionOptions {
    /// What a person can say about slides.
    package static let slides: [Option<ConversionOptions>] =
        [
            .parsed(
                "slide-size", \.slide.size, "SIZE", form: "16:9, 4:3 or a size such as 10x7.5 (inches) or 25x19cm (mm, pt, px)",
                or: "auto", group: "Slides", "Size of all slides; auto takes that of the largest picture.",
                parse: SlideSize.init(written:), text: \.written),
            .choice(
                "fit", \.slide.fit, group: "Slides",
                "How a picture of another shape comes onto a slide, into a placeholder or a cell: as large as it fits, so that it "
                    + "covers everything, stretched, or at its own size."),
            .parsed(
                "background", \.slide.background, "COLOR", form: "a colour such as #1e2a38", or: "none", group: "Slides",
                "Colour of the slides.", parse: SVG.Color.init(written:), text: \.written),
            .choice("slides", \.deck.pages, group: "Slides", "What becomes a slide: each file, each of its layers or each of its pages."),
            .flag(
                "builds", \.slide.builds, group: "Slides",
                "Layers, or the pictures of a grid, appear one after the other, with a click each."),
            .parsed(
                "grid", \.deck.grid, "CxR", form: "columns x rows such as 3x2, each 1 to 20", or: "off", group: "Slides",
                "Several pictures on each slide, each a group of its own.", parse: PictureGrid.init(written:), text: \.written),
            .number(
                "margin", \.deck.margin, 0...500, unit: "points", group: "Slides",
                "Distance of the pictures of a grid from the edges and from one another."),
            .flag("notes", \.deck.notesFromDescriptions, group: "Slides", "Makes notes for the speaker of the <desc> of files and layers."),
            .parsed(
                "layout", \.deck.layout, "NAME", form: "a name", or: "auto", group: "Slides",
                "Layout of the template for the new slides; auto takes the one named Blank, or the last.", parse: \.self, text: \.self),
            .parsed(
                "placeholder", \.deck.placeholder, "NAME", form: "a name, type or number", or: "auto", group: "Slides",
                "Placeholder of the layout that pictures go into; auto takes the largest for content.", parse: \.self, text: \.self),
            .choice(
                "profile", \.slide.profile, group: "Slides",
                "What counts where slides cannot say it exactly: shapes to edit, or the look."),
            .choice(
                "text", \.slide.text, group: "Slides", "Text as text, as outlines, or as text where that will look right."),
        ]

    /// What a person can allow foreign files to cost.
    package static let limits: [Option<ConversionOptions>] =
        [
            .integer("max-pixels", \.image.maxPixels, 1...Int.max, unit: "pixels", group: "Limits", "Largest picture, width times height."),
            .integer("max-file-bytes", \.image.maxFileBytes, 1...Int.max, unit: "bytes", group: "Limits", "Largest picture file."),
            .integer(
                "max-decoded-bytes", \.image.maxDecodedBytes, 1...Int.max, unit: "bytes", group: "Limits",
                "Most memory for decoding one picture."),
            .integer(
                "max-scan-pixels", \.image.maxScanPixels, 1...Int.max, unit: "pixels", group: "Limits",
                "Most pixels times scans of a progressive JPEG."),
            .integer("max-svg-bytes", \.svg.limits.byteCount, 1...Int.max, unit: "bytes", group: "Limits", "Largest SVG file."),
            .integer(
                "max-svg-elements", \.svg.limits.elementCount, 1...Int.max, unit: "elements", group: "Limits", "Most elements of an SVG."),
            .integer("max-svg-depth", \.svg.limits.depth, 1...256, unit: "levels", group: "Limits", "Deepest nesting of SVG elements."),
            .integer(
                "max-svg-steps", \.svg.limits.stepCount, 1...Int.max, unit: "steps", group: "Limits",
                "Most work of resolving an SVG: elements drawn, style rules tried."),
        ]
}

extension SlideSize {
    /// Reads `16:9` (13.333 × 7.5 inches), `4:3` (10 × 7.5 inches) or a size such as `10x7.5`, `10x7.5in` and `254x190.5mm`, each side 1
    /// to 56 inches.
    fileprivate init?(written text: String) {
        switch text {
        case "16:9": self = .wide
        case "4:3": self.init(width: EMU(rawValue: 9_144_000), height: EMU(rawValue: 6_858_000))
        default:
            let units: [(name: String, length: Double)] = [("in", 914_400), ("cm", 360_000), ("mm", 36_000), ("pt", 12_700), ("px", 9525)]
            let unit = units.first { text.hasSuffix($0.name) }
            let sides = text.dropLast(unit?.name.count ?? 0).split(separator: "x", omittingEmptySubsequences: false).map { Double($0) }
            guard sides.count == 2, let width = sides[0], let height = sides[1] else { return nil }
            let lengths = [width, height].map { $0 * (unit?.length ?? 914_400) }
            guard lengths.allSatisfy({ (914_400...51_206_400).contains($0) }) else { return nil }
            self.init(width: EMU(rawValue: Int(lengths[0] + 0.5)), height: EMU(rawValue: Int(lengths[1] + 0.5)))
        }
    }

    /// The size as `init(written:)` reads it.
    fileprivate var written: String { "\(Double(width.rawValue) / 914_400)x\(Double(height.rawValue) / 914_400)" }
}

extension PictureGrid {
    /// Reads `3x2`: three columns, two rows.
    fileprivate init?(written text: String) {
        let counts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard counts.count == 2, let columns = counts[0], let rows = counts[1], (1...20).contains(columns), (1...20).contains(rows) else {
            return nil
        }
        self.init(columns: columns, rows: rows)
    }

    fileprivate var written: String { "\(columns)x\(rows)" }
}

extension SVG.Color {
    /// Reads `#1e2a38` or `#abc`, with or without `#`.
    fileprivate init?(written text: String) {
        var digits = Array(text.hasPrefix("#") ? text.dropFirst() : text[...])
        if digits.count == 3 { digits = digits.flatMap { [$0, $0] } }
        guard digits.count == 6, digits.allSatisfy(\.isHexDigit), let value = UInt32(String(digits), radix: 16) else { return nil }
        self.init(
            red: UInt8(truncatingIfNeeded: value >> 16), green: UInt8(truncatingIfNeeded: value >> 8),
            blue: UInt8(truncatingIfNeeded: value))
    }

    /// As `init(written:)` reads it: `#1e2a38`.
    var written: String {
        "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
