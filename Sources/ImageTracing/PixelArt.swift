import AtelierGeometry
import AtelierPixels

/// A picture whose pixels are squares to be kept.
func pixelPicture(_ image: Raster<RGBA8>) -> QuantizedImage {
    var palette: [RGBA8] = [], numbers: [RGBA8: UInt8] = [:]
    let indices = image.pixels.map { p -> UInt8 in
        let shown = p.a == 0 ? RGBA8(0, 0, 0, 0) : p
        if let known = numbers[shown] { return known }
        guard palette.count < 250 else { return QuantizedImage.mixed }
        numbers[shown] = UInt8(palette.count)
        palette.append(shown)
        return UInt8(palette.count - 1)
    }
    return QuantizedImage(
        width: image.width, height: image.height, palette: palette, paints: palette, ramp: [], indices: indices, isBinding: true,
        isTextured: false, kind: .pixels)
}

/// Whether the picture is a small one, at most 256 cells wide and high and of at most 256 colours, of which each pixel was enlarged
/// to a square of at least four pixels.
///
/// - Complexity: O(pixels); most pictures are known not to be after a few rows.
func isEnlargedPixelArt(_ image: Raster<RGBA8>) -> Bool {
    let (width, height) = (image.width, image.height)
    var side = greatestCommonDivisor(width, height)
    guard side >= 4 else { return false }
    // Sorted, to be searched; a set takes longer to be set up than most pictures to be looked at.
    var colors: [UInt32] = []
    func insert(_ color: UInt32) {
        var low = 0, high = colors.count
        while low < high {
            let middle = (low + high) / 2
            if colors[middle] < color { low = middle + 1 } else { high = middle }
        }
        if low == colors.count || colors[low] != color { colors.insert(color, at: low) }
    }
    return image.pixels.withUnsafeBufferPointer { p in
        for y in 0..<height {
            let row = y * width
            insert(p[row].bits)
            for i in row + 1..<row + width where p.differs(i, i - 1) {
                side = greatestCommonDivisor(side, i - row)
                if side < 4 { return false }
                insert(p[i].bits)
            }
            if colors.count > 256 { return false }
            if y > 0, (row..<row + width).contains(where: { p.differs($0, $0 - width) }) { side = greatestCommonDivisor(side, y) }
            if side < 4 { return false }
        }
        return colors.count > 1 && max(width, height) / side <= 256
    }
}

/// Each colour as one path of level and upright lines, over the one with the longest outline as a rectangle where nothing is
/// transparent.
///
/// Coordinates are whole cells, so what is drawn at the size of the picture, and at any multiple of it, is the picture.
func fitPixels(_ segmentation: Segmentation) -> TracedDrawing {
    let width = segmentation.width, height = segmentation.height
    var cell = greatestCommonDivisor(width, height)
    for p in segmentation.points where cell > 1 {
        cell = greatestCommonDivisor(greatestCommonDivisor(cell, Int(p.x)), Int(p.y))
    }
    var drawing = TracedDrawing(width: width, height: height, cell: cell, layers: [])
    var ground = -1, most = 0
    if segmentation.regions.allSatisfy({ $0.paint.isOpaque }) {
        for (r, region) in segmentation.regions.enumerated() {
            var corners = 0
            for loop in segmentation.loops[region.loops] {
                for step in segmentation.steps[loop.steps] { corners += segmentation.chains[Int(step.chain)].points.count }
            }
            if corners > most { (most, ground) = (corners, r) }
        }
        let whole = Rect(x: 0, y: 0, width: Double(width), height: Double(height))
        drawing.layers.append(.init(.path(BezierPath(whole, rx: 0, ry: 0)), fill: segmentation.regions[ground].paint))
    }
    for (r, region) in segmentation.regions.enumerated() where r != ground && !region.paint.isInvisible {
        var path = BezierPath()
        for loop in segmentation.loops[region.loops] {
            for step in segmentation.steps[loop.steps] {
                let corners = segmentation.points[segmentation.chains[Int(step.chain)].points]
                guard let last = corners.last else { continue }
                path.move(to: last)
                for p in corners.dropLast() { path.line(to: p) }
                path.close()
            }
        }
        drawing.layers.append(.init(.path(path), fill: region.paint))
    }
    return drawing
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
}
