import AtelierGeometry

/// The same area with fewer bytes of path data: each subpath begins where its last segment is a line that `z` draws for nothing, and subpaths
/// follow one another by nearness, so that the moves between them are short.
///
/// - Complexity: O(subpaths × segments), bounded: beyond two million the given order stays.
func arranged(_ path: BezierPath) -> BezierPath {
    // Segments of all closed subpaths in one array; the closing line is one of them.
    var starts: [Point] = [], segments: [FittedCurve.Segment] = [], ranges: [Range<Int>] = []
    var begin = 0, first = Point.zero, current = Point.zero
    for element in path.elements {
        switch element {
        case .move(let p):
            guard segments.count == begin else { return path }
            (first, current) = (p, p)
        case .line(let p):
            if p == current { continue }
            starts.append(current)
            segments.append(.line(p))
            current = p
        case .cubic(let c1, let c2, let p):
            starts.append(current)
            segments.append(.cubic(c1, c2, p))
            current = p
        case .close:
            if current != first {
                starts.append(current)
                segments.append(.line(first))
                current = first
            }
            if segments.count > begin { ranges.append(begin..<segments.count) }
            begin = segments.count
        }
    }
    guard segments.count == begin else { return path }

    // Where each subpath may begin: after a line, and at its given start.
    var candidates: [Candidate] = [], choices: [Range<Int>] = []
    candidates.reserveCapacity(segments.count)
    choices.reserveCapacity(ranges.count)
    for range in ranges {
        let first = candidates.count
        for i in range {
            let before = i == range.lowerBound ? range.upperBound - 1 : i - 1
            if case .line(let p) = segments[before] {
                candidates.append(Candidate(place: starts[i], saved: lineCost(starts[before], p), start: i))
            } else if i == range.lowerBound {
                candidates.append(Candidate(place: starts[i], saved: 0, start: i))
            }
        }
        choices.append(first..<candidates.count)
    }

    /// Best place to begin a subpath when the pen is at `pen`, and what the move there costs.
    func best(_ subpath: Int, _ pen: Point) -> (start: Int, move: Double) {
        candidates.withUnsafeBufferPointer { candidates in
            var found = (start: 0, move: 0.0), least = Double.infinity
            for k in choices[subpath] {
                let move = digits(candidates[k].place.x - pen.x) + digits(candidates[k].place.y - pen.y)
                if move - candidates[k].saved < least { (found, least) = ((candidates[k].start, move), move - candidates[k].saved) }
            }
            return found
        }
    }

    var result = BezierPath()
    result.reserveCapacity(segments.count + 2 * ranges.count)
    var pen = Point.zero
    func emit(_ range: Range<Int>, from start: Int) {
        pen = starts[start]
        result.move(to: pen)
        for k in 0..<range.count {
            let i = start + k < range.upperBound ? start + k : start + k - range.count
            switch segments[i] {
            case .line(let p): if k < range.count - 1 { result.line(to: p) }
            case .cubic(let c1, let c2, let p): result.cubic(c1, c2, to: p)
            }
        }
        result.close()
    }
    if ranges.count * segments.count <= 2_000_000 {
        var waiting = Array(ranges.indices)
        while !waiting.isEmpty {
            var chosen = 0, place = best(waiting[0], pen)
            for k in waiting.indices.dropFirst() {
                // Only the move counts between subpaths; what a start saves it saves whenever the subpath is drawn.
                let other = best(waiting[k], pen)
                if other.move < place.move { (chosen, place) = (k, other) }
            }
            emit(ranges[waiting.remove(at: chosen)], from: place.start)
        }
    } else {
        for k in ranges.indices { emit(ranges[k], from: best(k, pen).start) }
    }
    return result
}

/// A point at which a subpath may begin.
private struct Candidate {
    var place: Point
    /// What the line before it, drawn by `z`, would cost.
    var saved: Double
    /// Its segment.
    var start: Int
}

/// About the characters of a number: one for its sign or separator, one for each digit at a few units in a pixel, by halves.
private func digits(_ v: Double) -> Double {
    let v = abs(v)
    return v < 0.1 ? 1.5 : v < 0.6 ? 1.75 : v < 2 ? 2 : v < 6 ? 2.5 : v < 20 ? 3 : v < 60 ? 3.5 : v < 200 ? 4 : 4.5
}

private func lineCost(_ a: Point, _ b: Point) -> Double {
    let dx = abs(b.x - a.x), dy = abs(b.y - a.y)
    return dx < 0.1 ? digits(dy) : dy < 0.1 ? digits(dx) : digits(dx) + digits(dy)
}
