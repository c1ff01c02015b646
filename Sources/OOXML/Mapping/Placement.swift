internal import AtelierGeometry
internal import AtelierSVG

/// How a picture is brought into a box of another shape.
public enum SlideFit: String, Hashable, Sendable, Codable, CaseIterable {
    /// As large as it fits, in the middle.
    case contain
    /// As small as it covers the box, in the middle.
    case cover
    /// Both sides as long as the box's, each with a scale of its own.
    case fill
    /// At its own size, 96 pixels to the inch, in the middle.
    case actual

    /// From a picture's pixels to the coordinates of the box; the identity for boxes without extent.
    func placement(of picture: Size, in box: Rect, pixel: Double) -> AffineTransform {
        let (across, down) = (box.width / picture.width, box.height / picture.height)
        guard across.isFinite, down.isFinite, across > 0, down > 0 else { return .identity }
        let (sx, sy) =
            switch self {
            case .contain: (min(across, down), min(across, down))
            case .cover: (max(across, down), max(across, down))
            case .fill: (across, down)
            case .actual: (pixel, pixel)
            }
        return AffineTransform(
            a: sx, b: 0, c: 0, d: sy, e: box.minX + (box.width - picture.width * sx) / 2,
            f: box.minY + (box.height - picture.height * sy) / 2)
    }
}

/// A box on a slide that a picture is brought into.
public struct SlideArea: Hashable, Sendable, Codable {
    /// The upper left corner, counted from that of the slide.
    public var x: EMU, y: EMU
    /// Its extent; both above 0.
    public var width: EMU, height: EMU

    /// A box from its parts.
    public init(x: EMU, y: EMU, width: EMU, height: EMU) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    var rect: Rect {
        Rect(x: Double(x.rawValue), y: Double(y.rawValue), width: Double(width.rawValue), height: Double(height.rawValue))
    }
}
