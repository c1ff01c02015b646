internal import AtelierGeometry
public import AtelierSVG

/// Columns and rows of pictures on a slide.
public struct PictureGrid: Hashable, Sendable, Codable {
    /// Each 1…20.
    public var columns: Int, rows: Int

    /// A grid; counts are moved into their range.
    public init(columns: Int, rows: Int) {
        self.columns = min(max(columns, 1), 20)
        self.rows = min(max(rows, 1), 20)
    }

    /// How many pictures it takes.
    public var count: Int { columns * rows }
}

/// Pictures beside and below one another as one picture of a given size, each a group with its name.
///
/// - Parameters:
///   - pictures: At most as many as the grid takes, in reading order; a last row may stay short.
///   - width, height: Extent of the whole; both above 0.
///   - margin: Distance to the edges and between the pictures, in pixels; at most what leaves half of the extent to them.
///   - fit: How each is brought into its cell. What lies beyond its canvas or its cell is clipped.
public func arrange(
    _ pictures: [SVG.Tree], in grid: PictureGrid, width: EMU, height: EMU, margin: Double, fit: SlideFit
) -> SVG.Tree {
    let canvas = Size(Double(width.rawValue) / EMU.perPixel, Double(height.rawValue) / EMU.perPixel)
    let (columns, rows) = (Double(grid.columns), Double(grid.rows))
    let margin = max(0, min(margin, canvas.width / 2 / (columns + 1), canvas.height / 2 / (rows + 1)))
    let cell = Size((canvas.width - margin * (columns + 1)) / columns, (canvas.height - margin * (rows + 1)) / rows)
    let children = pictures.prefix(grid.count).enumerated().map { index, picture in
        let box = Rect(
            x: margin + Double(index % grid.columns) * (cell.width + margin),
            y: margin + Double(index / grid.columns) * (cell.height + margin), width: cell.width, height: cell.height)
        let placement = fit.placement(of: picture.size, in: box, pixel: 1)
        var origin = picture.root.origin
        origin.title = picture.title
        origin.summary = picture.summary
        origin.name = origin.name ?? "Picture \(index + 1)"
        origin.isLayer = true
        var group = picture.root
        group.origin = origin
        group.transform = group.transform.followed(by: placement)
        guard let back = placement.inverse else { return SVG.Node.group(group) }
        let seen = Rect(back(Point(box.minX, box.minY)), back(Point(box.maxX, box.maxY)))
        let frame = Rect(
            Point(max(seen.minX, 0), max(seen.minY, 0)), Point(min(seen.maxX, picture.size.width), min(seen.maxY, picture.size.height)))
        if let ink = SVG.Node.group(picture.root).inkBounds(in: picture.root.transform), !frame.isAround(ink) {
            var inner = picture.root
            inner.origin = SVG.Origin(element: origin.element, line: origin.line)
            group = SVG.Group(origin: origin, transform: placement, clip: BezierPath(frame), children: [.group(inner)])
        }
        return SVG.Node.group(group)
    }
    return SVG.Tree(size: canvas, root: SVG.Group(origin: SVG.Origin(element: "svg"), children: children))
}

extension Rect {
    /// Whether another rectangle lies inside, but for a thousandth of this one's longer side.
    func isAround(_ other: Rect) -> Bool {
        let slack = 1e-3 * max(width, height)
        return other.minX >= minX - slack && other.minY >= minY - slack && other.maxX <= maxX + slack && other.maxY <= maxY + slack
    }
}
