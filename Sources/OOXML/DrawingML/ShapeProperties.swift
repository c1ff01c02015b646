internal import AtelierGeometry
internal import AtelierSVG

/// Where a shape stands: the box before turning, then the flips about its middle, then the turn (ISO/IEC 29500-1, 20.1.7.6).
struct Frame {
    var x: EMU, y: EMU, width: EMU, height: EMU
    /// Clockwise turn in 60 000ths of a degree, 0..<21 600 000.
    var rotation = 0
    var flipsHorizontally = false, flipsVertically = false

    var isFlipped: Bool { flipsHorizontally || flipsVertically }
}

/// How an outline is drawn (`a:ln`).
struct LineStyle {
    /// The widest line the schema has.
    static let greatestWidth = 20_116_800
    /// The largest value of an unbounded percentage.
    static let greatestPercentage = 2_147_483_647

    var paint: VisiblePaint
    /// Width in EMU, at least 1: 0 would be a hairline of the device.
    var width: Int
    var cap: SVG.Stroke.Cap
    var join: SVG.Stroke.Join
    /// Mitre length per width in 1000ths of a percent.
    var miterLimit: Int
    /// Dash and gap lengths in 1000ths of a percent of the width; empty for a solid line.
    var dashes: [(dash: Int, gap: Int)] = []
    /// What stands at its ends.
    var start: LineEnd?, end: LineEnd?
}

extension XMLBuffer {
    mutating func frame(_ frame: Frame) {
        markup("<a:xfrm")
        if frame.rotation != 0 {
            markup(" rot=\"")
            number(frame.rotation)
            markup("\"")
        }
        if frame.flipsHorizontally { markup(" flipH=\"1\"") }
        if frame.flipsVertically { markup(" flipV=\"1\"") }
        markup("><a:off x=\"")
        number(frame.x)
        markup("\" y=\"")
        number(frame.y)
        markup("\"/><a:ext cx=\"")
        number(frame.width)
        markup("\" cy=\"")
        number(frame.height)
        markup("\"/></a:xfrm>")
    }

    mutating func line(_ line: LineStyle?, _ fill: Fill?) {
        guard let line, let fill else {
            markup("<a:ln><a:noFill/></a:ln>")
            return
        }
        markup("<a:ln w=\"")
        number(line.width)
        switch line.cap {
        case .butt: markup("\" cap=\"flat\">")
        case .round: markup("\" cap=\"rnd\">")
        case .square: markup("\" cap=\"sq\">")
        }
        self.fill(fill)
        if !line.dashes.isEmpty {
            markup("<a:custDash>")
            for (dash, gap) in line.dashes {
                markup("<a:ds d=\"")
                number(dash)
                markup("\" sp=\"")
                number(gap)
                markup("\"/>")
            }
            markup("</a:custDash>")
        }
        switch line.join {
        case .round: markup("<a:round/>")
        case .bevel: markup("<a:bevel/>")
        case .miter, .miterClip:
            markup("<a:miter lim=\"")
            number(line.miterLimit)
            markup("\"/>")
        }
        lineEnds(line.start, line.end)
        markup("</a:ln>")
    }
}
