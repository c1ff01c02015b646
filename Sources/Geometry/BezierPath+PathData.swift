/// Where and why path data stops making sense.
public struct PathDataError: Error, Hashable, Sendable {
    /// What was met instead of path data.
    public enum Reason: Hashable, Sendable {
        /// The data does not begin with `M` or `m`.
        case missingMove
        /// A character that is no command, where one is due.
        case unknownCommand
        /// Fewer numbers than the command takes, or a number out of range.
        case missingNumber
        /// Something else than `0` or `1` as an arc flag.
        case badFlag
    }

    /// What is wrong.
    public var reason: Reason
    /// Byte offset in the path data where it is wrong.
    public var offset: Int

    /// An error from its parts.
    public init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension BezierPath {
    /// Reads SVG path data (SVG 2, 9.3): every command, absolute and relative, in the compact number syntax.
    ///
    ///     let (path, error) = BezierPath.reading(svgPathData: bytes)    // "m8 0a8 8 0 100 16" and the like
    ///
    /// Quadratic curves become the cubics that draw the same curve, arcs become cubics within 1e-4 of their radius.
    /// A `move` that nothing follows is replaced by the next one.
    ///
    /// - Returns: The path up to the error, as SVG 2 9.5.4 wants it drawn, and the error when there is one.
    ///   Empty data is an empty path without an error. Coordinates are finite unless relative steps add up beyond `Double`.
    /// - Complexity: O(*n*)
    public static func reading(svgPathData data: Span<UInt8>) -> (path: BezierPath, error: PathDataError?) {
        data.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return (BezierPath(), nil) }
            return reading(svgPathData: TextScanner(base, 0..<buffer.count))
        }
    }

    /// Reads SVG path data from where a scanner stands to its end; offsets of errors count from there.
    package static func reading(svgPathData scanner: TextScanner) -> (path: BezierPath, error: PathDataError?) {
        let origin = scanner.position
        var reader = PathDataReader(scanner: scanner)
        let reason = reader.read()
        var path = BezierPath()
        path.elements = reader.elements
        // A move at the very end draws nothing.
        if case .move? = path.elements.last { path.elements.removeLast() }
        return (path, reason.map { PathDataError($0, offset: reader.scanner.position - origin) })
    }

    /// The elements that end inside an arc of some path data, as indices into the elements of the path read from it: what
    /// stands for one command ends only where the last of them does.
    package static func arcInteriors(svgPathData scanner: TextScanner) -> [Int] {
        var reader = PathDataReader(scanner: scanner)
        _ = reader.read()
        return reader.arcInteriors
    }

    /// Reads a list of points as `polyline` and `polygon` have it: one subpath of straight segments.
    ///
    /// - Returns: The subpath, not closed and empty for fewer than two points, and whether text was left over: a single
    ///   coordinate or something that is no number.
    package static func reading(points scanner: TextScanner) -> (path: BezierPath, isComplete: Bool) {
        var scanner = scanner
        var path = BezierPath()
        scanner.skipSpace()
        while !scanner.isAtEnd {
            guard let x = scanner.number() else { return (path.elements.count > 1 ? path : BezierPath(), false) }
            scanner.skipSeparator()
            guard let y = scanner.number() else { return (path.elements.count > 1 ? path : BezierPath(), false) }
            scanner.skipSeparator()
            path.elements.append(path.elements.isEmpty ? .move(Point(x, y)) : .line(Point(x, y)))
        }
        return (path.elements.count > 1 ? path : BezierPath(), true)
    }
}

/// The state of reading path data.
private struct PathDataReader {
    var scanner: TextScanner
    var elements: [BezierPath.Element] = []
    var current = Point.zero
    var start = Point.zero
    /// The last control point of a preceding cubic or quadratic command, for `S` and `T`.
    var cubicControl: Point?
    var quadraticControl: Point?
    /// A segment right after a close begins a new subpath at the same start.
    var needsMove = false
    /// Indices of elements that end inside an arc.
    var arcInteriors: [Int] = []

    init(scanner: TextScanner) {
        self.scanner = scanner
        // Real path data has about 10 bytes for each segment.
        elements.reserveCapacity((scanner.end - scanner.position) / 10 + 2)
    }

    /// Reads everything; returns the reason for stopping early, with the scanner at the offending byte.
    mutating func read() -> PathDataError.Reason? {
        scanner.skipSpace()
        if scanner.isAtEnd { return nil }
        guard scanner.next | 0x20 == UInt8(ascii: "m") else { return .missingMove }
        while !scanner.isAtEnd {
            let command = scanner.next
            scanner.position += 1
            if let reason = run(command) { return reason }
            scanner.skipSpace()
        }
        return nil
    }

    /// Runs one command with all its arguments.
    mutating func run(_ command: UInt8) -> PathDataError.Reason? {
        let isRelative = command >= 0x61
        scanner.skipSpace()
        switch command | 0x20 {
        case UInt8(ascii: "z"):
            if !needsMove { elements.append(.close) }
            current = start
            needsMove = true
            (cubicControl, quadraticControl) = (nil, nil)
            return nil
        case UInt8(ascii: "m"):
            guard let p = point(isRelative) else { return .missingNumber }
            if case .move? = elements.last { elements.removeLast() }
            elements.append(.move(p))
            (current, start, needsMove) = (p, p, false)
            (cubicControl, quadraticControl) = (nil, nil)
            while continues() {
                guard let p = point(isRelative) else { return .missingNumber }
                line(to: p)
            }
        case UInt8(ascii: "l"):
            repeat {
                guard let p = point(isRelative) else { return .missingNumber }
                line(to: p)
            } while continues()
        case UInt8(ascii: "h"):
            repeat {
                guard let x = scanner.number() else { return .missingNumber }
                line(to: Point(isRelative ? current.x + x : x, current.y))
            } while continues()
        case UInt8(ascii: "v"):
            repeat {
                guard let y = scanner.number() else { return .missingNumber }
                line(to: Point(current.x, isRelative ? current.y + y : y))
            } while continues()
        case UInt8(ascii: "c"):
            repeat {
                guard let c1 = point(isRelative), let c2 = nextPoint(isRelative), let p = nextPoint(isRelative) else {
                    return .missingNumber
                }
                cubic(c1, c2, to: p)
            } while continues()
        case UInt8(ascii: "s"):
            repeat {
                guard let c2 = point(isRelative), let p = nextPoint(isRelative) else { return .missingNumber }
                cubic(reflected(cubicControl), c2, to: p)
            } while continues()
        case UInt8(ascii: "q"):
            repeat {
                guard let c = point(isRelative), let p = nextPoint(isRelative) else { return .missingNumber }
                quadratic(c, to: p)
            } while continues()
        case UInt8(ascii: "t"):
            repeat {
                guard let p = point(isRelative) else { return .missingNumber }
                quadratic(reflected(quadraticControl), to: p)
            } while continues()
        case UInt8(ascii: "a"):
            repeat {
                if let reason = arc(isRelative) { return reason }
            } while continues()
        default:
            scanner.position -= 1
            return .unknownCommand
        }
        return nil
    }

    /// Whether a further set of arguments follows, with the scanner at its first byte.
    private mutating func continues() -> Bool {
        scanner.skipSpace()
        if scanner.next == UInt8(ascii: ",") {
            // A comma must be followed by a number, so what comes next is an argument or an error.
            scanner.position += 1
            scanner.skipSpace()
            return true
        }
        let byte = scanner.next
        return byte &- 0x30 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+")
    }

    private mutating func point(_ isRelative: Bool) -> Point? {
        guard let x = scanner.number() else { return nil }
        scanner.skipSeparator()
        guard let y = scanner.number() else { return nil }
        return isRelative ? Point(current.x + x, current.y + y) : Point(x, y)
    }

    private mutating func nextPoint(_ isRelative: Bool) -> Point? {
        scanner.skipSeparator()
        return point(isRelative)
    }

    private func reflected(_ control: Point?) -> Point {
        guard let control else { return current }
        return Point(2 * current.x - control.x, 2 * current.y - control.y)
    }

    private mutating func begin() {
        if needsMove {
            elements.append(.move(start))
            needsMove = false
        }
    }

    private mutating func line(to p: Point) {
        begin()
        elements.append(.line(p))
        current = p
        (cubicControl, quadraticControl) = (nil, nil)
    }

    private mutating func cubic(_ c1: Point, _ c2: Point, to p: Point) {
        begin()
        elements.append(.cubic(c1, c2, p))
        current = p
        (cubicControl, quadraticControl) = (c2, nil)
    }

    private mutating func quadratic(_ c: Point, to p: Point) {
        begin()
        elements.append(.cubic(current.interpolated(to: c, 2.0 / 3), p.interpolated(to: c, 2.0 / 3), p))
        current = p
        (cubicControl, quadraticControl) = (nil, c)
    }

    private mutating func arc(_ isRelative: Bool) -> PathDataError.Reason? {
        guard let rx = scanner.number() else { return .missingNumber }
        scanner.skipSeparator()
        guard let ry = scanner.number() else { return .missingNumber }
        scanner.skipSeparator()
        guard let rotation = scanner.number() else { return .missingNumber }
        scanner.skipSeparator()
        guard let isLarge = scanner.flag() else { return .badFlag }
        scanner.skipSeparator()
        guard let sweeps = scanner.flag() else { return .badFlag }
        guard let p = nextPoint(isRelative) else { return .missingNumber }
        begin()
        let first = elements.count
        appendArc(from: current, to: p, rx: rx, ry: ry, rotation: Angle(degrees: rotation), isLarge: isLarge, sweeps: sweeps, &elements)
        if elements.count > first + 1 { arcInteriors.append(contentsOf: first..<(elements.count - 1)) }
        current = p
        (cubicControl, quadraticControl) = (nil, nil)
        return nil
    }
}
