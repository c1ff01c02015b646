import AtelierGeometry

/// What comes of a mask where it is used.
enum ResolvedMask {
    /// Nothing of the element is seen.
    case nothing
    /// The reference is in error and has no effect.
    case ignored
    case mask(SVG.Mask)
}

extension Resolver {
    /// A mask as it hides an element (CSS Masking 1, 7).
    ///
    /// - Parameters:
    ///   - value: The value of `mask`.
    ///   - box: The box of what the element draws, without strokes, in the element's coordinates.
    ///   - around: The element's surroundings.
    mutating func mask(
        _ value: TextRange, of index: Int, box: Rect?, _ around: Surroundings
    ) throws(SVG.ParseError) -> ResolvedMask {
        guard let reference = reader.reference(value), let target = element(withID: reference.id),
            document.elements[target].name == .mask
        else {
            report(index, .approximated, "drawn without masking `\(quoted(value))`")
            return .ignored
        }
        guard !activeMasks.contains(target), activeMasks.count < 32, around.depth < options.limits.depth else {
            report(index, .invalid, "mask `\(quoted(value))` refers to itself; drawn without it")
            return .ignored
        }
        activeMasks.append(target)
        defer { activeMasks.removeLast() }

        var inner = Surroundings()
        inner.depth = around.depth + 1
        inner.transform = around.transform
        inner.style = try style(whereItStands: target)
        // From here on the mask is the element cascaded last, until its children are resolved.
        let isInBox = units(.maskUnits, [target], isBoxByDefault: true)
        let isContentInBox = units(.maskContentUnits, [target], isBoxByDefault: false)
        let nested = self.value(.mask).flatMap { reader.isText($0, "none") || !isPresent(.mask, $0, target) ? nil : $0 }
        let isAlpha = self.value(.maskType).map { reader.isText($0, "alpha") } ?? false
        let hasArea = box.map { $0.width > 0 && $0.height > 0 } ?? false
        guard let box, hasArea || !(isInBox || isContentInBox) else { return .nothing }
        let region = region(of: [target], isInBox: isInBox, box, inner.style, byDefault: (-10, -10, 120, 120))
        guard region.width > 0, region.height > 0 else { return .nothing }

        var toElement = AffineTransform.identity
        let outerViewport = viewport
        if isContentInBox {
            toElement = AffineTransform(a: box.width, b: 0, c: 0, d: box.height, e: box.minX, f: box.minY)
            viewport = Size(1, 1)
        }
        inner.transform = toElement.followed(by: around.transform)
        var children = try children(of: target, inner)
        viewport = outerViewport
        if isContentInBox {
            children = [.group(SVG.Group(origin: SVG.Origin(element: "g"), transform: toElement, children: children))]
        }
        if let nested {
            switch try mask(nested, of: target, box: box, around) {
            case .nothing: return .nothing
            case .ignored: break
            case .mask(let mask): children = [.group(SVG.Group(origin: SVG.Origin(element: "g"), mask: mask, children: children))]
            }
        }
        return .mask(
            SVG.Mask(kind: isAlpha ? .alpha : .luminance(isLinear: inner.style.isLinearLight), region: region, children: children))
    }

    /// Whether an attribute says `objectBoundingBox`.
    func units(_ name: AttributeName, _ chain: [Int], isBoxByDefault: Bool) -> Bool {
        guard let range = attribute(name, chain) else { return isBoxByDefault }
        return isBoxByDefault ? !reader.isText(range, "userspaceonuse") : reader.isText(range, "objectboundingbox")
    }

    /// The rectangle of `x`, `y`, `width` and `height` of a mask or a pattern.
    ///
    /// - Parameter byDefault: In percent of the box or the viewport.
    mutating func region(
        of chain: [Int], isInBox: Bool, _ box: Rect, _ style: Style, byDefault: (x: Double, y: Double, width: Double, height: Double)
    ) -> Rect {
        let kind = document.elements[chain[0]].name
        func extent(_ name: AttributeName, _ axis: Axis, _ percent: Double) -> Double {
            length(name, axis, among: chain, of: kind, isInBox: isInBox, style)
                ?? (isInBox ? percent / 100 : Length(value: percent, isPercentage: true).pixels(in: viewport, along: axis))
        }
        let (x, y) = (extent(.x, .horizontal, byDefault.x), extent(.y, .vertical, byDefault.y))
        let (width, height) = (extent(.width, .horizontal, byDefault.width), extent(.height, .vertical, byDefault.height))
        if !isInBox { return Rect(x: x, y: y, width: width, height: height) }
        return Rect(
            x: box.minX + x * box.width, y: box.minY + y * box.height, width: width * box.width, height: height * box.height)
    }
}
