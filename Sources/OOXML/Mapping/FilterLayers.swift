internal import AtelierGeometry
internal import AtelierSVG

/// One of the pictures that a filter lays over each other, in terms that shapes have. Lengths are in the filtered group's coordinates.
struct FilterLayer {
    /// What is drawn.
    enum Content {
        /// The group.
        case source
        /// The light that falls into the group past its own edge: a shadow inside.
        case inside
        /// Everything but the group.
        case outside
        /// All of the region.
        case everything
        /// A drawing of its own.
        case image(SVG.Node)
    }

    var content: Content
    /// The one colour it has; nil for its own colours.
    var tint: SVG.Color?
    /// What is done to its own colours, in turn.
    var changes: [ColorChange] = []
    var opacity = 1.0
    var shift = Vector.zero
    /// Standard deviation of the blur.
    var deviation = 0.0
    /// Where it is seen.
    var region: Rect

    /// The group as it is.
    var isPlain: Bool {
        if case .source = content { tint == nil && changes.isEmpty && opacity == 1 && isInPlace } else { false }
    }

    /// The group's outline in one colour.
    var isShadow: Bool { if case .source = content { tint != nil } else { false } }

    var isInPlace: Bool { shift == .zero && deviation == 0 }
}

/// What a filter does to a colour.
struct ColorChange {
    enum Function {
        /// Rows of four factors and a constant for red, green and blue.
        case matrix([Double])
        /// For red, green and blue.
        case transfer([SVG.Filter.Transfer])
    }
    var function: Function
    var isLinear: Bool
}

extension SVG.Filter {
    /// What the filter draws, back to front; nil when it cannot be said in layers.
    var layers: [FilterLayer]? {
        var results: [[FilterLayer]] = []
        let source = FilterLayer(content: .source, region: region)
        var shape = source
        shape.tint = SVG.Color(red: 0, green: 0, blue: 0)
        func input(_ input: Input) -> [FilterLayer] {
            switch input {
            case .source: [source]
            case .sourceAlpha: [shape]
            case .result(let place): results[place]
            }
        }
        for primitive in primitives {
            guard var result = Self.layers(of: primitive, in: region, input: input) else { return nil }
            // A primitive's own rectangle cuts what it makes.
            if let own = primitive.region {
                for place in result.indices {
                    guard let seen = result[place].region.shared(with: own) else { return nil }
                    result[place].region = seen
                }
            }
            guard result.count <= 8 else { return nil }
            results.append(result)
        }
        return results.last
    }

    private static func layers(
        of primitive: Primitive, in region: Rect, input: (Input) -> [FilterLayer]
    ) -> [FilterLayer]? {
        switch primitive.effect {
        case .blur(let from, let x, let y):
            return blurred(input(from), x, y)
        case .offset(let from, let by):
            return moved(input(from), by, in: region)
        case .flood(let color, let opacity):
            return [FilterLayer(content: .everything, tint: color, opacity: opacity, region: region)]
        case .merge(let inputs): return inputs.flatMap(input)
        case .dropShadow(let from, let by, let x, let y, let color, let opacity):
            let content = input(from)
            guard var shadow = blurred(content, x, y).map({ moved($0, by, in: region) }), shadow.count == 1 else { return nil }
            shadow[0].tint = color
            shadow[0].opacity *= opacity
            return shadow + content
        case .colorMatrix(let from, let matrix):
            return input(from).compactMapAll { changed($0, matrix, isLinear: primitive.isLinear) }
        case .componentTransfer(let from, let functions):
            return input(from).compactMapAll { changed($0, functions, isLinear: primitive.isLinear) }
        case .composite(let a, let b, let rule): return composed(input(a), input(b), rule)
        case .blend(let a, let b, let mode): return mode == "normal" ? input(b) + input(a) : nil
        case .image(let node):
            guard let node else { return [] }
            return [FilterLayer(content: .image(node), region: region)]
        case .morphology(let from, _, let x, let y): return x == 0 && y == 0 ? input(from) : nil
        case .tile, .turbulence, .displacement, .convolution, .lighting: return nil
        }
    }

    /// One layer blurred alike in all directions; several only by nothing.
    private static func blurred(_ layers: [FilterLayer], _ x: Double, _ y: Double) -> [FilterLayer]? {
        if x == 0, y == 0 { return layers }
        guard layers.count == 1, abs(x - y) <= 0.02 * max(x, y) else { return nil }
        var layer = layers[0]
        switch layer.content {
        case .source, .outside: break
        case .inside, .everything, .image: return nil
        }
        layer.deviation = (layer.deviation * layer.deviation + x * y).squareRoot()
        return [layer]
    }

    private static func moved(_ layers: [FilterLayer], _ by: Vector, in region: Rect) -> [FilterLayer] {
        layers.compactMap { layer in
            var layer = layer
            layer.shift = layer.shift + by
            let place = Rect(
                x: layer.region.minX + by.dx, y: layer.region.minY + by.dy, width: layer.region.width, height: layer.region.height)
            // What was cut at the region's edge moves with the layer; what has not been cut yet is cut where it comes to lie.
            guard let seen = layer.region == region ? region : place.shared(with: region) else { return nil }
            layer.region = seen
            return layer
        }
    }

    /// A layer with other colours; nil when its transparency would become another.
    private static func changed(_ layer: FilterLayer, _ matrix: [Double], isLinear: Bool) -> FilterLayer? {
        guard matrix.count == 20, matrix[15] == 0, matrix[16] == 0, matrix[17] == 0, matrix[19] == 0, (0...1).contains(matrix[18]),
            matrix[3] == 0, matrix[8] == 0, matrix[13] == 0
        else { return nil }
        var result = layer
        result.opacity *= matrix[18]
        let rows = Array(matrix[..<15])
        if (0..<3).allSatisfy({ row in rows[row * 5..<row * 5 + 3].allSatisfy { $0 == 0 } }) {
            let black = SVG.Color(red: 0, green: 0, blue: 0)
            result.tint = ColorChange(function: .matrix(rows), isLinear: isLinear)(black)
            result.changes = []
            return result
        }
        return result.changing(ColorChange(function: .matrix(rows), isLinear: isLinear))
    }

    private static func changed(_ layer: FilterLayer, _ functions: [Transfer], isLinear: Bool) -> FilterLayer? {
        guard functions.count == 4 else { return nil }
        var result = layer
        switch functions[3] {
        case .identity: break
        case .linear(let slope, let intercept) where intercept == 0 && (0...1).contains(slope): result.opacity *= slope
        case .linear(let slope, let intercept) where slope == -1 && intercept == 1: guard result.inverts() else { return nil }
        case .table(let values) where values.count == 2 && values[0] == 0 && (0...1).contains(values[1]): result.opacity *= values[1]
        case .table(let values) where values == [1, 0]: guard result.inverts() else { return nil }
        default: return nil
        }
        if functions[..<3].allSatisfy({ $0 == .identity }) { return result }
        for case .gamma(_, let exponent, _) in functions where exponent != 1 { return nil }
        return result.changing(ColorChange(function: .transfer(functions), isLinear: isLinear))
    }

    private static func composed(_ a: [FilterLayer], _ b: [FilterLayer], _ rule: Operator) -> [FilterLayer]? {
        switch rule {
        case .over: return b + a
        case .arithmetic(0, let k2, 0, 0) where (0...1).contains(k2): return a.map { $0.fading(to: k2) }
        case .arithmetic(0, 0, let k3, 0) where (0...1).contains(k3): return b.map { $0.fading(to: k3) }
        case .arithmetic(0, -1, 1, 0): return inside(b, of: a)
        case .arithmetic(0, 1, -1, 0): return inside(a, of: b)
        case .in:
            guard a.count == 1, b.count == 1 else { return nil }
            // One colour where something else is: that in the colour.
            if case .everything = a[0].content, let tint = a[0].tint {
                var result = b[0]
                if case .image = result.content { return nil }
                result.tint = tint
                result.changes = []
                result.opacity *= a[0].opacity
                guard let seen = result.region.shared(with: a[0].region) else { return [] }
                result.region = seen
                return [result]
            }
            // What lies outside, blurred and moved, seen inside: a shadow there.
            if case .outside = a[0].content, b[0].isOutline {
                var result = a[0]
                result.content = .inside
                return [result]
            }
            return nil
        case .out:
            guard a.count == 1, b.count == 1 else { return nil }
            if case .everything = a[0].content, let tint = a[0].tint, case .source = b[0].content, b[0].opacity == 1 {
                var result = b[0]
                result.content = .outside
                result.tint = tint
                result.changes = []
                result.opacity = a[0].opacity
                return [result]
            }
            return inside(a, of: b)
        case .atop, .xor, .lighter, .arithmetic: return nil
        }
    }

    /// The first outline where the second, blurred and moved, does not cover it.
    private static func inside(_ whole: [FilterLayer], of moved: [FilterLayer]) -> [FilterLayer]? {
        guard whole.count == 1, moved.count == 1, whole[0].isOutline, case .source = moved[0].content, moved[0].opacity == 1 else {
            return nil
        }
        var result = moved[0]
        result.content = .inside
        result.tint = whole[0].tint
        result.changes = whole[0].changes
        return [result]
    }
}

extension FilterLayer {
    /// Whether it is where the group is, in whatever colour.
    fileprivate var isOutline: Bool { if case .source = content { opacity == 1 && isInPlace } else { false } }

    fileprivate func fading(to share: Double) -> FilterLayer {
        var result = self
        result.opacity *= share
        return result
    }

    /// Turns it into its opposite.
    fileprivate mutating func inverts() -> Bool {
        guard case .source = content, opacity == 1, tint != nil else { return false }
        content = .outside
        return true
    }

    /// The layer with its colours changed; those of drawings are not known here.
    fileprivate func changing(_ change: ColorChange) -> FilterLayer? {
        var result = self
        if let tint {
            guard let changed = change(tint) else { return nil }
            result.tint = changed
            return result
        }
        guard case .source = content else { return nil }
        result.changes.append(change)
        return result
    }
}

extension ColorChange {
    /// The color after the change; nil when its function is none that can be computed alike everywhere.
    func callAsFunction(_ color: SVG.Color) -> SVG.Color? {
        var values = [color.red, color.green, color.blue].map { isLinear ? LinearLight.value(of: $0) : Double($0) / 255 }
        switch function {
        case .matrix(let rows):
            values = (0..<3).map { row in
                rows[row * 5] * values[0] + rows[row * 5 + 1] * values[1] + rows[row * 5 + 2] * values[2] + rows[row * 5 + 4]
            }
        case .transfer(let functions):
            for channel in 0..<3 {
                guard let value = functions[channel].value(at: values[channel]) else { return nil }
                values[channel] = value
            }
        }
        let bytes = values.map { isLinear ? LinearLight.byte(of: $0) : UInt8(min(max($0, 0), 1) * 255 + 0.5) }
        return SVG.Color(red: bytes[0], green: bytes[1], blue: bytes[2])
    }
}

extension SVG.Filter.Transfer {
    /// The function's value (Filter Effects 1, 9.7.1); nil for a power.
    fileprivate func value(at c: Double) -> Double? {
        switch self {
        case .identity: return c
        case .linear(let slope, let intercept): return slope * c + intercept
        case .table(let values):
            let n = values.count - 1
            guard n > 0 else { return values.first ?? c }
            let k = min(Int(c * Double(n)), n - 1)
            return values[k] + (c * Double(n) - Double(k)) * (values[k + 1] - values[k])
        case .discrete(let values):
            return values.isEmpty ? c : values[min(Int(c * Double(values.count)), values.count - 1)]
        case .gamma(let amplitude, let exponent, let offset): return exponent == 1 ? amplitude * c + offset : nil
        }
    }
}

/// sRGB without its gamma (IEC 61966-2-1), for 8-bit values, by arithmetic that is the same on every machine.
private enum LinearLight {
    private static let table: [Double] = (0...255).map { byte in
        let v = Double(byte) / 255
        if v <= 0.04045 { return v / 12.92 }
        // x²·⁴ = x² · (⁵√x)², the root by Newton's steps.
        let x = (v + 0.055) / 1.055
        var root = 1.0
        for _ in 0..<60 { root -= (root * root * root * root * root - x) / (5 * root * root * root * root) }
        return x * x * root * root
    }

    static func value(of byte: UInt8) -> Double { table[Int(byte)] }

    /// The byte with the nearest value.
    static func byte(of value: Double) -> UInt8 {
        var (low, high) = (0, 255)
        while high - low > 1 {
            let middle = (low + high) / 2
            if table[middle] <= value { low = middle } else { high = middle }
        }
        return UInt8(value - table[low] <= table[high] - value ? low : high)
    }
}

extension Array {
    /// The results for all elements; nil when there is none for one of them.
    fileprivate func compactMapAll<Result>(_ transform: (Element) -> Result?) -> [Result]? {
        var results: [Result] = []
        for element in self {
            guard let result = transform(element) else { return nil }
            results.append(result)
        }
        return results
    }
}

extension Rect {
    /// What both rectangles hold; nil when they share no area.
    func shared(with other: Rect) -> Rect? {
        let low = Point(max(minX, other.minX), max(minY, other.minY))
        let high = Point(min(maxX, other.maxX), min(maxY, other.maxY))
        return low.x < high.x && low.y < high.y ? Rect(low, high) : nil
    }
}
