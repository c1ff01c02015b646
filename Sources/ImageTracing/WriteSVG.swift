import AtelierGeometry
public import AtelierPixels

/// Writes a drawing as the shortest SVG that draws it: integer coordinates on a scaled `viewBox`, relative path data, one
/// element a layer, shortest colours, equal gradients once.
///
/// - Parameter each: What runs the loop over layers; its threads share the work.
/// - Returns: UTF-8 (ASCII) bytes of a document with one `svg` element.
public func writeSVG(_ drawing: TracedDrawing, _ options: DrawingOptions = .init(), each: ParallelFor = serially) -> [UInt8] {
    var units = drawing.gridUnits
    if let decimals = options.decimals {
        units = 1
        for _ in 0..<min(3, max(0, decimals)) { units *= 10 }
    }
    var writer = DrawingWriter(units: drawing.cell.map { 1 / Double($0) } ?? units)
    writer.write(drawing, statesSize: options.statesSize, each)
    return writer.out
}

/// The text of a drawing under construction.
private struct DrawingWriter: Sendable {
    private(set) var out: [UInt8] = []
    /// Grid units in a pixel.
    private let units: Double
    /// Gradients in the order of their names.
    private var gradients: [Paint] = []

    init(units: Double) { self.units = units }

    mutating func write(_ drawing: TracedDrawing, statesSize: Bool, _ each: ParallelFor) {
        text("<svg xmlns=\"http://www.w3.org/2000/svg\"")
        if statesSize {
            attribute("width", drawing.width)
            attribute("height", drawing.height)
        }
        text(" viewBox=\"0 0 ")
        integer(grid(Double(drawing.width)))
        text(" ")
        integer(grid(Double(drawing.height)))
        text("\"")
        if drawing.cell != nil { text(" shape-rendering=\"crispEdges\"") }
        text(">")
        for layer in drawing.layers { for paint in [layer.fill, layer.stroke?.paint] { if let paint { define(paint) } } }
        // The names of gradients are known now, so that layers can be written apart.
        let names = gradients, units = units
        let parts = mapBands(of: drawing.layers.count, width: 1, pixels: 128, each) { layers in
            var writer = DrawingWriter(units: units)
            writer.gradients = names
            for k in layers { writer.write(drawing.layers[k]) }
            return writer.out
        }
        out.reserveCapacity(out.count + parts.reduce(6) { $0 + $1.count })
        for part in parts { out.append(contentsOf: part) }
        text("</svg>")
    }

    private mutating func write(_ layer: TracedDrawing.Layer) {
        switch layer.shape {
        case .path: text("<path")
        case .circle: text("<circle")
        case .ellipse: text("<ellipse")
        case .rect: text("<rect")
        case .line: text("<line")
        }
        if let fill = layer.fill { write(fill, as: "fill", isDefault: true) } else if !layer.shape.isLine { text(" fill=\"none\"") }
        if let stroke = layer.stroke {
            write(stroke.paint, as: "stroke", isDefault: false)
            attribute("stroke-width", grid(stroke.width))
            if stroke.isRound {
                text(" stroke-linecap=\"round\"")
                if !layer.shape.isLine { text(" stroke-linejoin=\"round\"") }
            }
        }
        switch layer.shape {
        case .path(let path):
            var writer = PathDataWriter(unitsPerPixel: units, decimals: 0)
            writer.append(path)
            text(" d=\"")
            out.append(contentsOf: writer.bytes)
            text("\"")
        case .circle(let center, let radius):
            attribute("cx", grid(center.x), unless: 0)
            attribute("cy", grid(center.y), unless: 0)
            attribute("r", grid(radius))
        case .ellipse(let center, let rx, let ry):
            attribute("cx", grid(center.x), unless: 0)
            attribute("cy", grid(center.y), unless: 0)
            attribute("rx", grid(rx))
            attribute("ry", grid(ry))
        case .rect(let rect, let radius):
            let x = grid(rect.minX), y = grid(rect.minY)
            attribute("x", x, unless: 0)
            attribute("y", y, unless: 0)
            attribute("width", grid(rect.maxX) - x)
            attribute("height", grid(rect.maxY) - y)
            attribute("rx", grid(radius), unless: 0)
        case .line(let a, let b):
            attribute("x1", grid(a.x), unless: 0)
            attribute("y1", grid(a.y), unless: 0)
            attribute("x2", grid(b.x), unless: 0)
            attribute("y2", grid(b.y), unless: 0)
        }
        text("/>")
    }

    // MARK: Paints

    /// Writes a gradient where it is met first.
    private mutating func define(_ paint: Paint) {
        switch paint {
        case .color: return
        case .linear(let gradient):
            guard isNew(paint) else { return }
            text("<linearGradient gradientUnits=\"userSpaceOnUse\"")
            identifier(gradients.count - 1)
            attribute("x1", grid(gradient.start.x))
            attribute("y1", grid(gradient.start.y), unless: 0)
            attribute("x2", grid(gradient.end.x))
            attribute("y2", grid(gradient.end.y), unless: 0)
            text(">")
            write(gradient.stops)
            text("</linearGradient>")
        case .radial(let gradient):
            guard isNew(paint) else { return }
            let place = gradient.place
            text("<radialGradient gradientUnits=\"userSpaceOnUse\"")
            identifier(gradients.count - 1)
            if place.b == 0, place.c == 0, grid(place.a) == grid(place.d) {
                attribute("cx", grid(place.e))
                attribute("cy", grid(place.f))
                attribute("r", grid(place.a))
            } else {
                text(" cx=\"0\" cy=\"0\" r=\"1\" gradientTransform=\"matrix(")
                for (i, v) in [place.a, place.b, place.c, place.d, place.e, place.f].enumerated() {
                    if i > 0 { text(" ") }
                    integer(grid(v))
                }
                text(")\"")
            }
            text(">")
            write(gradient.stops)
            text("</radialGradient>")
        }
    }

    private mutating func isNew(_ paint: Paint) -> Bool {
        if gradients.contains(paint) { return false }
        gradients.append(paint)
        return true
    }

    private mutating func write(_ stops: [GradientStop]) {
        for stop in stops {
            text("<stop")
            let hundredths = Int(max(0, min(1, stop.offset)) * 100 + 0.5)
            if hundredths > 0 {
                text(" offset=\"")
                fraction(hundredths, of: 100)
                text("\"")
            }
            if stop.color.r != 0 || stop.color.g != 0 || stop.color.b != 0 {
                text(" stop-color=\"")
                appendColor(stop.color, to: &out)
                text("\"")
            }
            write(opacity: stop.color.a, as: "stop-opacity")
            text("/>")
        }
    }

    /// - Parameter isDefault: Whether black without the attribute is what is drawn.
    private mutating func write(_ paint: Paint, as name: StaticString, isDefault: Bool) {
        if case .color(let color) = paint {
            if !isDefault || color.r != 0 || color.g != 0 || color.b != 0 {
                begin(name)
                appendColor(color, to: &out)
                text("\"")
            }
            write(opacity: color.a, as: isDefault ? "fill-opacity" : "stroke-opacity")
        } else if let number = gradients.firstIndex(of: paint) {
            begin(name)
            text("url(#")
            letters(number)
            text(")\"")
        }
    }

    /// The shortest decimal that a renderer rounds to the same byte.
    private mutating func write(opacity: UInt8, as name: StaticString) {
        guard opacity < 255 else { return }
        begin(name)
        let alpha = Int(opacity)
        var scale = 10
        var value = (alpha * scale + 127) / 255
        while (value * 255 + scale / 2) / scale != alpha {
            scale *= 10
            value = (alpha * scale + 127) / 255
        }
        fraction(value, of: scale)
        text("\"")
    }

    // MARK: Text

    private mutating func identifier(_ number: Int) {
        text(" id=\"")
        letters(number)
        text("\"")
    }

    /// `a` to `z`, then `aa`, `ab` …
    private mutating func letters(_ number: Int) {
        if number >= 26 { letters(number / 26 - 1) }
        out.append(UInt8(ascii: "a") + UInt8(number % 26))
    }

    private func grid(_ v: Double) -> Int {
        let scaled = v * units
        guard scaled > -1e15, scaled < 1e15 else { return 0 }
        return scaled >= 0 ? Int(scaled + 0.5) : -Int(0.5 - scaled)
    }

    private mutating func begin(_ name: StaticString) {
        text(" ")
        text(name)
        text("=\"")
    }

    private mutating func attribute(_ name: StaticString, _ value: Int, unless absent: Int? = nil) {
        if value == absent { return }
        begin(name)
        integer(value)
        text("\"")
    }

    private mutating func text(_ s: StaticString) { s.withUTF8Buffer { out.append(contentsOf: $0) } }

    private mutating func integer(_ v: Int) {
        if v < 0 { out.append(UInt8(ascii: "-")) }
        var digits: [UInt8] = []
        var rest = v.magnitude
        repeat {
            digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        out.append(contentsOf: digits.reversed())
    }

    /// A fraction of a power of ten without leading or trailing zeros: `0`, `.5`, `.25`, `1`.
    private mutating func fraction(_ value: Int, of scale: Int) {
        if value % scale == 0 { return integer(value / scale) }
        out.append(UInt8(ascii: "."))
        var rest = value, place = scale / 10
        while rest > 0 {
            out.append(UInt8(ascii: "0") + UInt8(rest / place))
            rest %= place
            place /= 10
        }
    }
}

extension TracedDrawing.Shape {
    fileprivate var isLine: Bool { if case .line = self { true } else { false } }
}

/// The shortest CSS form of an opaque colour: `#rgb`, a name shorter than its digits, or `#rrggbb`.
private func appendColor(_ color: RGBA8, to out: inout [UInt8]) {
    let value = Int(color.r) << 16 | Int(color.g) << 8 | Int(color.b)
    let name: StaticString? =
        switch value {
        case 0xFF0000: "red"
        case 0x000080: "navy"
        case 0x008000: "green"
        case 0x008080: "teal"
        case 0x800000: "maroon"
        case 0x800080: "purple"
        case 0x808000: "olive"
        case 0x808080: "gray"
        case 0xA52A2A: "brown"
        case 0xC0C0C0: "silver"
        case 0xCD853F: "peru"
        case 0xD2B48C: "tan"
        case 0xDA70D6: "orchid"
        case 0xDDA0DD: "plum"
        case 0xEE82EE: "violet"
        case 0xF0E68C: "khaki"
        case 0xF0FFFF: "azure"
        case 0xF5DEB3: "wheat"
        case 0xF5F5DC: "beige"
        case 0xFA8072: "salmon"
        case 0xFAF0E6: "linen"
        case 0xFF6347: "tomato"
        case 0xFF7F50: "coral"
        case 0xFFA500: "orange"
        case 0xFFC0CB: "pink"
        case 0xFFD700: "gold"
        case 0xFFE4C4: "bisque"
        case 0xFFFAFA: "snow"
        case 0xFFFFF0: "ivory"
        case 0x4B0082: "indigo"
        case 0xA0522D: "sienna"
        default: nil
        }
    if let name {
        name.withUTF8Buffer { out.append(contentsOf: $0) }
        return
    }
    func hex(_ v: Int) { out.append(v < 10 ? UInt8(ascii: "0") + UInt8(v) : UInt8(ascii: "a") + UInt8(v - 10)) }
    out.append(UInt8(ascii: "#"))
    let channels = [Int(color.r), Int(color.g), Int(color.b)]
    let isShort = channels.allSatisfy { $0 % 17 == 0 }
    for c in channels {
        if !isShort { hex(c >> 4) }
        hex(isShort ? c / 17 : c & 15)
    }
}
