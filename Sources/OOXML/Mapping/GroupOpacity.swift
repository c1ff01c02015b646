internal import AtelierGeometry
internal import AtelierSVG

// DrawingML has no opacity of groups. Given to each shape, it is exact as long as they do not overlap. Where they do, the ones
// behind would show through; when all of them are opaque themselves, it is exact again once what they hide is cut away.

extension SlideMapper {
    /// Cutting more shapes than these, or longer outlines, takes longer than it is worth.
    private static let mostShapes = 256, mostElements = 8192

    /// What is seen of each path of a group in drawing order, on the slide: nil for one that is seen whole.
    ///
    /// Nil when the shapes are not all opaque fills.
    func seenParts(of group: SVG.Group, through transform: AffineTransform) -> [BezierPath?]? {
        var outlines: [(path: BezierPath, rule: FillRule, box: Rect?)] = []
        var elementCount = 0
        var open: [(children: ArraySlice<SVG.Node>, transform: AffineTransform)] = [(group.children[...], transform)]
        while let (rest, transform) = open.popLast() {
            var children = rest
            guard let child = children.popFirst() else { continue }
            open.append((children, transform))
            switch child {
            case .group(let group):
                guard group.opacity == 1, group.clip == nil, group.filter == nil else { return nil }
                open.append((group.children[...], group.transform.followed(by: transform)))
            // Whether its pixels are opaque is not known, and text stays text.
            case .image, .text: return nil
            case .path(let path):
                guard path.stroke == nil, path.opacity == 1 else { return nil }
                if let fill = path.fill, !fill.isOpaque { return nil }
                elementCount += path.geometry.elements.count
                guard outlines.count < Self.mostShapes, elementCount <= Self.mostElements else { return nil }
                let outline = path.geometry.transformed(by: path.transform.followed(by: transform))
                let box = path.fill == nil ? nil : outline.bounds
                if let box, !(box.width + box.height).isFinite { return nil }
                outlines.append((outline, path.fill?.rule ?? .nonzero, box))
            }
        }
        var seen = [BezierPath?](repeating: nil, count: outlines.count)
        for (index, (outline, rule, box)) in outlines.enumerated() {
            guard let box else { continue }
            for other in outlines[(index + 1)...] {
                guard let otherBox = other.box, box.overlaps(otherBox) else { continue }
                let part = seen[index] ?? outline
                seen[index] = part.combined(
                    .difference, with: other.path, rule: seen[index] == nil ? rule : .evenOdd, otherRule: other.rule)
            }
        }
        return seen
    }
}

extension SVG.Fill {
    /// Whether nothing shows through it.
    fileprivate var isOpaque: Bool {
        guard opacity == 1 else { return false }
        switch paint {
        case .color: return true
        case .gradient(let gradient): return gradient.stops.allSatisfy { $0.opacity == 1 }
        }
    }
}

extension Rect {
    /// Whether two boxes share area.
    fileprivate func overlaps(_ other: Rect) -> Bool {
        minX < other.maxX && other.minX < maxX && minY < other.maxY && other.minY < maxY
    }
}
