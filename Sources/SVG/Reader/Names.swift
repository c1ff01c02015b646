/// Elements the room knows. Others of the SVG namespace are `unknown`; those of other namespaces are not kept, but in
/// `foreignObject` those of web pages, as `unknown` too.
enum ElementName: UInt8, CaseIterable {
    case unknown
    case a, animate, animateColor, animateMotion, animateTransform, circle, clipPath, colorProfile, cursor, defs, desc, ellipse
    case feBlend, feColorMatrix, feComponentTransfer, feComposite, feConvolveMatrix, feDiffuseLighting, feDisplacementMap, feDistantLight
    case feDropShadow, feFlood, feFuncA, feFuncB, feFuncG, feFuncR, feGaussianBlur, feImage, feMerge, feMergeNode, feMorphology, feOffset
    case fePointLight, feSpecularLighting, feSpotLight, feTile, feTurbulence
    case filter, font, fontFace, foreignObject, g, image, line, linearGradient, marker, mask, metadata, mpath, path, pattern, polygon
    case polyline, radialGradient, rect, script, set, stop, style, svg, `switch`, symbol, text, title, use, view
    case textPath, tref, tspan
    /// A stretch of characters inside `text`: no element, but kept among its children.
    case characters

    /// The element names as written, in the order of the cases; `unknown` and `characters` have none.
    static let spellings = [
        "", "a", "animate", "animateColor", "animateMotion", "animateTransform", "circle", "clipPath", "color-profile", "cursor",
        "defs", "desc", "ellipse", "feBlend", "feColorMatrix", "feComponentTransfer", "feComposite", "feConvolveMatrix",
        "feDiffuseLighting", "feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood", "feFuncA", "feFuncB", "feFuncG", "feFuncR",
        "feGaussianBlur", "feImage", "feMerge", "feMergeNode", "feMorphology", "feOffset", "fePointLight", "feSpecularLighting",
        "feSpotLight", "feTile", "feTurbulence", "filter", "font", "font-face", "foreignObject", "g", "image", "line", "linearGradient",
        "marker",
        "mask", "metadata", "mpath", "path", "pattern", "polygon", "polyline", "radialGradient", "rect", "script", "set", "stop",
        "style", "svg", "switch", "symbol", "text", "title", "use", "view",
        "textPath", "tref", "tspan", "",
    ]

    var spelling: String { ElementName.spellings[Int(rawValue)] }

    static let table = NameTable(spellings)
}

/// Attributes the room knows, at most 255; those from `fill` to `d` are properties, which style sheets may set too.
enum AttributeName: UInt8, CaseIterable {
    case fill, fillOpacity, fillRule, clipRule, stroke, strokeOpacity, strokeWidth, strokeLinecap, strokeLinejoin, strokeMiterlimit
    case strokeDasharray, strokeDashoffset, opacity, display, visibility, color, fontSize, transform, transformOrigin, transformBox
    case overflow, clipPath, mask, filter, marker, markerStart, markerMid, markerEnd, mixBlendMode, isolation, maskType
    case colorInterpolation, paintOrder, vectorEffect
    case font, fontFamily, fontWeight, fontStyle, fontStretch, fontVariant, fontVariantCaps, fontKerning, kerning, letterSpacing
    case wordSpacing, textAnchor, textDecoration, textDecorationLine, dominantBaseline, alignmentBaseline, baselineShift, writingMode
    case direction, unicodeBidi, whiteSpace, textOrientation, textTransform, textAlign, lineHeight
    case alignItems, justifyContent
    case stopColor, stopOpacity, floodColor, floodOpacity, lightingColor, colorInterpolationFilters
    /// The properties `translate`, `rotate` and `scale`; attributes called like the last two are others.
    case translate, rotateProperty, scaleProperty
    case x, y, width, height, cx, cy, r, rx, ry, d
    case dx, dy, rotate, textLength, lengthAdjust, startOffset, side, space, lang
    case x1, y1, x2, y2, points, viewBox, preserveAspectRatio, href, id, `class`, style, pathLength, requiredExtensions
    case systemLanguage, type, media, clipPathUnits, fx, fy, fr, offset, gradientUnits, gradientTransform, spreadMethod
    case markerWidth, markerHeight, markerUnits, refX, refY, orient
    case filterUnits, primitiveUnits, `in`, in2, result, stdDeviation, values, `operator`, k1, k2, k3, k4, mode, radius
    case baseFrequency, numOctaves, seed, stitchTiles, scale, xChannelSelector, yChannelSelector, order, kernelMatrix, divisor, bias
    case targetX, targetY, edgeMode, preserveAlpha, surfaceScale, diffuseConstant, specularConstant, specularExponent, azimuth, elevation
    case z, pointsAtX, pointsAtY, pointsAtZ, limitingConeAngle, tableValues, slope, intercept, amplitude, exponent
    /// Of Inkscape's namespace.
    case groupmode, label
    case maskUnits, maskContentUnits, patternUnits, patternContentUnits, patternTransform

    /// The attribute names as written, in the order of the cases; those that only style sheets tell apart have none.
    static let spellings = [
        "fill", "fill-opacity", "fill-rule", "clip-rule", "stroke", "stroke-opacity", "stroke-width", "stroke-linecap", "stroke-linejoin",
        "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "opacity", "display", "visibility", "color", "font-size",
        "transform", "transform-origin", "transform-box", "overflow", "clip-path", "mask", "filter", "marker", "marker-start",
        "marker-mid", "marker-end", "mix-blend-mode", "isolation", "mask-type", "color-interpolation", "paint-order", "vector-effect",
        "font", "font-family", "font-weight", "font-style", "font-stretch", "font-variant", "font-variant-caps", "font-kerning", "kerning",
        "letter-spacing", "word-spacing", "text-anchor", "text-decoration", "text-decoration-line", "dominant-baseline",
        "alignment-baseline", "baseline-shift", "writing-mode", "direction", "unicode-bidi", "white-space", "text-orientation",
        "text-transform", "text-align", "line-height", "align-items",
        "justify-content",
        "stop-color", "stop-opacity", "flood-color", "flood-opacity", "lighting-color", "color-interpolation-filters", "translate", "", "",
        "x", "y", "width",
        "height", "cx", "cy", "r", "rx", "ry", "d",
        "dx", "dy", "rotate", "textLength", "lengthAdjust", "startOffset", "side", "space", "lang",
        "x1", "y1", "x2", "y2", "points", "viewBox", "preserveAspectRatio", "href", "id", "class", "style", "pathLength",
        "requiredExtensions", "systemLanguage", "type", "media", "clipPathUnits", "fx", "fy", "fr", "offset", "gradientUnits",
        "gradientTransform", "spreadMethod",
        "markerWidth", "markerHeight", "markerUnits", "refX", "refY", "orient",
        "filterUnits", "primitiveUnits", "in", "in2", "result",
        "stdDeviation", "values", "operator", "k1", "k2", "k3", "k4", "mode", "radius", "baseFrequency", "numOctaves", "seed",
        "stitchTiles", "scale", "xChannelSelector", "yChannelSelector", "order", "kernelMatrix", "divisor", "bias", "targetX", "targetY",
        "edgeMode", "preserveAlpha", "surfaceScale", "diffuseConstant", "specularConstant", "specularExponent", "azimuth", "elevation", "z",
        "pointsAtX", "pointsAtY", "pointsAtZ", "limitingConeAngle", "tableValues", "slope", "intercept", "amplitude", "exponent",
        "groupmode", "label",
        "maskUnits", "maskContentUnits", "patternUnits", "patternContentUnits", "patternTransform",
    ]

    var spelling: String {
        switch self {
        case .rotateProperty: AttributeName.rotate.spelling
        case .scaleProperty: AttributeName.scale.spelling
        default: AttributeName.spellings[Int(rawValue)]
        }
    }

    /// Whether a style sheet may set it.
    var isProperty: Bool { rawValue <= AttributeName.d.rawValue }

    /// Whether an element without a value of its own has its parent's.
    var isInherited: Bool {
        switch self {
        case .fill, .fillOpacity, .fillRule, .clipRule, .stroke, .strokeOpacity, .strokeWidth, .strokeLinecap, .strokeLinejoin,
            .strokeMiterlimit, .strokeDasharray, .strokeDashoffset, .visibility, .color, .fontSize, .marker, .markerStart, .markerMid,
            .markerEnd, .paintOrder, .font, .fontFamily, .fontWeight, .fontStyle, .fontStretch, .fontVariant, .fontVariantCaps,
            .fontKerning, .kerning, .letterSpacing, .wordSpacing, .textAnchor, .dominantBaseline, .writingMode, .direction, .whiteSpace,
            .textOrientation, .textTransform, .textAlign, .lineHeight:
            true
        default: false
        }
    }

    static let table = NameTable(spellings)
}

/// A set of attribute names.
struct AttributeSet {
    private var low: UInt128 = 0, high: UInt128 = 0

    func contains(_ name: AttributeName) -> Bool {
        name.rawValue < 128 ? low & 1 << UInt128(name.rawValue) != 0 : high & 1 << UInt128(name.rawValue - 128) != 0
    }

    mutating func insert(_ name: AttributeName) {
        if name.rawValue < 128 { low |= 1 << UInt128(name.rawValue) } else { high |= 1 << UInt128(name.rawValue - 128) }
    }

    mutating func remove(_ name: AttributeName) {
        if name.rawValue < 128 { low &= ~(1 << UInt128(name.rawValue)) } else { high &= ~(1 << UInt128(name.rawValue - 128)) }
    }
}

/// Finds a name among a fixed list in one probe or two, without making a `String`.
struct NameTable {
    private var slots = [UInt8](repeating: 0, count: 512)
    private var offsets: [Int] = [0]
    private var bytes: [UInt8] = []

    /// A table of fewer than 256 names; empty names are never found.
    init(_ names: [String]) {
        precondition(names.count < 256, "more names than half the slots")
        for (index, name) in names.enumerated() {
            let utf8 = Array(name.utf8)
            bytes += utf8
            offsets.append(bytes.count)
            if utf8.isEmpty { continue }
            var slot = utf8.withUnsafeBufferPointer { NameTable.hash($0) }
            while slots[slot] != 0 { slot = (slot + 1) & 511 }
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
            slot = (slot + 1) & 511
        }
        return nil
    }

    private func isSame(_ name: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        for i in 0..<name.count where bytes[start + i] != name[i] { return false }
        return true
    }

    /// FNV-1a, folded to the table's 9 bits.
    private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for byte in name { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int((hash ^ hash >> 9 ^ hash >> 18) & 511)
    }
}
