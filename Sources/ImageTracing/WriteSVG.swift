import AtelierGeometry
import AtelierPixels

/// Writes a drawing as the shortest SVG that draws it: integer coordinates on a scaled `viewBox`, relative path data, one
/// `path` a layer, shortest colours.
///
/// - Returns: UTF-8 (ASCII) bytes of a document with one `svg` element.
public func writeSVG(_ drawing: TracedDrawing, _ options: DrawingOptions = .init()) -> [UInt8] {
    let decimals = min(3, max(0, options.decimals))
    var units = 1
    for _ in 0..<decimals { units *= 10 }
    var out: [UInt8] = []
    func text(_ s: StaticString) { s.withUTF8Buffer { out.append(contentsOf: $0) } }
    func integer(_ v: Int) {
        var digits: [UInt8] = []
        var rest = v
        repeat {
            digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        out.append(contentsOf: digits.reversed())
    }
    text("<svg xmlns=\"http://www.w3.org/2000/svg\"")
    if options.statesSize {
        text(" width=\"")
        integer(drawing.width)
        text("\" height=\"")
        integer(drawing.height)
        text("\"")
    }
    text(" viewBox=\"0 0 ")
    integer(drawing.width * units)
    text(" ")
    integer(drawing.height * units)
    text("\">")
    for layer in drawing.layers {
        var writer = PathDataWriter(unitsPerPixel: Double(units), decimals: 0)
        writer.append(layer.path)
        text("<path")
        if layer.color.r != 0 || layer.color.g != 0 || layer.color.b != 0 {
            text(" fill=\"")
            appendColor(layer.color, to: &out)
            text("\"")
        }
        if layer.color.a < 255 {
            text(" fill-opacity=\".")
            let percent = (Int(layer.color.a) * 100 + 127) / 255
            let shown = min(99, max(1, percent))
            out.append(UInt8(ascii: "0") + UInt8(shown / 10))
            if shown % 10 != 0 { out.append(UInt8(ascii: "0") + UInt8(shown % 10)) }
            text("\"")
        }
        text(" d=\"")
        out.append(contentsOf: writer.bytes)
        text("\"/>")
    }
    text("</svg>")
    return out
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
