internal import AtelierGeometry
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

    /// The part with the tags in their places.
    func woven(into shapes: [UInt8]) -> [UInt8] {
        var part = XMLBuffer()
        part.reserveCapacity(shapes.count + 512 * tags.count)
        var copied = 0
        for (offset, tag) in tags {
            part.markup(shapes[copied..<offset])
            copied = offset
            switch tag {
            case .open(let header): if let header { part.groupStart(header) }
            case .close: part.markup("</p:grpSp>")
            }
        }
        part.markup(shapes[copied...])
        return part.bytes
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
        var leaves: OpacityRecord.Mark?
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
        var open = [slide]
        open[0].transform = root.transform.followed(by: placement)
        open[0].opacity = root.opacity
        open[0].clip = root.clip?.transformed(by: open[0].transform)
        if root.opacity < 1 { prepareOpacity(of: &open[0]) }
        return map(&open, in: slide)
    }

    /// Maps a node that stands for another one of the tree, about which it says nothing itself.
    mutating func map(standIn node: SVG.Node, through parent: AffineTransform, opacity: Double, clip: BezierPath?) -> Rect? {
        let wasSilent = decisions.isSilent
        decisions.isSilent = true
        defer { decisions.isSilent = wasSilent }
        var around = OpenGroup(
            group: SVG.Group(origin: node.origin, children: [node]), transform: parent, opacity: opacity, start: checkpoint)
        around.clip = clip
        around.link = link
        var open = [around]
        return map(&open, in: around)
    }

    /// Maps what is left of groups that have been begun, of which the first makes no group.
    private mutating func map(_ open: inout [OpenGroup], in slide: OpenGroup) -> Rect? {
        while var current = open.popLast() {
            if current.nextChild < current.group.children.count {
                let child = current.group.children[current.nextChild]
                current.nextChild += 1
                link = current.link
                if open.isEmpty { topShapes.append(peekID()) }
                switch child {
                case .path(let path):
                    let bounds = decide(child, through: current.transform, opacity: current.opacity, clip: current.clip) {
                        $0.mapSeenPart(of: path, in: current)
                    }
                    if let bounds { current.add(bounds) }
                    open.append(current)
                case .image(let image):
                    let bounds = decide(child, through: current.transform, opacity: current.opacity, clip: current.clip) {
                        $0.map(image, through: current.transform, opacity: current.opacity, clip: current.clip)
                    }
                    if let bounds { current.add(bounds) }
                    open.append(current)
                case .text(let text):
                    let bounds = decide(child, through: current.transform, opacity: current.opacity, clip: current.clip) {
                        $0.map(text, through: current.transform, opacity: current.opacity, clip: current.clip)
                    }
                    if let bounds { current.add(bounds) }
                    open.append(current)
                case .group(let group) where group.filter != nil && group.opacity > 0:
                    let bounds = map(filtered: group, through: current.transform, opacity: current.opacity, clip: current.clip)
                    if let bounds { current.add(bounds) }
                    open.append(current)
                case .group(let group):
                    let inner = group.transform.followed(by: current.transform)
                    if group.opacity > 0, let arrow = arrow(group, through: inner, clip: current.clip) {
                        let bounds = decide(child, through: current.transform, opacity: current.opacity, clip: current.clip) {
                            $0.map(arrow, through: inner, opacity: current.opacity)
                        }
                        if let bounds { current.add(bounds) }
                        open.append(current)
                        continue
                    }
                    open.append(current)
                    decisions.begin()
                    if group.opacity > 0 {
                        open.append(begin(group, in: current))
                    } else {
                        decisions.end(.omitted, SlideContents(), nodeCount: child.nodeCount)
                    }
                }
            } else {
                let bounds = end(current, in: open.last ?? slide, isRoot: open.isEmpty)
                if open.isEmpty { return bounds }
                if let bounds { open[open.count - 1].add(bounds) }
            }
        }
        return nil
    }

    /// Maps a path, or what other shapes of a translucent group leave to be seen of it.
    private mutating func mapSeenPart(of path: SVG.Path, in group: OpenGroup) -> Rect? {
        guard let seen = seenParts.popLast(), let seen, var fill = path.fill else {
            return map(path, through: group.transform, opacity: group.opacity, clip: group.clip)
        }
        fill.rule = .evenOdd
        if case .gradient(let gradient) = fill.paint {
            fill.paint = .gradient(gradient.moved(by: path.transform.followed(by: group.transform)))
        }
        let part = SVG.Path(origin: path.origin, geometry: seen, fill: fill)
        return map(part, through: .identity, opacity: group.opacity, clip: group.clip)
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
        if group.opacity < 1 { prepareOpacity(of: &result) }
        return result
    }

    /// Looks at the shapes of a group with an opacity of its own: what they hide of each other is cut away where that makes it
    /// exact, otherwise it is found out whether they overlap.
    private mutating func prepareOpacity(of current: inout OpenGroup) {
        if !profile.accepts(current.group.opacityDeviation), let parts = seenParts(of: current.group, through: current.transform) {
            seenParts = parts.reversed()
        } else {
            current.leaves = opacity.begin()
        }
    }

    /// Ends a group: writes its tags if it says something, notes what its opacity could not keep.
    ///
    /// - Returns: the box of its children; nil for a group without any, which leaves no trace.
    private mutating func end(_ current: OpenGroup, in parent: OpenGroup, isRoot: Bool) -> Rect? {
        defer { outlines.isBlocked = current.wasBlocked }
        let group = current.group, origin = group.origin
        if let leaves = current.leaves, opacity.end(leaves) {
            note(
                .approximated, origin,
                "group opacity was given to each shape, so where shapes of the group overlap they show through one another",
                by: group.opacityDeviation)
        }
        if let message = refusal(since: current.start) {
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
