/// Effects of a shape that programs draw around and over it (ISO/IEC 29500-1, 20.1.8).
struct Effects: Equatable {
    /// A blurred copy in one colour.
    struct Shadow: Equatable {
        /// How far the blur reaches, in EMU.
        var radius: Int
        /// How far and in which direction it lies off, in EMU and 60 000ths of a degree.
        var distance: Int, direction: Int
        var tint: Tint
    }

    /// A shadow on the shape itself, from its edge inwards.
    var inner: Shadow?
    /// A shadow behind it.
    var outer: Shadow?
    /// How far from the edge inwards the shape becomes transparent, in EMU; 0 for a sharp edge.
    var softEdge = 0

    var isEmpty: Bool { self == Effects() }
}

extension XMLBuffer {
    /// The effects in the schema's order; nothing for none.
    mutating func effects(_ effects: Effects) {
        if effects.isEmpty { return }
        markup("<a:effectLst>")
        if let inner = effects.inner {
            markup("<a:innerShdw")
            shadow(inner)
            markup("</a:innerShdw>")
        }
        if let outer = effects.outer {
            markup("<a:outerShdw")
            shadow(outer, end: " algn=\"ctr\" rotWithShape=\"0\"")
            markup("</a:outerShdw>")
        }
        if effects.softEdge > 0 {
            markup("<a:softEdge rad=\"")
            number(effects.softEdge)
            markup("\"/>")
        }
        markup("</a:effectLst>")
    }

    private mutating func shadow(_ shadow: Effects.Shadow, end: StaticString = "") {
        markup(" blurRad=\"")
        number(shadow.radius)
        markup("\" dist=\"")
        number(shadow.distance)
        markup("\" dir=\"")
        number(shadow.direction)
        markup("\"")
        markup(end)
        markup(">")
        tint(shadow.tint)
    }
}
