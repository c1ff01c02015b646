import AtelierGeometry
import AtelierPixels

/// Pixels of the canvas on which seams are looked at, for one of the picture in either direction.
private let seamScale = 4

extension TracedDrawing {
    /// Closes what shows through between the opaque areas of a cutout.
    ///
    /// Running under a boundary by some distance does not reach everywhere: not into tips that are narrower than that, and not where
    /// boundaries are tangled. So the drawing is painted as it will be written, four times as large, and a pixel of the picture in which
    /// not all is covered gets a rectangle over what is bare. It becomes part of the shape that is painted first of those around: what the
    /// others cover lies over it, so nothing else changes.
    ///
    /// - Parameter layerOf: For every region the number of its layer; nil where it does not hide what is behind it, and near such a
    ///   region nothing is closed.
    /// - Complexity: O(16 pixels + segments + contours × bands) with at most 256 bands; 64 bytes for every pixel of a band, and the
    ///   drawing a second time.
    mutating func mendSeams(
        of segmentation: Segmentation, layerOf: [Int32?], _ each: ParallelFor, unless isCancelled: @escaping @Sendable () -> Bool
    ) {
        let seams = Seams(self, segmentation, layerOf)
        let gaps = mapBands(of: height, width: width, pixels: max(8192, width * height / 256), each) {
            isCancelled() ? [] : seams.gaps(in: $0)
        }
        var patches = [BezierPath](repeating: BezierPath(), count: layers.count)
        for gap in gaps.joined() {
            // A region is on the left of its outline.
            let area = gap.area
            patches[gap.layer].move(to: Point(area.minX, area.minY))
            patches[gap.layer].line(to: Point(area.minX, area.maxY))
            patches[gap.layer].line(to: Point(area.maxX, area.maxY))
            patches[gap.layer].line(to: Point(area.maxX, area.minY))
            patches[gap.layer].close()
        }
        for (k, patch) in patches.enumerated() where !patch.isEmpty {
            var path = layers[k].shape.outline
            path.append(patch)
            layers[k].shape = .path(path)
        }
    }
}

/// What shows through a drawing, and the layer that is to close it.
private struct Gap {
    var area: Rect
    var layer: Int
}

/// A drawing in which gaps are looked for.
private struct Seams: Sendable {
    let gridUnits: Double
    let width: Int, height: Int
    /// The contours of the opaque layers as they are written, layer by layer, and the rows they lie in.
    let contours: [(path: BezierPath, layer: Int, rows: Range<Int>)]
    let labels: [Int32]
    let layerOf: [Int32?]

    init(_ drawing: TracedDrawing, _ segmentation: Segmentation, _ layerOf: [Int32?]) {
        (gridUnits, width, height) = (drawing.gridUnits, drawing.width, drawing.height)
        (labels, self.layerOf) = (segmentation.labels, layerOf)
        var contours: [(path: BezierPath, layer: Int, rows: Range<Int>)] = []
        for (k, layer) in drawing.layers.enumerated() where layer.fill?.isOpaque == true {
            for subpath in layer.shape.snapped(to: drawing.gridUnits).outline.subpaths {
                let path = BezierPath(subpath)
                guard let bounds = path.bounds else { continue }
                contours.append((path, k, Int(bounds.minY.rounded(.down))..<Int(bounds.maxY.rounded(.up))))
            }
        }
        self.contours = contours
    }

    func gaps(in rows: Range<Int>) -> [Gap] {
        var canvas = Canvas(width: width * seamScale, height: rows.count * seamScale)
        let scale = Double(seamScale)
        let place = AffineTransform(a: scale, b: 0, c: 0, d: scale, e: 0, f: -scale * Double(rows.lowerBound))
        var outline = BezierPath(), layer = 0
        func fill() { canvas.fill(outline, with: .color(RGBA8(0, 0, 0)), transform: place) }
        // What lies above and below the band winds around none of its pixels.
        for contour in contours where contour.rows.overlaps(rows) {
            if contour.layer != layer {
                fill()
                (outline, layer) = (BezierPath(), contour.layer)
            }
            outline.append(contour.path)
        }
        fill()
        var gaps: [Gap] = []
        // Columns and rows of the canvas that are bare, of one row of the picture at a time.
        var bare: [(x: Int32, y: Int32)] = []
        for row in rows {
            bare.removeAll(keepingCapacity: true)
            let top = (row - rows.lowerBound) * seamScale
            for y in top..<top + seamScale {
                canvas.forEachPixel(inRow: y, lessCoveredThan: 254) { bare.append((Int32($0), Int32(y + rows.lowerBound * seamScale))) }
            }
            bare.sort { $0.x < $1.x }
            var i = 0
            while i < bare.count {
                let column = Int(bare[i].x) / seamScale
                var low = bare[i], high = bare[i]
                while i < bare.count, Int(bare[i].x) / seamScale == column {
                    (low.x, low.y) = (min(low.x, bare[i].x), min(low.y, bare[i].y))
                    (high.x, high.y) = (max(high.x, bare[i].x), max(high.y, bare[i].y))
                    i += 1
                }
                guard let layer = first(around: column, row) else { continue }
                // One more on each side, so that the rectangle's own edge is hidden.
                func grid(_ v: Int32, _ rule: FloatingPointRoundingRule) -> Double {
                    (Double(v) / scale * gridUnits).rounded(rule) / gridUnits
                }
                let area = Rect(
                    Point(max(0, grid(low.x - 1, .down)), max(0, grid(low.y - 1, .down))),
                    Point(min(Double(width), grid(high.x + 2, .up)), min(Double(height), grid(high.y + 2, .up))))
                gaps.append(Gap(area: area, layer: layer))
            }
        }
        return gaps
    }

    /// The layer painted first of those around a pixel; nil where one of them may be seen through.
    private func first(around x: Int, _ y: Int) -> Int? {
        var least = Int32.max
        for row in max(0, y - 1)...min(height - 1, y + 1) {
            for column in max(0, x - 1)...min(width - 1, x + 1) {
                guard let layer = layerOf[Int(labels[row * width + column])] else { return nil }
                least = min(least, layer)
            }
        }
        return Int(least)
    }
}
