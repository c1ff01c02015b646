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
