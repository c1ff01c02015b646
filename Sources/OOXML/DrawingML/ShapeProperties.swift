internal import AtelierSVG

/// Where a shape stands: the box before turning, then the flips about its middle, then the turn (ISO/IEC 29500-1, 20.1.7.6).
struct Frame {
    var x: EMU, y: EMU, width: EMU, height: EMU
    /// Clockwise turn in 60 000ths of a degree, 0..<21 600 000.
    var rotation = 0
    var flipsHorizontally = false, flipsVertically = false
}

/// One colour with alpha in 1000ths of a percent.
struct SolidFill {
    static let opaque = 100_000
    var color: SVG.Color
    var alpha: Int
}

/// How an outline is drawn (`a:ln`).
struct LineStyle {
    /// The widest line the schema has.
    static let greatestWidth = 20_116_800
    /// The largest value of an unbounded percentage.
    static let greatestPercentage = 2_147_483_647

    var fill: SolidFill
    /// Width in EMU, at least 1: 0 would be a hairline of the device.
    var width: Int
    var cap: SVG.Stroke.Cap
    var join: SVG.Stroke.Join
    /// Mitre length per width in 1000ths of a percent.
    var miterLimit: Int
    /// Dash and gap lengths in 1000ths of a percent of the width; empty for a solid line.
    var dashes: [(dash: Int, gap: Int)] = []
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

    /// The fill, said explicitly when there is none: a shape without it would take one from the theme.
    mutating func fill(_ fill: SolidFill?) {
        guard let fill else {
            markup("<a:noFill/>")
            return
        }
        markup("<a:solidFill><a:srgbClr val=\"")
        color(fill.color)
        if fill.alpha == SolidFill.opaque {
            markup("\"/></a:solidFill>")
        } else {
            markup("\"><a:alpha val=\"")
            number(fill.alpha)
            markup("\"/></a:srgbClr></a:solidFill>")
        }
    }

    mutating func line(_ line: LineStyle?) {
        guard let line else {
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
        fill(line.fill)
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
        case .miter:
            markup("<a:miter lim=\"")
            number(line.miterLimit)
            markup("\"/>")
        }
        markup("</a:ln>")
    }

    private mutating func color(_ color: SVG.Color) {
        for channel in [color.red, color.green, color.blue] {
            hexDigit(channel >> 4)
            hexDigit(channel & 15)
        }
    }

    private mutating func hexDigit(_ value: UInt8) {
        byte(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10)
    }
}
