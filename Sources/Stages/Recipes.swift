import AtelierFonts
package import AtelierImageCodecs
import AtelierImageTracing
public import AtelierMemo
public import AtelierModels
import AtelierOOXML
package import AtelierPixels
import AtelierSVG

// Recipes: composition as ordinary functions over artifacts. Nothing runs here; an artifact is a promise.

/// The pixels of a picture file. What it is, is looked at now: only WebP needs its library opened to be named.
package func decodedPicture(_ source: Artifact<Blob>, _ limits: DecodeLimits) -> Artifact<Raster<RGBA8>> {
    SourceLook(at: source)?.isWebP == true
        ? Artifact(DecodeWebP(source: source, limits: limits)) : Artifact(DecodeImage(source: source, limits: limits))
}

/// A picture as SVG.
///
/// - Parameters:
///   - source: A PNG, JPEG or WebP file.
///   - options: How it is decoded, quantised, segmented, fitted and written.
/// - Returns: The SVG text. Changing only a fit option reruns only the fit and the writing. With a target for the likeness, the
///   smallest SVG that reaches it; automatic, the best of several.
public func traceToSVG(_ source: Artifact<Blob>, _ options: ConversionOptions = .init()) -> Artifact<Blob> {
    if let found = searchedTrace(of: source, options) { return Artifact(SVGOfSearch(found: found)) }
    let image = decodedPicture(source, options.image)
    let quantized = Artifact(QuantizeColors(image: image, options: options.trace.quantize))
    let regions = Artifact(SegmentRegions(image: image, quantized: quantized, options: options.trace.segment))
    let drawing = Artifact(FitPaths(segmentation: regions, options: options.trace.fit))
    return Artifact(WriteDrawing(drawing: drawing, options: options.trace.write))
}

/// What a picture is like in numbers.
public func measuredPicture(_ source: Artifact<Blob>, _ options: ConversionOptions = .init()) -> Artifact<PictureFeatures> {
    Artifact(MeasureFeatures(image: decodedPicture(source, options.image)))
}

/// The search that a target for the likeness or an automatic choice asks for; nil without one.
func searchedTrace(of source: Artifact<Blob>, _ options: ConversionOptions) -> Artifact<FoundTrace>? {
    guard options.searches else { return nil }
    let image = decodedPicture(source, options.image)
    guard let target = options.targetSSIM else { return Artifact(ChooseTrace(image: image, options: options.trace)) }
    let quantized = Artifact(QuantizeColors(image: image, options: options.trace.quantize))
    let features = Artifact(MeasureFeatures(image: image))
    return Artifact(SearchTrace(image: image, quantized: quantized, features: features, options: options.trace, target: target))
}

/// A converted file and what could not be carried over exactly.
public struct Conversion: Sendable {
    /// The bytes of the converted file.
    public var output: Artifact<Blob>
    /// Its diagnostics, page by page.
    public var report: Artifact<ConversionReport>
    /// What its slides show and what became of every element, see `ShowSlides`; nil for other files.
    public var slides: Artifact<Blob>? { shown?() }
    /// Few ask for it, and naming it takes as long as naming the output.
    private let shown: (@Sendable () -> Artifact<Blob>)?

    init(output: Artifact<Blob>, report: Artifact<ConversionReport>, slides: (@Sendable () -> Artifact<Blob>)? = nil) {
        (self.output, self.report, shown) = (output, report, slides)
    }
}

/// Any picture or drawing as SVG: pictures are traced, drawings resolved and rewritten.
///
/// - Parameter files: Those that the pictures of a drawing refer to; they become data inside the output.
public func convertToSVG(_ source: Artifact<Blob>, _ options: ConversionOptions = .init(), files: [LinkedSource] = []) -> Conversion {
    let fonts = FontEnvironment.needed(by: source, files), webP = webPDecoder(for: source, files)
    return Conversion(
        output: Artifact(SVGFromSource(source: source, options: options, drawings: .rewritten, fonts: fonts, files: files, webP: webP)),
        report: Artifact(
            ReportOnSource(
                source: source, options: options.svg, searching: options.searches ? options : nil, fonts: fonts, files: files, webP: webP)))
}

/// A drawing as a picture.
///
/// - Parameters:
///   - source: An SVG file; other files it refers to are not read.
///   - size: How large; the drawing's own size by default.
///   - options: How the drawing is read, and what is refused.
/// - Returns: A PNG file, or why there is none.
public func rasterizeSVG(
    _ source: Artifact<Blob>, _ size: RenderingSize = .init(), _ options: ConversionOptions = .init()
) -> Artifact<Rendering> {
    let tree = readDrawing(source, options.svg, .needed(by: source, []), webP: webPDecoder(for: source, []))
    return Artifact(RasterizeDrawing(svg: source, tree: tree, size: size, maxPixels: options.image.maxPixels))
}

/// Pictures and drawings as one PowerPoint file, one slide each, made of native shapes.
///
/// Decks that share a page share its work, because they share its artifact. Without `slide.size` the slides have the
/// size of the only page, or of the largest one, to which the others are fitted.
///
/// - Parameters:
///   - options: `deck` says what becomes a slide: files, layers, pages, or several pictures in a grid.
///   - files: Those that the pictures of each page refer to, in the order of the pages; pages beyond its end refer to none.
///   - title: Title in the document's properties; a template keeps its own.
///   - template: A presentation that the slides are put into; the output is that presentation with more slides.
///   - notes: A text file with what the speaker reads, see `SlideNotes.init(written:)`.
///   - listsElements: Whether the report lists what became of every single element.
public func convertToPPTX(
    _ pages: [Artifact<Blob>], _ options: ConversionOptions = .init(), files: [[LinkedSource]] = [], title: String? = nil,
    template: Artifact<Blob>? = nil, notes: Artifact<Blob>? = nil, listsElements: Bool = false
) -> Conversion {
    let trees = pages.enumerated().map { index, page in
        let isDrawing = SourceLook(at: page)?.isDrawing == true, files = index < files.count ? files[index] : []
        let svg = isDrawing ? page : Artifact(SVGFromSource(source: page, options: options, drawings: .kept))
        return readDrawing(svg, options.svg, .needed(by: page, files), files, webP: webPDecoder(for: page, files))
    }
    if trees.count > 1 && options.slide.size == nil || options.deck != DeckOptions() || template != nil || notes != nil {
        let deck = DeckPages(trees: trees, options: options.slide, deck: options.deck, template: template, notes: notes)
        return Conversion(
            output: Artifact(DeckOfPages(deck, title: title)), report: Artifact(ReportOnPages(deck, listsElements: listsElements)),
            slides: { Artifact(ShowPages(deck)) })
    }
    let slides = trees.map { Artifact(SlideOfTree(tree: $0, options: options.slide)) }
    return Conversion(
        output: Artifact(DeckOfSlides(slides: slides, title: title)),
        report: Artifact(ReportOnSlides(trees: trees, slides: slides, listsElements: listsElements)),
        slides: { Artifact(ShowSlides(trees: trees, slides: slides, options: options.slide)) })
}

extension Conversion {
    /// The SVG that the plan of `convertToSVG` leads to for a file of some format: whose stages a face lists.
    package static func wayToSVG(_ source: Artifact<Blob>, _ options: ConversionOptions, _ format: SourceFormat) -> Artifact<Blob> {
        let fonts = FontEnvironment.needed(by: source, [])
        return SVGFromSource(source: source, options: options, drawings: .rewritten, fonts: fonts).way(for: format)
    }
}
