import AtelierImageTracing
import AtelierOOXML
import AtelierPixels

// Made once: a run reads them for its flags, and again to note what it was asked for.
extension ConversionOptions {
    /// What a person can say about tracing, in the order of help.
    package static let tracing: [Option<ConversionOptions>] = kind + colors + ink + shapes + foreign

    private static let kind: [Option<ConversionOptions>] = [
        .setting(
            "kind", .choice(TracePreset.allCases.map(\.rawValue)), group: "Tracing",
            "A preset, options for a kind of picture; flags after it change them. --preset NAME says the same."
        ) { if case .text(let word) = $1 { TracePreset(rawValue: word)?.apply(to: &$0.trace) } },
        .choice(
            "mode", \.trace.quantize.mode, group: "Tracing",
            "What the picture is: areas of colour, ink on paper, or pixel art; auto knows pictures of two colours and enlarged pixel art."),
        .setting(
            "quality", .integer(0...100), group: "Tracing",
            "Likeness against bytes: 60 is the default, six more are worth twice the bytes; sets lambda to 600 * 2^((60 - quality) / 6)."
        ) { if case .integer(let quality) = $1 { $0.trace.setLambda(TraceOptions.lambda(quality: quality)) } },
        .number(
            "lambda", \.tracePrice, 1...1_000_000, group: "Tracing",
            "Squared error (bytes of premultiplied sRGB, over channels and pixels) that a byte of the drawing may cost."),
        .number(
            "target-ssim", \.targetSSIM, 0.5...1, or: "off", group: "Tracing",
            "Makes the smallest SVG with at least this structural similarity to the picture, by several tracings."),
        .flag(
            "auto", \.isAutomatic, group: "Tracing",
            "Traces with the options and in two ways near them, and takes the best: no less like, and least bytes times what is missing."),
    ]

    private static let colors: [Option<ConversionOptions>] = [
        .integer(
            "colors", aliases: ["colours"], \.trace.quantize.colors, 1...250, or: "auto", group: "Colours",
            "How many colours the drawing has; auto lets the picture decide."),
        .number(
            "color-distance", \.trace.quantize.colorDistance, 0.5...30, group: "Colours",
            "Colours closer than this become one: distance in Oklab times 100."),
        Option(
            name: "palette", group: "Colours", kind: .text("COLORS", form: "colours such as #fff,#1e2a38"), absence: "auto", unit: "",
            help: "The only colours of the drawing, with commas between them.", parses: { colorList($0) != nil },
            read: { $0.trace.quantize.palette.isEmpty ? .absent : .text($0.trace.quantize.palette.map(\.hex).joined(separator: ",")) },
            write: {
                if case .text(let text) = $1 { $0.trace.quantize.palette = colorList(text) ?? [] } else { $0.trace.quantize.palette = [] }
            }),
        Option(
            name: "recolor", aliases: ["recolour"], group: "Colours", kind: .text("COLORS", form: "colours such as #fff,#1e2a38=#c33"),
            absence: "off", unit: "",
            help: "Colours that the drawing has in any case, with commas between them; what is nearest to #1e2a38 in #1e2a38=#c33 is drawn "
                + "as #c33. Areas drawn alike become one.",
            parses: { recoloringList($0) != nil },
            read: {
                let texts = $0.trace.quantize.recoloring.map { $0.from == $0.to ? $0.from.hex : "\($0.from.hex)=\($0.to.hex)" }
                return texts.isEmpty ? .absent : .text(texts.joined(separator: ","))
            },
            write: {
                let list: [Recoloring]? = if case .text(let text) = $1 { recoloringList(text) } else { nil }
                $0.trace.quantize.recoloring = list ?? []
            }),
        .choice("tone", \.trace.quantize.tone, group: "Colours", "Whether all colours are kept, or greys or the tints between two."),
    ]

    private static let ink: [Option<ConversionOptions>] = [
        .choice(
            "threshold", \.trace.quantize.bilevel.threshold, group: "Ink and paper",
            "What is ink: by one level found for the picture, by one around every pixel, or by the level given."),
        .number(
            "level", \.trace.quantize.bilevel.level, 0...1, group: "Ink and paper",
            "Luma at and below which a pixel is ink, where the threshold is level."),
        .integer(
            "window", \.trace.quantize.bilevel.window, 3...501, unit: "pixels", group: "Ink and paper",
            "Side of the square that the threshold sauvola looks at."),
        .number(
            "contrast", \.trace.quantize.bilevel.contrast, 0...1, group: "Ink and paper",
            "How much darker than its surroundings ink is, where the threshold is sauvola."),
        .flag("invert", \.trace.quantize.bilevel.isInverted, group: "Ink and paper", "Light is ink and dark is paper."),
        .parsed(
            "ink", \.trace.quantize.bilevel.ink, "COLOR", form: "a colour such as #1e2a38", or: "auto", group: "Ink and paper",
            "Colour of the ink; auto takes that of the picture.", parse: { RGBA8(hex: $0) }, text: \.hex),
        .parsed(
            "paper", \.trace.quantize.bilevel.paper, "COLOR", form: "a colour such as #1e2a38, none", or: "auto", group: "Ink and paper",
            "Colour of the paper; none draws no paper, auto takes that of the picture.",
            parse: { $0 == "none" ? RGBA8(0, 0, 0, 0) : RGBA8(hex: $0) }, text: { $0.a == 0 ? "none" : $0.hex }),
        Option(
            name: "backdrop", group: "Ink and paper", kind: .text("COLOR", form: "a colour such as #1e2a38"), unit: "",
            help: "What transparent pixels lie on.", parses: { RGBA8(hex: $0) != nil },
            read: { .text($0.trace.quantize.bilevel.background.hex) },
            write: { if case .text(let text) = $1, let color = RGBA8(hex: text) { $0.trace.quantize.bilevel.background = color } }),
        .choice(
            "turns", \.trace.segment.turns, group: "Ink and paper",
            "What is joined where ink and paper meet crosswise: the ink, the paper, or what is rarer or more frequent there."),
        .number(
            "alphamax", letter: "a", \.trace.fit.cornerAlpha, 0...1.334, group: "Ink and paper",
            "From where a vertex of ink is a corner: 0 makes polygons, 1.334 no corners."),
        .number(
            "opttolerance", letter: "O", \.trace.fit.joinTolerance, 0...5, unit: "pixels", group: "Ink and paper",
            "How far a curve of ink may be from the curves that it joins."),
    ]

    private static let shapes: [Option<ConversionOptions>] = [
        .integer(
            "speckle", letter: "t", aliases: ["turdsize"], \.trace.segment.speckleArea, 0...10_000, unit: "square pixels", group: "Shapes",
            "Regions of at most this size join a neighbour."),
        .number(
            "tolerance", \.trace.fit.tolerance, 0.05...5, unit: "pixels", group: "Shapes",
            "Largest distance between an outline and its curve."),
        .number(
            "corner", \.trace.fit.cornerAngle, 10...180, unit: "degrees", group: "Shapes",
            "Outlines that turn by more than this have a corner."),
        .choice(
            "layering", aliases: ["hierarchical"], \.trace.fit.layering, group: "Shapes",
            "Whether shapes extend under those above them, or are cut out with holes where others are."),
        .number(
            "overlap", \.trace.fit.overlap, 0...5, unit: "pixels", group: "Shapes",
            "How far cut-out shapes run under those painted after them, so that no seam shows; 0 gives both the same coordinates."),
        .integer(
            "decimals", \.trace.write.decimals, 0...3, or: "auto", group: "Shapes",
            "Decimal places of a coordinate in pixels; auto keeps what the curves are worth."),
        .flag("svg-size", \.trace.write.statesSize, group: "Shapes", "Writes width and height into the SVG."),
    ]

    /// Names under which vtracer and potrace know what is above, in their units.
    private static let foreign: [Option<ConversionOptions>] = {
        let group = "Names of vtracer and potrace"
        return [
            .setting("colormode", .choice(["color", "binary", "bw"]), group: group, "vtracer: --mode color or bw.") {
                if case .text(let word) = $1 { $0.trace.quantize.mode = word == "color" ? .color : .bw }
            },
            .setting("filter-speckle", .integer(0...100), unit: "pixels", group: group, "vtracer: side of --speckle, which is an area.") {
                if case .integer(let side) = $1 { $0.trace.segment.speckleArea = side * side }
            },
            .setting(
                "color-precision", .integer(1...8), unit: "bits", group: group,
                "vtracer: bits of a channel that count; --color-distance 3 * 2^(6 - bits)."
            ) { if case .integer(let bits) = $1 { $0.trace.quantize.colorDistance = min(30, 0.75 * Double(1 << (8 - bits))) } },
            .setting(
                "gradient-step", .number(0...255), aliases: ["layer-difference"], group: group,
                "vtracer: levels between two layers; --color-distance of 3/16 of it."
            ) { if case .number(let step) = $1 { $0.trace.quantize.colorDistance = min(30, max(0.5, step * 3 / 16)) } },
            .setting("corner-threshold", .number(0...180), unit: "degrees", group: group, "vtracer: --corner, of at least 10.") {
                if case .number(let angle) = $1 { $0.trace.fit.cornerAngle = max(10, angle) }
            },
            .setting("path-precision", .integer(0...16), group: group, "vtracer: --decimals, of at most 3.") {
                if case .integer(let places) = $1 { $0.trace.write.decimals = min(3, places) }
            },
            .setting(
                "turnpolicy", letter: "z", .choice(["black", "white", "left", "right", "minority", "majority"]), group: group,
                "potrace: --turns; left is white and right is black."
            ) {
                guard case .text(let word) = $1 else { return }
                let turns = TurnPolicy(rawValue: word == "left" ? "white" : word == "right" ? "black" : word)
                if let turns { $0.trace.segment.turns = turns }
            },
            .setting("longcurve", letter: "n", .flag, group: group, "potrace: --opttolerance 0.") {
                if case .flag(let isOn) = $1 { $0.trace.fit.joinTolerance = isOn ? 0 : FitOptions().joinTolerance }
            },
            .setting(
                "unit", letter: "u", .choice(["1", "10", "100", "1000"]), group: group,
                "potrace: steps of the grid in a pixel; --decimals 0 to 3."
            ) { if case .text(let steps) = $1 { $0.trace.write.decimals = steps.utf8.count - 1 } },
            .setting("blacklevel", .number(0...1), group: group, "potrace: --mode bw --threshold level --level.") {
                guard case .number(let level) = $1 else { return }
                $0.trace.quantize.mode = .bw
                ($0.trace.quantize.bilevel.threshold, $0.trace.quantize.bilevel.level) = (.level, level)
            },
        ]
    }()

    /// The option that a name and a value mean: presets of tracing may be called so, although the engine has others of that name, and so
    /// may the file for a profile of the run, although slides have profiles too.
    package static func name(_ given: some StringProtocol, with value: String?) -> String {
        let name = kebabCase(given)
        switch name {
        case "preset" where value.flatMap { TracePreset(rawValue: $0.lowercased()) } != nil: return "kind"
        case "profile" where value.flatMap { Profile(rawValue: $0.lowercased()) } == nil && value?.contains(".") == true:
            return "profile-file"
        default: return name
        }
    }

    /// One price for regions and curves.
    private var tracePrice: Double {
        get { trace.fit.lambda }
        set { trace.setLambda(newValue) }
    }

    /// Names of other tracers without a counterpart, and what to say instead.
    package static func advice(on name: some StringProtocol) -> String? {
        switch kebabCase(name) {
        case "segment-length", "max-iterations":
            "curves end where that is cheapest, so no length is given; say --tolerance for how close they are"
        case "splice-threshold": "curves are joined where that is cheapest, so no angle is given; say --corner for what is a corner"
        case "polygon", "spline": "curves and lines are chosen by the picture; --mode bw --alphamax 0 makes polygons of ink"
        case "group", "flat", "opaque": "ink is one path over paper; say --layering cutout for shapes without others beneath"
        case "resolution", "scale", "rotate", "stretch", "leftmargin", "topmargin":
            "the drawing has the size of the picture; place it with the program that uses it, or say --no-svg-size"
        case "color", "fillcolor": "say --ink and --paper, or --palette"
        default: nil
        }
    }
}

/// Colours between commas; nil when one of them is none or there are more than 250.
private func colorList(_ text: String) -> [RGBA8]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { RGBA8(hex: $0.filter { $0 != " " }) }
    let colors = parts.compactMap(\.self)
    return colors.count == parts.count && colors.count <= 250 ? colors : nil
}

/// Colours between commas, each alone or with the one it is drawn as; nil when one of them is none or there are more than 250.
private func recoloringList(_ text: String) -> [Recoloring]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { part -> Recoloring? in
        let sides = part.filter { $0 != " " }.split(separator: "=", omittingEmptySubsequences: false).map { RGBA8(hex: $0) }
        guard 1...2 ~= sides.count, let from = sides[0], let to = sides[sides.count - 1] else { return nil }
        return Recoloring(from: from, to: to)
    }
    let changes = parts.compactMap(\.self)
    return changes.count == parts.count && changes.count <= 250 ? changes : nil
}
