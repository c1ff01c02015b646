import AtelierGeometry

extension Resolver {
    /// The region that a `clip-path` leaves of what an element draws, in the element's coordinates; nil when it leaves all.
    ///
    /// Design programs put one round the whole picture of everything they export: a rectangle that holds all there is costs
    /// nobody anything.
    /// - Parameters:
    ///   - value: The value of `clip-path`.
    ///   - node: What the element draws.
    ///   - toElement: From the node's own coordinates to the element's.
    mutating func clip(
        _ value: TextRange, of index: Int, around node: SVG.Node, toElement: AffineTransform, _ around: Surroundings
    ) throws(SVG.ParseError) -> BezierPath? {
        let region: BezierPath
        if let reference = reader.reference(value), let target = element(withID: reference.id),
            document.elements[target].name == .clipPath
        {
            guard let found = try self.region(ofClip: target, box: node.bounds(in: toElement), around) else {
                report(index, .invalid, "clip-path `\(quoted(value))` refers to itself; drawn without it")
                return nil
            }
            region = found
        } else if let shape = try basicShape(value, of: index, around: node, toElement: toElement, around.style) {
            region = shape
        } else {
            report(index, .approximated, "drawn without clipping `\(quoted(value))`")
            return nil
        }
        if case (let area, true)? = region.alignedRectangle, let ink = node.inkBounds(in: toElement) {
            let slack = 1e-6 * max(area.width, area.height)
            let isInside =
                ink.minX >= area.minX - slack && ink.minY >= area.minY - slack && ink.maxX <= area.maxX + slack
                && ink.maxY <= area.maxY + slack
            if isInside { return nil }
        }
        return region
    }

    /// The union of what a clip path's children enclose (CSS Masking 1, 5); nil for one that is inside itself.
    ///
    /// - Parameter box: The box of what it clips, for coordinates that refer to it.
    private mutating func region(
        ofClip index: Int, box: Rect?, _ around: Surroundings
    ) throws(SVG.ParseError) -> BezierPath? {
        guard !activeClips.contains(index), activeClips.count < 32 else { return nil }
        activeClips.append(index)
        defer { activeClips.removeLast() }
        try step(index)
        try cascade(index)
        let own = ownStyle(index), ownClip = value(.clipPath).flatMap { reader.isText($0, "none") ? nil : $0 }
        var inner = Surroundings()
        inner.isClip = true
        inner.depth = around.depth + 1
        let inherited = try clipStyle(of: index, around.style)
        try cascade(index)
        inner.style = style(index, inheriting: inherited)
        var transform = own.transform
        let isInBox = document.attribute(.clipPathUnits, of: index).map { reader.isText(reader.trimmed($0), "objectboundingbox") }
        if isInBox == true {
            guard let box, box.width > 0, box.height > 0 else { return BezierPath() }
            transform = transform.followed(by: AffineTransform(a: box.width, b: 0, c: 0, d: box.height, e: box.minX, f: box.minY))
        }
        guard own.isDisplayed, inner.depth < options.limits.depth else { return BezierPath() }
        let outerViewport = viewport
        if isInBox == true { viewport = Size(1, 1) }
        let children = try children(of: index, inner)
        viewport = outerViewport
        let group = SVG.Group(origin: SVG.Origin(element: "clipPath"), transform: transform, children: children)
        try step(index, count: group.nodeCount)
        var region = onlyText ? Self.standIn(for: group) : try counted(index) { group.region(work: &$0) }
        if let ownClip, let reference = reader.reference(ownClip), let target = element(withID: reference.id),
            document.elements[target].name == .clipPath
        {
            guard let other = try self.region(ofClip: target, box: box, around) else { return nil }
            if !onlyText { region = try counted(index) { region.combined(.intersection, with: other, work: &$0) } }
        }
        return region
    }

    /// An outline where only text is wanted: that something is left has to be said, as nothing is looked at in what is clipped away.
    private static func standIn(for group: SVG.Group) -> BezierPath {
        group.children.isEmpty ? BezierPath() : BezierPath(Rect(x: 0, y: 0, width: 1, height: 1))
    }

    /// The result of an operation on outlines, whose work counts as steps.
    mutating func counted(_ index: Int, _ body: (inout Int) -> BezierPath?) throws(SVG.ParseError) -> BezierPath {
        let comparisonsPerStep = 64
        let allowed = (options.limits.stepCount - steps) * comparisonsPerStep
        var left = allowed
        let result = body(&left)
        try step(index, count: 1 + (allowed - left) / comparisonsPerStep + (result == nil ? 1 : 0))
        return result ?? BezierPath()
    }

    /// What a clip path inherits, which is from where it stands and not from where it is used; of all properties only those of
    /// text sizes and `clip-rule` matter to outlines.
    private mutating func clipStyle(of index: Int, _ used: Style) throws(SVG.ParseError) -> Style {
        var style = Style()
        style.fontSize = used.fontSize
        if (index..<Int(document.elements[index].end)).contains(where: { document.elements[$0].name == .characters }) {
            style = try styleAround(index)
            style.isVisible = true
        }
        var element = Int(document.elements[index].parent)
        while element >= 0 {
            if let range = document.attribute(.clipRule, of: element).map(reader.trimmed) {
                style.clipRule = reader.isText(range, "evenodd") ? .evenOdd : .nonzero
                break
            }
            element = Int(document.elements[element].parent)
        }
        return style
    }
}

extension Resolver {
    /// What an element inherits from those around it where it stands.
    private mutating func styleAround(_ index: Int) throws(SVG.ParseError) -> Style {
        var ancestors: [Int] = []
        var element = Int(document.elements[index].parent)
        while element >= 0 {
            ancestors.append(element)
            element = Int(document.elements[element].parent)
        }
        var style = Style()
        for ancestor in ancestors.reversed() {
            try step(ancestor)
            try cascade(ancestor)
            style = self.style(ancestor, inheriting: style)
        }
        return style
    }
}

extension SVG.Group {
    /// What the paths below enclose together, each by its own rule, in the coordinates of the group's parent.
    ///
    /// - Parameter work: How many comparisons may be made; nil when that was not enough.
    fileprivate func region(work: inout Int) -> BezierPath? {
        var outlines = BezierPath()
        for child in children {
            switch child {
            case .group(let group):
                guard let region = group.region(work: &work) else { return nil }
                outlines.append(region)
            // Only shapes are resolved inside a clip path.
            case .image: break
            case .path(let path):
                let outline = path.geometry.transformed(by: path.transform)
                guard let region = outline.resolved(path.fill?.rule ?? .nonzero, work: &work) else { return nil }
                outlines.append(region)
            case .text: break  // Its outlines stand in for it.
            }
        }
        // Each is wound the same way, so that together they are their union by the nonzero rule.
        var region = children.count == 1 ? outlines : outlines.resolved(.nonzero, work: &work)
        if let clip { region = region?.combined(.intersection, with: clip, work: &work) }
        return transform == .identity ? region : region?.transformed(by: transform).resolved(.nonzero, work: &work)
    }
}
