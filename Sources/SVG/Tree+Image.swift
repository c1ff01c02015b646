public import AtelierGeometry

extension SVG {
    /// A picture made of pixels.
    public struct Image: Hashable, Sendable {
        /// What the file is.
        public enum Format: String, Hashable, Sendable {
            /// Portable Network Graphics.
            case png
            /// JPEG.
            case jpeg
            /// Graphics Interchange Format.
            case gif
        }

        /// The element it came from.
        public var origin: Origin
        /// The picture file.
        public var file: [UInt8]
        /// What it is, by its content.
        public var format: Format
        /// Where the whole picture lies, in the image's own coordinates; it has an area.
        public var frame: Rect
        /// The part of the frame that is seen; it has an area.
        public var visible: Rect
        /// From the image's coordinates to its parent's.
        public var transform: AffineTransform
        /// Opacity, 0…1.
        public var opacity: Double

        /// An image from its parts; all of the frame is seen unless said otherwise.
        public init(
            origin: Origin, file: [UInt8], format: Format, frame: Rect, visible: Rect? = nil, transform: AffineTransform = .identity,
            opacity: Double = 1
        ) {
            self.origin = origin
            self.file = file
            self.format = format
            self.frame = frame
            self.visible = visible ?? frame
            self.transform = transform
            self.opacity = opacity
        }
    }
}

extension Rect {
    /// What both rectangles hold; nil when they share no area.
    func intersection(_ other: Rect) -> Rect? {
        let low = Point(max(minX, other.minX), max(minY, other.minY))
        let high = Point(min(maxX, other.maxX), min(maxY, other.maxY))
        return low.x < high.x && low.y < high.y ? Rect(low, high) : nil
    }
}
