import AtelierGeometry

/// How far rounding a drawing's numbers to a grid moves its outlines.
///
/// Every outline is looked at in a few places. How far each goes across the outline when numbers move is a sum of those moves with fixed
/// shares, so that one grid after another is tried in O(numbers).
struct RoundingError {
    private var numbers: [Double] = []
    /// What the places depend on: a number and what a pixel of it moves, place after place.
    private var shares: [(number: Int32, share: Double)] = []
    /// The end of each place in `shares`, and the length of outline it stands for.
    private var places: [(end: Int32, length: Double)] = []
    private var length = 0.0

    init(_ layers: [TracedDrawing.Layer]) {
        for layer in layers {
            let width = layer.stroke.map { add($0.width) }
            switch layer.shape {
            case .path(let path): add(path, width)
            case .circle(let center, let radius):
                let r = add(radius)
                addEllipse(add(center), r, r, perimeter: 6.283 * radius, width)
            case .ellipse(let center, let rx, let ry): addEllipse(add(center), add(rx), add(ry), perimeter: 3.142 * (rx + ry), width)
            case .rect(let rect, let radius):
                let low = add(Point(rect.minX, rect.minY)), high = add(Point(rect.maxX, rect.maxY))
                for (corner, number) in [(low, 0), (low, 1), (high, 0), (high, 1)] as [(Int32, Int32)] {
                    addPlace(number == 0 ? rect.height : rect.width, width) { $0.append((corner + number, 1)) }
                }
                // The middle of a round corner moves by 1 − √½ of what its radius does.
                if radius > 0 {
                    let r = add(radius)
                    addPlace(6.283 * radius, width) { $0.append((r, 0.293)) }
                }
            case .line(let a, let b): addLine(add(a), add(b), width)
            }
        }
    }

    /// By how far outlines move across themselves.
    ///
    /// - Returns: The mean square of the distances, in square pixels, and the largest, in pixels.
    /// - Complexity: O(numbers)
    func callAsFunction(unitsPerPixel units: Double) -> (meanSquare: Double, largest: Double) {
        let moves = numbers.map { ($0 * units).rounded() / units - $0 }
        var sum = 0.0, largest = 0.0, k = 0
        for place in places {
            var move = 0.0
            while k < Int(place.end) {
                move += shares[k].share * moves[Int(shares[k].number)]
                k += 1
            }
            sum += place.length * move * move
            largest = max(largest, abs(move))
        }
        return (length > 0 ? sum / length : 0, largest)
    }

    /// Returns the index of a number.
    private mutating func add(_ number: Double) -> Int32 {
        numbers.append(number)
        return Int32(numbers.count - 1)
    }

    /// Returns the index of x; y is the next.
    private mutating func add(_ point: Point) -> Int32 {
        let index = add(point.x)
        _ = add(point.y)
        return index
    }

    private func point(_ index: Int32) -> Point { Point(numbers[Int(index)], numbers[Int(index) + 1]) }

    /// Adds a place of a fill, or one on either side of a stroke.
    private mutating func addPlace(_ length: Double, _ width: Int32?, _ depends: (inout [(number: Int32, share: Double)]) -> Void) {
        for side in width == nil ? [0] : [-0.5, 0.5] {
            depends(&shares)
            if let width { shares.append((width, side)) }
            places.append((Int32(shares.count), length))
            self.length += length
        }
    }

    private mutating func add(_ path: BezierPath, _ width: Int32?) {
        var start: Int32 = 0, last: Int32 = 0
        for element in path.elements {
            switch element {
            case .move(let p):
                start = add(p)
                last = start
            case .line(let p):
                let end = add(p)
                addLine(last, end, width)
                last = end
            case .cubic(let c1, let c2, let p):
                let a = add(c1), b = add(c2), end = add(p)
                addCubic(last, a, b, end, width)
                last = end
            case .close:
                addLine(last, start, width)
                last = start
            }
        }
    }

    private mutating func addLine(_ a: Int32, _ b: Int32, _ width: Int32?) {
        let chord = point(b) - point(a)
        guard chord.length > 0 else { return }
        let normal = chord.perpendicular * (1 / chord.length)
        // The points of Gauss: exact for what moves evenly.
        for t in [0.211_325, 0.788_675] {
            addPlace(chord.length / 2, width) { shares in
                for (point, share) in [(a, 1 - t), (b, t)] {
                    shares.append((point, share * normal.dx))
                    shares.append((point + 1, share * normal.dy))
                }
            }
        }
    }

    private mutating func addCubic(_ a: Int32, _ b: Int32, _ c: Int32, _ d: Int32, _ width: Int32?) {
        let (p0, p1, p2, p3) = (point(a), point(b), point(c), point(d))
        // Between chord and polygon (Gravesen, "Adaptive subdivision and the length and energy of Bézier curves", 1997).
        let length = (p0.distance(to: p3) + p0.distance(to: p1) + p1.distance(to: p2) + p2.distance(to: p3)) / 2
        for t in [0.125, 0.375, 0.625, 0.875] {
            let s = 1 - t
            let tangent = (p1 - p0) * (s * s) + (p2 - p1) * (2 * s * t) + (p3 - p2) * (t * t)
            guard tangent.length > 1e-9 else { continue }
            let normal = tangent.perpendicular * (1 / tangent.length)
            addPlace(length / 4, width) { shares in
                for (point, share) in [(a, s * s * s), (b, 3 * s * s * t), (c, 3 * s * t * t), (d, t * t * t)] {
                    shares.append((point, share * normal.dx))
                    shares.append((point + 1, share * normal.dy))
                }
            }
        }
    }

    private mutating func addEllipse(_ center: Int32, _ rx: Int32, _ ry: Int32, perimeter: Double, _ width: Int32?) {
        for (number, radius, sign) in [(0, rx, 1), (0, rx, -1), (1, ry, 1), (1, ry, -1)] as [(Int32, Int32, Double)] {
            addPlace(perimeter / 4, width) { shares in
                shares.append((center + number, sign))
                shares.append((radius, 1))
            }
        }
    }
}
