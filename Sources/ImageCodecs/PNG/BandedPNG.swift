import AtelierPixels
import CAtelierDeflate

/// A PNG file that grows from the top: bands are added as they are coded.
///
/// Each band is one IDAT chunk of whole deflate blocks that end at a byte and refer to nothing before them, so its bytes are a function of its
/// pixels alone and can be added to any other file of the layout as they are.
public struct BandedPNG: Sendable {
    /// The layout.
    public let layout: PNGLayout
    /// What there is so far; the whole file after `finish`.
    public private(set) var bytes: [UInt8] = []
    /// Adler-32 of all filtered rows (RFC 1950).
    private var adler: UInt32 = 1

    /// A coded band, as it lies in a file.
    public struct Band: Hashable, Sendable {
        /// Where its chunk lies in `bytes`.
        public var range: Range<Int>
        /// Adler-32 of its filtered rows, and their bytes.
        var adler: UInt32, filteredByteCount: Int
    }

    /// The head of a file.
    ///
    /// - Parameter expectedByteCount: Memory that is taken at once.
    public init(_ layout: PNGLayout, expecting expectedByteCount: Int = 0) {
        self.layout = layout
        bytes.reserveCapacity(expectedByteCount)
        bytes += PNGStructure.signature
        var header: [UInt8] = []
        header.append(bigEndian: UInt32(layout.width))
        header.append(bigEndian: UInt32(layout.height))
        header.append(8)
        switch layout.color {
        case .rgb: header.append(2)
        case .rgba: header.append(6)
        case .palette: header.append(3)
        }
        header += [0, 0, 0]  // deflate, the five filters, not interlaced
        bytes.append(chunk: "IHDR", header)
        if case .palette(let colors) = layout.color {
            bytes.append(chunk: "PLTE", colors.flatMap { [$0.r, $0.g, $0.b] })
            if let last = colors.lastIndex(where: { $0.a != 255 }) {
                bytes.append(chunk: "tRNS", colors[...last].map(\.a))
            }
        }
        // The head of the zlib stream (RFC 1950): deflate, a window of 32 KiB, no dictionary. Alone, so that bands are whole chunks.
        if layout.level != .small { bytes.append(chunk: "IDAT", [0x78, 0x01]) }
    }

    /// Adds a band that was coded for another file of this layout.
    public mutating func append(_ band: Band, of other: borrowing BandedPNG) -> Band {
        append(chunk: other.bytes[band.range], band)
    }

    private mutating func append(chunk: ArraySlice<UInt8>, _ band: Band) -> Band {
        let start = bytes.count
        bytes += chunk
        return note(band.adler, band.filteredByteCount, from: start)
    }

    /// Adds a chunk of image data.
    mutating func append(data: UnsafeRawBufferPointer, adler: UInt32, filteredByteCount: Int) -> Band {
        let start = bytes.count
        bytes.append(chunk: "IDAT", data)
        return note(adler, filteredByteCount, from: start)
    }

    private mutating func note(_ bandAdler: UInt32, _ byteCount: Int, from start: Int) -> Band {
        adler = combinedAdler(adler, bandAdler, byteCount)
        return Band(range: start..<bytes.count, adler: bandAdler, filteredByteCount: byteCount)
    }

    /// Ends a file of bands.
    public mutating func finish() {
        if layout.level != .small {
            var end: [UInt8] = [1, 0, 0, 0xFF, 0xFF]  // an empty stored block, the last
            end.append(bigEndian: adler)
            bytes.append(chunk: "IDAT", end)
        }
        bytes.append(chunk: "IEND", [])
    }
}

/// Adler-32 of two pieces behind each other from those of both (RFC 1950, 8.2: sums modulo 65521).
func combinedAdler(_ first: UInt32, _ second: UInt32, _ secondByteCount: Int) -> UInt32 {
    let base = 65521
    let (a1, b1, a2, b2) = (Int(first & 0xFFFF), Int(first >> 16), Int(second & 0xFFFF), Int(second >> 16))
    let a = (a1 + a2 + base - 1) % base
    // Each byte of the second piece adds a1 - 1 once more to the sum of sums.
    let b = (b1 + b2 + secondByteCount % base * ((a1 + base - 1) % base)) % base
    return UInt32(b << 16 | a)
}

extension [UInt8] {
    /// Appends four bytes, highest first.
    mutating func append(bigEndian value: UInt32) { Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) } }

    /// Appends a chunk: length, name, body, checksum.
    mutating func append(chunk name: StaticString, _ body: [UInt8]) { body.withUnsafeBytes { append(chunk: name, $0) } }

    /// The same for a body that lies elsewhere.
    mutating func append(chunk name: StaticString, _ body: UnsafeRawBufferPointer) {
        append(bigEndian: UInt32(body.count))
        let start = count
        append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: 4))
        append(contentsOf: body)
        let crc = self[start...].withUnsafeBytes { libdeflate_crc32(0, $0.baseAddress, $0.count) }
        append(bigEndian: crc)
    }
}
