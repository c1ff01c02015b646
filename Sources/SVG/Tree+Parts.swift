public import AtelierGeometry
import AtelierPixels

extension SVG {
    /// A page that a document marks out on its canvas.
    public struct Page: Hashable, Sendable {
        /// Where it lies, in pixels of the canvas; it may lie beside it.
        public var frame: Rect
        /// What its author calls it.
        public var name: String?

        /// A page from its parts.
        public init(frame: Rect, name: String? = nil) {
            self.frame = frame
            self.name = name
        }
    }
}

extension SVG.Tree {
    /// Places of the layers among the root's children, back to front.
    ///
    /// They are the groups that a drawing program calls layers; where there are none, all groups with a title, a name or an id.
    public var layers: [Int] {
        func places(where isLayer: (SVG.Origin) -> Bool) -> [Int] {
            root.children.indices.filter { index in
                guard case .group(let group) = root.children[index] else { return false }
                return isLayer(group.origin)
            }
        }
        let marked = places { $0.isLayer }
        return marked.isEmpty ? places { $0.label != nil } : marked
    }

    /// The picture with one of its layers and everything that is in none.
    ///
    /// Its title and description are the layer's. Diagnostics stay with the whole.
    public func layer(at place: Int) -> SVG.Tree {
        var tree = self
        let others = Set(layers).subtracting([place])
        tree.root.children = root.children.indices.filter { !others.contains($0) }.map { root.children[$0] }
        if case .group(let group) = root.children[place] {
            tree.title = group.origin.label
            tree.summary = group.origin.summary
        }
        tree.diagnostics = []
        tree.pages = []
        return tree
    }

    /// What of the picture lies on one of its pages, with the page as canvas. What reaches over an edge stays whole.
    ///
    /// Its title is the page's name; the first page has the description. Diagnostics stay with the whole.
    public func page(at index: Int) -> SVG.Tree {
        let page = pages[index]
        var tree = SVG.Tree(size: page.frame.size, root: root, title: page.name, summary: index == 0 ? summary : nil)
        let transform = root.transform.followed(by: .translation(-page.frame.minX, -page.frame.minY))
        tree.root.transform = transform
        tree.root.children = root.children.compactMap { $0.kept(from: transform, where: tree.size) }
        return tree
    }
}

extension SVG.Node {
    /// The node without what lies beside a canvas; nil when all of it does. Groups without an effect of their own are looked into.
    fileprivate func kept(from outer: AffineTransform, where canvas: Size) -> SVG.Node? {
        let inner = transform.followed(by: outer)
        guard let ink = inkBounds(in: inner), ink.maxX > 0, ink.maxY > 0, ink.minX < canvas.width, ink.minY < canvas.height else {
            return nil
        }
        let isWhole = ink.minX >= 0 && ink.minY >= 0 && ink.maxX <= canvas.width && ink.maxY <= canvas.height
        guard !isWhole, case .group(var group) = self, group.opacity == 1, group.clip == nil, group.filter == nil, group.mask == nil,
            group.blend == .normal, !group.isIsolated
        else { return self }
        group.children = group.children.compactMap { $0.kept(from: inner, where: canvas) }
        return group.children.isEmpty ? nil : .group(group)
    }
}
