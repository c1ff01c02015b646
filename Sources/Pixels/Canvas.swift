public import AtelierGeometry

/// A picture that paths are painted on, anti-aliased by exact area.
///
///     var canvas = Canvas(width: 64, height: 64)
///     canvas.fill(BezierPath(ellipseAt: Point(32, 32), rx: 20, ry: 20), with: .color(RGBA8(200, 30, 30)))
///     let picture = canvas.raster()
///
/// Pixels are premultiplied sRGB bytes and what is painted goes over what is there (Porter and Duff's *source over* on the encoded
/// values, as SVG asks for by default). Coverage has 256 steps. A band of a taller picture is a canvas of its own
/// height with a transform that moves the band's first row to 0; the same rows come out.
///
/// - Complexity: memory is 4 bytes a pixel, and what `fill` says for one path at a time.
public struct Canvas: Sendable {
    /// Columns; at least 1.
    public let width: Int
    /// Rows; at least 1.
    public let height: Int
    /// Premultiplied; red in the lowest eight bits, then green, blue and alpha.
    private var words: [UInt32]
    private var coverage = PathCoverage()

    /// A transparent canvas.
    public init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a canvas has pixels")
        (self.width, self.height) = (width, height)
        words = [UInt32](repeating: 0, count: width * height)
    }

    /// Paints the inside of a path. Open subpaths are closed; coordinates that are no numbers paint nothing.
    ///
    /// Pixel (x, y) covers the square from (x, y) to (x + 1, y + 1); curves are flattened to within 0.02 pixels.
    /// - Parameters:
    ///   - rule: What is inside where the outline crosses or overlaps itself.
    ///   - transform: From the coordinates of path and paint to pixels.
    /// - Complexity: O(pixels inside + pieces × log), a piece being the part of a flattened segment in one row; 48 bytes a
    ///   flattened segment. See `PathCoverage` for rows in which more than 256 pieces lie on top of each other.
    public mutating func fill(
        _ path: BezierPath, with paint: Paint, rule: FillRule = .nonzero, transform: AffineTransform = .identity
    ) {
        if paint.isInvisible { return }
        guard let shader = Shader(paint, transform) else { return }
        coverage.take(path, transform, width: width, height: height)
        let width = width
        words.withUnsafeMutableBufferPointer { words in
            guard let start = words.baseAddress else { return }
            coverage.forEachSpan(rule) { y, x, count, amounts in
                let row = start + (y * width + x)
                if let amounts {
                    shader.blend(row, x: x, y: y, count: count, amounts)
                } else {
                    shader.fill(row, x: x, y: y, count: count)
                }
            }
        }
    }

    /// Paints a line along a path.
    /// - Parameters:
    ///   - style: Width, ends and corners, in the coordinates of the path.
    ///   - transform: From the coordinates of path and paint to pixels; it acts on the line's width as well.
    public mutating func stroke(
        _ path: BezierPath, _ style: StrokeStyle, with paint: Paint, transform: AffineTransform = .identity
    ) {
        let growth = max(1e-9, transform.determinant.magnitude.squareRoot())
        fill(path.stroked(style, tolerance: 0.02 / growth), with: paint, rule: .nonzero, transform: transform)
    }

    /// Calls a function with the columns of a row of the canvas, from the left, whose alpha is less than a value. O(columns).
    public func forEachPixel(inRow y: Int, lessCoveredThan alpha: UInt8, _ body: (Int) -> Void) {
        let least = UInt32(alpha) << 24
        words[y * width..<(y + 1) * width].withUnsafeBufferPointer { row in
            var x = 0
            while x < row.count {
                // Most rows have none: looked at in blocks.
                let end = min(row.count, x + 256)
                var low = UInt32.max
                for i in x..<end { low = min(low, row[i]) }
                if low < least { for i in x..<end where row[i] < least { body(i) } }
                x = end
            }
        }
    }

    /// What was painted, with straight alpha.
    public consuming func raster() -> Raster<RGBA8> {
        let count = words.count
        let pixels = [RGBA8](inLargePages: count) { out, used in
            for i in 0..<count {
                let word = words[i], a = word >> 24
                let (r, g, b) = (word & 255, word >> 8 & 255, word >> 16 & 255)
                let pixel: RGBA8
                switch a {
                case 255: pixel = RGBA8(UInt8(r), UInt8(g), UInt8(b), 255)
                case 0: pixel = RGBA8(0, 0, 0, 0)
                default:
                    let half = a / 2
                    pixel = RGBA8(
                        UInt8(min(255, (r * 255 + half) / a)), UInt8(min(255, (g * 255 + half) / a)),
                        UInt8(min(255, (b * 255 + half) / a)), UInt8(a))
                }
                out.initializeElement(at: i, to: pixel)
            }
            used = count
        }
        return Raster(width: width, height: height, pixels: pixels)
    }
}
