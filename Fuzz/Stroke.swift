import AtelierGeometry

/// Outlines and dashes paths made of any numbers: the answers are finite, bounded, and lie within reach of the path.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzStroke(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    var position = 0
    func byte() -> UInt8 {
        defer { position += 1 }
        return position < bytes.count ? bytes[position] : 0
    }
    // Small whole numbers meet each other often, which is where the trouble is; now and then one of any size.
    func number() -> Double {
        let first = byte()
        if first < 250 { return Double(Int(first) - 125) / 4 }
        var bits: UInt64 = 0
        for _ in 0..<8 { bits = bits << 8 | UInt64(byte()) }
        return Double(bitPattern: bits)
    }
    func point() -> Point { Point(number(), number()) }

    let kind = byte()
    var style = StrokeStyle(width: number().magnitude, miterLimit: 1 + Double(byte()) / 16)
    style.cap = [.butt, .round, .square, .butt][Int(kind & 3)]
    style.join = [.miter, .miterClip, .round, .bevel][Int(kind >> 2 & 3)]
    var path = BezierPath()
    path.move(to: point())
    while position < bytes.count, path.elements.count < 24 {
        switch byte() & 7 {
        case 0: path.move(to: point())
        case 1, 2: path.line(to: point())
        case 3: path.close()
        default: path.cubic(point(), point(), to: point())
        }
    }
    var pattern: [Double] = []
    for _ in 0..<Int(kind >> 4 & 3) { pattern.append(number().magnitude) }
    let dashes = path.dashed(pattern, offset: number())
    precondition(dashes.elements.count <= 2_000_000)
    // Many dashes are many of the same; what matters of them is seen in a few.
    for line in dashes.elements.count < 1000 ? [path, dashes] : [path] {
        let region = line.stroked(style, tolerance: 0.01)
        precondition(region.elements.count <= 100_000 * line.elements.count)
        guard let bounds = line.bounds, let ink = region.bounds else { continue }
        precondition((ink.width + ink.height).isFinite)
        let reach = style.width / 2 * (style.miterLimit + 1) + 0.1 + 1e-6 * (bounds.width + bounds.height)
        let slack = 1e-9 * (bounds.minX.magnitude + bounds.minY.magnitude)
        precondition(ink.minX >= bounds.minX - reach - slack && ink.maxX <= bounds.maxX + reach + slack)
        precondition(ink.minY >= bounds.minY - reach - slack && ink.maxY <= bounds.maxY + reach + slack)
        if region.elements.count < 300 { _ = region.resolved(.nonzero) }
    }
    return 0
}
