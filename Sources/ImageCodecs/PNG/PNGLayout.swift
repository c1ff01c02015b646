public import AtelierPixels

/// How hard a PNG file is compressed.
public enum PNGLevel: String, Hashable, Sendable, CaseIterable, Codable {
    /// Runs only, a band at a time: ten times as fast as zlib's lowest level, at its size (measured, decision 0031).
    case fast
    /// A search for matches over the whole picture.
    case small
    /// Not at all.
    case stored
}

/// What the pixels of a PNG file are.
public enum PNGColor: Hashable, Sendable {
    /// Red, green and blue; opaque.
    case rgb
    /// Red, green, blue and straight alpha.
    case rgba
    /// Numbers of 1 to 256 colors.
    case palette([RGBA8])

    /// Bytes of a pixel, before compression.
    public var bytesPerPixel: Int {
        switch self {
        case .rgb: 3
        case .rgba: 4
        case .palette: 1
        }
    }
}

/// Which of PNG's filters (ISO/IEC 15948, 9.2) every row takes.
public enum PNGFilter: UInt8, Hashable, Sendable, CaseIterable, Codable {
    /// The bytes as they are.
    case none = 0
    /// What is left after the row above; the first row of a band, which must not need another, takes the pixel to the left.
    case up = 2
}

/// Everything about a PNG file that is decided before its pixels: 8 bits a channel, not interlaced.
public struct PNGLayout: Hashable, Sendable {
    /// Pixels in a row.
    public var width: Int
    /// Rows.
    public var height: Int
    /// What a pixel is.
    public var color: PNGColor
    /// How it is compressed.
    public var level: PNGLevel
    /// The filter of every row; `stored` takes none.
    public var filter: PNGFilter
    /// Rows that are filtered and compressed together, unless the level is `small`.
    public var rowsPerBand: Int

    /// A layout; by default drawn art in bands that stay in the second-level cache.
    public init(
        width: Int, height: Int, color: PNGColor, level: PNGLevel = .fast, filter: PNGFilter = .up, rowsPerBand: Int = 64
    ) {
        precondition(width > 0 && height > 0 && rowsPerBand > 0, "a picture has pixels")
        self.width = width
        self.height = height
        self.color = color
        self.level = level
        self.filter = filter
        self.rowsPerBand = rowsPerBand
    }

    /// Bytes of a row, without its filter's type.
    public var bytesPerRow: Int { width * color.bytesPerPixel }

    /// How many bands there are.
    public var bandCount: Int { (height + rowsPerBand - 1) / rowsPerBand }

    /// The rows of a band.
    public func rows(ofBand band: Int) -> Range<Int> { band * rowsPerBand..<min(height, (band + 1) * rowsPerBand) }
}
