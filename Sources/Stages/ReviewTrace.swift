import AtelierImageCodecs
public import AtelierMemo
public import AtelierPixels

/// A tracing looked at beside its picture.
public struct TraceReview: Hashable, Sendable {
    /// How good it is.
    public var statistics: TraceStatistics
    /// A PNG file with picture, drawing and their difference side by side; empty where it was not asked for.
    public var comparison: [UInt8]
}

extension TraceReview: Storable {
    /// The file and a few numbers.
    public var byteCount: Int { 256 + comparison.count }
}

/// Draws a tracing and compares it with its picture.
public struct ReviewTrace: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "tracing.review"
    /// Raised when the same tracing is judged differently.
    public static let version = 1

    /// The picture.
    public var image: Artifact<Raster<RGBA8>>
    /// Its tracing.
    public var svg: Artifact<Blob>
    /// Whether picture, drawing and difference are put side by side.
    public var showsComparison: Bool

    /// A review of one tracing.
    public init(image: Artifact<Raster<RGBA8>>, svg: Artifact<Blob>, showsComparison: Bool = false) {
        self.image = image
        self.svg = svg
        self.showsComparison = showsComparison
    }

    /// The drawing twice, and the comparison with its rows to compress.
    public func footprint(in context: Context) -> Int {
        context[image].pixels.count * (showsComparison ? 36 : 8) + context[svg].count * 12
    }

    /// Draws and compares; throws `SVG.ParseError`.
    public func run(in context: Context) throws -> TraceReview {
        let picture = context[image], bytes = context[svg].bytes
        let drawing = try rendering(of: bytes.span, like: picture)
        return TraceReview(
            statistics: TraceStatistics(of: Array(bytes), showing: drawing, of: picture),
            comparison: showsComparison ? encodePNG(sideBySide(picture, drawing)) : [])
    }
}

/// Finds out that a file is a picture and says how its tracing is looked at.
public struct ReviewOfSource: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "tracing.reviewOfSource"
    /// Raised when the same file takes another way.
    public static let version = 1

    /// The file: PNG, JPEG or WebP.
    public var source: Artifact<Blob>
    /// How it is read and traced.
    public var options: ConversionOptions
    /// Whether picture, drawing and difference are put side by side.
    public var showsComparison: Bool
    /// The stages the way may lead to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A review of one file's tracing.
    public init(source: Artifact<Blob>, options: ConversionOptions, showsComparison: Bool = false) {
        self.source = source
        self.options = options
        self.showsComparison = showsComparison
        self.stages = StageIdentities.toReview + StageIdentities.decoding(of: source)
    }

    /// Decides; throws `UnknownSourceFormat`, and `NothingTraced` for a drawing.
    public func plan(in context: Context) throws -> Artifact<TraceReview> {
        if case .svg = try SourceFormat.sniff(context[source]) { throw NothingTraced() }
        return Artifact(
            ReviewTrace(
                image: decodedPicture(source, options.image), svg: traceToSVG(source, options), showsComparison: showsComparison))
    }
}

/// A file that is a drawing already, where a tracing was to be judged.
public struct NothingTraced: Error, Equatable, CustomStringConvertible {
    /// One sentence.
    public var description: String { "the file is a drawing already and is not traced; leave --stats and --compare away" }
}

/// Picture, drawing and difference with eight clear columns between them. The difference is that over white, four times as
/// large, on black.
private func sideBySide(_ picture: Raster<RGBA8>, _ drawing: Raster<RGBA8>) -> Raster<RGBA8> {
    let width = picture.width, gap = 8
    var result = Raster(width: 3 * width + 2 * gap, height: picture.height, filledWith: RGBA8(0, 0, 0, 0))
    func overWhite(_ value: UInt8, _ alpha: UInt8) -> Int { (Int(value) * Int(alpha) + 255 * (255 - Int(alpha)) + 127) / 255 }
    for y in 0..<picture.height {
        for x in 0..<width {
            let a = picture[x, y], b = drawing[x, y]
            func difference(_ p: UInt8, _ q: UInt8) -> UInt8 { UInt8(min(255, 4 * abs(overWhite(p, a.a) - overWhite(q, b.a)))) }
            result[x, y] = a
            result[x + width + gap, y] = b
            result[x + 2 * (width + gap), y] = RGBA8(difference(a.r, b.r), difference(a.g, b.g), difference(a.b, b.b))
        }
    }
    return result
}
