import AtelierGeometry

/// What comes of a pattern where it is used.
enum ResolvedPattern {
    /// It has no content or no area, so nothing is painted.
    case nothing
    /// It cannot be laid out: its coordinates refer to a box without area, or are no numbers.
    case ignored
    case pattern(SVG.Pattern)
}

extension Resolver {
    /// A pattern as it paints an outline (SVG 2, 14.3).
    ///
    /// - Parameters:
    ///   - bounds: The box of the outline, which coordinates refer to unless the pattern says otherwise.
    ///   - index: The element it paints.
    ///   - around: The element's surroundings.
    mutating func pattern(
        _ server: Int, around bounds: Rect?, of index: Int, _ around: Surroundings
    ) throws(SVG.ParseError) -> ResolvedPattern {
        guard !activePatterns.contains(server), activePatterns.count < 8, around.depth < options.limits.depth else {
            report(index, .invalid, "a pattern inside itself, or eight deep in others, is not drawn")
            return .nothing
        }
        let chain = templates(of: server)
        try step(server, count: chain.count)
        // What the pattern lacks it has from the first of its templates that has it, its content too.
        guard let source = chain.first(where: { Int(document.elements[$0].end) > $0 + 1 }) else { return .nothing }
        let isInBox = units(.patternUnits, chain, isBoxByDefault: true)
        let isContentInBox = units(.patternContentUnits, chain, isBoxByDefault: false)
        let hasArea = bounds.map { $0.width > 0 && $0.height > 0 } ?? false
        guard let bounds, hasArea || !(isInBox || isContentInBox) else { return .ignored }
        var transform = AffineTransform.identity
        if let range = attribute(.patternTransform, chain) {
            guard let read = AffineTransform(reader.scanner(range)) else {
                report(server, .invalid, "patternTransform `\(quoted(range))` is not valid; it is left out")
                return .ignored
            }
            transform = read
        }
        var box: Rect?
        if let range = attribute(.viewBox, chain) {
            box = AtelierSVG.viewBox(reader.scanner(range))
            guard let box, box.width > 0, box.height > 0 else {
                report(server, .invalid, "viewBox `\(quoted(range))` has no area; nothing is painted")
                return .nothing
            }
        }
        let aspect = attribute(.preserveAspectRatio, chain).flatMap { AspectRatio(reader.scanner($0)) } ?? AspectRatio()
        let tile = region(of: chain, isInBox: isInBox, bounds, around.style, byDefault: (0, 0, 0, 0))
        guard tile.width > 0, tile.height > 0 else { return .nothing }
        transform = AffineTransform.translation(tile.minX, tile.minY).followed(by: transform)
        guard transform.isFinite, transform.inverse != nil else { return .nothing }

        var content = AffineTransform.identity
        let outerViewport = viewport
        if let box {
            content = aspect.transform(from: box, into: tile.size)
            viewport = box.size
        } else if isContentInBox {
            content = .scaling(bounds.width, bounds.height)
            viewport = Size(1, 1)
        }
        activePatterns.append(server)
        defer {
            activePatterns.removeLast()
            viewport = outerViewport
        }
        var inner = Surroundings()
        inner.depth = around.depth + 1
        inner.transform = content.followed(by: transform).followed(by: around.transform)
        inner.style = try style(whereItStands: source)
        var children = try children(of: source, inner)
        if children.isEmpty { return .nothing }
        if content != .identity {
            children = [.group(SVG.Group(origin: SVG.Origin(element: "g"), transform: content, children: children))]
        }
        return .pattern(SVG.Pattern(tile: tile.size, transform: transform, children: children))
    }
}
