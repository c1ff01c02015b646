import AtelierGeometry
import AtelierPixels

extension SVG {
    /// Writes a tree as a small SVG file in UTF-8: basic shapes by name, paths as short relative data, values that are SVG's
    /// defaults left out, one element a line.
    ///
    ///     let bytes = SVG.write(try SVG.read(input.span))
    ///
    /// Reading the result gives the same picture within a thousandth of a pixel. An `id` that occurs again, as it does where a
    /// `use` was expanded, is written once. Equal trees give equal bytes.
    /// - Parameter rootPlace: Where given, each element carries its place in drawing order as `data-node`, a group before what it holds;
    ///   the root has this one and is not told. Masks and patterns hold no places.
    /// - Complexity: O(*n*)
    public static func write(_ tree: Tree, placesFrom rootPlace: Int? = nil) -> [UInt8] {
        var writer = TreeWriter()
        writer.place = rootPlace
        writer.write(tree)
        return writer.output
    }
}

struct TreeWriter {
    var output: [UInt8] = []
    /// Decimal places of coordinates on the canvas; inside scaled groups they are adapted, so that what is drawn keeps this accuracy.
    let decimals = 3
    /// Ids already written, and those of the tree, which those of gradients and the like keep clear of.
    var ids: Set<String> = [], givenIDs: Set<String> = []
    /// Ids of the gradients and patterns already written.
    var paintServers: [SVG.Paint: String] = [:]
    /// How many ids were made up.
    var idCount = 0
    /// The place of the next node in drawing order; nil where places are not told.
    var place: Int?

    mutating func write(_ tree: SVG.Tree) {
        let root = tree.root
        collectIDs(of: root)
        add("<svg xmlns=\"http://www.w3.org/2000/svg\"")
        add("width", tree.size.width, 6)
        add("height", tree.size.height, 6)
        var inner = root.transform
        // A uniform scale and a displacement are what a viewBox says.
        let t = root.transform
        var isViewBox = t.b == 0 && t.c == 0 && t.a > 0 && t.a == t.d
        if isViewBox {
            let box = [-t.e / t.a, -t.f / t.a, tree.size.width / t.a, tree.size.height / t.a]
            isViewBox = box.allSatisfy { $0.magnitude < 1e9 } && box[2] > 1e-3 && box[3] > 1e-3
            if isViewBox {
                add(" viewBox=\"")
                for (i, value) in box.enumerated() {
                    if i > 0 { add(" ") }
                    add(significant: value)
                }
                add("\"")
                inner = .identity
            }
        }
        if !isViewBox {
            add(" viewBox=\"0 0 ")
            add(tree.size.width, 6)
            add(" ")
            add(tree.size.height, 6)
            add("\"")
        }
        writeID(root.origin)
        add(">\n")
        writeProse(title: tree.title, summary: tree.summary)
        let isPlain = root.opacity == 1 && root.clip == nil && root.filter == nil && root.mask == nil && root.blend == .normal
        if inner == .identity && isPlain {
            place = place.map { $0 + 1 }
            for child in root.children { write(child, places(root.transform), root.transform) }
        } else {
            var group = root
            group.transform = inner
            group.origin = SVG.Origin(element: "g")
            write(.group(group), decimals, isViewBox ? root.transform : .identity)
        }
        add("</svg>\n")
    }

    /// - Parameters:
    ///   - parentPlaces: Decimal places in the parent's coordinates.
    ///   - outer: From the parent's coordinates to the canvas.
    mutating func write(_ node: SVG.Node, _ parentPlaces: Int, _ outer: AffineTransform) {
        switch node {
        case .group(let group):
            let transform = group.transform.followed(by: outer)
            let clipID = group.clip.map { write(clip: $0, places(transform)) }
            let filterID = group.filter.map { write(filter: $0, places(transform), transform) }
            let maskID = group.mask.map { write(mask: $0, transform) }
            add(group.link == nil ? "<g" : "<a href=\"")
            if let link = group.link {
                add(escaped: link)
                add("\"")
            }
            if let clipID { add(" clip-path=\"url(#\(clipID))\"") }
            if let filterID { add(" filter=\"url(#\(filterID))\"") }
            if let maskID { add(" mask=\"url(#\(maskID))\"") }
            writeIdentity(group.origin)
            write(group.transform, parentPlaces)
            if group.opacity != 1 { add("opacity", group.opacity, 4) }
            // Neither has a presentation attribute.
            if group.blend != .normal { add(" style=\"mix-blend-mode:\(group.blend.rawValue)\"") }
            if group.blend == .normal, group.isIsolated { add(" style=\"isolation:isolate\"") }
            add(">\n")
            writeProse(title: group.origin.title, summary: group.origin.summary)
            let inside = places(transform)
            for child in group.children { write(child, inside, transform) }
            add(group.link == nil ? "</g>\n" : "</a>\n")
        case .path(let path):
            write(path, parentPlaces, outer)
        case .image(let image):
            write(image, parentPlaces, outer)
        case .text(let text):
            write(text, parentPlaces, outer)
        }
    }

    mutating func write(_ path: SVG.Path, _ parentPlaces: Int, _ outer: AffineTransform) {
        let transform = path.transform.followed(by: outer), places = places(transform)
        writePaints(path.fill, path.stroke, transform)
        let name = writeGeometry(path, places)
        writeIdentity(path.origin)
        write(path.transform, parentPlaces)
        if path.opacity != 1 { add("opacity", path.opacity, 4) }
        write(path.fill, isNeeded: name != "line")
        if let stroke = path.stroke { write(stroke, places) }
        if path.isStrokeFirst { add(" paint-order=\"stroke\"") }
        if path.origin.title == nil, path.origin.summary == nil {
            add("/>\n")
        } else {
            add(">\n")
            writeProse(title: path.origin.title, summary: path.origin.summary)
            add("</\(name)>\n")
        }
    }

    mutating func write(_ image: SVG.Image, _ parentPlaces: Int, _ outer: AffineTransform) {
        let places = places(image.transform.followed(by: outer))
        let clipID = image.visible == image.frame ? nil : write(clip: BezierPath(image.visible), places)
        add("<image")
        if let clipID { add(" clip-path=\"url(#\(clipID))\"") }
        if image.frame.minX != 0 { add("x", image.frame.minX, places) }
        if image.frame.minY != 0 { add("y", image.frame.minY, places) }
        add("width", image.frame.width, places)
        add("height", image.frame.height, places)
        writeIdentity(image.origin)
        write(image.transform, parentPlaces)
        if image.opacity != 1 { add("opacity", image.opacity, 4) }
        // The older form of the reference, which all programs read.
        add(
            " preserveAspectRatio=\"none\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href=\"data:image/\(image.format.rawValue);base64,"
        )
        output += base64(image.file)
        add("\"")
        if image.origin.title == nil, image.origin.summary == nil {
            add("/>\n")
        } else {
            add(">\n")
            writeProse(title: image.origin.title, summary: image.origin.summary)
            add("</image>\n")
        }
    }

    /// Writes the gradients and patterns that are met for the first time.
    ///
    /// - Parameter transform: From the coordinates of what they paint to the canvas.
    mutating func writePaints(_ fill: SVG.Fill?, _ stroke: SVG.Stroke?, _ transform: AffineTransform) {
        for paint in [fill?.paint, stroke?.paint] {
            guard let paint, paintServers[paint] == nil else { continue }
            switch paint {
            case .color: break
            case .gradient(let gradient): paintServers[paint] = write(gradient)
            case .pattern(let pattern): paintServers[paint] = write(pattern, transform)
            }
        }
    }

    mutating func write(_ fill: SVG.Fill?, isNeeded: Bool = true) {
        if let fill {
            if fill.paint != .color(SVG.Color(red: 0, green: 0, blue: 0)) { add("fill", fill.paint) }
            if fill.opacity != 1 { add("fill-opacity", fill.opacity, 4) }
            if fill.rule == .evenOdd { add(" fill-rule=\"evenodd\"") }
        } else if isNeeded {
            add(" fill=\"none\"")
        }
    }

    mutating func write(_ stroke: SVG.Stroke, _ places: Int) {
        add("stroke", stroke.paint)
        if stroke.opacity != 1 { add("stroke-opacity", stroke.opacity, 4) }
        if stroke.width != 1 { add("stroke-width", significant: stroke.width) }
        switch stroke.cap {
        case .butt: break
        case .round: add(" stroke-linecap=\"round\"")
        case .square: add(" stroke-linecap=\"square\"")
        }
        switch stroke.join {
        case .miter: break
        case .miterClip: add(" stroke-linejoin=\"miter-clip\"")
        case .round: add(" stroke-linejoin=\"round\"")
        case .bevel: add(" stroke-linejoin=\"bevel\"")
        }
        if stroke.miterLimit != 4 { add("stroke-miterlimit", stroke.miterLimit, 4) }
        guard !stroke.dashes.isEmpty else { return }
        add(" stroke-dasharray=\"")
        for (i, dash) in stroke.dashes.enumerated() {
            if i > 0 { add(" ") }
            add(dash, places + 1)
        }
        add("\"")
        if stroke.dashOffset != 0 { add("stroke-dashoffset", stroke.dashOffset, places + 1) }
    }

    /// Opens the element and writes its outline; returns the element's name.
    mutating func writeGeometry(_ path: SVG.Path, _ places: Int) -> String {
        switch path.shape {
        case .rect(let rect, let rx, let ry):
            add("<rect")
            if rect.minX != 0 { add("x", rect.minX, places) }
            if rect.minY != 0 { add("y", rect.minY, places) }
            add("width", rect.width, places)
            add("height", rect.height, places)
            if rx > 0, ry > 0 {
                add("rx", rx, places)
                if ry != rx { add("ry", ry, places) }
            }
            return "rect"
        case .ellipse(let center, let rx, let ry):
            add(rx == ry ? "<circle" : "<ellipse")
            if center.x != 0 { add("cx", center.x, places) }
            if center.y != 0 { add("cy", center.y, places) }
            add(rx == ry ? "r" : "rx", rx, places)
            if rx != ry { add("ry", ry, places) }
            return rx == ry ? "circle" : "ellipse"
        case .line(let a, let b):
            add("<line")
            if a.x != 0 { add("x1", a.x, places) }
            if a.y != 0 { add("y1", a.y, places) }
            if b.x != 0 { add("x2", b.x, places) }
            if b.y != 0 { add("y2", b.y, places) }
            return "line"
        case nil:
            add("<path d=\"")
            var data = PathDataWriter(unitsPerPixel: 1, decimals: places)
            data.append(path.geometry)
            output += data.bytes
            if let stroke = path.stroke, stroke.cap != .butt { writeDots(path.geometry, places) }
            add("\"")
            return "path"
        }
    }

    /// Subpaths without extent, which a round or square cap makes visible and short path data leaves out.
    mutating func writeDots(_ path: BezierPath, _ places: Int) {
        var dot: Point?
        var hasSegment = false
        func finish(_ writer: inout TreeWriter) {
            guard let dot, hasSegment else { return }
            writer.add("M")
            writer.add(dot.x, places)
            writer.add(" ")
            writer.add(dot.y, places)
            writer.add("h0")
        }
        for element in path.elements {
            switch element {
            case .move(let p):
                finish(&self)
                (dot, hasSegment) = (p, false)
            case .line(let p):
                hasSegment = true
                if p != dot { dot = nil }
            case .cubic(let a, let b, let p):
                hasSegment = true
                if a != dot || b != dot || p != dot { dot = nil }
            case .close: hasSegment = true
            }
        }
        finish(&self)
    }

    mutating func writeID(_ origin: SVG.Origin) {
        guard let id = origin.id, ids.insert(id).inserted else { return }
        add(" id=\"")
        add(escaped: id)
        add("\"")
    }

    /// The id of a node, and its place where places are told.
    mutating func writeIdentity(_ origin: SVG.Origin) {
        writeID(origin)
        guard let place else { return }
        add(" data-node=\"\(place)\"")
        self.place = place + 1
    }

    mutating func writeProse(title: String?, summary: String?) {
        for (name, text) in [("title", title), ("desc", summary)] {
            guard let text else { continue }
            add("<\(name)>")
            add(escaped: text)
            add("</\(name)>\n")
        }
    }

    mutating func write(_ transform: AffineTransform, _ places: Int) {
        if transform == .identity { return }
        add(" transform=\"")
        let t = transform
        if t.a == 1, t.b == 0, t.c == 0, t.d == 1 {
            add("translate(")
            add(t.e, places)
            if t.f != 0 {
                add(" ")
                add(t.f, places)
            }
        } else if t.b == 0, t.c == 0, t.e == 0, t.f == 0 {
            add("scale(")
            add(significant: t.a)
            if t.d != t.a {
                add(" ")
                add(significant: t.d)
            }
        } else {
            add("matrix(")
            for value in [t.a, t.b, t.c, t.d] {
                add(significant: value)
                add(" ")
            }
            add(t.e, places)
            add(" ")
            add(t.f, places)
        }
        add(")\"")
    }

    // MARK: What elements refer to

    private mutating func collectIDs(of group: SVG.Group) {
        var pending = [SVG.Node.group(group)]
        while let node = pending.popLast() {
            switch node {
            case .group(let group):
                if let id = group.origin.id { givenIDs.insert(id) }
                pending += group.children
                if let mask = group.mask { pending += mask.children }
            case .path(let path):
                if let id = path.origin.id { givenIDs.insert(id) }
                for case .pattern(let pattern)? in [path.fill?.paint, path.stroke?.paint] { pending += pattern.children }
            case .image(let image): if let id = image.origin.id { givenIDs.insert(id) }
            case .text(let text): if let id = text.origin.id { givenIDs.insert(id) }
            }
        }
    }

    /// Writes a mask before the group that it hides; returns its id.
    private mutating func write(mask: SVG.Mask, _ outer: AffineTransform) -> String {
        let id = freshID("mask"), places = places(outer)
        add("<mask id=\"\(id)\" maskUnits=\"userSpaceOnUse\"")
        for (name, value) in [("x", mask.region.minX), ("y", mask.region.minY), ("width", mask.region.width)] { add(name, value, places) }
        add("height", mask.region.height, places)
        switch mask.kind {
        case .luminance(let isLinear): if isLinear { add(" color-interpolation=\"linearRGB\"") }
        case .alpha: add(" mask-type=\"alpha\"")
        }
        add(">\n")
        let place = place
        self.place = nil
        for child in mask.children { write(child, places, outer) }
        self.place = place
        add("</mask>\n")
        return id
    }

    /// Writes a pattern before the first element that it paints; returns its id.
    private mutating func write(_ pattern: SVG.Pattern, _ outer: AffineTransform) -> String {
        let id = freshID("pattern"), transform = pattern.transform.followed(by: outer)
        add("<pattern id=\"\(id)\" patternUnits=\"userSpaceOnUse\"")
        add("width", significant: pattern.tile.width)
        add("height", significant: pattern.tile.height)
        add("patternTransform", pattern.transform)
        add(">\n")
        let place = place
        self.place = nil
        for child in pattern.children { write(child, places(transform), transform) }
        self.place = place
        add("</pattern>\n")
        return id
    }

    /// A transform attribute without rounding to the canvas.
    private mutating func add(_ name: String, _ transform: AffineTransform) {
        if transform == .identity { return }
        add(" \(name)=\"matrix(")
        for (index, value) in [transform.a, transform.b, transform.c, transform.d, transform.e, transform.f].enumerated() {
            if index > 0 { add(" ") }
            add(significant: value)
        }
        add(")\"")
    }

    /// Writes a clip path before the group that it clips; returns its id.
    mutating func write(clip: BezierPath, _ places: Int) -> String {
        let id = freshID("clip")
        add("<clipPath id=\"\(id)\"><path d=\"")
        var data = PathDataWriter(unitsPerPixel: 1, decimals: places)
        data.append(clip)
        output += data.bytes
        add("\"/></clipPath>\n")
        return id
    }

    /// An id that nothing in the tree has.
    mutating func freshID(_ word: String) -> String {
        repeat { idCount += 1 } while givenIDs.contains("\(word)\(idCount)")
        return "\(word)\(idCount)"
    }

    /// Writes a gradient before the first element that it paints; returns its id.
    private mutating func write(_ gradient: SVG.Gradient) -> String {
        let id = freshID("gradient")
        let name: String
        switch gradient.shape {
        case .linear(let from, let to):
            name = "linearGradient"
            add("<\(name) id=\"\(id)\" gradientUnits=\"userSpaceOnUse\"")
            for (name, value) in [("x1", from.x), ("y1", from.y), ("x2", to.x), ("y2", to.y)] { add(name, significant: value) }
        case .radial(let center, let radius, let focus, let focusRadius):
            name = "radialGradient"
            add("<\(name) id=\"\(id)\" gradientUnits=\"userSpaceOnUse\"")
            for (name, value) in [("cx", center.x), ("cy", center.y), ("r", radius)] { add(name, significant: value) }
            if focus != center {
                add("fx", significant: focus.x)
                add("fy", significant: focus.y)
            }
            if focusRadius > 0 { add("fr", significant: focusRadius) }
        }
        add("gradientTransform", gradient.transform)
        switch gradient.spread {
        case .pad: break
        case .reflect: add(" spreadMethod=\"reflect\"")
        case .repeat: add(" spreadMethod=\"repeat\"")
        }
        add(">")
        for stop in gradient.stops {
            add("<stop")
            add("offset", stop.offset, 6)
            add("stop-color", stop.color)
            if stop.opacity != 1 { add("stop-opacity", stop.opacity, 4) }
            add("/>")
        }
        add("</\(name)>\n")
        return id
    }

    mutating func add(_ name: String, significant value: Double) {
        add(" \(name)=\"")
        add(significant: value)
        add("\"")
    }

    // MARK: Numbers and text

    /// Decimal places that local coordinates need for the accuracy asked for on the canvas: one more for each factor of ten
    /// that they grow on their way there, fewer when they shrink.
    func places(_ transform: AffineTransform) -> Int {
        var scale = max(
            Vector(transform.a, transform.b).length, Vector(transform.c, transform.d).length)
        var places = decimals
        while scale > 1.5, places < 9 {
            scale /= 10
            places += 1
        }
        while scale <= 0.1, scale > 0, places > 0 {
            scale *= 10
            places -= 1
        }
        return places
    }

    mutating func add(_ text: String) { output.append(contentsOf: text.utf8) }

    mutating func add(_ name: String, _ value: Double, _ places: Int) {
        add(" \(name)=\"")
        add(value, places)
        add("\"")
    }

    mutating func add(_ name: String, _ paint: SVG.Paint) {
        switch paint {
        case .color(let color):
            add(" \(name)=\"#")
            let bytes = [color.red, color.green, color.blue]
            let isShort = bytes.allSatisfy { $0 >> 4 == $0 & 15 }
            for byte in bytes {
                if !isShort { output.append(hexadecimal(byte >> 4)) }
                output.append(hexadecimal(byte & 15))
            }
            add("\"")
        case .gradient, .pattern:
            add(" \(name)=\"url(#\(paintServers[paint] ?? ""))\"")
        }
    }

    mutating func add(_ name: String, _ color: SVG.Color) {
        add(name, SVG.Paint.color(color))
    }

    private func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? digit + 0x30 : digit + 0x57 }

    /// A number rounded to `places` decimals, half away from zero, without needless zeros.
    mutating func add(_ value: Double, _ places: Int) {
        var power = 1.0
        var places = places
        for _ in 0..<places { power *= 10 }
        let scaled = value.magnitude * power
        // Beyond 2⁵³ there are no decimals left; Swift writes such a number exactly, with an exponent if need be.
        guard scaled < 9e15 else { return add("\(value)") }
        var digits = UInt64(scaled + 0.5)
        while places > 0, digits % 10 == 0 {
            digits /= 10
            places -= 1
        }
        if value < 0, digits > 0 { add("-") }
        var text = Array(String(digits).utf8)
        while text.count < places { text.insert(0x30, at: 0) }
        output.append(contentsOf: text[..<(text.count - places)])
        if places > 0 {
            output.append(UInt8(ascii: "."))
            output.append(contentsOf: text[(text.count - places)...])
        }
    }

    /// A number with 9 significant digits.
    mutating func add(significant value: Double) {
        var places = 8
        var size = value.magnitude
        while size >= 10, places > 0 {
            size /= 10
            places -= 1
        }
        while size < 1, size > 0, places < 17 {
            size *= 10
            places += 1
        }
        add(value, places)
    }

    /// Text as XML may contain it; characters it may not contain are left out.
    mutating func add(escaped text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": add("&amp;")
            case "<": add("&lt;")
            case ">": add("&gt;")
            case "\"": add("&quot;")
            case "\t", "\n", "\r": add("&#\(scalar.value);")
            default:
                guard scalar.value >= 0x20, scalar.value != 0xFFFE, scalar.value != 0xFFFF else { continue }
                output.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
    }
}

/// Bytes as base64 with padding (RFC 4648, section 4).
package func base64(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let count = min(3, bytes.count - start)
        var bits: UInt32 = 0
        for i in 0..<3 { bits = bits << 8 | (i < count ? UInt32(bytes[start + i]) : 0) }
        for i in 0..<4 { text.append(i <= count ? alphabet[Int(bits >> UInt32(18 - 6 * i) & 63)] : UInt8(ascii: "=")) }
    }
    return text
}
