/// How large the picture of a drawing is.
public struct RenderingSize: Hashable, Sendable, Codable {
    /// Columns and rows; nil for what the other and the shape of the drawing say. With both nil the drawing's own size times `scale`.
    public var width: Int?, height: Int?
    /// Pixels for each CSS pixel, where neither side is given.
    public var scale: Double

    /// A size; the drawing's own by default.
    public init(width: Int? = nil, height: Int? = nil, scale: Double = 1) {
        self.width = width
        self.height = height
        self.scale = scale
    }

    /// Columns and rows for a drawing of some size in CSS pixels, each 1…32767.
    func pixels(for size: (width: Double, height: Double)) -> (width: Int, height: Int) {
        func side(_ length: Double) -> Int { Int(min(max(length.rounded(), 1), 32_767)) }
        switch (width, height) {
        case (let width?, let height?): return (width, height)
        case (let width?, nil): return (width, side(Double(width) * size.height / size.width))
        case (nil, let height?): return (side(Double(height) * size.width / size.height), height)
        case (nil, nil): return (side(size.width * scale), side(size.height * scale))
        }
    }

    /// What a person can say about it.
    package static let options: [Option<RenderingSize>] = [
        .integer("width", \.width, 1...32_767, or: "auto", unit: "pixels", group: "Picture", "Columns; auto follows from the rows."),
        .integer("height", \.height, 1...32_767, or: "auto", unit: "pixels", group: "Picture", "Rows; auto follows from the columns."),
        .number(
            "scale", \.scale, 0.01...64, unit: "pixels", group: "Picture",
            "Pixels for each pixel of the drawing, where neither width nor height is given."),
    ]
}
