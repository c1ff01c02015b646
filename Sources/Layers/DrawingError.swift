import AtelierImageCodecs

/// Why a collection cannot be drawn; found before a pixel is.
public enum DrawingError: Error, Hashable, CustomStringConvertible {
    /// A file of the project is not among the images.
    case missing(file: String)
    /// An image does not lie on the canvas.
    case outside(file: String, width: Int, height: Int, x: Int, y: Int, canvas: PixelSize)
    /// An item has more images than are drawn at once.
    case tooDeep(limit: Int)
    /// More different images, places and blend modes than are counted.
    case tooMany(limit: Int)
    /// libwebp is not on this machine.
    case noWebP
    /// WebP files are not that large.
    case tooLargeForWebP(PixelSize)

    /// One sentence: what, where, and what would help.
    public var description: String {
        switch self {
        case .missing(let file): "\(file): the picture was not read"
        case .outside(let file, let width, let height, let x, let y, let canvas):
            "\(file): a picture of \(width) × \(height) pixels at \(x), \(y) does not lie on the canvas of \(canvas.width) × \(canvas.height); "
                + "crop it, or change its offset or the size of the project (nothing is scaled silently)"
        case .tooDeep(let limit): "an item has more than \(limit) pictures on top of each other; join some layers"
        case .tooMany(let limit): "the collection has more than \(limit) different pictures and places; split it into several"
        case .noWebP: "libwebp is not installed, which WebP needs; install libwebp7 or write PNG"
        case .tooLargeForWebP(let size):
            "WebP pictures have at most \(WebP.largestSide) pixels a side, not \(size.width) × \(size.height); write PNG or choose a smaller size"
        }
    }
}
