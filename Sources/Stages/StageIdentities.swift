import AtelierArchives
import AtelierImageCodecs
import AtelierMemo
import AtelierModels

/// What a plan's answer depends on beyond its own properties: the versions of the stages it may lead to and of the
/// libraries in their keys.
///
/// A plan is remembered as an alias from its digest to that of the artifact it chose. Without these identities in
/// its key, the alias would go on naming the output of an older stage after that stage's version was raised
/// (decision 0007). `StageIdentitiesTests` walks what the plans return and compares.
///
/// One text each, with commas: every plan of every file writes it into its key.
enum StageIdentities {
    static let toTree = of(ParseSVG.self)

    static let toSVG = list(
        [
            of(DecodeImage.self), of(QuantizeColors.self), of(SegmentRegions.self), of(FitPaths.self), of(WriteDrawing.self),
            "\(ReadDrawing.name)@\(ReadDrawing.version)", of(ParseSVG.self), of(WriteSVG.self), of(MeasureFeatures.self),
            of(SearchTrace.self), of(ChooseTrace.self), of(SVGOfSearch.self), TracingModel.digest,
        ] + ImageFormat.decoders)

    static let repeatedBySearch = list([
        of(SegmentRegions.self), of(FitPaths.self), of(WriteDrawing.self), of(ParseSVG.self), of(ReviewTrace.self), Archives.libraryVersion,
        TracingModel.digest,
    ])

    static let repeatedByChoice = list([of(QuantizeColors.self), repeatedBySearch])

    static let toReview = list([toSVG, of(ReviewTrace.self), Archives.libraryVersion, ImageCodecs.pngEncoder])

    static let toSlide = list([of(AnswerOutline.self), of(MapSlide.self), Archives.libraryVersion])

    static let toDeck = list([of(PartOfDrawing.self), of(ArrangePictures.self), toSlide, fromSlides])

    static let toShown = list([toDeck, of(ShowSlides.self), of(WriteSVG.self)])

    static let fromSlides = list([
        of(RasterizeSVG.self), of(PackPPTX.self), of(ReportSlides.self), Archives.libraryVersion, RasterizeSVG.library,
    ])

    static let toPicture = list([of(RasterizeSVG.self), RasterizeSVG.library])

    static let toCollection = list([
        of(PlanCollection.self), of(DecodeTrait.self), of(ChooseCoding.self), of(DrawItems.self), of(PackCollection.self),
    ])

    static let toReport = list(
        ["\(ReadDrawing.name)@\(ReadDrawing.version)", of(ParseSVG.self), of(ReportTree.self)] + [
            of(DecodeImage.self), of(QuantizeColors.self), of(MeasureFeatures.self), of(SearchTrace.self), of(ChooseTrace.self),
            of(ReportSearch.self), TracingModel.digest,
        ] + ImageFormat.decoders)

    /// What the decoding of a source adds to that: of WebP, the library.
    static func decoding(of source: Artifact<Blob>) -> String {
        SourceLook(at: source)?.isWebP == true ? ",\(of(DecodeWebP.self)),\(WebP.library)" : ""
    }

    static func of<S: Stage>(_: S.Type) -> String { "\(S.name)@\(S.version)" }

    private static func list(_ names: [String]) -> String { names.joined(separator: ",") }
}
