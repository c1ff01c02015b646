import AtelierPixels

/// Joins pixels of one colour that touch at a corner only, where a line about a pixel wide runs aslant.
///
/// Regions hang together by edges. Of a slanted thin line only the pixels nearest its middle have more of its colour than of what lies beside
/// it, and they touch at corners: the line would fall apart into specks. Of the two pixels between, the one with the larger
/// part of the line's colour takes it, if that part is large enough to be the line's. Where the boundary runs is measured from the mixtures
/// in any case.
///
/// - Parameters:
///   - labels: Palette index of every pixel.
///   - mixed: The picture's indices before mixed pixels had colours: only those change.
///   - palette: Premultiplied.
/// - Complexity: O(pixels) for finding such corners, in bands of rows; those are then looked at one after the other.
func bridgeDiagonals(
    _ labels: inout [UInt8], mixed: [UInt8], _ work: WorkingImage, _ palette: [SIMD4<Float>], _ each: ParallelFor = serially
) {
    let (width, height) = (work.width, work.height)
    guard width > 1, height > 1, palette.count > 1 else { return }
    let parts = labels.withUnsafeBufferPointer { labels in
        // Only read, and all bands are looked at before this returns.
        nonisolated(unsafe) let labels = labels
        return mapBands(of: height - 1, width: width, each) { diagonalCorners(labels, width, rows: $0) }
    }
    labels.withUnsafeMutableBufferPointer { labels in
        mixed.withUnsafeBufferPointer { mixed in
            work.original.withUnsafeBufferPointer { pixels in
                // Corners that have come about since, in reading order.
                var added: [Int] = []
                for part in parts {
                    for found in part {
                        while let first = added.first, first < found { look(added.removeFirst()) }
                        if added.first == found { added.removeFirst() }
                        look(found)
                    }
                }
                while !added.isEmpty { look(added.removeFirst()) }

                /// The part of a pixel that has colour `k`, if it may change.
                func share(_ i: Int, of k: UInt8) -> Float {
                    guard mixed[i] == QuantizedImage.mixed else { return 0 }
                    let other = palette[Int(labels[i])], axis = palette[Int(k)] - other, length = squared(axis)
                    guard length > 0 else { return 0 }
                    return ((SIMD4<Float>(bytes: pixels[i]) - other) * axis).sum() / length
                }
                func look(_ i: Int) {
                    let (a, b, c, d) = (labels[i], labels[i + 1], labels[i + width], labels[i + width + 1])
                    if a == d, a != b, a != c {
                        bridge(i + 1, i + width, a, at: i)
                    } else if b == c, b != a, b != d {
                        bridge(i, i + width + 1, b, at: i)
                    }
                }
                func bridge(_ p: Int, _ q: Int, _ k: UInt8, at i: Int) {
                    let (s, t) = (share(p, of: k), share(q, of: k))
                    guard max(s, t) > 0.15 else { return }
                    let changed = s >= t ? p : q
                    labels[changed] = k
                    // The corners around it that are still to come.
                    for corner in [changed - width - 1, changed - width, changed - 1, changed]
                    where corner > i && corner % width < width - 1 && corner / width < height - 1 {
                        let place = added.firstIndex { $0 >= corner } ?? added.count
                        if place == added.count || added[place] != corner { added.insert(corner, at: place) }
                    }
                }
            }
        }
    }
}

/// The pixels of some rows of which one and the pixel below and to the right touch as one colour at a corner only, or the two others.
private func diagonalCorners(_ labels: UnsafeBufferPointer<UInt8>, _ width: Int, rows: Range<Int>) -> [Int] {
    /// Whether eight labels from `i` on equal those right of them and below.
    func isUniform(_ i: Int) -> Bool {
        let bytes = UnsafeRawPointer(labels.baseAddress! + i), own = bytes.loadUnaligned(as: UInt64.self)
        return (own ^ bytes.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
            | (own ^ bytes.loadUnaligned(fromByteOffset: width, as: UInt64.self)) == 0
    }
    var corners: [Int] = []
    for y in rows {
        let end = (y + 1) * width - 1
        var i = y * width
        while i < end {
            if i + 8 <= end, isUniform(i) {
                i += 8
                continue
            }
            let (a, b, c, d) = (labels[i], labels[i + 1], labels[i + width], labels[i + width + 1])
            if a == d && a != b && a != c || b == c && b != a && b != d { corners.append(i) }
            i += 1
        }
    }
    return corners
}
