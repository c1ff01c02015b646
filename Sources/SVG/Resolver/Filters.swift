import AtelierGeometry

extension Resolver {
    /// The filters of an element's `filter`, to be applied one after the other; empty when it has none or it is not valid.
    ///
    /// A filter that draws nothing is nil.
    /// - Parameters:
    ///   - node: What the element draws.
    ///   - toElement: From the node's own coordinates to the element's.
    private mutating func filters(
        _ value: TextRange, of index: Int, around node: SVG.Node, toElement: AffineTransform, _ around: Surroundings
    ) throws(SVG.ParseError) -> [SVG.Filter]? {
        var scanner = reader.scanner(value), filters: [SVG.Filter] = []
        let box = node.bounds(in: toElement)
        var reach = node.inkBounds(in: toElement)
        scanner.skipSpace()
        while !scanner.isAtEnd {
            let start = Int32(scanner.position)
            let name = lowercaseWord(&scanner)
            if name == "url" {
                while !scanner.isAtEnd, scanner.next != UInt8(ascii: ")") { scanner.position += 1 }
                guard scanner.skip(UInt8(ascii: ")")),
                    let reference = reader.reference(TextRange(start: start, end: Int32(scanner.position))),
                    let target = element(withID: reference.id), document.elements[target].name == .filter
                else {
                    report(index, .invalid, "filter `\(quoted(value))` leads to no filter in the file; drawn without")
                    return []
                }
                guard let filter = try filter(target, box, around) else { return nil }
                filters.append(filter)
                reach = filter.region
            } else {
                guard let primitive = filterFunction(name, &scanner, around.style) else {
                    report(index, .invalid, "filter `\(quoted(value))` is not valid; drawn without")
                    return []
                }
                // Functions have no region: as far as anything of theirs is seen.
                guard let ink = reach else { return nil }
                var region = ink
                switch primitive.effect {
                case .blur(_, let x, let y): region = ink.grown(3 * x + 1, 3 * y + 1)
                case .dropShadow(_, let by, let x, let y, _, _):
                    region = ink.union(
                        Rect(x: ink.minX + by.dx, y: ink.minY + by.dy, width: ink.width, height: ink.height)
                            .grown(3 * x + 1, 3 * y + 1))
                default: region = ink.grown(1, 1)
                }
                filters.append(SVG.Filter(region: region, primitives: [primitive]))
                reach = region
            }
            scanner.skipSpace()
        }
        return filters
    }

    /// The value of `filter` of the element cascaded last; nil for none.
    mutating func filterValue(_ index: Int) -> TextRange? {
        guard let range = value(.filter), !reader.isText(range, "none"), isPresent(.filter, range, index) else { return nil }
        return range
    }

    /// What an element draws, seen through its `filter`; nil when that is nothing.
    mutating func filtered(
        _ node: SVG.Node, by value: TextRange, of index: Int, _ own: OwnStyle, _ inner: Surroundings
    ) throws(SVG.ParseError) -> SVG.Node? {
        try step(index, count: node.nodeCount)
        // The filter is in the element's own coordinates, which a nested viewport has only as a picture.
        let toElement = node.transform.followed(by: own.transform.inverse ?? .identity)
        guard let filters = try filters(value, of: index, around: node, toElement: toElement, inner) else { return nil }
        return filtered(node, filters, toElement: toElement, own)
    }

    /// A node seen through filters. They work in the element's coordinates.
    private func filtered(_ node: SVG.Node, _ filters: [SVG.Filter], toElement: AffineTransform, _ own: OwnStyle) -> SVG.Node {
        guard !filters.isEmpty else { return node }
        var inner = node, origin = SVG.Origin(element: "g")
        switch inner {
        case .group(var group):
            group.transform = toElement
            group.opacity = 1
            // A group's name stays outside, where people look for it.
            if toElement == .identity, group.clip == nil, group.filter == nil { (origin, group.origin) = (group.origin, origin) }
            inner = .group(group)
        case .path(var path):
            path.transform = toElement
            path.opacity = 1
            inner = .path(path)
        case .text(var text):
            text.transform = toElement
            text.opacity = 1
            inner = .text(text)
        case .image(var image):
            image.transform = toElement
            image.opacity = 1
            inner = .image(image)
        }
        for filter in filters {
            if case .group(var group) = inner, group.transform == .identity, group.opacity == 1, group.filter == nil, group.clip == nil {
                group.filter = filter
                if group.origin.id == nil { group.origin = origin }
                inner = .group(group)
            } else {
                inner = .group(SVG.Group(origin: origin, filter: filter, children: [inner]))
            }
        }
        guard case .group(var outer) = inner else { return inner }
        outer.transform = own.transform
        outer.opacity = own.opacity
        return .group(outer)
    }

    // MARK: The element

    /// A `filter` element, laid out for a box; nil when it draws nothing.
    private mutating func filter(_ target: Int, _ box: Rect?, _ around: Surroundings) throws(SVG.ParseError) -> SVG.Filter? {
        var chain = [target]
        while let reference = document.attribute(.href, of: chain[chain.count - 1]).map(reader.trimmed),
            reference.end - reference.start > 1, reader.text[Int(reference.start)] == UInt8(ascii: "#"),
            let next = element(withID: TextRange(start: reference.start + 1, end: reference.end)),
            document.elements[next].name == .filter, chain.count <= 32, !chain.contains(next)
        {
            chain.append(next)
        }
        try step(target, count: chain.count)
        func attribute(_ name: AttributeName) -> TextRange? {
            for element in chain {
                if let range = document.attribute(name, of: element) { return reader.trimmed(range) }
            }
            return nil
        }
        let isInBox = attribute(.filterUnits).map { !reader.isText($0, "userspaceonuse") } ?? true
        let style = around.style
        func extent(_ name: AttributeName, _ axis: Axis, _ initial: Double) -> Double {
            let length =
                attribute(name).flatMap { reader.length($0, fontSize: style.fontSize) } ?? Length(value: initial, isPercentage: true)
            return isInBox ? (length.isPercentage ? length.value / 100 : length.value) : length.pixels(in: viewport, along: axis)
        }
        var region = Rect(
            x: extent(.x, .horizontal, -10), y: extent(.y, .vertical, -10), width: extent(.width, .horizontal, 120),
            height: extent(.height, .vertical, 120))
        if isInBox {
            guard let box, box.width > 0, box.height > 0 else { return nil }
            region = Rect(
                x: box.minX + region.minX * box.width, y: box.minY + region.minY * box.height, width: region.width * box.width,
                height: region.height * box.height)
        }
        guard region.width > 0, region.height > 0, (region.width + region.height + region.minX + region.minY).magnitude < 1e12 else {
            return nil
        }
        var units = FilterUnits(box: nil, region: region, style: style)
        if let range = attribute(.primitiveUnits), reader.isText(range, "objectboundingbox") {
            guard let box, box.width > 0, box.height > 0 else { return nil }
            units.box = box
        }
        guard let source = chain.first(where: { hasPrimitives($0) }) else { return nil }
        var filter = SVG.Filter(region: region, primitives: [])
        var names: [String: Int] = [:]
        var child = source + 1
        while child < Int(document.elements[source].end) {
            defer { child = Int(document.elements[child].end) }
            guard document.elements[child].name.isFilterPrimitive else { continue }
            guard filter.primitives.count < 100 else {
                report(source, .invalid, "a filter of more than 100 primitives is drawn up to there")
                break
            }
            try step(child)
            filter.primitives.append(try primitive(child, of: source, names, filter.primitives.count, units, around))
            if let name = document.attribute(.result, of: child) {
                names[document.string(reader.trimmed(name))] = filter.primitives.count - 1
            }
        }
        return filter
    }

    private func hasPrimitives(_ index: Int) -> Bool {
        var child = index + 1
        while child < Int(document.elements[index].end) {
            if document.elements[child].name.isFilterPrimitive { return true }
            child = Int(document.elements[child].end)
        }
        return false
    }

    /// What lengths in primitives refer to.
    private struct FilterUnits {
        /// The box whose sides are 1; nil where lengths are the element's.
        var box: Rect?
        var region: Rect
        var style: Style

        func x(_ value: Double) -> Double { value * (box?.width ?? 1) }
        func y(_ value: Double) -> Double { value * (box?.height ?? 1) }
    }

    // MARK: Primitives

    private mutating func primitive(
        _ index: Int, of filter: Int, _ names: [String: Int], _ count: Int, _ units: FilterUnits, _ around: Surroundings
    ) throws(SVG.ParseError) -> SVG.Filter.Primitive {
        func input(_ name: AttributeName) -> SVG.Filter.Input {
            let previous: SVG.Filter.Input = count == 0 ? .source : .result(count - 1)
            guard let range = document.attribute(name, of: index).map(reader.trimmed), !range.isEmpty else { return previous }
            switch document.string(range) {
            case "SourceGraphic": return .source
            case "SourceAlpha": return .sourceAlpha
            case "BackgroundImage", "FillPaint", "StrokePaint":
                report(index, .approximated, "the input `\(quoted(range))` is taken as SourceGraphic")
                return .source
            case "BackgroundAlpha":
                report(index, .approximated, "the input `\(quoted(range))` is taken as SourceAlpha")
                return .sourceAlpha
            case let name: return names[name].map { .result($0) } ?? previous
            }
        }
        let isLinear = try mixesInLinearLight(index, of: filter)
        try cascade(index)
        let region = subregion(index, units)
        let effect: SVG.Filter.Effect
        switch document.elements[index].name {
        case .feGaussianBlur:
            let (x, y) = pair(.stdDeviation, index, 0)
            effect = .blur(input(.in), x: units.x(max(x, 0)), y: units.y(max(y, 0)))
        case .feOffset:
            effect = .offset(input(.in), Vector(units.x(number(.dx, index, 0)), units.y(number(.dy, index, 0))))
        case .feFlood:
            let color = color(.floodColor, index, .black, around.style)
            effect = .flood(color.color, opacity: color.alpha * opacity(.floodOpacity))
        case .feDropShadow:
            let (x, y) = pair(.stdDeviation, index, 2)
            let color = color(.floodColor, index, .black, around.style)
            effect = .dropShadow(
                input(.in), Vector(units.x(number(.dx, index, 2)), units.y(number(.dy, index, 2))), x: units.x(max(x, 0)),
                y: units.y(max(y, 0)), color.color, opacity: color.alpha * opacity(.floodOpacity))
        case .feMerge:
            var inputs: [SVG.Filter.Input] = []
            var child = index + 1
            while child < Int(document.elements[index].end), inputs.count < 100 {
                if document.elements[child].name == .feMergeNode {
                    let range = document.attribute(.in, of: child).map { document.string(reader.trimmed($0)) } ?? ""
                    switch range {
                    case "SourceGraphic": inputs.append(.source)
                    case "SourceAlpha": inputs.append(.sourceAlpha)
                    default: inputs.append(names[range].map { .result($0) } ?? (count == 0 ? .source : .result(count - 1)))
                    }
                }
                child = Int(document.elements[child].end)
            }
            effect = .merge(inputs)
        case .feColorMatrix: effect = .colorMatrix(input(.in), colorMatrix(index))
        case .feComponentTransfer: effect = .componentTransfer(input(.in), transfers(index))
        case .feComposite: effect = .composite(input(.in), input(.in2), compositeOperator(index))
        case .feBlend: effect = .blend(input(.in), input(.in2), mode: word(.mode, index, "normal"))
        case .feMorphology:
            let (x, y) = pair(.radius, index, 0)
            effect = .morphology(
                input(.in), dilates: word(.operator, index, "erode") == "dilate", x: units.x(max(x, 0)), y: units.y(max(y, 0)))
        case .feTile: effect = .tile(input(.in))
        case .feTurbulence:
            let (x, y) = pair(.baseFrequency, index, 0)
            effect = .turbulence(
                SVG.Filter.Turbulence(
                    frequency: Vector(max(x, 0), max(y, 0)), octaves: Int(min(max(number(.numOctaves, index, 1), 1), 16)),
                    seed: number(.seed, index, 0), stitches: word(.stitchTiles, index, "noStitch") == "stitch",
                    isFractal: word(.type, index, "turbulence") == "fractalNoise"))
        case .feDisplacementMap:
            func channel(_ name: AttributeName) -> Int { ["R", "G", "B", "A"].firstIndex(of: word(name, index, "A")) ?? 3 }
            effect = .displacement(
                input(.in), by: input(.in2), scale: units.x(number(.scale, index, 0)), xChannel: channel(.xChannelSelector),
                yChannel: channel(.yChannelSelector))
        case .feConvolveMatrix: effect = .convolution(input(.in), convolution(index))
        case .feDiffuseLighting, .feSpecularLighting:
            let isDull = document.elements[index].name == .feDiffuseLighting
            let color = color(.lightingColor, index, ColorWithAlpha(color: SVG.Color(red: 255, green: 255, blue: 255)), around.style)
            effect = .lighting(
                input(.in),
                SVG.Filter.Lighting(
                    source: light(index), color: color.color, surfaceScale: number(.surfaceScale, index, 1),
                    constant: max(number(isDull ? .diffuseConstant : .specularConstant, index, 1), 0),
                    exponent: isDull ? nil : number(.specularExponent, index, 1)))
        case .feImage: effect = .image(try filterImage(index, region ?? units.region, around))
        default: effect = .merge([])
        }
        return SVG.Filter.Primitive(effect, region: region, isLinear: isLinear)
    }

    /// `color-interpolation-filters`, which primitives inherit; linear light unless said otherwise.
    private mutating func mixesInLinearLight(_ index: Int, of filter: Int) throws(SVG.ParseError) -> Bool {
        for element in [index, filter] {
            try cascade(element)
            if let range = value(.colorInterpolationFilters), !reader.isText(range, "inherit") { return !reader.isText(range, "srgb") }
        }
        var element = Int(document.elements[filter].parent)
        while element >= 0 {
            if let range = document.attribute(.colorInterpolationFilters, of: element).map(reader.trimmed) {
                return !reader.isText(range, "srgb")
            }
            element = Int(document.elements[element].parent)
        }
        return true
    }

    /// The rectangle a primitive names with at least one of its attributes.
    private func subregion(_ index: Int, _ units: FilterUnits) -> Rect? {
        func extent(_ name: AttributeName, _ axis: Axis) -> Double? {
            guard
                let length = document.attribute(name, of: index).flatMap({
                    reader.length(reader.trimmed($0), fontSize: units.style.fontSize)
                })
            else { return nil }
            guard let box = units.box else { return length.pixels(in: viewport, along: axis) }
            let share = length.isPercentage ? length.value / 100 : length.value
            switch name {
            case .x: return box.minX + share * box.width
            case .y: return box.minY + share * box.height
            case .width: return share * box.width
            default: return share * box.height
            }
        }
        let (x, y, width, height) = (
            extent(.x, .horizontal), extent(.y, .vertical), extent(.width, .horizontal), extent(.height, .vertical)
        )
        guard x != nil || y != nil || width != nil || height != nil else { return nil }
        let rect = Rect(
            x: x ?? units.region.minX, y: y ?? units.region.minY, width: max(width ?? units.region.width, 0),
            height: max(height ?? units.region.height, 0))
        return (rect.minX + rect.minY + rect.width + rect.height).magnitude < 1e12 ? rect : nil
    }

    private func number(_ name: AttributeName, _ index: Int, _ initial: Double) -> Double {
        document.attribute(name, of: index).flatMap { reader.number(reader.trimmed($0)) } ?? initial
    }

    private func numbers(_ name: AttributeName, _ index: Int) -> [Double] {
        guard let range = document.attribute(name, of: index) else { return [] }
        var scanner = reader.scanner(range), numbers: [Double] = []
        scanner.skipSpace()
        while !scanner.isAtEnd, numbers.count < 4096, let number = scanner.number() {
            numbers.append(number)
            scanner.skipSeparator()
        }
        return scanner.isAtEnd ? numbers : []
    }

    /// One number for both axes, or one for each.
    private func pair(_ name: AttributeName, _ index: Int, _ initial: Double) -> (x: Double, y: Double) {
        let numbers = numbers(name, index)
        guard (1...2).contains(numbers.count) else { return (initial, initial) }
        return (numbers[0], numbers.last!)
    }

    private func word(_ name: AttributeName, _ index: Int, _ initial: String) -> String {
        document.attribute(name, of: index).map { document.string(reader.trimmed($0)) } ?? initial
    }

    /// A colour of the primitive cascaded last.
    private mutating func color(_ name: AttributeName, _ index: Int, _ initial: ColorWithAlpha, _ style: Style) -> ColorWithAlpha {
        guard let range = value(name) else { return initial }
        if reader.isText(range, "currentcolor") { return style.color }
        var scanner = reader.scanner(range)
        if let color = ColorWithAlpha(&scanner, current: style.color) { return color }
        invalid(name, range, index)
        return initial
    }

    private func opacity(_ name: AttributeName) -> Double { value(name).flatMap { reader.fraction($0) } ?? 1 }

    private func colorMatrix(_ index: Int) -> [Double] {
        let values = numbers(.values, index)
        switch word(.type, index, "matrix") {
        case "saturate": return ColorMatrix.saturate(values.first ?? 1)
        case "hueRotate": return ColorMatrix.hueRotate(Angle(degrees: values.first ?? 0))
        case "luminanceToAlpha": return ColorMatrix.luminanceToAlpha
        default: return values.count == 20 ? values : ColorMatrix.identity
        }
    }

    private func transfers(_ index: Int) -> [SVG.Filter.Transfer] {
        var result = [SVG.Filter.Transfer](repeating: .identity, count: 4)
        var child = index + 1
        while child < Int(document.elements[index].end) {
            let channel: Int?
            switch document.elements[child].name {
            case .feFuncR: channel = 0
            case .feFuncG: channel = 1
            case .feFuncB: channel = 2
            case .feFuncA: channel = 3
            default: channel = nil
            }
            if let channel {
                let table = numbers(.tableValues, child)
                switch word(.type, child, "identity") {
                case "table": result[channel] = table.isEmpty ? .identity : .table(table)
                case "discrete": result[channel] = table.isEmpty ? .identity : .discrete(table)
                case "linear":
                    result[channel] = .linear(slope: number(.slope, child, 1), intercept: number(.intercept, child, 0))
                case "gamma":
                    result[channel] = .gamma(
                        amplitude: number(.amplitude, child, 1), exponent: number(.exponent, child, 1), offset: number(.offset, child, 0))
                default: result[channel] = .identity
                }
            }
            child = Int(document.elements[child].end)
        }
        return result
    }

    private func compositeOperator(_ index: Int) -> SVG.Filter.Operator {
        switch word(.operator, index, "over") {
        case "in": .in
        case "out": .out
        case "atop": .atop
        case "xor": .xor
        case "lighter": .lighter
        case "arithmetic":
            .arithmetic(k1: number(.k1, index, 0), k2: number(.k2, index, 0), k3: number(.k3, index, 0), k4: number(.k4, index, 0))
        default: .over
        }
    }

    private func convolution(_ index: Int) -> SVG.Filter.Convolution {
        let (x, y) = pair(.order, index, 3)
        var (columns, rows) = (Int(min(max(x, 0), 64)), Int(min(max(y, 0), 64)))
        var kernel = numbers(.kernelMatrix, index)
        if columns == 0 || rows == 0 || kernel.count != columns * rows { (columns, rows, kernel) = (1, 1, [1]) }
        let sum = kernel.reduce(0, +), divisor = number(.divisor, index, sum)
        func target(_ name: AttributeName, _ count: Int) -> Int {
            let value = Int(min(max(number(name, index, Double(count / 2)), -1), 64))
            return (0..<count).contains(value) ? value : count / 2
        }
        return SVG.Filter.Convolution(
            columns: columns, rows: rows, kernel: kernel, divisor: divisor == 0 ? 1 : divisor, bias: number(.bias, index, 0),
            targetX: target(.targetX, columns), targetY: target(.targetY, rows), edge: word(.edgeMode, index, "duplicate"),
            keepsAlpha: word(.preserveAlpha, index, "false") == "true")
    }

    private func light(_ index: Int) -> SVG.Filter.Lighting.Source {
        var child = index + 1
        while child < Int(document.elements[index].end) {
            let (x, y, z) = (number(.x, child, 0), number(.y, child, 0), number(.z, child, 0))
            switch document.elements[child].name {
            case .feDistantLight: return .distant(azimuth: number(.azimuth, child, 0), elevation: number(.elevation, child, 0))
            case .fePointLight: return .point(x: x, y: y, z: z)
            case .feSpotLight:
                let cone = document.attribute(.limitingConeAngle, of: child).flatMap { reader.number(reader.trimmed($0)) }
                return .spot(
                    x: x, y: y, z: z, towards: [number(.pointsAtX, child, 0), number(.pointsAtY, child, 0), number(.pointsAtZ, child, 0)],
                    exponent: number(.specularExponent, child, 1), cone: cone)
            default: child = Int(document.elements[child].end)
            }
        }
        return .distant(azimuth: 0, elevation: 0)
    }

    /// What a `feImage` shows: data fitted into its region, or an element of the file where it stands.
    private mutating func filterImage(_ index: Int, _ place: Rect, _ around: Surroundings) throws(SVG.ParseError) -> SVG.Node? {
        guard let reference = value(.href), !reference.isEmpty else { return nil }
        var inner = Surroundings()
        inner.depth = around.depth + 1
        guard inner.depth < options.limits.depth else { return nil }
        if reader.text[Int(reference.start)] == UInt8(ascii: "#") {
            guard let target = element(withID: TextRange(start: reference.start + 1, end: reference.end)), !activeUses.contains(target)
            else {
                report(index, .invalid, "`\(quoted(reference))` is not in the file, or inside itself; it shows nothing")
                return nil
            }
            activeUses.append(target)
            defer { activeUses.removeLast() }
            return try node(target, inner)
        }
        let aspect = aspectRatio(index)
        return try image(index, reference, aspect, OwnStyle(), inner) { _ in place }
    }

    // MARK: Functions

    /// A function of CSS as the primitive it stands for (Filter Effects 1, 11), which mixes in sRGB; nil when it is not valid.
    private func filterFunction(_ name: String, _ scanner: inout TextScanner, _ style: Style) -> SVG.Filter.Primitive? {
        guard scanner.skip(UInt8(ascii: "(")) else { return nil }
        func length() -> Double? {
            Length(&scanner, fontSize: style.fontSize, rootFontSize: reader.rootFontSize).flatMap { $0.isPercentage ? nil : $0.value }
        }
        func close() -> Bool {
            scanner.skipSpace()
            return scanner.skip(UInt8(ascii: ")"))
        }
        /// A number or percentage, not negative; `initial` for none.
        func amount(_ initial: Double, atMost limit: Double = .infinity) -> Double? {
            scanner.skipSpace()
            if scanner.next == UInt8(ascii: ")") { return initial }
            guard var number = scanner.number(), number >= 0 else { return nil }
            if scanner.skip(UInt8(ascii: "%")) { number /= 100 }
            return min(number, limit)
        }
        scanner.skipSpace()
        let matrix: [Double]
        switch name {
        case "blur":
            var deviation = 0.0
            if scanner.next != UInt8(ascii: ")") {
                guard let read = length(), read >= 0 else { return nil }
                deviation = read
            }
            return close() ? SVG.Filter.Primitive(.blur(.source, x: deviation, y: deviation), isLinear: false) : nil
        case "drop-shadow":
            var color = style.color, lengths: [Double] = [], hasColor = false
            while scanner.next != UInt8(ascii: ")") {
                let start = scanner.position
                if lengths.count < 3, let read = length() {
                    lengths.append(read)
                } else {
                    scanner.position = start
                    guard !hasColor else { return nil }
                    if let read = ColorWithAlpha(&scanner, current: style.color) {
                        color = read
                    } else {
                        return nil
                    }
                    hasColor = true
                }
                scanner.skipSpace()
            }
            guard close(), lengths.count >= 2, lengths.count < 3 || lengths[2] >= 0 else { return nil }
            let deviation = lengths.count == 3 ? lengths[2] : 0
            return SVG.Filter.Primitive(
                .dropShadow(.source, Vector(lengths[0], lengths[1]), x: deviation, y: deviation, color.color, opacity: color.alpha),
                isLinear: false)
        case "hue-rotate":
            var degrees = 0.0
            if scanner.next != UInt8(ascii: ")") {
                guard let number = scanner.number() else { return nil }
                switch lowercaseWord(&scanner) {
                case "deg": degrees = number
                case "rad": degrees = number * 180 / Double.pi
                case "grad": degrees = number * 0.9
                case "turn": degrees = number * 360
                case "" where number == 0: degrees = 0
                default: return nil
                }
            }
            matrix = ColorMatrix.hueRotate(Angle(degrees: degrees))
        case "brightness":
            guard let b = amount(1) else { return nil }
            matrix = ColorMatrix.scale(b, plus: 0)
        case "contrast":
            guard let c = amount(1) else { return nil }
            matrix = ColorMatrix.scale(c, plus: 0.5 - 0.5 * c)
        case "invert":
            guard let i = amount(1, atMost: 1) else { return nil }
            matrix = ColorMatrix.scale(1 - 2 * i, plus: i)
        case "opacity":
            guard let o = amount(1, atMost: 1) else { return nil }
            matrix = ColorMatrix.identity.dropLast(2) + [o, 0]
        case "grayscale":
            guard let g = amount(1, atMost: 1) else { return nil }
            matrix = ColorMatrix.saturate(1 - g)
        case "saturate":
            guard let s = amount(1) else { return nil }
            matrix = ColorMatrix.saturate(s)
        case "sepia":
            guard let s = amount(1, atMost: 1) else { return nil }
            matrix = ColorMatrix.sepia(s)
        default: return nil
        }
        return close() ? SVG.Filter.Primitive(.colorMatrix(.source, matrix), isLinear: false) : nil
    }
}

/// Matrices that filters name (Filter Effects 1, 9.5 and 11.1), by rows.
enum ColorMatrix {
    static let identity: [Double] = [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]
    static let luminanceToAlpha: [Double] = [Double](repeating: 0, count: 15) + [0.2126, 0.7152, 0.0722, 0, 0]

    static func scale(_ factor: Double, plus offset: Double) -> [Double] {
        [factor, 0, 0, 0, offset, 0, factor, 0, 0, offset, 0, 0, factor, 0, offset, 0, 0, 0, 1, 0]
    }

    static func saturate(_ s: Double) -> [Double] {
        [
            0.213 + 0.787 * s, 0.715 - 0.715 * s, 0.072 - 0.072 * s, 0, 0, 0.213 - 0.213 * s, 0.715 + 0.285 * s, 0.072 - 0.072 * s, 0, 0,
            0.213 - 0.213 * s, 0.715 - 0.715 * s, 0.072 + 0.928 * s, 0, 0, 0, 0, 0, 1, 0,
        ]
    }

    static func hueRotate(_ angle: Angle) -> [Double] {
        let (s, c) = angle.sineAndCosine
        return [
            0.213 + c * 0.787 - s * 0.213, 0.715 - c * 0.715 - s * 0.715, 0.072 - c * 0.072 + s * 0.928, 0, 0,
            0.213 - c * 0.213 + s * 0.143, 0.715 + c * 0.285 + s * 0.140, 0.072 - c * 0.072 - s * 0.283, 0, 0,
            0.213 - c * 0.213 - s * 0.787, 0.715 - c * 0.715 + s * 0.715, 0.072 + c * 0.928 + s * 0.072, 0, 0, 0, 0, 0, 1, 0,
        ]
    }

    static func sepia(_ amount: Double) -> [Double] {
        let k = 1 - amount
        return [
            0.393 + 0.607 * k, 0.769 - 0.769 * k, 0.189 - 0.189 * k, 0, 0, 0.349 - 0.349 * k, 0.686 + 0.314 * k, 0.168 - 0.168 * k, 0, 0,
            0.272 - 0.272 * k, 0.534 - 0.534 * k, 0.131 + 0.869 * k, 0, 0, 0, 0, 0, 1, 0,
        ]
    }
}

extension ElementName {
    /// Whether it is a step of a filter.
    var isFilterPrimitive: Bool {
        switch self {
        case .feBlend, .feColorMatrix, .feComponentTransfer, .feComposite, .feConvolveMatrix, .feDiffuseLighting, .feDisplacementMap,
            .feDropShadow, .feFlood, .feGaussianBlur, .feImage, .feMerge, .feMorphology, .feOffset, .feSpecularLighting, .feTile,
            .feTurbulence:
            true
        default: false
        }
    }
}

extension Rect {
    /// The rectangle with its edges moved outwards.
    func grown(_ dx: Double, _ dy: Double) -> Rect { Rect(x: minX - dx, y: minY - dy, width: width + 2 * dx, height: height + 2 * dy) }
}
