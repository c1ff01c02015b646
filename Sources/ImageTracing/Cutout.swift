import AtelierGeometry
import AtelierPixels

/// Whether shapes lie over one another or beside one another.
public enum Layering: String, Hashable, Sendable, CaseIterable {
    /// A shape extends under those painted after it: fewest bytes, no seams.
    case stacked
    /// A shape has only its own area, with holes where others are.
    case cutout
}

extension LayerBuilder {
    /// Every region with holes where others are. Coordinates are on a grid that both sides of a seam share.
    ///
    /// Each boundary is fitted once, from junction to junction, and both neighbours draw that curve. A renderer with anti-aliasing
    /// shows what lies behind along such a seam all the same: two halves of a pixel painted one after the other cover three quarters
    /// of it. So where both are opaque, the one that is painted first moves its side of the seam `overlap` pixels under the other,
    /// less where that one is thin; the one on top shows the boundary where it is. Towards translucent areas and nothing at all
    /// both keep to the curve.
    mutating func cutout(overlap: Double, _ each: ParallelFor, unless isCancelled: @escaping @Sendable () -> Bool) -> TracedDrawing {
        var curves = [FittedCurve?](repeating: nil, count: s.chains.count)
        var layers: [TracedDrawing.Layer] = [], runUnder = false
        var layerOf = [Int32?](repeating: nil, count: s.regions.count)
        for batch in order.batches {
            var path = BezierPath()
            for r in order.painted[batch] where !isCancelled() {
                for l in s.regions[Int(r)].loops {
                    var begin = true
                    for step in s.steps[s.loops[l].steps] {
                        let chain = Int(step.chain)
                        let curve = curves[chain] ?? fitted(chain)
                        curves[chain] = curve
                        var side = step.isReversed ? curve.reversed : curve
                        let other = step.isReversed ? s.chains[chain].left : s.chains[chain].right
                        if overlap > 0, other != Segmentation.outside, isHidden(other, for: Int(r)), s.regions[Int(r)].paint.isOpaque {
                            runUnder = true
                            side = extended(side, isClosed: s.chains[chain].isClosed, under: Int(r), by: overlap)
                        }
                        if begin { path.move(to: side.start) } else if path.currentPoint != side.start { path.line(to: side.start) }
                        begin = false
                        append(side, to: &path)
                    }
                    path.close()
                }
            }
            guard !path.isEmpty else { continue }
            for r in order.painted[batch] where order.isOpaque[Int(r)] { layerOf[Int(r)] = Int32(layers.count) }
            layers.append(.init(.path(path), fill: s.regions[Int(order.painted[batch.lowerBound])].paint))
        }
        var drawing = TracedDrawing(width: s.width, height: s.height, gridUnits: Double(gridUnits(layers)), layers: layers)
        if runUnder { drawing.mendSeams(of: s, layerOf: layerOf, each, unless: isCancelled) }
        return drawing
    }

    /// The curve along a chain; the frame stays as it is.
    private mutating func fitted(_ index: Int) -> FittedCurve {
        let chain = s.chains[index], points = Array(s.points[chain.points])
        guard chain.left >= 0, chain.right >= 0, points.count > 2 else {
            return FittedCurve(start: points[0], segments: points.dropFirst().map { .line($0) })
        }
        let contrast = Double(chain.step)
        prepare(contrast)
        weigh(points.count, contrast)
        return chain.isClosed ? fitter.fitClosed(points) : fitter.fitOpen(points)
    }

    /// The curve, moved to its right under regions painted later than this one, less where they are thin.
    private func extended(_ curve: FittedCurve, isClosed: Bool, under region: Int, by overlap: Double) -> FittedCurve {
        func isCovered(_ p: Point) -> Bool {
            let x = Int(p.x), y = Int(p.y)
            return p.x >= 0 && p.y >= 0 && x < s.width && y < s.height && isHidden(s.labels[y * s.width + x], for: region)
        }
        /// Where the corner between two ways of travel goes when both sides move by one pixel: at most by two, and by six into the tip of
        /// what lies to the right, as far as the ways are long enough for that. In textures, whose boundaries are tangled, ways would cross.
        func mitre(_ before: Vector, _ after: Vector) -> Vector {
            let a = before.normalized.perpendicular, b = after.normalized.perpendicular, n = (a + b).normalized
            let most = before.cross(after) > 0 && !s.isTextured ? min(6, max(2, min(before.length, after.length) / overlap)) : 2
            return n * min(most, 1 / max(0.1, n.dot(b)))
        }
        func reach(_ p: Point, _ direction: Vector) -> Double {
            for distance in [overlap, overlap / 2] where isCovered(p + direction * (distance + 0.25)) { return distance }
            return overlap / 3  // Nothing that is drawn is thinner than this.
        }
        let count = curve.segments.count
        guard count > 0 else { return curve }
        var at = curve.start
        var leaving: [Vector] = [], arriving: [Vector] = [], joints = [curve.start]
        for segment in curve.segments {
            switch segment {
            case .line(let p):
                leaving.append(p - at)
                arriving.append(p - at)
            case .cubic(let c1, let c2, let p):
                leaving.append(c1 != at ? c1 - at : c2 != at ? c2 - at : p - at)
                arriving.append(c2 != p ? p - c2 : c1 != p ? p - c1 : p - at)
            }
            at = segment.end
            joints.append(at)
        }
        let returns = isClosed && joints[count] == joints[0]
        var distances: [Double] = [], moved: [Point] = []
        for k in joints.indices {
            let before = k > 0 ? arriving[k - 1] : returns ? arriving[count - 1] : leaving[0]
            let after = k < count ? leaving[k] : returns ? leaving[0] : arriving[count - 1]
            let direction = mitre(before, after), distance = reach(joints[k], direction)
            distances.append(distance)
            moved.append(joints[k] + direction * distance)
        }
        var result = FittedCurve(start: moved[0])
        for (k, segment) in curve.segments.enumerated() {
            switch segment {
            case .line: result.segments.append(.line(moved[k + 1]))
            case .cubic(let c1, let c2, _):
                // The legs of the control polygon move, each by the distance of its end (Tiller and Hanson, "Offsets of Two-Dimensional
                // Profiles", 1984).
                let middle = c1 != c2 ? c2 - c1 : arriving[k]
                result.segments.append(
                    .cubic(
                        c1 + mitre(leaving[k], middle) * distances[k], c2 + mitre(middle, arriving[k]) * distances[k + 1], moved[k + 1]))
            }
        }
        return result
    }
}

extension FittedCurve {
    /// The same curve from its end to its start.
    var reversed: FittedCurve {
        var joints = [start]
        for segment in segments { joints.append(segment.end) }
        var result = FittedCurve(start: joints[segments.count])
        for k in segments.indices.reversed() {
            switch segments[k] {
            case .line: result.segments.append(.line(joints[k]))
            case .cubic(let c1, let c2, _): result.segments.append(.cubic(c2, c1, joints[k]))
            }
        }
        return result
    }
}

#if !hasFeature(Embedded)
    extension Layering: Codable {}
#endif
