public import AtelierGeometry
public import AtelierPixels

/// A picture as shapes, painted back to front.
public struct TracedDrawing: Hashable, Sendable {
    /// What is painted. Each case is written as the SVG element of its name.
    public enum Shape: Hashable, Sendable {
        /// Outlines in pixels of the picture; filled by the non-zero rule.
        case path(BezierPath)
        /// Radius in pixels.
        case circle(center: Point, radius: Double)
        /// Radii in pixels, axes level and upright.
        case ellipse(center: Point, rx: Double, ry: Double)
        /// A rectangle with quarter circles of this radius at its corners; 0 for sharp ones.
        case rect(Rect, radius: Double)
        /// A straight line; it has a stroke and no fill.
        case line(Point, Point)
    }

    /// A line of constant width along a shape.
    public struct Stroke: Hashable, Sendable {
        /// Colour along the line.
        public var paint: Paint
        /// Pixels.
        public var width: Double
        /// Whether ends and joins are round; otherwise ends are cut off at the last point and joins are mitred.
        public var isRound: Bool

        /// A stroke.
        public init(paint: Paint, width: Double, isRound: Bool) { (self.paint, self.width, self.isRound) = (paint, width, isRound) }
    }

    /// One shape with what fills it and what runs along it.
    public struct Layer: Hashable, Sendable {
        /// Where.
        public var shape: Shape
        /// Nil for a shape that has a stroke only.
        public var fill: Paint?
        /// Drawn over the fill, half of it inside.
        public var stroke: Stroke?

        /// A shape that is filled, stroked, or both.
        public init(_ shape: Shape, fill: Paint?, stroke: Stroke? = nil) { (self.shape, self.fill, self.stroke) = (shape, fill, stroke) }
    }

    /// Extent to the right, pixels.
    public var width: Int
    /// Extent downwards, pixels.
    public var height: Int
    /// Grid units in a pixel that keep as much of the coordinates as is worth writing: whole, 1 to 20, or any number that makes width
    /// and height whole numbers of units, where the picture was drawn on such a grid.
    public var gridUnits = 10.0
    /// Side in pixels of the squares that pixel art consists of: all coordinates are multiples of it, and edges stay hard at any size.
    /// Nil for every other drawing.
    public var cell: Int?
    /// The first is painted first.
    public var layers: [Layer]

    /// Bytes held.
    public var byteCount: Int {
        layers.reduce(MemoryLayout<Self>.size) {
            $0 + MemoryLayout<Layer>.stride + $1.shape.outline.elements.count * MemoryLayout<BezierPath.Element>.stride
        }
    }
}

extension TracedDrawing.Shape {
    /// The shape as a path; round parts are cubics within 2e-4 of their radius.
    public var outline: BezierPath {
        switch self {
        case .path(let path): return path
        case .circle(let center, let radius): return BezierPath(ellipseAt: center, rx: radius, ry: radius)
        case .ellipse(let center, let rx, let ry): return BezierPath(ellipseAt: center, rx: rx, ry: ry)
        case .rect(let rect, let radius): return BezierPath(rect, rx: radius, ry: radius)
        case .line(let a, let b):
            var path = BezierPath()
            path.move(to: a)
            path.line(to: b)
            return path
        }
    }
}
