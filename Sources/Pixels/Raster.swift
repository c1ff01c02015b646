// Pixels: rasters and colours as plain values. Pixel formats are types, so that straight and premultiplied
// colour never meet by accident. Start with `Raster`.

/// A rectangle of pixels in memory order: row by row from the top, each row from the left, without padding.
@frozen
public struct Raster<Pixel: Sendable>: Sendable {
    /// Pixels in a row; at least 1.
    public let width: Int
    /// Rows; at least 1.
    public let height: Int
    /// `width × height` pixels, row-major; pixel (x, y) is at `y * width + x`.
    public var pixels: [Pixel]

    /// A raster over existing pixels. `pixels.count` must be `width × height`.
    @inlinable
    public init(width: Int, height: Int, pixels: [Pixel]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height, "a raster holds width × height pixels")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// A raster filled with one pixel value.
    @inlinable
    public init(width: Int, height: Int, filledWith pixel: Pixel) {
        self.init(width: width, height: height, pixels: [Pixel](repeating: pixel, count: width * height))
    }

    /// The pixel in column `x` of row `y`.
    @inlinable
    public subscript(x: Int, y: Int) -> Pixel {
        get { pixels[y * width + x] }
        set { pixels[y * width + x] = newValue }
    }
}

extension Raster: Equatable where Pixel: Equatable {}

/// An sRGB colour with straight (not premultiplied) alpha, 8 bits a channel, four bytes in the order r, g, b, a.
@frozen
public struct RGBA8: Hashable, Sendable {
    /// Gamma-encoded sRGB red, green and blue, and opacity (255 is opaque).
    public var r: UInt8, g: UInt8, b: UInt8, a: UInt8

    /// A colour from its channels; opaque unless said otherwise.
    @inlinable
    public init(_ r: UInt8, _ g: UInt8, _ b: UInt8, _ a: UInt8 = 255) {
        (self.r, self.g, self.b, self.a) = (r, g, b, a)
    }
}
