/// The chunks of a PNG file, walked without decoding: what the header says, and which bytes the decoder needs.
///
/// Only IHDR, PLTE, tRNS, IDAT and IEND reach the decoder, so that text, profiles and other metadata cost nothing and
/// cannot hurt. A file whose last chunk is missing or cut is refused here, with its place.
struct PNGStructure {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private(set) var width = 0
    private(set) var height = 0
    private(set) var bitDepth = 0
    private(set) var colorType = 0
    private(set) var isInterlaced = false
    private(set) var orientation = Orientation.upright
    /// The kinds of chunks the decoder needs.
    private var seen: Set<String> = []
    /// The byte ranges of the file that are handed to the decoder, signature first; at most five.
    private(set) var pieces: [Range<Int>] = []
    /// Bytes of compressed data in all IDAT chunks.
    private(set) var compressedByteCount = 0

    /// Walks the chunks up to IEND. O(chunks).
    init(_ bytes: Span<UInt8>) throws(ImageDecodingError) {
        var position = Self.signature.count
        take(0..<position)
        while true {
            guard bytes.count - position >= 8 else {
                throw .truncated(.png, part: "the chunk list before IEND", byte: bytes.count)
            }
            let start = position
            let length = bytes.bigEndian32(at: start)
            let type = bytes.bigEndian32(at: start + 4)
            let name = try Self.name(of: type, at: start + 4)
            guard length <= 0x7FFF_FFFF else { throw .damaged(.png, "chunk \(name) has an impossible length", byte: start) }
            guard length <= bytes.count - start - 12 else {
                throw .truncated(.png, part: "chunk \(name), which starts at byte \(start)", byte: bytes.count)
            }
            position = start + 12 + length
            let body = start + 8..<start + 8 + length
            if start == Self.signature.count, name != "IHDR" {
                throw .damaged(.png, "the first chunk is \(name), not IHDR", byte: start)
            }

            switch name {
            case "IHDR":
                guard start == Self.signature.count, length == 13 else {
                    throw .damaged(.png, "chunk IHDR has the wrong length or comes twice", byte: start)
                }
                width = bytes.bigEndian32(at: body.lowerBound)
                height = bytes.bigEndian32(at: body.lowerBound + 4)
                bitDepth = Int(bytes[body.lowerBound + 8])
                colorType = Int(bytes[body.lowerBound + 9])
                isInterlaced = bytes[body.lowerBound + 12] == 1
            case "PLTE", "tRNS":
                guard !seen.contains(name), !seen.contains("IDAT") else {
                    throw .damaged(.png, "chunk \(name) comes twice or after the image data", byte: start)
                }
            case "IDAT":
                guard !seen.contains("IDAT") || pieces.last?.upperBound == start else {
                    throw .damaged(.png, "the image data is interrupted and goes on", byte: start)
                }
                compressedByteCount += length
            case "eXIf":
                orientation = Orientation(tiff: bytes.extracting(body))
                continue
            case "IEND":
                take(start..<position)
                return
            default:
                // Bit 5 of the first letter marks a chunk that may be skipped (PNG, 5.4).
                if type & 0x2000_0000 != 0 { continue }
                throw .unsupportedFeature(.png, "the unknown critical chunk \(name)")
            }
            seen.insert(name)
            take(start..<position)
        }
    }

    /// Whether there is a tRNS chunk.
    var hasTransparency: Bool { seen.contains("tRNS") }

    /// Bytes of all filtered rows, as the compressed data must hold them; nil for a colour type or depth there is not.
    var filteredByteCount: Int? {
        let channels: Int
        switch (colorType, bitDepth) {
        case (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (3, 1), (3, 2), (3, 4), (3, 8): channels = 1
        case (2, 8), (2, 16): channels = 3
        case (4, 8), (4, 16): channels = 2
        case (6, 8), (6, 16): channels = 4
        default: return nil
        }
        func byteCount(_ width: Int, _ height: Int) -> Int {
            width == 0 ? 0 : height * (1 + (width * channels * bitDepth + 7) / 8)
        }
        if !isInterlaced { return byteCount(width, height) }
        return Adam7.passes.reduce(0) { $0 + byteCount($1.columns(of: width), $1.rows(of: height)) }
    }

    private mutating func take(_ range: Range<Int>) {
        if let last = pieces.last, last.upperBound == range.lowerBound {
            pieces[pieces.count - 1] = last.lowerBound..<range.upperBound
        } else {
            pieces.append(range)
        }
    }

    /// The four letters of a chunk's type.
    private static func name(of type: Int, at byte: Int) throws(ImageDecodingError) -> String {
        var name = ""
        for shift in [24, 16, 8, 0] {
            let letter = UInt8(truncatingIfNeeded: type >> shift)
            guard (0x41...0x5A).contains(letter & 0xDF) else { throw .damaged(.png, "a chunk's name is not four letters", byte: byte) }
            name.unicodeScalars.append(Unicode.Scalar(letter))
        }
        return name
    }
}

/// The seven passes of PNG interlacing (PNG, 8.2): where each starts and how far apart its pixels lie.
struct Adam7 {
    let x: Int, y: Int, stepX: Int, stepY: Int

    static let passes = [
        Adam7(x: 0, y: 0, stepX: 8, stepY: 8), Adam7(x: 4, y: 0, stepX: 8, stepY: 8), Adam7(x: 0, y: 4, stepX: 4, stepY: 8),
        Adam7(x: 2, y: 0, stepX: 4, stepY: 4), Adam7(x: 0, y: 2, stepX: 2, stepY: 4), Adam7(x: 1, y: 0, stepX: 2, stepY: 2),
        Adam7(x: 0, y: 1, stepX: 1, stepY: 2),
    ]

    func columns(of width: Int) -> Int { max(0, (width - x + stepX - 1) / stepX) }
    func rows(of height: Int) -> Int { max(0, (height - y + stepY - 1) / stepY) }
}
