internal import AtelierGeometry
internal import AtelierSVG

extension SlideMapper {
    /// A gradient as the fill of a shape.
    ///
    /// Linear ones are exact under every transform: slides know the direction across lines of one colour, and the colours on
    /// the lines through two corners of the box, which are computed here. Circles are exact when their middle is that of the
    /// box; slides have no ellipses, no focus apart from the middle, and consumers differ on circles elsewhere.
    ///
    /// - Parameters:
    ///   - opacity: Of what is painted, above 0.
    ///   - transform: From the path's coordinates to the slide.
    mutating func gradient(
        _ gradient: SVG.Gradient, opacity: Double, through transform: AffineTransform, in frame: Frame, of origin: SVG.Origin
    ) -> Fill {
        let toBox = gradient.transform.followed(by: transform).followed(by: frame.fromSlide)
        let (width, height) = (Double(frame.width.rawValue), Double(frame.height.rawValue))
        let ramp = ColorRamp(gradient, opacity: opacity)
        // Numbers too large to compute with come out as no number or as infinite, and are found below.
        let low: Double, high: Double, shade: GradientFill.Shade
        switch gradient.shape {
        case .linear(let from, let to):
            guard let back = toBox.inverse else { return .solid(ramp.tint(at: 0)) }
            let along = to - from, square = along.dot(along)
            func offset(_ corner: Point) -> Double { (back(corner) - from).dot(along) / square }
            let offsets = [Point(0, 0), Point(width, 0), Point(0, height), Point(width, height)].map(offset)
            (low, high) = (offsets.min() ?? .nan, offsets.max() ?? .nan)
            // Lines of one colour stand across this direction: the transposed inverse of what moves points.
            let normal = Vector(back.a * along.dx + back.b * along.dy, back.c * along.dx + back.d * along.dy)
            let turn = Angle(of: normal).degrees * 60_000
            let angle = turn.isFinite ? Int(turn < 0 ? turn - 0.5 : turn + 0.5) : 0
            shade = .linear(angle: (angle + Pose.fullTurn) % Pose.fullTurn)
        case .radial(let center, let radius, let focus, let focusRadius):
            let apart = focus.distance(to: center), scale = toBox.meanScale
            // Circles fit best about a point between focus and centre: of tenths, six leave the least error for a focus at half the radius.
            let middle = toBox(apart > 0.02 * radius ? focus + (center - focus) * 0.6 : focus)
            let diagonal = (width * width + height * height).squareRoot() / 2
            guard width > 0, height > 0, radius > focusRadius, scale > 0 else { return .solid(ramp.tint(at: 1)) }
            (low, high) = (-focusRadius / (radius - focusRadius), (diagonal / scale - focusRadius) / (radius - focusRadius))
            guard middle.x.isFinite, middle.y.isFinite, high.isFinite, apart <= radius else { return .solid(ramp.tint(at: 1)) }
            func share(_ value: Double, _ whole: Double) -> Int {
                let share = min(max(value / whole, -10), 10) * 100_000
                return Int(share < 0 ? share - 0.5 : share + 0.5)
            }
            shade = .circle(x: share(middle.x, width), y: share(middle.y, height))
            let isElliptical = toBox.anisotropy > 1.05, isFocused = apart > 0.02 * radius
            var averaged: (stops: [GradientFill.Stop], deviation: Double)?
            if let back = toBox.inverse, isFocused || isElliptical && gradient.spread == .pad {
                let cone = Cone(center: center, radius: radius, focus: focus, focusRadius: focusRadius)
                averaged = ramp.stops(around: middle, upTo: diagonal, in: Size(width, height)) { cone.offset(at: back($0)) }
            }
            let firstFinding = diagnostics.count
            if isElliptical {
                note(
                    .approximated, origin, "slides have no elliptical gradients, so the colours run in circles of their mean",
                    by: averaged?.deviation ?? toBox.anisotropy.squareRoot() - 1)
            }
            if isFocused {
                note(
                    .approximated, origin, "slides have no focus apart from the centre, so the colours run in circles between both",
                    by: averaged?.deviation ?? apart / radius)
            }
            if let averaged {
                colorFindings += firstFinding..<diagnostics.count
                return .gradient(GradientFill(stops: averaged.stops, shade: shade))
            }
            if middle.distance(to: Point(width / 2, height / 2)) > 0.05 * diagonal {
                note(.approximated, origin, "a circular gradient off the middle of its shape is drawn differently by different programs")
            }
        }
        guard low < high, low > -1e9, high < 1e9 else { return .solid(ramp.tint(at: low == high ? low : 0)) }
        guard let stops = ramp.stops(over: low...high) else {
            note(.approximated, origin, "the gradient repeats more often than slides can say, so it was drawn in its mean colour")
            return .solid(ramp.mean)
        }
        return .gradient(GradientFill(stops: stops, shade: shade))
    }
}

/// The offsets of a radial gradient in the plane (SVG 2, 14.2.3).
private struct Cone {
    var center: Point, radius: Double, focus: Point, focusRadius: Double

    /// 0 within the inner circle, 1 on the outer one, as far along from the one to the other in between.
    func offset(at point: Point) -> Double {
        let way = point - focus, distance = focus.distance(to: point), apart = focus - center
        guard distance > focusRadius else { return 0 }
        let direction = way * (1 / distance), along = direction.dot(apart)
        let edge = max(0, along * along - apart.dot(apart) + radius * radius).squareRoot() - along
        return edge > focusRadius ? (distance - focusRadius) / (edge - focusRadius) : .infinity
    }
}

/// The colours of a gradient along its offset, beyond 0 and 1 too.
private struct ColorRamp {
    /// Files may hold more; nobody edits as many.
    private static let mostStops = 100

    private struct Stop {
        var offset: Double
        /// Red, green and blue 0…255, and alpha 0…1.
        var value: SIMD4<Double>
    }

    private var period: [Stop]
    private var spread: SVG.Gradient.Spread

    init(_ gradient: SVG.Gradient, opacity: Double) {
        spread = gradient.spread
        period = gradient.stops.map { stop in
            let color = stop.color
            return Stop(
                offset: stop.offset,
                value: SIMD4(Double(color.red), Double(color.green), Double(color.blue), stop.opacity * min(opacity, 1)))
        }
        // Whole periods begin and end with a colour.
        if let first = period.first, first.offset > 0 { period.insert(Stop(offset: 0, value: first.value), at: 0) }
        if let last = period.last, last.offset < 1 { period.append(Stop(offset: 1, value: last.value)) }
    }

    /// The colour at an offset of the pattern 0…1, beyond which the ends go on.
    func tint(at offset: Double) -> Tint { Self.tint(value(at: offset, in: period)) }

    /// The mean over 0…1.
    var mean: Tint {
        var sum = SIMD4<Double>.zero
        for (a, b) in zip(period, period.dropFirst()) { sum += (a.value + b.value) * ((b.offset - a.offset) / 2) }
        return Self.tint(sum)
    }

    /// The colours of a range of offsets as stops from its one end to its other, sampled when there are very many; nil when the
    /// pattern repeats too often for that.
    func stops(over range: ClosedRange<Double>) -> [GradientFill.Stop]? {
        var all = period
        if spread != .pad {
            let (first, last) = (range.lowerBound.rounded(.down), range.upperBound.rounded(.up))
            guard (last - first) * Double(period.count) <= Double(Self.mostStops) else { return nil }
            all = []
            for number in Int(first)..<Int(last) {
                let isMirrored = spread == .reflect && number & 1 != 0
                for stop in isMirrored ? period.reversed() : period {
                    all.append(Stop(offset: Double(number) + (isMirrored ? 1 - stop.offset : stop.offset), value: stop.value))
                }
            }
        }
        var inside = all.filter { range.contains($0.offset) }
        if inside.first?.offset != range.lowerBound {
            inside.insert(Stop(offset: range.lowerBound, value: value(at: range.lowerBound, in: all)), at: 0)
        }
        if inside.last?.offset != range.upperBound || inside.count == 1 {
            inside.append(Stop(offset: range.upperBound, value: value(at: range.upperBound, in: all)))
        }
        let length = range.upperBound - range.lowerBound
        if inside.count > Self.mostStops {
            inside = (0..<Self.mostStops).map { step in
                let offset = range.lowerBound + length * Double(step) / Double(Self.mostStops - 1)
                return Stop(offset: offset, value: value(at: offset, in: all))
            }
        }
        return inside.map { stop in
            GradientFill.Stop(
                position: Int((stop.offset - range.lowerBound) / length * 100_000 + 0.5), tint: Self.tint(stop.value))
        }
    }

    /// Stops for distances from a point of a box up to `reach`, the first at 0: at each the colour of the mean offset of the points
    /// that are so far away. Of the corners, which most shapes leave empty, only what is within the gradient counts. With them how far off
    /// colours are in the mean, on white.
    func stops(
        around middle: Point, upTo reach: Double, in box: Size, offset: (Point) -> Double
    ) -> (stops: [GradientFill.Stop], deviation: Double) {
        let count = 24
        var last = 1.0, difference = 0.0, area = 0.0
        let stops = (0...count).map { step in
            let distance = reach * Double(step) / Double(count)
            var places: [Double] = []
            for direction in 0..<48 {
                let (sine, cosine) = Angle(degrees: Double(direction) * 360 / 48).sineAndCosine
                let point = middle + Vector(cosine, sine) * distance
                guard point.x >= 0, point.y >= 0, point.x <= box.width, point.y <= box.height else { continue }
                let across = Vector(2 * point.x / box.width - 1, 2 * point.y / box.height - 1), place = offset(point)
                guard place <= 1 || across.dot(across) <= 1 else { continue }
                places.append(min(place, 1))
            }
            if !places.isEmpty { last = places.reduce(0, +) / Double(places.count) }
            let shown = onWhite(at: last)
            for place in places {
                let gap = onWhite(at: place) - shown
                difference += max(abs(gap.x), abs(gap.y), abs(gap.z)) * distance
            }
            area += Double(places.count) * distance
            return GradientFill.Stop(position: step * 100_000 / count, tint: tint(at: last))
        }
        return (stops, area > 0 ? difference / area : 0)
    }

    /// The colour at an offset of the pattern on white, each channel 0…1.
    private func onWhite(at offset: Double) -> SIMD4<Double> {
        let value = value(at: offset, in: period)
        return SIMD4(repeating: 1) + (value / 255 - 1) * value.w
    }

    private func value(at offset: Double, in stops: [Stop]) -> SIMD4<Double> {
        guard let next = stops.firstIndex(where: { $0.offset > offset }) else { return stops[stops.count - 1].value }
        guard next > 0 else { return stops[0].value }
        let (a, b) = (stops[next - 1], stops[next])
        return a.value + (b.value - a.value) * ((offset - a.offset) / (b.offset - a.offset))
    }

    private static func tint(_ value: SIMD4<Double>) -> Tint {
        func channel(_ value: Double) -> UInt8 { UInt8(min(max(value, 0), 255) + 0.5) }
        return Tint(
            color: SVG.Color(red: channel(value.x), green: channel(value.y), blue: channel(value.z)),
            alpha: Int(min(max(value.w, 0), 1) * Double(Tint.opaque) + 0.5))
    }
}

extension Frame {
    /// From the slide to the frame before its turn and its flips, its corner at the origin.
    var fromSlide: AffineTransform {
        let (halfWidth, halfHeight) = (Double(width.rawValue) / 2, Double(height.rawValue) / 2)
        return AffineTransform.translation(-Double(x.rawValue) - halfWidth, -Double(y.rawValue) - halfHeight)
            .followed(by: .rotation(Angle(degrees: -Double(rotation) / 60_000)))
            .followed(by: .scaling(flipsHorizontally ? -1 : 1, flipsVertically ? -1 : 1))
            .followed(by: .translation(halfWidth, halfHeight))
    }
}
