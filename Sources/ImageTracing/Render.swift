public import AtelierGeometry
public import AtelierPixels

/// Paints a drawing as it is written, at its own size or scaled, on transparent pixels: coordinates lie on the drawing's grid.
///
/// - Parameters:
///   - scale: Pixels of the result for one of the drawing; the result has at least one and at most 32 767 on either side.
/// - Returns: `width × scale` columns and `height × scale` rows, rounded; the drawing is stretched to fill them exactly.
/// - Complexity: as `Canvas.fill` for each layer; 4 bytes a pixel and the edges of one path at a time, then 4 bytes a pixel more
///   for the result.
public func render(_ drawing: TracedDrawing, scale: Double = 1) -> Raster<RGBA8> {
    func extent(_ length: Int) -> Int { Int(max(1, min(32767, (Double(length) * scale).rounded()))) }
    let width = extent(drawing.width), height = extent(drawing.height)
    var canvas = Canvas(width: width, height: height)
    canvas.paint(
        drawing,
        transform: .scaling(Double(width) / Double(max(1, drawing.width)), Double(height) / Double(max(1, drawing.height))))
    return canvas.raster()
}

extension Canvas {
    /// Paints every layer of a drawing.
    /// - Parameter transform: From pixels of the drawing to those of the canvas.
    public mutating func paint(_ drawing: TracedDrawing, transform: AffineTransform = .identity) {
        for layer in drawing.layers {
            let outline = layer.shape.snapped(to: drawing.gridUnits).outline
            if let paint = layer.fill { fill(outline, with: paint, transform: transform) }
            if let stroke = layer.stroke {
                let style = StrokeStyle(
                    width: stroke.width, cap: stroke.isRound ? .round : .butt, join: stroke.isRound ? .round : .miter)
                self.stroke(outline, style, with: stroke.paint, transform: transform)
            }
        }
    }
}

extension TracedDrawing.Shape {
    /// The shape as readers see it once it was written with numbers that are multiples of 1 / `units`.
    func snapped(to units: Double) -> Self {
        func snap(_ v: Double) -> Double { (v * units).rounded() / units }
        func snap(_ p: Point) -> Point { Point(snap(p.x), snap(p.y)) }
        switch self {
        case .path(let path): return .path(path.written(unitsPerPixel: units))
        case .circle(let center, let radius): return .circle(center: snap(center), radius: snap(radius))
        case .ellipse(let center, let rx, let ry): return .ellipse(center: snap(center), rx: snap(rx), ry: snap(ry))
        case .rect(let rect, let radius):
            return .rect(Rect(snap(Point(rect.minX, rect.minY)), snap(Point(rect.maxX, rect.maxY))), radius: snap(radius))
        case .line(let a, let b): return .line(snap(a), snap(b))
        }
    }
}
