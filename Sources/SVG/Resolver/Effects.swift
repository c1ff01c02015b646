import AtelierGeometry

extension Resolver {
    /// An element with what is done to it as a whole; nil when nothing of it is seen.
    ///
    /// - Parameters:
    ///   - node: What the element draws.
    ///   - transform: From the coordinates of the element, in which clip paths and masks lie, to its parent's.
    @inline(never)  // keeps the frame of `node`, which nests, small
    mutating func applying(
        _ effects: Effects, of index: Int, to node: SVG.Node, _ transform: AffineTransform, _ around: Surroundings
    ) throws(SVG.ParseError) -> SVG.Node? {
        try step(index, count: node.nodeCount)
        var content = node
        if case .group(let drawn) = node, drawn.transform == transform, drawn.clip == nil, drawn.mask == nil {
            // A plain group has its effects itself.
            return try applying(
                effects, of: index, in: drawn, SVG.Group(origin: drawn.origin, filter: drawn.filter, children: drawn.children), around)
        }
        // A nested viewport has its element's coordinates only as a picture of its own.
        content.transform = node.transform == transform ? .identity : node.transform.followed(by: transform.inverse ?? .identity)
        let group = SVG.Group(origin: SVG.Origin(element: "g"), transform: transform, children: [content])
        return try applying(effects, of: index, in: group, group, around)
    }

    /// - Parameters:
    ///   - group: What gets the effects.
    ///   - content: The same without what leads to its parent.
    private mutating func applying(
        _ effects: Effects, of index: Int, in group: SVG.Group, _ content: SVG.Group, _ around: Surroundings
    ) throws(SVG.ParseError) -> SVG.Node? {
        var group = group
        group.blend = effects.blend
        group.isIsolated = effects.isIsolated
        var content = content
        content.transform = .identity
        if let clip = effects.clip {
            group.clip = try self.clip(clip, of: index, around: .group(content), toElement: .identity, around)
            if group.clip?.isEmpty == true { return nil }
        }
        if let mask = effects.mask {
            switch try self.mask(mask, of: index, box: content.bounds(in: .identity), around) {
            case .nothing: return nil
            case .ignored: break
            case .mask(let mask): group.mask = mask
            }
        }
        return .group(group)
    }
}
