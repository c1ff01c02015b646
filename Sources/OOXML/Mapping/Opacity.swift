internal import AtelierGeometry

/// Boxes of the shapes inside groups that have an opacity of their own.
///
/// DrawingML has no group opacity; it is multiplied into the children's alpha, which is exact as long as they do not overlap.
struct OpacityRecord {
    /// The place where a group's shapes begin.
    struct Mark { fileprivate var first: Int }

    /// Groups nested deeper than this count as overlapping without a look: each level looks at all shapes inside again.
    private static let deepestLook = 8

    private var boxes: [Rect] = []
    private var openOverlaps: [Bool] = []

    /// Starts to collect for a group.
    mutating func begin() -> Mark {
        openOverlaps.append(openOverlaps.count >= Self.deepestLook)
        return Mark(first: boxes.count)
    }

    /// Takes in a shape, if any open group is interested.
    mutating func add(_ box: Rect) {
        if !openOverlaps.isEmpty { boxes.append(box) }
    }

    /// How many boxes are held.
    var boxCount: Int { boxes.count }

    /// Forgets later boxes.
    mutating func truncate(to count: Int) { if count < boxes.count { boxes.removeSubrange(count...) } }

    /// Ends a group: whether any two of its shapes overlap by their boxes.
    mutating func end(_ mark: Mark) -> Bool {
        let known = openOverlaps.removeLast()
        let overlaps = boxes.count - mark.first > 1 && (known || Self.anyOverlap(boxes[mark.first...]))
        if openOverlaps.isEmpty {
            boxes.removeAll(keepingCapacity: true)
        } else if overlaps {
            openOverlaps[openOverlaps.count - 1] = true
        }
        return overlaps
    }

    /// Whether two boxes share area, or whether there are so many side by side that looking on would take too long.
    ///
    /// A sweep along one axis with the extents across it that are open. These are disjoint until the first overlap ends the
    /// search, so neighbours in their order are all there is to compare: O(*n* log *n*) comparisons.
    static func anyOverlap(_ boxes: ArraySlice<Rect>) -> Bool {
        // Along the axis on which fewer boxes lie side by side: opening and closing one moves the others.
        let hull = boxes.dropFirst().reduce(boxes.first ?? Rect(.zero, .zero)) { $0.union($1) }
        let sums = boxes.reduce(into: Size(0, 0)) {
            $0.width += $1.width
            $0.height += $1.height
        }
        let isFlat = sums.width * hull.height > sums.height * hull.width
        return isFlat
            ? anyOverlap(boxes.map { Rect(x: $0.minY, y: $0.minX, width: $0.height, height: $0.width) }[...], atMost: 4096)
            : anyOverlap(boxes, atMost: 4096)
    }

    private static func anyOverlap(_ boxes: ArraySlice<Rect>, atMost mostOpen: Int) -> Bool {
        // Boxes that share an edge do not overlap; two EMU forgive rounding.
        let slack = 2.0
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
