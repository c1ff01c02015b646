import AtelierImageCodecs
import AtelierImageTracing
import AtelierOOXML
import AtelierSVG

// Made once: a run reads them for its flags, and again to note what it was asked for.
extension ConversionOptions {
    /// What a person can say about tracing, in the order of help.
    package static let tracing: [Option<ConversionOptions>] =
        [
            .integer(
                "colors", aliases: ["colours"], \.trace.quantize.colors, 1...250, or: "auto", group: "Colours",
                "Most colours of the drawing; auto lets the picture decide."),
            .number(
                "color-distance", \.trace.quantize.colorDistance, 0.5...30, group: "Colours",
                "Colours closer than this become one: distance in Oklab times 100."),
            .integer(
                "speckle", aliases: ["filter-speckle"], \.trace.segment.speckleArea, 0...10_000, unit: "square pixels", group: "Shapes",
                "Regions of at most this size join a neighbour."),
            .number(
                "tolerance", \.trace.fit.tolerance, 0.05...5, unit: "pixels", group: "Shapes",
                "Largest distance between an outline and its curve."),
            .number(
                "corner", aliases: ["corner-threshold"], \.trace.fit.cornerAngle, 10...180, unit: "degrees", group: "Shapes",
                "Outlines that turn by more than this have a corner."),
            .integer(
                "decimals", aliases: ["path-precision"], \.trace.write.decimals, 0...3, group: "Shapes",
                "Decimal places of a coordinate in pixels."),
            .flag("svg-size", \.trace.write.statesSize, group: "Shapes", "Writes width and height into the SVG."),
        ]

    /// What a person can say about slides.
    package static let slides: [Option<ConversionOptions>] =
        [
            .parsed(
                "slide-size", \.slide.size, "SIZE", form: "16:9, 4:3 or inches such as 10x7.5", or: "auto", group: "Slides",
                "Size of all slides; auto takes that of the largest picture.", parse: SlideSize.init(written:), text: \.written),
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
    /// Reads `16:9` (13.333 × 7.5 inches), `4:3` (10 × 7.5 inches) or inches such as `10x7.5` and `10x7.5in`, each side 1 to 56.
    fileprivate init?(written text: String) {
        switch text {
        case "16:9": self.init(width: EMU(rawValue: 12_192_000), height: EMU(rawValue: 6_858_000))
        case "4:3": self.init(width: EMU(rawValue: 9_144_000), height: EMU(rawValue: 6_858_000))
        default:
            let number = text.hasSuffix("in") ? text.dropLast(2) : text[...]
            let sides = number.split(separator: "x", omittingEmptySubsequences: false).map { Double($0) }
            guard sides.count == 2, let width = sides[0], let height = sides[1], (1...56).contains(width), (1...56).contains(height) else {
                return nil
            }
            self.init(width: EMU(rawValue: Int(width * 914_400 + 0.5)), height: EMU(rawValue: Int(height * 914_400 + 0.5)))
        }
    }

    /// The size as `init(written:)` reads it.
    fileprivate var written: String { "\(Double(width.rawValue) / 914_400)x\(Double(height.rawValue) / 914_400)" }
}
