internal import AtelierSVG

/// What an area or a line is painted with.
enum Fill: Equatable {
    case solid(Tint)
    case gradient(GradientFill)
}

/// One colour with alpha in 1000ths of a percent.
struct Tint: Equatable {
    static let opaque = 100_000
    var color: SVG.Color
    var alpha = opaque
}

/// Colours that pass into each other (`a:gradFill`, ISO/IEC 29500-1, 20.1.8.33).
struct GradientFill: Equatable {
    struct Stop: Equatable {
        /// In 1000ths of a percent, rising.
        var position: Int
        var tint: Tint
    }

    enum Shade: Equatable {
        /// Clockwise from the x axis in 60 000ths of a degree; the first and the last colour lie on the lines through corners of
        /// the box.
        case linear(angle: Int)
        /// Outwards from a point of the box, in 1000ths of a percent of its sides, to half its diagonal.
        case circle(x: Int, y: Int)
    }

    /// At least two.
    var stops: [Stop]
    var shade: Shade
}

extension XMLBuffer {
    /// The fill, said explicitly when there is none: a shape without it would take one from the theme.
    mutating func fill(_ fill: Fill?) {
        switch fill {
        case nil: markup("<a:noFill/>")
        case .solid(let tint):
            markup("<a:solidFill>")
            self.tint(tint)
            markup("</a:solidFill>")
        case .gradient(let gradient):
            markup("<a:gradFill rotWithShape=\"1\"><a:gsLst>")
            for stop in gradient.stops {
                markup("<a:gs pos=\"")
                number(stop.position)
                markup("\">")
                tint(stop.tint)
                markup("</a:gs>")
            }
            markup("</a:gsLst>")
            switch gradient.shade {
            case .linear(let angle):
                markup("<a:lin ang=\"")
                number(angle)
                markup("\" scaled=\"0\"/>")
            case .circle(let x, let y):
                markup("<a:path path=\"circle\"><a:fillToRect l=\"")
                number(x)
                markup("\" t=\"")
                number(y)
                markup("\" r=\"")
                number(100_000 - x)
                markup("\" b=\"")
                number(100_000 - y)
                markup("\"/></a:path>")
            }
            markup("</a:gradFill>")
        }
    }

    mutating func tint(_ tint: Tint) {
        markup("<a:srgbClr val=\"")
        for channel in [tint.color.red, tint.color.green, tint.color.blue] {
            hexDigit(channel >> 4)
            hexDigit(channel & 15)
        }
        if tint.alpha == Tint.opaque {
            markup("\"/>")
        } else {
            markup("\"><a:alpha val=\"")
            number(tint.alpha)
            markup("\"/></a:srgbClr>")
        }
    }

    private mutating func hexDigit(_ value: UInt8) {
        byte(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10)
    }
}
