import AtelierGeometry

extension TreeWriter {
    /// Writes a filter before the group that it is for; returns its id.
    mutating func write(filter: SVG.Filter, _ places: Int, _ outer: AffineTransform) -> String {
        // Drawings that a filter shows stand before it.
        var images: [Int: String] = [:]
        for (place, primitive) in filter.primitives.enumerated() {
            guard case .image(let node?) = primitive.effect else { continue }
            let id = freshID("image")
            images[place] = id
            add("<defs><g id=\"\(id)\">\n")
            write(node, places, outer)
            add("</g></defs>\n")
        }
        let id = freshID("filter")
        add("<filter id=\"\(id)\" filterUnits=\"userSpaceOnUse\"")
        write(filter.region, places)
        add(">")
        for (place, primitive) in filter.primitives.enumerated() { write(primitive, place, places, images[place]) }
        add("</filter>\n")
        return id
    }

    private mutating func write(_ rect: Rect, _ places: Int) {
        add("x", rect.minX, places)
        add("y", rect.minY, places)
        add("width", rect.width, places)
        add("height", rect.height, places)
    }

    private mutating func write(_ primitive: SVG.Filter.Primitive, _ place: Int, _ places: Int, _ image: String?) {
        let start = output.count
        switch primitive.effect {
        case .blur(let input, let x, let y):
            open("feGaussianBlur", input)
            add("stdDeviation", [x, y])
        case .offset(let input, let by):
            open("feOffset", input)
            add("dx", significant: by.dx)
            add("dy", significant: by.dy)
        case .flood(let color, let opacity):
            open("feFlood")
            flood(color, opacity)
        case .dropShadow(let input, let by, let x, let y, let color, let opacity):
            // In the primitives that it stands for (Filter Effects 1, 9.10), which older programs know.
            let space = primitive.isLinear ? "" : " color-interpolation-filters=\"sRGB\""
            open("feGaussianBlur", input)
            add("stdDeviation", [x, y])
            add(space + " result=\"b\(place)\"/><feOffset in=\"b\(place)\"")
            add("dx", significant: by.dx)
            add("dy", significant: by.dy)
            add(space + " result=\"o\(place)\"/><feFlood")
            flood(color, opacity)
            add(space + "/><feComposite operator=\"in\" in2=\"o\(place)\"")
            add(space + " result=\"s\(place)\"/><feMerge")
        case .merge: open("feMerge")
        case .colorMatrix(let input, let matrix):
            open("feColorMatrix", input)
            add("values", matrix)
        case .componentTransfer(let input, _): open("feComponentTransfer", input)
        case .composite(let a, let b, let rule):
            open("feComposite", a, b)
            write(rule)
        case .blend(let a, let b, let mode):
            open("feBlend", a, b)
            add(" mode=\"")
            add(escaped: mode)
            add("\"")
        case .morphology(let input, let dilates, let x, let y):
            open("feMorphology", input)
            if dilates { add(" operator=\"dilate\"") }
            add("radius", [x, y])
        case .tile(let input): open("feTile", input)
        case .turbulence(let noise):
            open("feTurbulence")
            add("baseFrequency", [noise.frequency.dx, noise.frequency.dy])
            add(" numOctaves=\"\(noise.octaves)\"")
            add("seed", significant: noise.seed)
            if noise.stitches { add(" stitchTiles=\"stitch\"") }
            if noise.isFractal { add(" type=\"fractalNoise\"") }
        case .displacement(let a, let b, let scale, let x, let y):
            open("feDisplacementMap", a, b)
            add("scale", significant: scale)
            let channels = ["R", "G", "B", "A"]
            add(" xChannelSelector=\"\(channels[x])\" yChannelSelector=\"\(channels[y])\"")
        case .convolution(let input, let kernel):
            open("feConvolveMatrix", input)
            add(" order=\"\(kernel.columns) \(kernel.rows)\"")
            add("kernelMatrix", kernel.kernel)
            add("divisor", significant: kernel.divisor)
            add("bias", significant: kernel.bias)
            add(" targetX=\"\(kernel.targetX)\" targetY=\"\(kernel.targetY)\" edgeMode=\"")
            add(escaped: kernel.edge)
            add("\"")
            if kernel.keepsAlpha { add(" preserveAlpha=\"true\"") }
        case .image:
            open("feImage")
            if let image { add(" xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href=\"#\(image)\"") }
        case .lighting(let input, let light): write(light, input)
        }
        if let region = primitive.region { write(region, places) }
        if !primitive.isLinear { add(" color-interpolation-filters=\"sRGB\"") }
        add(" result=\"r\(place)\"")
        closeWithParts(of: primitive.effect, place, from: start)
    }

    private mutating func open(_ name: String, _ inputs: SVG.Filter.Input...) {
        add("<\(name)")
        for (attribute, input) in zip(["in", "in2"], inputs) { add(" \(attribute)=\"\(self.name(of: input))\"") }
    }

    private func name(of input: SVG.Filter.Input) -> String {
        switch input {
        case .source: "SourceGraphic"
        case .sourceAlpha: "SourceAlpha"
        case .result(let place): "r\(place)"
        }
    }

    private mutating func add(_ name: String, _ values: [Double]) {
        add(" \(name)=\"")
        for (place, value) in values.enumerated() {
            if place > 0 { add(" ") }
            add(significant: value)
        }
        add("\"")
    }

    private mutating func flood(_ color: SVG.Color, _ opacity: Double) {
        add("flood-color", color)
        if opacity != 1 { add("flood-opacity", opacity, 4) }
    }

    private mutating func write(_ rule: SVG.Filter.Operator) {
        switch rule {
        case .over: break
        case .in: add(" operator=\"in\"")
        case .out: add(" operator=\"out\"")
        case .atop: add(" operator=\"atop\"")
        case .xor: add(" operator=\"xor\"")
        case .lighter: add(" operator=\"lighter\"")
        case .arithmetic(let k1, let k2, let k3, let k4):
            add(" operator=\"arithmetic\"")
            for (name, value) in [("k1", k1), ("k2", k2), ("k3", k3), ("k4", k4)] { add(name, significant: value) }
        }
    }

    private mutating func write(_ light: SVG.Filter.Lighting, _ input: SVG.Filter.Input) {
        open(light.exponent == nil ? "feDiffuseLighting" : "feSpecularLighting", input)
        add("surfaceScale", significant: light.surfaceScale)
        add(light.exponent == nil ? "diffuseConstant" : "specularConstant", significant: light.constant)
        if let exponent = light.exponent { add("specularExponent", significant: exponent) }
        add("lighting-color", light.color)
    }

    /// Ends a primitive, with the elements inside it when it has any.
    private mutating func closeWithParts(of effect: SVG.Filter.Effect, _ place: Int, from start: Int) {
        let tag = output[start...].lastIndex(of: UInt8(ascii: "<")) ?? start
        let name = String(decoding: output[(tag + 1)...].prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
        switch effect {
        case .merge(let inputs):
            add(">")
            for input in inputs { add("<feMergeNode in=\"\(self.name(of: input))\"/>") }
        case .dropShadow(let input, _, _, _, _, _):
            add("><feMergeNode in=\"s\(place)\"/><feMergeNode in=\"\(self.name(of: input))\"/>")
        case .componentTransfer(_, let functions):
            add(">")
            for (channel, function) in zip(["R", "G", "B", "A"], functions) { write(function, channel) }
        case .lighting(_, let light):
            add(">")
            write(light.source)
        default:
            add("/>")
            return
        }
        add("</\(name)>")
    }

    private mutating func write(_ function: SVG.Filter.Transfer, _ channel: String) {
        if function == .identity { return }
        add("<feFunc\(channel)")
        switch function {
        case .identity: break
        case .table(let values):
            add(" type=\"table\"")
            add("tableValues", values)
        case .discrete(let values):
            add(" type=\"discrete\"")
            add("tableValues", values)
        case .linear(let slope, let intercept):
            add(" type=\"linear\"")
            add("slope", significant: slope)
            add("intercept", significant: intercept)
        case .gamma(let amplitude, let exponent, let offset):
            add(" type=\"gamma\"")
            add("amplitude", significant: amplitude)
            add("exponent", significant: exponent)
            add("offset", significant: offset)
        }
        add("/>")
    }

    private mutating func write(_ source: SVG.Filter.Lighting.Source) {
        let attributes: [(String, Double)]
        switch source {
        case .distant(let azimuth, let elevation):
            add("<feDistantLight")
            attributes = [("azimuth", azimuth), ("elevation", elevation)]
        case .point(let x, let y, let z):
            add("<fePointLight")
            attributes = [("x", x), ("y", y), ("z", z)]
        case .spot(let x, let y, let z, let towards, let exponent, let cone):
            add("<feSpotLight")
            attributes =
                [("x", x), ("y", y), ("z", z)] + Array(zip(["pointsAtX", "pointsAtY", "pointsAtZ"], towards))
                + [("specularExponent", exponent)] + (cone.map { [("limitingConeAngle", $0)] } ?? [])
        }
        for (name, value) in attributes { add(name, significant: value) }
        add("/>")
    }
}
