internal import AtelierGeometry
internal import AtelierSVG

extension SVG.Group {
    /// Whether any two of the things drawn below overlap by their boxes, strokes included, or one has a fill and a stroke.
    ///
    /// DrawingML has no group opacity; it is multiplied into the children's alpha, which is exact as long as they do not overlap.
    /// Depth costs memory, not stack.
    ///
    /// - Parameter slack: Boxes that share an edge of this width do not overlap.
    func leavesOverlap(slack: Double) -> Bool {
        var boxes: [Rect] = []
        var pending: [(node: SVG.Node, outer: AffineTransform, seen: Rect?)] = children.map { ($0, .identity, nil) }
        while let (node, outer, seen) = pending.popLast() {
            let transform = node.transform.followed(by: outer)
            switch node {
            case .path, .image, .text:
                guard let ink = node.inkBounds(in: transform) else { continue }
                if let seen, !ink.overlaps(seen) { continue }
                boxes.append(seen.map { ink.intersection($0) } ?? ink)
                // The inner half of a stroke lies over the fill.
                if case .path(let path) = node, path.fill != nil, path.stroke != nil { return true }
            case .group(let group) where group.filter != nil:
                if let ink = group.inkBounds(in: transform) { boxes.append(ink) }
            case .group(let group):
                var seen = seen
                if let area = group.clip?.transformed(by: transform).bounds { seen = seen.map { $0.intersection(area) } ?? area }
                pending += group.children.map { ($0, transform, seen) }
            }
        }
        return Overlap.any(boxes[...], slack: slack)
    }
}

extension Rect {
    /// What both share; without extent when that is nothing.
    fileprivate func intersection(_ other: Rect) -> Rect {
        let (x, y) = (max(minX, other.minX), max(minY, other.minY))
        return Rect(x: x, y: y, width: max(0, min(maxX, other.maxX) - x), height: max(0, min(maxY, other.maxY) - y))
    }
}

/// Whether boxes overlap.
enum Overlap {
    /// Whether two boxes share more than an edge of the width `slack`, or whether there are so many side by side that looking on would take too long.
    ///
    /// A sweep along one axis with the extents across it that are open. These are disjoint until the first overlap ends the
    /// search, so neighbours in their order are all there is to compare: O(*n* log *n*) comparisons.
    static func any(_ boxes: ArraySlice<Rect>, slack: Double) -> Bool {
        // Along the axis on which fewer boxes lie side by side: opening and closing one moves the others.
        let hull = boxes.dropFirst().reduce(boxes.first ?? Rect(.zero, .zero)) { $0.union($1) }
        let sums = boxes.reduce(into: Size(0, 0)) {
            $0.width += $1.width
            $0.height += $1.height
        }
        let isFlat = sums.width * hull.height > sums.height * hull.width
        return isFlat
            ? any(boxes.map { Rect(x: $0.minY, y: $0.minX, width: $0.height, height: $0.width) }[...], slack: slack, atMost: 4096)
            : any(boxes, slack: slack, atMost: 4096)
    }

    private static func any(_ boxes: ArraySlice<Rect>, slack: Double, atMost mostOpen: Int) -> Bool {
        var edges: [(x: Double, isStart: Bool, box: Int)] = []
        edges.reserveCapacity(2 * boxes.count)
        for index in boxes.indices {
            let box = boxes[index]
            guard box.width > slack, box.height > slack else { continue }
            edges.append((box.minX + slack / 2, true, index))
            edges.append((box.maxX - slack / 2, false, index))
        }
        edges.sort { ($0.x, $0.isStart ? 1 : 0, $0.box) < ($1.x, $1.isStart ? 1 : 0, $1.box) }

        var active: [(top: Double, bottom: Double, box: Int)] = []  // by top, disjoint
        for edge in edges {
            let (top, bottom) = (boxes[edge.box].minY + slack / 2, boxes[edge.box].maxY - slack / 2)
            var (low, high) = (0, active.count)
            while low < high {
                let middle = (low + high) / 2
                if active[middle].top < top { low = middle + 1 } else { high = middle }
            }
            if edge.isStart {
                if low > 0, active[low - 1].bottom > top { return true }
                if low < active.count, active[low].top < bottom { return true }
                if active.count == mostOpen { return true }
                active.insert((top, bottom, edge.box), at: low)
            } else {
                active.remove(at: low)
            }
        }
        return false
    }
}
