public import AtelierPixels

/// A factor for sizes of pictures: `to` pixels for every `from`.
public struct Scale: Hashable, Sendable {
    /// What becomes of a length of `from`.
    public let from: Int, to: Int

    /// Nothing changes.
    public static let whole = Scale(from: 1, to: 1)

    /// A factor of two positive numbers.
    public init(from: Int, to: Int) {
        precondition(from > 0 && to > 0, "a scale is positive")
        (self.from, self.to) = from == to ? (1, 1) : (from, to)
    }

    /// A coordinate, rounded down.
    func applied(to coordinate: Int) -> Int {
        let product = coordinate * to
        return product >= 0 ? product / from : -((-product + from - 1) / from)
    }

    /// A length, rounded up, so that nothing vanishes.
    public func applied(toLength length: Int) -> Int { max(1, (length * to + from - 1) / from) }
}

extension Raster where Pixel == RGBA8 {
    /// The picture at another size: smaller by the average of what each pixel covers, weighted with opacity; larger by repeating pixels.
    ///
    /// Averages are of gamma-encoded sRGB, like the blending.
    /// - Complexity: O(pixels of the larger picture)
    public func scaled(by scale: Scale) -> Raster {
        if scale == .whole { return self }
        let (newWidth, newHeight) = (scale.applied(toLength: width), scale.applied(toLength: height))
        if scale.to > scale.from {
            var result = Raster(width: newWidth, height: newHeight, filledWith: RGBA8(0, 0, 0, 0))
            for y in 0..<newHeight {
                for x in 0..<newWidth {
                    result[x, y] = self[min(width - 1, x * scale.from / scale.to), min(height - 1, y * scale.from / scale.to)]
                }
            }
            return result
        }
        var result = Raster(width: newWidth, height: newHeight, filledWith: RGBA8(0, 0, 0, 0))
        // Lengths in units of 1 / to of a pixel: a new pixel is `from` long, an old one `to`.
        let (unit, step) = (scale.to, scale.from)
        let columns = (0..<newWidth).map { Overlap(from: $0 * step, to: ($0 + 1) * step, unit, width) }
        for y in 0..<newHeight {
            let rows = Overlap(from: y * step, to: (y + 1) * step, unit, height)
            for (x, column) in columns.enumerated() {
                var (r, g, b, a) = (0, 0, 0, 0)
                for row in rows.cells {
                    let rowWeight = rows.weight(of: row)
                    for place in column.cells {
                        let pixel = self[place, row], opacity = Int(pixel.a) * rowWeight * column.weight(of: place)
                        r += Int(pixel.r) * opacity
                        g += Int(pixel.g) * opacity
                        b += Int(pixel.b) * opacity
                        a += opacity
                    }
                }
                guard a > 0 else { continue }
                func rounded(_ sum: Int, _ by: Int) -> UInt8 { UInt8((sum + by / 2) / by) }
                // Beyond the edge of the picture nothing is.
                result[x, y] = RGBA8(rounded(r, a), rounded(g, a), rounded(b, a), rounded(a, step * step))
            }
        }
        return result
    }
}

/// Which of `count` cells, each `unit` long, a stretch touches, and how much of each.
private struct Overlap {
    let cells: Range<Int>
    private let start: Int, end: Int, unit: Int

    init(from start: Int, to end: Int, _ unit: Int, _ count: Int) {
        (self.start, self.end, self.unit) = (start, end, unit)
        cells = start / unit..<max(start / unit, min(count, (end + unit - 1) / unit))
    }

    func weight(of cell: Int) -> Int { min(end, (cell + 1) * unit) - max(start, cell * unit) }
}
