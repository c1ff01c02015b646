import AtelierGeometry

/// Outlines and dashes paths made of any numbers: the answers are finite, bounded, and lie within reach of the path.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzStroke(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = Input(start, count)

    let kind = input.byte()
    var style = StrokeStyle(width: input.number().magnitude, miterLimit: 1 + Double(input.byte()) / 16)
    style.cap = [.butt, .round, .square, .butt][Int(kind & 3)]
    style.join = [.miter, .miterClip, .round, .bevel][Int(kind >> 2 & 3)]
    var path = BezierPath()
    path.move(to: input.point())
    while input.position < input.bytes.count, path.elements.count < 24 {
        switch input.byte() & 7 {
        case 0: path.move(to: input.point())
        case 1, 2: path.line(to: input.point())
        case 3: path.close()
        default: path.cubic(input.point(), input.point(), to: input.point())
        }
    }
    var pattern: [Double] = []
    for _ in 0..<Int(kind >> 4 & 3) { pattern.append(input.number().magnitude) }
    let dashes = path.dashed(pattern, offset: input.number())
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
