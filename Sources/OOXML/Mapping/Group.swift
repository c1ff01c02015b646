internal import AtelierGeometry
internal import AtelierPixels
internal import AtelierSVG

/// Where the tags of groups go. A group's tag states the box of its children, which is known only after them, so children are
/// written at once and the tags are woven in at the end.
struct GroupRecord {
    struct Header {
        var id: Int
        var name: String?
        var summary: String?
        var bounds: Rect
    }

    private enum Tag {
        case open(Header?)
        case close
    }

    private var tags: [(offset: Int, tag: Tag)] = []

    /// Marks the place of a group that begins here; the result names it.
    mutating func begin(at offset: Int) -> Int {
        tags.append((offset, .open(nil)))
        return tags.count - 1
    }

    /// Ends a group and keeps it. A group that is not ended leaves no trace.
    mutating func end(_ index: Int, at offset: Int, _ header: Header) {
        tags[index].tag = .open(header)
        tags.append((offset, .close))
    }

    /// How many tags there are.
    var count: Int { tags.count }

    /// Forgets later tags.
    mutating func truncate(to count: Int) { tags.removeSubrange(count...) }

    /// Whether no group was begun.
    var isEmpty: Bool { tags.isEmpty }

    /// Puts the tags into their places, within the memory of the part: it may have a hundred megabytes.
    func weave(into part: inout XMLBuffer) {
        var written = XMLBuffer(), insertions: [(offset: Int, end: Int)] = []
        insertions.reserveCapacity(tags.count)
        for (offset, tag) in tags {
            switch tag {
            case .open(let header): if let header { written.groupStart(header) }
            case .close: written.markup("</p:grpSp>")
            }
            insertions.append((offset, written.bytes.count))
        }
        part.insert(written.bytes, at: insertions)
    }
}

extension SlideMapper {
    /// A group whose children are being written.
    private struct OpenGroup {
        var group: SVG.Group
        var nextChild = 0
        var transform: AffineTransform
        var opacity: Double
        /// Where its children are seen, on the slide; nil for everywhere.
        var clip: BezierPath?
        /// The number of the link that its children have.
        var link: Int?
        var id = 0
        var tag = 0
        /// Before anything of it was written.
        var start: Checkpoint
        /// Whether it is known how its opacity can be given to its shapes.
        var isSettled = false
        /// Whether what is around it builds on an answer that is missing.
        var wasBlocked = false
        var childCount = 0
        var bounds: Rect?

        mutating func add(_ child: Rect) {
            childCount += 1
            bounds = bounds?.union(child) ?? child
        }
    }

    /// Maps a tree. The root itself is the slide, so it makes no group. Depth costs memory, not stack.
    ///
    /// - Returns: the box of everything drawn, without strokes; nil when nothing is.
    mutating func map(_ root: SVG.Group, through placement: AffineTransform) -> Rect? {
        decisions.begin()
        let slide = OpenGroup(group: root, transform: placement, opacity: 1, start: checkpoint)
        var first = slide
        first.transform = root.transform.followed(by: placement)
        first.opacity = root.opacity
        first.clip = root.clip?.transformed(by: first.transform)
        if root.opacity < 1, root.leavesOverlap(through: first.transform), !profile.accepts(root.opacityDeviation),
            let flat = flat(root)
        {
            first.group = flat
            first.isSettled = true
            decisions.isSilent = true
            let bounds = map(from: first, on: slide)
            decisions.isSilent = false
            // None of the children is a shape of its own any more.
            topShapes = [Int](repeating: 0, count: root.children.count)
            decisions.end(.native, contents - slide.start.contents, nodeCount: SVG.Node.group(root).nodeCount)
            return bounds
        }
        if root.opacity < 1 { settle(&first) }
        return map(from: first, on: slide)
    }

    /// Maps a node that stands for another one of the tree, about which it says nothing itself.
    ///
    /// - Parameter isSettled: Whether it is known how the opacity around it can be given to its shapes.
    mutating func map(
        standIn node: SVG.Node, through parent: AffineTransform, opacity: Double, clip: BezierPath?, isSettled: Bool = false
    ) -> Rect? {
        let wasSilent = decisions.isSilent
        decisions.isSilent = true
        defer { decisions.isSilent = wasSilent }
        var around = OpenGroup(
            group: SVG.Group(origin: node.origin, children: [node]), transform: parent, opacity: opacity, start: checkpoint)
        around.clip = clip
        around.link = link
        around.isSettled = isSettled
        around.wasBlocked = outlines.isBlocked
        return map(from: around, on: around)
    }

    /// Maps the children of a group that makes none on the slide.
    private mutating func map(from first: OpenGroup, on slide: OpenGroup) -> Rect? {
        var open = [first]
        while var current = open.popLast() {
            if current.nextChild < current.group.children.count, !isCancelled() {
                let child = current.group.children[current.nextChild]
                current.nextChild += 1
                link = current.link
                // Nodes that stand for others are no children of the root.
                if open.isEmpty, !decisions.isSilent { topShapes.append(peekID()) }
                open.append(current)
                var bounds: Rect?
                switch way(to: child, in: open) {
                case .asItIs:
                    switch child {
                    case .path(let path):
                        bounds = decide(child, through: current.transform, opacity: current.opacity, clip: current.clip) {
                            $0.map(path, through: current.transform, opacity: current.opacity, clip: current.clip)
                        }
                    case .image(let image):
                        bounds = decide(child, through: current.transform, opacity: current.opacity, clip: current.clip) {
                            $0.map(image, through: current.transform, opacity: current.opacity, clip: current.clip)
                        }
                    case .text(let text):
                        bounds = decide(child, through: current.transform, opacity: current.opacity, clip: current.clip) {
                            $0.map(text, through: current.transform, opacity: current.opacity, clip: current.clip)
                        }
                    case .group(let group):
                        decisions.begin()
                        if group.opacity > 0 {
                            open.append(begin(group, in: current))
                        } else {
                            decisions.end(.omitted, SlideContents(), nodeCount: child.nodeCount)
                        }
                    }
                case .filtered(let group):
                    bounds = map(filtered: group, through: current.transform, opacity: current.opacity, clip: current.clip)
                case .arrow(let line, let ends, let deviation, let transform):
                    bounds = decide(child, through: current.transform, opacity: current.opacity, clip: current.clip) {
                        $0.map((line, ends, deviation), through: transform, opacity: current.opacity)
                    }
                case .other(let node, let isSettled, let message):
                    bounds = decide(child, through: current.transform, opacity: current.opacity, clip: current.clip) {
                        if let message { $0.note(.approximated, child.origin, message) }
                        return $0.map(
                            standIn: node, through: current.transform, opacity: current.opacity, clip: current.clip, isSettled: isSettled)
                    }
                case .picture(let reason):
                    if case .group(let group) = child { link = link(of: group, in: current.link) }
                    bounds = decide(child, through: current.transform, opacity: current.opacity, clip: current.clip) {
                        $0.picture(
                            of: child, through: current.transform, opacity: current.opacity, clip: current.clip, because: reason)
                    }
                }
                if let bounds { open[open.count - 1].add(bounds) }
            } else {
                let bounds = end(current, in: open.last ?? slide, isRoot: open.isEmpty)
                if open.isEmpty { return bounds }
                if let bounds { open[open.count - 1].add(bounds) }
            }
        }
        return nil
    }

    /// How a node can be said on a slide.
    private enum Way {
        case asItIs
        /// As another node, of which it may be known how opacity can be given to its shapes, and something may have to be noted.
        case other(SVG.Node, isSettled: Bool, note: String? = nil)
        /// By what its filter makes of it.
        case filtered(SVG.Group)
        /// As a line with ends, through a transform to the slide.
        case arrow(SVG.Path, ends: (start: LineEnd?, end: LineEnd?), deviation: Double, through: AffineTransform)
        /// Not at all, for a reason.
        case picture(because: String)
    }

    private mutating func way(to node: SVG.Node, in open: [OpenGroup]) -> Way {
        let parent = open[open.count - 1]
        switch node {
        case .image: return .asItIs
        case .text(let text):
            // No program draws text in a pattern of shapes, so it becomes outlines.
            guard text.hasPattern else { return .asItIs }
            return .other(
                .group(text.outlined), isSettled: parent.isSettled,
                note: "text cannot be painted with a pattern of shapes, so it became outlines")
        case .path(let path):
            if path.hasPattern {
                let tiles = flattened { (flattening) throws(Flattening.Obstacle) in try flattening.unpatterned(path) }
                if let tiles { return .other(tiles, isSettled: parent.isSettled) }
                return .picture(because: "its pattern has more tiles, or other things in them, than can be said in shapes")
            }
            guard path.fill != nil, path.stroke != nil else { return .asItIs }
            // What the opacity of a shape with a stroke is off by, see `opacityDeviation`. Effects are those of one shape.
            let isOff = path.opacity < 1 && effects.isEmpty && !profile.accepts(path.parts.opacityDeviation)
            if path.isStrokeFirst || isOff { return .other(.group(path.parts), isSettled: parent.isSettled) }
            return .asItIs
        case .group(let group):
            if group.opacity <= 0 { return .asItIs }
            if let joined = group.joiningMarkersInPatterns { return .other(.group(joined), isSettled: parent.isSettled) }
            if group.filter != nil {
                // What a filter makes is masked and blended, not what it is made of.
                guard group.mask != nil || group.blend != .normal else { return .filtered(group) }
                return .other(.group(group.filteringInside), isSettled: parent.isSettled)
            }
            if group.mask != nil {
                let unmasked = flattened { (flattening) throws(Flattening.Obstacle) in try flattening.unmasked(group) }
                if let unmasked { return .other(.group(unmasked), isSettled: parent.isSettled) }
                if affordsPicture(of: node, clip: parent.clip) {
                    return .picture(because: "slides have no masks, and this one is not made of plain areas")
                }
                var bare = group
                bare.mask = nil
                return .other(
                    .group(bare), isSettled: parent.isSettled,
                    note: "its mask was left out, as \(PictureWork.excess)")
            }
            if group.blend != .normal { return blended(group, in: open) }
            let inner = group.transform.followed(by: parent.transform)
            if let (line, ends, deviation) = arrow(group, through: inner, clip: parent.clip) {
                return .arrow(line, ends: ends, deviation: deviation, through: inner)
            }
            if group.opacity < 1, effects.isEmpty, !parent.isSettled, !profile.accepts(group.opacityDeviation),
                group.leavesOverlap(through: inner), let flat = flat(group)
            {
                return .other(.group(flat), isSettled: true)
            }
            return .asItIs
        }
    }

    private mutating func begin(_ group: SVG.Group, in parent: OpenGroup) -> OpenGroup {
        var result = OpenGroup(
            group: group, transform: group.transform.followed(by: parent.transform), opacity: parent.opacity * group.opacity,
            start: checkpoint)
        result.wasBlocked = outlines.isBlocked
        result.clip = parent.clip
        result.link = link(of: group, in: parent.link)
        if let clip = group.clip?.transformed(by: result.transform) {
            result.clip = parent.clip.map { outlines.answer(OutlineWork(.intersection, $0, other: clip)).outline ?? BezierPath() } ?? clip
        }
        result.id = nextID()
        result.tag = groups.begin(at: xml.bytes.count)
        result.isSettled = parent.isSettled
        if group.opacity < 1, !result.isSettled { settle(&result) }
        return result
    }

    /// Gives the group's opacity to each of its shapes, and notes where they overlap.
    private mutating func settle(_ open: inout OpenGroup) {
        open.isSettled = true
        guard open.group.leavesOverlap(through: open.transform) else { return }
        note(
            .approximated, open.group.origin,
            "group opacity was given to each shape, so where shapes of the group overlap they show through one another",
            by: open.group.opacityDeviation)
    }

    /// The group with children of which those behind lack what those in front hide, so that its opacity can be given to each; nil when
    /// they are no plain areas.
    private mutating func flat(_ group: SVG.Group) -> SVG.Group? {
        let outlinesText = profile == .exact && text != .keep
        let areas = flattened { (flattening) throws(Flattening.Obstacle) in
            flattening.outlinesText = outlinesText
            return try flattening.flat(flattening.layers(of: group.children, .identity))
        }
        guard let areas else { return nil }
        var result = group
        result.children = areas.map(\.node)
        return result
    }

    /// A group with a blend mode as one that gives the same colours painted as usual over what is there.
    private mutating func blended(_ group: SVG.Group, in open: [OpenGroup]) -> Way {
        let parent = open[open.count - 1]
        var plain = group
        plain.blend = .normal
        guard let back = parent.transform.inverse,
            let box = group.inkBounds(in: group.transform.followed(by: parent.transform))
        else { return .other(.group(plain), isSettled: parent.isSettled) }
        let first = open.lastIndex { $0.group.isIsolating } ?? 0
        let areas = flattened { (flattening) throws(Flattening.Obstacle) -> [FlatArea] in
            var behind: [FlatArea] = []
            for level in open[first...] {
                behind += try flattening.layers(of: Array(level.group.children.prefix(level.nextChild - 1)), level.transform, near: box)
            }
            return behind.isEmpty ? [] : try flattening.blended(group, parent.transform, over: behind)
        }
        guard let areas else {
            let mode = group.blend.rawValue
            return .other(
                .group(plain), isSettled: parent.isSettled,
                note:
                    "slides have no blend modes, and `\(mode)` with what lies behind is not plain colours, so it was drawn as usual")
        }
        if areas.isEmpty { return .other(.group(plain), isSettled: parent.isSettled) }
        let children = SVG.Group(origin: SVG.Origin(element: "g"), transform: back, children: areas.map(\.node))
        return .other(.group(SVG.Group(origin: group.origin, link: group.link, children: [.group(children)])), isSettled: true)
    }

    /// Ends a group: writes its tags if it says something.
    ///
    /// - Returns: the box of its children; nil for a group without any, which leaves no trace.
    private mutating func end(_ current: OpenGroup, in parent: OpenGroup, isRoot: Bool) -> Rect? {
        defer { outlines.isBlocked = current.wasBlocked }
        let group = current.group, origin = group.origin
        if let message = refusal(since: current.start), affordsPicture(of: .group(group), clip: parent.clip) {
            restore(current.start)
            let box = picture(
                of: .group(group), through: parent.transform, opacity: parent.opacity, clip: parent.clip,
                because: "this profile does not accept that \(message)")
            let added = contents - current.start.contents
            decisions.end(added.pictures > 0 ? .picture : .omitted, added, nodeCount: SVG.Node.group(group).nodeCount)
            return box
        }
        var added = SlideContents()
        // A nameless group around one thing is a step more to click through and says nothing.
        if !isRoot, let bounds = current.bounds, current.childCount > 1 || origin.label != nil || origin.summary != nil {
            groups.end(
                current.tag, at: xml.bytes.count,
                .init(id: current.id, name: origin.label, summary: origin.summary, bounds: bounds))
            shapeCount += 1
            groupCount += 1
            added.groups = 1
        }
        let isNoted = findingPlaces[current.start.findingCount...].contains(decisions.place)
        if isNoted || added.groups > 0 { decisions.end(isNoted ? .approximated : .native, added) } else { decisions.end() }
        return current.bounds
    }
}

extension SVG.Group {
    /// Whether shapes overlap that lie where `transform` puts them; two EMU forgive rounding.
    fileprivate func leavesOverlap(through transform: AffineTransform) -> Bool { leavesOverlap(slack: 2 / transform.meanScale) }

    /// A group that does what this one does, with the filter on a group inside.
    fileprivate var filteringInside: SVG.Group {
        var result = self
        result.filter = nil
        result.children = [.group(SVG.Group(origin: SVG.Origin(element: "g"), filter: filter, children: children))]
        return result
    }

    /// How far colours are off at most where shapes show through each other that should not: what shows is the part of the
    /// one behind that its own opacity leaves, and of that the part that the one in front lets through.
    fileprivate var opacityDeviation: Double { opacity * (1 - opacity) }
}

extension XMLBuffer {
    /// A group's start with the identity as its inner coordinate system: scaled ones confuse editors and do not scale strokes.
    fileprivate mutating func groupStart(_ header: GroupRecord.Header) {
        markup("<p:grpSp><p:nvGrpSpPr>")
        nonVisualProperties(id: header.id, name: header.name, kind: "Group", summary: header.summary)
        markup("<p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm>")
        let (left, top) = (EMU(nearest: header.bounds.minX), EMU(nearest: header.bounds.minY))
        let width = EMU(nearest: header.bounds.maxX).rawValue - left.rawValue
        let height = EMU(nearest: header.bounds.maxY).rawValue - top.rawValue
        for (offset, extent) in [("<a:off x=\"", "<a:ext cx=\""), ("<a:chOff x=\"", "<a:chExt cx=\"")] as [(StaticString, StaticString)] {
            markup(offset)
            number(left)
            markup("\" y=\"")
            number(top)
            markup("\"/>")
            markup(extent)
            number(width)
            markup("\" cy=\"")
            number(height)
            markup("\"/>")
        }
        markup("</a:xfrm></p:grpSpPr>")
    }

    /// `p:cNvPr`: the id, the name people see in the selection pane, the description that is read out, the link that a click follows.
    mutating func nonVisualProperties(id: Int, name: String?, kind: StaticString, summary: String?, link: Int? = nil) {
        markup("<p:cNvPr id=\"")
        number(id)
        markup("\" name=\"")
        if let name {
            text(name)
        } else {
            markup(kind)
            markup(" ")
            number(id)
        }
        if let summary {
            markup("\" descr=\"")
            text(summary)
        }
        guard let link else { return markup("\"/>") }
        markup("\"><a:hlinkClick r:id=\"link")
        number(link)
        markup("\"/></p:cNvPr>")
    }
}
