import AtelierGeometry
import AtelierPixels

@testable import AtelierImageTracing

/// A picture drawn by testing 8 × 8 points in every pixel: the anti-aliasing a renderer gives, from known geometry.
func picture(
    _ width: Int, _ height: Int, background: RGBA8 = RGBA8(255, 255, 255), _ shapes: [(color: RGBA8, isInside: (Point) -> Bool)]
) -> Raster<RGBA8> {
    var raster = Raster(width: width, height: height, filledWith: background)
    for y in 0..<height {
        for x in 0..<width {
            var sum = SIMD4<Double>.zero
            for sy in 0..<8 {
                for sx in 0..<8 {
                    let p = Point(Double(x) + (Double(sx) + 0.5) / 8, Double(y) + (Double(sy) + 0.5) / 8)
                    let c = shapes.last { $0.isInside(p) }?.color ?? background
                    let a = Double(c.a)
                    sum += SIMD4(Double(c.r) * a, Double(c.g) * a, Double(c.b) * a, a)
                }
            }
            guard sum.w > 0 else { continue }
            let straight = sum / sum.w
            raster[x, y] = RGBA8(UInt8(straight.x + 0.5), UInt8(straight.y + 0.5), UInt8(straight.z + 0.5), UInt8(sum.w / 64 + 0.5))
        }
    }
    return raster
}

func disc(_ cx: Double, _ cy: Double, _ r: Double) -> (Point) -> Bool { { $0.distance(to: Point(cx, cy)) < r } }

func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> (Point) -> Bool {
    { $0.x >= x && $0.y >= y && $0.x < x + width && $0.y < y + height }
}

func traced(_ image: Raster<RGBA8>, _ options: TraceOptions = .init()) -> TracedDrawing {
    fit(segment(image, quantize(image, options.quantize), options.segment), options.fit)
}

func svg(_ image: Raster<RGBA8>, _ options: TraceOptions = .init()) -> String {
    String(decoding: writeSVG(traced(image, options), options.write), as: UTF8.self)
}

/// Points along a path, 16 a segment.
func samples(_ path: BezierPath) -> [Point] {
    var result: [Point] = []
    var at = Point.zero, start = Point.zero
    for element in path.elements {
        switch element {
        case .move(let p):
            at = p
            start = p
        case .line(let p):
            for k in 1...16 { result.append(at.interpolated(to: p, Double(k) / 16)) }
            at = p
        case .cubic(let c1, let c2, let p):
            for k in 1...16 {
                let t = Double(k) / 16
                let a = at.interpolated(to: c1, t), b = c1.interpolated(to: c2, t), c = c2.interpolated(to: p, t)
                result.append(a.interpolated(to: b, t).interpolated(to: b.interpolated(to: c, t), t))
            }
            at = p
        case .close:
            for k in 1...16 { result.append(at.interpolated(to: start, Double(k) / 16)) }
            at = start
        }
    }
    return result
}

/// Signed area by the trapezium rule over the samples of each subpath.
func area(_ path: BezierPath) -> Double {
    var total = 0.0
    var sub = BezierPath()
    func finish() {
        let p = samples(sub)
        for i in p.indices {
            let a = p[i], b = p[(i + 1) % p.count]
            total += (a.x * b.y - b.x * a.y) / 2
        }
    }
    for element in path.elements {
        switch element {
        case .move(let p):
            finish()
            sub = BezierPath()
            sub.move(to: p)
        case .line(let p): sub.line(to: p)
        case .cubic(let a, let b, let p): sub.cubic(a, b, to: p)
        case .close: sub.close()
        }
    }
    finish()
    return total
}

func cubicCount(_ path: BezierPath) -> Int {
    path.elements.reduce(0) { if case .cubic = $1 { $0 + 1 } else { $0 } }
}

func subpathCount(_ path: BezierPath) -> Int {
    path.elements.reduce(0) { if case .move = $1 { $0 + 1 } else { $0 } }
}

/// A small seeded generator (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A layer that should have one colour has a gradient or nothing.
struct PaintIsNoColor: Error {}
