import AtelierGeometry

/// Combines two regions made of any numbers, under a bound: the answer is finite and lies within both regions' box, or there was too
/// much work to do. What an outline is near a box lies within it as well.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBoolean(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = Input(start, count)
    func outline(until end: Int) -> BezierPath {
        var path = BezierPath()
        path.move(to: input.point())
        while input.position < end, path.elements.count < 40 {
            switch input.byte() & 7 {
            case 0: path.move(to: input.point())
            case 1, 2, 3: path.line(to: input.point())
            case 4: path.close()
            default: path.cubic(input.point(), input.point(), to: input.point())
            }
        }
        return path
    }

    let kind = input.byte()
    let operation = BooleanOperation.allCases[Int(kind & 3)]
    let rules: (FillRule, FillRule) = (kind & 4 == 0 ? .nonzero : .evenOdd, kind & 8 == 0 ? .nonzero : .evenOdd)
    let first = outline(until: input.bytes.count / 2), second = outline(until: input.bytes.count)
    let budget = 4_000_000
    var work = budget
    let region = first.combined(operation, with: second, rule: rules.0, otherRule: rules.1, work: &work)
    precondition((region == nil) == (work <= 0) && work <= budget)
    guard let region, let bounds = region.bounds else { return 0 }

    // The box of control points holds the curves and what is cut from them. Without size or end it encloses nothing.
    guard let box = [first.bounds, second.bounds].compactMap(\.self).reduce(nil, { $0?.union($1) ?? $1 }) as Rect? else {
        preconditionFailure("something from nothing")
    }
    let extent = max(box.width, box.height)
    guard (box.minX + box.minY + box.width + box.height).isFinite else { return 0 }
    precondition((bounds.width + bounds.height).isFinite)
    let slack = extent * 1e-3 + 1e-9 * (box.minX.magnitude + box.minY.magnitude)
    precondition(bounds.minX >= box.minX - slack && bounds.maxX <= box.maxX + slack)
    precondition(bounds.minY >= box.minY - slack && bounds.maxY <= box.maxY + slack)
    let near = OutlineIndex(second).outline(near: first.bounds ?? box)
    precondition(near.elements.count <= 2 * second.elements.count + 4)

    // What control points tell is what an arrangement tells, in boxes that both stay clear of.
    work = budget
    let plain = first.resolved(.nonzero, work: &work), arranged = first.combined(.union, with: BezierPath(), work: &work)
    guard let plain, let arranged, work > 0, let area = first.bounds else { return 0 }
    let side = max(area.width, area.height) / 1024
    for place in 0..<64 {
        let x = area.minX + area.width * (Double(place % 8) + 0.5) / 8, y = area.minY + area.height * (Double(place / 8) + 0.5) / 8
        let spot = Rect(x: x, y: y, width: side, height: side)
        if let one = plain.winding(around: spot), let other = arranged.winding(around: spot) { precondition(one == other) }
    }
    return 0
}
