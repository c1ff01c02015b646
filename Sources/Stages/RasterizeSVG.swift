import AtelierImageCodecs
public import AtelierMemo
import AtelierRasterizing
import AtelierTelemetry

private let drawing = SpanName("svg.rasterize.draw"), encoding = SpanName("svg.rasterize.encode")

/// A drawing as pixels, or why there are none.
public enum Rendering: Hashable, Sendable {
    /// A PNG file.
    case png([UInt8])
    /// What is wrong, for people; the rest of a slide does without the picture.
    case failed(String)
}

/// Draws an SVG document into a PNG file.
///
/// Text in it is drawn with the fonts that fontconfig finds; a drawing keeps what it looked like when fonts change.
public struct RasterizeSVG: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "svg.rasterize"
    /// Raised when the same document gives other bytes.
    public static let version = 1

    /// What draws and compresses here: other versions may give other bytes.
    static let library = Rasterizing.library + ", " + ImageCodecs.pngEncoder

    /// The document.
    public var svg: Artifact<Blob>
    /// Columns and rows, each 1…32767.
    public var width: Int, height: Int
    /// The libraries that draw and compress here: other versions may give other bytes.
    public internal(set) var library: String

    /// A picture of one document.
    public init(svg: Artifact<Blob>, width: Int, height: Int) {
        self.svg = svg
        self.width = width
        self.height = height
        self.library = Self.library
    }

    /// Two rasters and the rows that are compressed.
    public func footprint(in context: Context) -> Int { width * height * 16 }

    /// Draws.
    public func run(in context: Context) throws -> Rendering {
        let document = context[svg].bytes
        do throws(RasterizingError) {
            let raster = try withSpan(drawing) { () throws(RasterizingError) in
                try rasterize(document.span, width: width, height: height)
            }
            return .png(withSpan(encoding) { encodePNG(raster) })
        } catch {
            return .failed("\(error)")
        }
    }
}

extension Rendering: Storable {
    /// The file's bytes.
    public var byteCount: Int {
        switch self {
        case .png(let file): 32 + file.count
        case .failed(let reason): 32 + reason.utf8.count
        }
    }

    /// A byte that says which, then the file or the text.
    public static var format: StorageFormat<Rendering>? {
        StorageFormat(
            name: "rendering", version: 1,
            encode: { rendering in
                switch rendering {
                case .png(let file): Blob([0] + file)
                case .failed(let reason): Blob([1] + Array(reason.utf8))
                }
            },
            decode: { blob in
                try blob.withUnsafeBytes { bytes in
                    switch bytes.first {
                    case 0: return .png(Array(bytes.dropFirst()))
                    case 1: return .failed(String(decoding: bytes.dropFirst(), as: UTF8.self))
                    default: throw DamagedRendering()
                    }
                }
            })
    }
}

/// A stored rendering that does not read back; the engine treats it as a miss.
struct DamagedRendering: Error {}
