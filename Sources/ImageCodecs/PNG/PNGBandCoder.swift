import AtelierPixels
import CAtelierDeflate
import CAtelierKernels

/// Filters and compresses the bands of PNG files of one layout, with one set of working memory; for one thread.
///
///     var coder = PNGBandCoder(layout), file = BandedPNG(layout)
///     for band in 0..<layout.bandCount { coder.code(pixels(of: band), into: &file) }
///     coder.finish(&file)
public struct PNGBandCoder: ~Copyable {
    private let layout: PNGLayout
    /// Filtered rows of a band, or of the whole picture for `small`; 64 bytes lie before and behind them for the kernels.
    private let filtered: UnsafeMutablePointer<UInt8>
    private let filteredByteCount: Int
    /// Scratch of the kernel, and its output.
    private let tokens: UnsafeMutablePointer<UInt32>, output: UnsafeMutablePointer<UInt8>
    private let outputByteCount: Int
    /// Of `small`.
    private let compressor: OpaquePointer?
    /// Rows of the picture that `small` has collected.
    private var collectedRows = 0

    /// Measured on flat art against the levels around it: 555 KB in 46 ms at 6, 519 in 124 at 8, 515 in 160 at 9.
    private static let smallLevel: Int32 = 7

    /// Bytes that lie readable around rows handed to `code`.
    public static let margin = 64

    /// Working memory for a layout.
    public init(_ layout: PNGLayout) {
        self.layout = layout
        let rowBytes = layout.bytesPerRow + 1
        let isSmall = layout.level == .small
        let rows = isSmall ? layout.height : min(layout.height, layout.rowsPerBand)
        filteredByteCount = rowBytes * rows
        filtered = .allocate(capacity: filteredByteCount + 2 * Self.margin)
        filtered.initialize(repeating: 0, count: filteredByteCount + 2 * Self.margin)
        switch layout.level {
        case .fast:
            tokens = .allocate(capacity: atelier_token_count(layout.bytesPerRow, rows))
            outputByteCount = atelier_deflate_bound(layout.bytesPerRow, rows)
            compressor = nil
        case .small:
            tokens = .allocate(capacity: 1)
            compressor = libdeflate_alloc_compressor(Self.smallLevel)
            precondition(compressor != nil, "out of memory for a compressor")
            outputByteCount = libdeflate_zlib_compress_bound(compressor, filteredByteCount)
        case .stored:
            tokens = .allocate(capacity: 1)
            outputByteCount = filteredByteCount + 5 * (filteredByteCount / 0xFFFF + 1)
            compressor = nil
        }
        output = .allocate(capacity: outputByteCount)
    }

    deinit {
        filtered.deallocate()
        tokens.deallocate()
        output.deallocate()
        if let compressor { libdeflate_free_compressor(compressor) }
    }

    /// Codes the next band and adds it; nil for `small`, which codes the whole picture at the end.
    ///
    /// - Parameters:
    ///   - pixels: The rows without a gap, as the layout's color says; `margin` bytes before and behind them are readable.
    ///   - rowCount: How many; the layout's `rowsPerBand`, fewer for the last band.
    @discardableResult
    public mutating func code(_ pixels: UnsafePointer<UInt8>, rowCount: Int, into file: inout BandedPNG) -> BandedPNG.Band? {
        let rowBytes = layout.bytesPerRow, byteCount = (rowBytes + 1) * rowCount
        let pixelBytes = Int32(layout.color.bytesPerPixel)
        var target = filtered + Self.margin
        if layout.level == .small { target += collectedRows * (rowBytes + 1) }
        let filter = layout.level == .stored ? PNGFilter.none : layout.filter
        atelier_filter(pixels, rowBytes, rowBytes, rowCount, pixelBytes, Int32(filter.rawValue), target)
        collectedRows += rowCount
        switch layout.level {
        case .small: return nil
        case .fast:
            let count = atelier_deflate_runs(target, rowBytes, rowCount, pixelBytes, tokens, output)
            return add(count, of: target, byteCount, to: &file)
        case .stored:
            var (position, count) = (0, 0)
            while position < byteCount {
                let part = min(0xFFFF, byteCount - position)
                output[count] = 0  // stored, not the last (RFC 1951, 3.2.4)
                output[count + 1] = UInt8(part & 0xFF)
                output[count + 2] = UInt8(part >> 8)
                output[count + 3] = ~output[count + 1]
                output[count + 4] = ~output[count + 2]
                (output + count + 5).update(from: target + position, count: part)
                position += part
                count += part + 5
            }
            return add(count, of: target, byteCount, to: &file)
        }
    }

    private func add(_ count: Int, of target: UnsafeMutablePointer<UInt8>, _ byteCount: Int, to file: inout BandedPNG) -> BandedPNG.Band {
        file.append(
            data: UnsafeRawBufferPointer(start: output, count: count), adler: libdeflate_adler32(1, target, byteCount),
            filteredByteCount: byteCount)
    }

    /// Ends the file; the coder is ready for the next.
    public mutating func finish(_ file: inout BandedPNG) {
        if layout.level == .small {
            precondition(collectedRows == layout.height, "a picture ends with its last row")
            let count = libdeflate_zlib_compress(compressor, filtered + Self.margin, filteredByteCount, output, outputByteCount)
            _ = file.append(data: UnsafeRawBufferPointer(start: output, count: count), adler: 1, filteredByteCount: 0)
        }
        collectedRows = 0
        file.finish()
    }
}
