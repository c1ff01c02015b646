public import AtelierGeometry

extension SVG.Group {
    /// The smallest rectangle that holds the outlines drawn, without stroke widths; nil when nothing is.
    ///
    /// - Parameter outer: From the group's own coordinates to those of the answer; the group's transform is not applied.
    public func bounds(in outer: AffineTransform) -> Rect? {
        var result: Rect?
        for child in children {
            let bounds: Rect? =
                switch child {
                case .group(let group): group.bounds(in: group.transform.followed(by: outer))
                case .path(let path): path.geometry.transformed(by: path.transform.followed(by: outer)).bounds
                }
            if let bounds { result = result?.union(bounds) ?? bounds }
        }
        return result
    }

    /// How many groups and paths lie below.
    var nodeCount: Int {
        children.reduce(children.count) { count, child in
            if case .group(let group) = child { count + group.nodeCount } else { count }
        }
    }
}
