import AtelierPixels

/// Cuts a picture into bands of rows and calls a function for each; bands too small to be worth a thread are not made.
func forEachBand(of height: Int, width: Int, _ each: ParallelFor, _ body: @escaping @Sendable (Range<Int>) -> Void) {
    let rows = max(8, 32768 / width + 1), count = (height + rows - 1) / rows
    if count < 2 { return body(0..<height) }
    each(count) { body($0 * rows..<min(height, ($0 + 1) * rows)) }
}

/// What a function makes of bands of rows, from the top down. The bands depend on the picture alone.
///
/// - Parameter pixels: About how many a band has.
func mapBands<Part>(
    of height: Int, width: Int, pixels: Int = 32768, _ each: ParallelFor, _ body: @escaping @Sendable (Range<Int>) -> Part
) -> [Part] {
    let rows = max(8, pixels / width + 1), count = (height + rows - 1) / rows
    if count < 2 { return [body(0..<height)] }
    return [Part](unsafeUninitializedCapacity: count) { parts, initializedCount in
        // Every band has a place of its own, and all are made before `each` returns.
        nonisolated(unsafe) let parts = parts
        each(count) { parts.initializeElement(at: $0, to: body($0 * rows..<min(height, ($0 + 1) * rows))) }
        initializedCount = count
    }
}

/// An array of rows of `length` values each, which a function writes band by band: it is given the rows of a band and where the first of
/// them begins, and sets every value of the band once.
///
/// - Parameter width: How many pixels a row costs as much as; its length by default.
func arrayInBands<Element>(
    of height: Int, length: Int, width: Int? = nil, _ each: ParallelFor,
    _ write: @escaping @Sendable (_ rows: Range<Int>, _ own: UnsafeMutablePointer<Element>) -> Void
) -> [Element] {
    [Element](inLargePages: height * length) { all, count in
        // Every band has values of its own, and all are written before `each` returns.
        nonisolated(unsafe) let all = all.baseAddress!
        forEachBand(of: height, width: width ?? length, each) { write($0, all + $0.lowerBound * length) }
        count = height * length
    }
}
