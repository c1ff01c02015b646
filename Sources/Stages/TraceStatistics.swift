import AtelierArchives
import AtelierFonts
import AtelierGeometry
public import AtelierPixels
import AtelierSVG

/// How good a tracing is and what it costs.
public struct TraceStatistics: Hashable, Sendable {
    /// How like the drawing is to the picture, at the picture's size.
    public var similarity: Similarity
    /// Length of the SVG, and what gzip would make of it.
    public var byteCount: Int, gzipByteCount: Int
    /// What the SVG is made of.
    public var contents: TraceContents
}

/// What a traced drawing is made of.
public struct TraceContents: Hashable, Sendable {
    /// `path` elements, and shapes of all other kinds.
    public var paths = 0, primitives = 0
    /// Lines, curves and arcs of the paths; four for a `rect`, one for any other shape.
    public var segments = 0
    /// Gradients that are defined, and shapes with a stroke.
    public var gradients = 0, strokes = 0

    /// Elements that are painted.
    public var shapes: Int { paths + primitives }

    /// Counts what stands in an SVG document as `WriteDrawing` writes it.
    ///
    /// - Complexity: O(bytes)
    init(countingIn svg: some Collection<UInt8>) {
        for element in svg.split(separator: UInt8(ascii: "<")) {
            let ends = Array(" />".utf8), name = String(decoding: element.prefix { !ends.contains($0) }, as: UTF8.self)
            switch name {
            case "path":
                paths += 1
                segments += Self.segments(inPathOf: element)
            case "rect":
                primitives += 1
                segments += 4
            case "circle", "ellipse", "line":
                primitives += 1
                segments += 1
            case "linearGradient", "radialGradient": gradients += 1
            default: continue
            }
            if Array(element).firstRange(of: Array(" stroke=\"".utf8)) != nil { strokes += 1 }
        }
    }

    private static func segments(inPathOf element: some Collection<UInt8>) -> Int {
        let bytes = Array(element)
        guard let start = bytes.firstRange(of: Array(" d=\"".utf8))?.upperBound else { return 0 }
        var count = 0, command: UInt8 = 0, numbers = 0
        func finish() {
            let perSegment =
                switch command {
                case UInt8(ascii: "h"), UInt8(ascii: "v"): 1
                case UInt8(ascii: "m"), UInt8(ascii: "l"), UInt8(ascii: "t"): 2
                case UInt8(ascii: "s"), UInt8(ascii: "q"): 4
                case UInt8(ascii: "c"): 6
                case UInt8(ascii: "a"): 7
                default: 0
                }
            guard perSegment > 0 else { return }
            // The first pair behind a move is no segment.
            count += numbers / perSegment - (command == UInt8(ascii: "m") && numbers > 1 ? 1 : 0)
        }
        var i = start, hasPoint = false, isNumber = false
        while i < bytes.count, bytes[i] != UInt8(ascii: "\"") {
            let byte = bytes[i]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                // The two flags of an arc may stand together.
                let isFlag = command == UInt8(ascii: "a") && (numbers % 7 == 3 || numbers % 7 == 4) && !isNumber
                if !isNumber { (numbers, hasPoint) = (numbers + 1, false) }
                isNumber = !isFlag
            case UInt8(ascii: "."):
                if !isNumber || hasPoint { numbers += 1 }
                (isNumber, hasPoint) = (true, true)
            case UInt8(ascii: "-"):
                (numbers, isNumber, hasPoint) = (numbers + 1, true, false)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
                finish()
                (command, numbers, isNumber) = (byte | 0x20, 0, false)
            default: isNumber = false
            }
            i += 1
        }
        finish()
        return count
    }
}

extension TraceStatistics {
    /// Looks at a tracing as it was written.
    /// - Parameter drawing: What the SVG shows, at the size of the picture.
    init(of svg: [UInt8], showing drawing: Raster<RGBA8>, of picture: Raster<RGBA8>) {
        similarity = Similarity(of: drawing, to: picture)
        byteCount = svg.count
        gzipByteCount = Self.gzipByteCount(of: svg)
        contents = TraceContents(countingIn: svg)
    }

    /// Header and trailer of gzip are 18 bytes.
    static func gzipByteCount(of bytes: [UInt8]) -> Int { Packer().pack(bytes).bytes.count + 18 }
}

/// Draws a traced SVG at the size of its picture.
func rendering(of svg: borrowing Span<UInt8>, like picture: Raster<RGBA8>) throws -> Raster<RGBA8> {
    let tree = try SVG.read(svg, options: .init(), files: [:], typesetter: .estimating())
    var canvas = Canvas(width: picture.width, height: picture.height)
    canvas.paint(tree, transform: .scaling(Double(picture.width) / tree.size.width, Double(picture.height) / tree.size.height))
    return canvas.raster()
}
