import AtelierPixels

/// How a stored picture is turned and mirrored to stand upright (Exif 2.32, tag 0x0112).
enum Orientation: Int {
    case upright = 1
    case mirroredLeftToRight, rotatedHalf, mirroredTopToBottom
    /// The four that swap width and height; names say how the stored picture is changed.
    case transposed, turnedRight, transposedOverAntidiagonal, turnedLeft

    var swapsAxes: Bool { rawValue >= 5 }

    /// The orientation in a TIFF structure, as Exif wraps it; upright when it has none or one that cannot be read,
    /// since a broken note about the camera is no reason to refuse the picture.
    ///
    /// Reads the header and the first directory only, inside `tiff`, at most 65 535 entries of 12 bytes.
    init(tiff: Span<UInt8>) {
        self = Orientation.found(tiff: tiff)?.orientation ?? .upright
    }

    /// The same with the place of the byte that says it.
    static func found(tiff: Span<UInt8>) -> (orientation: Orientation, place: Int)? {
        guard tiff.count >= 8 else { return nil }
        let isLittleEndian = tiff.starts(with: [0x49, 0x49, 0x2A, 0])
        guard isLittleEndian || tiff.starts(with: [0x4D, 0x4D, 0, 0x2A]) else { return nil }

        func number16(_ offset: Int) -> Int {
            isLittleEndian ? tiff.bigEndian16(at: offset).byteSwapped16 : tiff.bigEndian16(at: offset)
        }
        func number32(_ offset: Int) -> Int {
            isLittleEndian ? number16(offset) | number16(offset + 2) << 16 : tiff.bigEndian32(at: offset)
        }

        let directory = number32(4)
        guard directory <= tiff.count - 2 else { return nil }
        for index in 0..<number16(directory) {
            let entry = directory + 2 + 12 * index
            guard entry <= tiff.count - 12 else { return nil }
            // Tag, type 3 (16-bit number), one value, which then lies in the entry itself.
            guard number16(entry) == 0x0112 else { continue }
            guard number16(entry + 2) == 3, number32(entry + 4) == 1 else { return nil }
            return Orientation(rawValue: number16(entry + 8)).map { ($0, entry + (isLittleEndian ? 8 : 9)) }
        }
        return nil
    }

    /// The picture set upright. O(pixels); a second raster exists while it runs.
    func upright(_ stored: Raster<RGBA8>) -> Raster<RGBA8> {
        if self == .upright { return stored }
        let (width, height) = (stored.width, stored.height)
        // Pixel (x, y) of the result comes from `start + x * stepX + y * stepY` of the stored rows.
        let (start, stepX, stepY): (Int, Int, Int)
        let last = width * height - 1
        switch self {
        case .upright: (start, stepX, stepY) = (0, 1, width)
        case .mirroredLeftToRight: (start, stepX, stepY) = (width - 1, -1, width)
        case .rotatedHalf: (start, stepX, stepY) = (last, -1, -width)
        case .mirroredTopToBottom: (start, stepX, stepY) = (last - (width - 1), 1, -width)
        case .transposed: (start, stepX, stepY) = (0, width, 1)
        case .turnedRight: (start, stepX, stepY) = (last - (width - 1), -width, 1)
        case .transposedOverAntidiagonal: (start, stepX, stepY) = (last, -width, -1)
        case .turnedLeft: (start, stepX, stepY) = (width - 1, width, -1)
        }
        let (newWidth, newHeight) = swapsAxes ? (height, width) : (width, height)
        let source = stored.pixels.span
        let pixels = [RGBA8](inLargePages: width * height) { output, count in
            var next = 0
            for y in 0..<newHeight {
                var from = start + y * stepY
                for _ in 0..<newWidth {
                    output.initializeElement(at: next, to: source[from])
                    next += 1
                    from += stepX
                }
            }
            count = next
        }
        return Raster(width: newWidth, height: newHeight, pixels: pixels)
    }
}

extension Int {
    /// The lower 16 bits with their two bytes exchanged.
    fileprivate var byteSwapped16: Int { (self & 0xFF) << 8 | self >> 8 & 0xFF }
}
