import AtelierGeometry
import AtelierImageCodecs
import AtelierMemo
import AtelierPixels
import AtelierSVG
import AtelierStages

/// A small picture of a file.
struct Thumbnail: Hashable, Sendable {
    var bytes: [UInt8]
    /// Whether it is SVG; it is PNG otherwise.
    var isSVG: Bool

    /// Most columns and rows of pixels.
    static let side = 64
    /// Most bytes of a drawing that is its own thumbnail, and of one that is where it cannot be drawn here.
    static let smallDrawing = 4 << 10, largestDrawing = 64 << 10
}

extension Engine {
    /// A small picture of a source; nil of what cannot be read, which is said elsewhere.
    func thumbnail(of source: Artifact<Blob>, isDrawing: Bool, _ options: ConversionOptions) async -> Thumbnail? {
        do {
            guard isDrawing else {
                let raster = try await value(of: decodedPicture(source, options.image))
                return Thumbnail(bytes: encodePNG(raster.shrunk(to: Thumbnail.side)), isSVG: false)
            }
            guard let drawing = source.sourceBytes() else { return nil }
            let tree = try await value(of: Artifact(ParseSVG(source: source, options: options.svg)))
            if drawing.count > Thumbnail.smallDrawing {
                let (width, height) = fitted(tree.size.width, tree.size.height, in: Thumbnail.side)
                let rendering = try await value(of: rasterizeSVG(source, RenderingSize(width: width, height: height), options))
                if case .png(let bytes) = rendering { return Thumbnail(bytes: bytes, isSVG: false) }
                guard drawing.count <= Thumbnail.largestDrawing else { return nil }
            }
            return Thumbnail(bytes: Array(drawing.bytes), isSVG: true)
        } catch { return nil }
    }
}

/// The largest size of a shape that fits into a square, in whole pixels, at least 1.
private func fitted(_ width: Double, _ height: Double, in side: Int) -> (width: Int, height: Int) {
    let scale = Double(side) / max(width, height)
    return (max(1, Int((width * scale).rounded())), max(1, Int((height * scale).rounded())))
}

extension Raster where Pixel == RGBA8 {
    /// The picture with at most `side` columns and rows: each pixel the mean of those it stands for, weighted by their opacity. One that is
    /// small enough stays as it is.
    ///
    /// - Complexity: O(*width* × *height*)
    func shrunk(to side: Int) -> Raster {
        guard max(width, height) > side else { return self }
        let size = fitted(Double(width), Double(height), in: side)
        var small = Raster(width: size.width, height: size.height, filledWith: RGBA8(0, 0, 0, 0))
        pixels.withUnsafeBufferPointer { pixels in
            for y in 0..<size.height {
                let rows = y * height / size.height..<(y + 1) * height / size.height
                for x in 0..<size.width {
                    let columns = x * width / size.width..<(x + 1) * width / size.width
                    var sum = SIMD4<Int>.zero
                    for row in rows {
                        for column in columns {
                            let pixel = pixels[row * width + column], alpha = Int(pixel.a)
                            sum &+= SIMD4(Int(pixel.r) * alpha, Int(pixel.g) * alpha, Int(pixel.b) * alpha, alpha)
                        }
                    }
                    let count = rows.count * columns.count, alpha = sum.w
                    guard alpha > 0 else { continue }
                    func mean(_ sum: Int) -> UInt8 { UInt8((sum + alpha / 2) / alpha) }
                    small[x, y] = RGBA8(mean(sum.x), mean(sum.y), mean(sum.z), UInt8((alpha + count / 2) / count))
                }
            }
        }
        return small
    }
}
