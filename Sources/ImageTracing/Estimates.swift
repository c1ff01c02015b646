import AtelierPixels

/// The luma of some 128 rows and 128 columns of a picture, evenly spread, from which its edges are judged.
///
/// Luma by the weights of `luma(_:)`, 0–255, plus alpha if wished, so that edges between transparent and opaque count.
struct SampledLines {
    private var values: [Int16]
    private let rowCount: Int, rowLength: Int, columnCount: Int, columnLength: Int

    /// - Parameter pixels: Premultiplied, row-major.
    /// - Complexity: O(128 (width + height)).
    init(_ pixels: [RGBA8], width: Int, height: Int, addingAlpha: Bool, _ each: ParallelFor = serially) {
        let rowStep = max(1, height / 128), columnStep = max(1, width / 128)
        rowCount = (height + rowStep - 1) / rowStep
        columnCount = (width + columnStep - 1) / columnStep
        (rowLength, columnLength) = (width, height)
        let (rows, columns) = (rowCount * width, columnCount)
        values = [Int16](unsafeUninitializedCapacity: rows + columns * height) { values, count in
            pixels.withUnsafeBufferPointer { pixels in
                // Every band has its own values, all before `each` returns.
                nonisolated(unsafe) let (pixels, rowValues) = (pixels, values.baseAddress!)
                nonisolated(unsafe) let columnValues = rowValues + rows
                forEachBand(of: rows / width, width: width, each) {
                    for r in $0 { fillLuma(pixels.baseAddress! + r * rowStep * width, width, addingAlpha, rowValues + r * width) }
                }
                // What is read of a row lies far apart: it takes as long as four times as many neighbours.
                forEachBand(of: height, width: 4 * columns, each) { rows in
                    // Some rows at a time, so that what is read beside each other stays near.
                    for band in stride(from: rows.lowerBound, to: rows.upperBound, by: 16) {
                        let end = min(rows.upperBound, band + 16)
                        for c in 0..<columns {
                            var value = columnValues + c * height + band
                            if rowStep == 1 {
                                for y in band..<end {
                                    value.initialize(to: rowValues[y * width + c * columnStep])
                                    value += 1
                                }
                            } else {
                                for y in band..<end {
                                    let p = pixels[y * width + c * columnStep]
                                    value.initialize(to: Int16(truncatingIfNeeded: luma(p)) &+ (addingAlpha ? Int16(p.a) : 0))
                                    value += 1
                                }
                            }
                        }
                    }
                }
            }
            count = rows + columns * height
        }
    }

    /// What a function makes of shares of the rows and columns; it takes up line after line.
    fileprivate func map<Part: Sendable>(
        _ start: Part, _ each: ParallelFor, _ body: @escaping @Sendable (inout Part, UnsafeBufferPointer<Int16>) -> Void
    ) -> [Part] {
        let (rowCount, rowLength, columns, columnLength) = (rowCount, rowLength, rowCount * rowLength, columnLength)
        return values.withUnsafeBufferPointer { values in
            // Only read, and all lines are looked at before this returns.
            nonisolated(unsafe) let values = values
            return mapBands(of: rowCount + columnCount, width: max(rowLength, columnLength), each) { lines in
                var part = start
                for k in lines {
                    let range =
                        k < rowCount
                        ? k * rowLength..<(k + 1) * rowLength
                        : columns + (k - rowCount) * columnLength..<columns + (k - rowCount + 1) * columnLength
                    body(&part, UnsafeBufferPointer(rebasing: values[range]))
                }
                return part
            }
        }
    }
}

/// The luma of a row of pixels, with alpha if wished.
func fillLuma(_ pixels: UnsafePointer<RGBA8>, _ count: Int, _ addingAlpha: Bool, _ out: UnsafeMutablePointer<Int16>) {
    var i = 0
    let bytes = UnsafeRawPointer(pixels), alphaMask = SIMD4<UInt32>(repeating: addingAlpha ? 0xFF : 0)
    let redBlue = SIMD8<UInt16>(54, 19, 54, 19, 54, 19, 54, 19), green = SIMD8<UInt16>(183, 0, 183, 0, 183, 0, 183, 0)
    while i + 4 <= count {
        let p = bytes.loadUnaligned(fromByteOffset: 4 * i, as: SIMD4<UInt32>.self)
        // Two products of 16 bits in each lane; their sum with green's and one half stays below 2¹⁶.
        let rb = unsafeBitCast(p & 0x00FF_00FF, to: SIMD8<UInt16>.self) &* redBlue
        let g = unsafeBitCast(p &>> 8 & 0xFF, to: SIMD8<UInt16>.self) &* green
        let sum = unsafeBitCast(rb &+ g, to: SIMD4<UInt32>.self)
        let luma = ((sum & 0xFFFF) &+ (sum &>> 16) &+ 128) &>> 8 &+ (p &>> 24 & alphaMask)
        UnsafeMutableRawPointer(out + i).storeBytes(of: SIMD4<Int16>(truncatingIfNeeded: luma), as: SIMD4<Int16>.self)
        i += 4
    }
    while i < count {
        (out + i).initialize(to: Int16(luma(pixels[i])) + (addingAlpha ? Int16(pixels[i].a) : 0))
        i += 1
    }
}

/// The first index from `k` on, a multiple of eight further, from which eight values are not each within `most` of the one before;
/// or one with fewer than eight values left.
@inline(__always)
private func skipLevel(_ line: UnsafeBufferPointer<Int16>, from k: Int, most: Int16) -> Int {
    let bytes = UnsafeRawPointer(line.baseAddress!), high = SIMD8<Int16>(repeating: most), low = SIMD8<Int16>(repeating: -most)
    var k = k
    while k + 8 <= line.count {
        let here = bytes.loadUnaligned(fromByteOffset: 2 * k, as: SIMD8<Int16>.self)
        let step = here &- bytes.loadUnaligned(fromByteOffset: 2 * k - 2, as: SIMD8<Int16>.self)
        if any((step .> high) .| (step .< low)) { break }
        k += 8
    }
    return k
}

/// The median width of the edges of a picture: the step across an edge divided by the steepest step between two pixels.
///
/// 1 for aliased edges, 1 to 1.6 for anti-aliased and compressed ones, above 2.1 for those that were enlarged, blurred or scanned
/// (measured on drawings of all these kinds). Edges are monotone runs of at least 48 levels of luma and alpha.
///
/// - Parameters:
///   - lines: Luma with alpha.
///   - noise: Steps of up to 2 + twice this are level.
/// - Returns: 0 when there are fewer than 16 edges.
func medianEdgeWidth(_ lines: SampledLines, noise: Int, _ each: ParallelFor = serially) -> Float {
    // Sixteenths of a pixel, up to 16.
    let none = [Int](repeating: 0, count: 257), level = 2 + 2 * noise
    let parts = lines.map(none, each) { histogram, line in
        var total = 0, steepest = 0
        func finish() {
            if abs(total) >= 48 { histogram[min(256, abs(total) * 16 / steepest)] += 1 }
            (total, steepest) = (0, 0)
        }
        var k = 1
        while k < line.count {
            let next = skipLevel(line, from: k, most: Int16(min(level, 510)))
            if next > k {
                if total != 0 { finish() }
                k = next
            }
            for k in k..<min(k + 8, line.count) {
                let d = Int(line[k]) - Int(line[k - 1])
                if d == 0, total == 0 { continue }
                if abs(d) <= level || (d > 0) != (total > 0) { finish() }
                if abs(d) > level {
                    total += d
                    steepest = max(steepest, abs(d))
                }
            }
            k += 8
        }
        finish()
    }
    let histogram = parts.reduce(none) { zip($0, $1).map(+) }, count = histogram.reduce(0, +)
    guard count >= 16 else { return 0 }
    var seen = 0
    for (sixteenths, n) in histogram.enumerated() {
        seen += n
        if 2 * seen >= count { return Float(sixteenths) / 16 }
    }
    return 0
}

/// How restless the surroundings of strong edges are: the mean second difference of luma three to six pixels away from steps of at
/// least 40 levels, where nothing else steps by more than 16.
///
/// Up to 0.9 in drawings, gradients included; 1.5 to 6 after JPEG compression, which rings around edges while it leaves far areas
/// level, so that the median difference of all pixels says nothing. Also high with noise, and around enlarged edges that ring.
///
/// - Parameter lines: Luma without alpha.
/// - Returns: 0 when there are fewer than 64 such places.
func ringing(_ lines: SampledLines, _ each: ParallelFor = serially) -> Float {
    let parts = lines.map((sum: 0, count: 0), each) { part, line in
        let length = line.count
        guard length > 2 else { return }
        var start = 1
        while start < length {
            start = skipLevel(line, from: start, most: 39)
            for k in start..<max(start, min(start + 8, length)) where abs(Int(line[k]) - Int(line[k - 1])) >= 40 {
                func look(_ k: Int) {
                    guard k > 0, k < length - 1 else { return }
                    let before = Int(line[k - 1]), here = Int(line[k]), after = Int(line[k + 1])
                    guard abs(here - before) <= 16, abs(after - here) <= 16 else { return }
                    part.sum += abs(before - 2 * here + after)
                    part.count += 1
                }
                for away in 3...6 {
                    look(k - 1 + away)
                    look(k - away)
                }
            }
            start += 8
        }
    }
    let sum = parts.reduce(0) { $0 + $1.sum }, count = parts.reduce(0) { $0 + $1.count }
    return count < 64 ? 0 : Float(sum) / Float(count)
}
