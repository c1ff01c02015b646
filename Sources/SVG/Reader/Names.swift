/// Elements the room knows. Others of the SVG namespace are `unknown`; those of other namespaces are not kept.
enum ElementName: UInt8, CaseIterable {
    case unknown
    case a, animate, animateColor, animateMotion, animateTransform, circle, clipPath, colorProfile, cursor, defs, desc, ellipse
    case filter, font, fontFace, foreignObject, g, image, line, linearGradient, marker, mask, metadata, mpath, path, pattern, polygon
    case polyline, radialGradient, rect, script, set, stop, style, svg, `switch`, symbol, text, title, use, view

    /// The element names as written, in the order of the cases; `unknown` has none.
    static let spellings = [
        "", "a", "animate", "animateColor", "animateMotion", "animateTransform", "circle", "clipPath", "color-profile", "cursor",
        "defs", "desc", "ellipse", "filter", "font", "font-face", "foreignObject", "g", "image", "line", "linearGradient", "marker",
        "mask", "metadata", "mpath", "path", "pattern", "polygon", "polyline", "radialGradient", "rect", "script", "set", "stop",
        "style", "svg", "switch", "symbol", "text", "title", "use", "view",
    ]

    var spelling: String { ElementName.spellings[Int(rawValue)] }

    static let table = NameTable(spellings)
}

/// Attributes the room knows, at most 128; those from `fill` to `ry` are properties, which style sheets may set too.
enum AttributeName: UInt8, CaseIterable {
    case fill, fillOpacity, fillRule, clipRule, stroke, strokeOpacity, strokeWidth, strokeLinecap, strokeLinejoin, strokeMiterlimit
    case strokeDasharray, strokeDashoffset, opacity, display, visibility, color, fontSize, transform, transformOrigin, transformBox
    case overflow, clipPath, mask, filter, marker, markerStart, markerMid, markerEnd, mixBlendMode, paintOrder, vectorEffect
    case stopColor, stopOpacity, x, y, width, height, cx, cy, r, rx, ry
    case x1, y1, x2, y2, d, points, viewBox, preserveAspectRatio, href, id, `class`, style, pathLength, requiredExtensions
    case systemLanguage, type, media, clipPathUnits, fx, fy, fr, offset, gradientUnits, gradientTransform, spreadMethod

    /// The attribute names as written, in the order of the cases.
    static let spellings = [
        "fill", "fill-opacity", "fill-rule", "clip-rule", "stroke", "stroke-opacity", "stroke-width", "stroke-linecap", "stroke-linejoin",
        "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "opacity", "display", "visibility", "color", "font-size",
        "transform", "transform-origin", "transform-box", "overflow", "clip-path", "mask", "filter", "marker", "marker-start",
        "marker-mid", "marker-end", "mix-blend-mode", "paint-order", "vector-effect", "stop-color", "stop-opacity", "x", "y", "width",
        "height", "cx", "cy", "r", "rx", "ry", "x1", "y1", "x2", "y2", "d", "points", "viewBox", "preserveAspectRatio", "href", "id",
        "class", "style", "pathLength", "requiredExtensions", "systemLanguage", "type", "media", "clipPathUnits", "fx", "fy", "fr",
        "offset", "gradientUnits", "gradientTransform", "spreadMethod",
    ]

    var spelling: String { AttributeName.spellings[Int(rawValue)] }

    /// Whether a style sheet may set it.
    var isProperty: Bool { rawValue <= AttributeName.ry.rawValue }

    static let table = NameTable(spellings)
}

/// Finds a name among a fixed list in one probe or two, without making a `String`.
struct NameTable {
    private var slots = [UInt8](repeating: 0, count: 256)
    private var offsets: [Int] = [0]
    private var bytes: [UInt8] = []

    /// A table of fewer than 128 names; empty names are never found.
    init(_ names: [String]) {
        precondition(names.count < 128, "more names than half the slots")
        for (index, name) in names.enumerated() {
            let utf8 = Array(name.utf8)
            bytes += utf8
            offsets.append(bytes.count)
            if utf8.isEmpty { continue }
            var slot = utf8.withUnsafeBufferPointer { NameTable.hash($0) }
            while slots[slot] != 0 { slot = (slot + 1) & 255 }
            slots[slot] = UInt8(index + 1)
        }
    }

    /// The index of a name in the list.
    func index(of name: UnsafeBufferPointer<UInt8>) -> UInt8? {
        var slot = NameTable.hash(name)
        while slots[slot] != 0 {
            let index = Int(slots[slot] - 1)
            let start = offsets[index]
            if offsets[index + 1] - start == name.count, isSame(name, at: start) { return UInt8(index) }
            slot = (slot + 1) & 255
        }
        return nil
    }

    private func isSame(_ name: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        for i in 0..<name.count where bytes[start + i] != name[i] { return false }
        return true
    }

    /// FNV-1a, folded to the table's 8 bits.
    private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for byte in name { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int((hash ^ hash >> 8 ^ hash >> 16) & 255)
    }
}
