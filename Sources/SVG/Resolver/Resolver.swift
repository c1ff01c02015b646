public import AtelierFonts
import AtelierGeometry

extension SVG {
    /// What a file leaves open.
    public struct ReadOptions: Hashable, Sendable, Codable {
        /// How much the file may ask for.
        public var limits = Limits()
        /// Languages of the reader for `systemLanguage`, such as `en` or `pt-BR`; any of them will do.
        public var languages = ["en"]

        /// The default options; change what you need.
        public init() {}
    }

    /// Reads an SVG file into a tree in which nothing is left to look up.
    ///
    ///     let tree = try SVG.read(bytes.span)
    ///     for diagnostic in tree.diagnostics { print(diagnostic.line, diagnostic.element, diagnostic.message) }
    ///
    /// `docs/formats/svg-input.md` lists what is supported, approximated and unsupported.
    /// - Parameters:
    ///   - files: What the paths of `linkedFiles(of:at:limits:)` lead to, those of linked drawings included. Without them no picture is
    ///     read that lies in a file of its own.
    ///   - typesetter: Measures text; without it widths are estimated, the same on every machine, and text has no outlines.
    ///   - decodesWebP: Whether pictures in WebP are decoded, by a library that is opened for the first of them, and kept as PNG.
    /// - Complexity: O(*n*) for files without style sheets and `use`; bounded by `options.limits` for all.
    public static func read(
        _ bytes: Span<UInt8>, options: ReadOptions = .init(), files: [String: LinkedFile] = [:], typesetter: Typesetter = .estimating(),
        decodesWebP: Bool = false
    ) throws(ParseError) -> Tree {
        try Document(parsing: bytes, limits: options.limits)
            .resolved(options: options, files: files, typesetter: typesetter, decodesWebP: decodesWebP)
    }
}

extension SVG.Document {
    /// The picture the document describes: styles applied, references expanded, lengths in pixels.
    ///
    /// - Throws: `badSize` when the canvas has no area, `tooComplex` when a limit of `options` is reached.
    public func resolved(
        options: SVG.ReadOptions = .init(), files: [String: SVG.LinkedFile] = [:], typesetter: Typesetter = .estimating(),
        decodesWebP: Bool = false
    ) throws(SVG.ParseError) -> SVG.Tree {
        try resolved(options: options, files: files, folder: "", typesetter: typesetter, depth: 0, decodesWebP: decodesWebP).tree
    }

    /// The fonts of this machine that the text of the document is set in. The outlines of paths are not looked at.
    ///
    /// - Throws: As `resolved`.
    public func fontBook(
        options: SVG.ReadOptions = .init(), files: [String: SVG.LinkedFile] = [:]
    ) throws(SVG.ParseError) -> FontBook {
        let typesetter = Typesetter.system()
        _ = try resolved(options: options, files: files, folder: "", typesetter: typesetter, depth: 0, onlyText: true)
        return typesetter.book
    }

    /// The same for a document inside `depth` others, with the steps it took.
    func resolved(
        options: SVG.ReadOptions, files: [String: SVG.LinkedFile], folder: String?, typesetter: Typesetter, depth: Int,
        onlyText: Bool = false, decodesWebP: Bool = false
    ) throws(SVG.ParseError) -> (tree: SVG.Tree, steps: Int) {
        var document = self
        if Resolver.makesText(self) { document.made = MadeText(copying: text, room: options.limits.expandedByteCount) }
        let result: Result<(tree: SVG.Tree, steps: Int), SVG.ParseError> = text.withUnsafeBufferPointer { buffer in
            // The resolver reads only ranges that lie in the buffer; an empty one needs no memory behind it.
            let text = document.made.map { UnsafePointer($0.base) } ?? buffer.baseAddress ?? UnsafePointer(bitPattern: 1)!
            var resolver = Resolver(document: document, text: text, options: options, files: files, typesetter: typesetter)
            resolver.folder = folder
            resolver.depthOfDocuments = depth
            resolver.onlyText = onlyText
            resolver.decodesWebP = decodesWebP
            do throws(SVG.ParseError) {
                return .success((try resolver.tree(), resolver.steps))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// The state of turning a document into a tree.
struct Resolver {
    typealias TextRange = SVG.Document.TextRange

    let document: SVG.Document
    var reader: ValueReader
    let options: SVG.ReadOptions
    /// Files of pictures by their paths from the outermost document's folder.
    let files: [String: SVG.LinkedFile]
    let typesetter: Typesetter
    /// Whether the file has text at all: otherwise its properties need no look.
    let hasText: Bool
    /// Whether text alone is wanted, for its fonts: paths are drawn as one and the same outline.
    var onlyText = false
    /// Whether pictures in WebP are decoded.
    var decodesWebP = false

    var stylesheet = Stylesheet()
    /// Winning values of the element cascaded last, by `AttributeName`; only those whose bit in `present` is set count.
    var values = [TextRange](repeating: .missing, count: AttributeName.allCases.count)
    var present = AttributeSet()
    /// Whether one of `values` may be a keyword that all properties have, or hold `var()`.
    var hasWideKeyword = false, hasVariable = false
    /// Custom properties that the element cascaded last declares, the strongest last.
    var customDeclarations: [(name: TextRange, value: TextRange)] = []
    var customProperties = CustomProperties()
    /// The set of custom properties of the element cascaded last.
    var ownCustomProperties = 0
    var siblings = Siblings()
    /// The elements that a `:has()` is asked about, outermost first.
    var scopes: [Int] = []
    /// What percentages refer to: the nearest viewport in its own units.
    var viewport = Size(100, 100)
    /// Clip paths, masks and patterns being resolved.
    var activeClips: [Int] = [], activeMasks: [Int] = [], activePatterns: [Int] = []
    /// Whether the file says `context-fill` or `context-stroke` anywhere: most do not, and need not know what it would mean.
    let mentionsContext: Bool
    /// Markers being drawn.
    var activeMarkers: [Int] = []
    /// Targets of the `use` elements being expanded.
    var activeUses: [Int] = []
    /// Outlines of paths inside `use` by element, so that copies share one array.
    var usedPaths: [Int: BezierPath] = [:]
    /// Stops of gradients already looked at, by element.
    var gradientStops: [Int: [SVG.Gradient.Stop]] = [:]
    var steps = 0
    /// How many documents this one is a picture in.
    var depthOfDocuments = 0
    /// Where the document lies, from the outermost one's folder, empty or ending in `/`; nil when it is data inside another.
    var folder: String? = ""
    var diagnostics: [SVG.Diagnostic] = []
    /// What has been reported, so that the copies of a `use` are not reported again.
    private var reported: Set<SVG.Diagnostic> = []
    private var unreportedCount = 0
    private var elementsByID: [String: Int]?

    init(
        document: SVG.Document, text: UnsafePointer<UInt8>, options: SVG.ReadOptions, files: [String: SVG.LinkedFile],
        typesetter: Typesetter
    ) {
        self.document = document
        reader = ValueReader(text: text)
        self.options = options
        self.files = files
        self.typesetter = typesetter
        hasText = document.hasText
        mentionsContext = document.mentionsContextPaint
    }

    /// One thing drawn, with what its parent needs to know on the way down.
    struct Surroundings {
        var style = Style()
        /// From the parent's coordinates to the canvas.
        var transform = AffineTransform.identity
        var depth = 0
        /// Whether outlines are collected for a clip path: fill and stroke do not matter.
        var isClip = false
        /// What `context-fill` and `context-stroke` mean; nil outside of markers and uses.
        var context: ContextPaints?
        /// Lines along all text inside, outermost first: what they are, and the element that asks for them with its style.
        var decorations: [(kinds: [SVG.Text.Decoration.Kind], element: Int, style: Style)] = []
    }

    /// Whether a style sheet or attribute of the document asks for text that is not in it as it is meant: `var()`, or escapes.
    fileprivate static func makesText(_ document: SVG.Document) -> Bool {
        document.text.withUnsafeBufferPointer { text in
            for i in text.indices {
                if text[i] == UInt8(ascii: "\\") { return true }
                if text[i] == UInt8(ascii: "("), i >= 3, text[i - 1] | 0x20 == UInt8(ascii: "r"), text[i - 2] | 0x20 == UInt8(ascii: "a"),
                    text[i - 3] | 0x20 == UInt8(ascii: "v")
                {
                    return true
                }
            }
            return false
        }
    }

    // MARK: The whole

    mutating func tree() throws(SVG.ParseError) -> SVG.Tree {
        for line in document.stylesheetInstructions {
            diagnostics.append(
                SVG.Diagnostic(.unsupported, element: "xml-stylesheet", line: line, "an external style sheet is not read"))
        }
        reportAnimations()
        try cascade(0)
        // For `@media`: what the root's attributes say.
        let medium = MediaQuery.Medium(size: canvasSize(viewBox(0)).size)
        collectStyles(medium)

        if !stylesheet.isEmpty { try cascade(0) }
        var root = Surroundings()
        root.style = style(0, inheriting: Style())
        reader.rootFontSize = root.style.fontSize
        var own = ownStyle(0)
        guard own.isDisplayed else { throw .badSize(width: 0, height: 0) }
        let effects = effects(0), filter = filterValue(0)
        let box = viewBox(0)
        let aspect = aspectRatio(0)
        let (size, isFree) = canvasSize(box)
        reader.canvas = size
        let written = writtenTransform
        if !written.isEmpty {
            // The root's transform is about the canvas, as its CSS box is (CSS Transforms 1, 4).
            own.boxTransform = nil
            own.transform = transform(written, value(.transformOrigin), in: Rect(x: 0, y: 0, width: size.width, height: size.height), 0)
        }

        var outer = AffineTransform.identity
        if let box, box.width > 0, box.height > 0 {
            outer = aspect.transform(from: box, into: size)
            viewport = box.size
        } else {
            viewport = size
        }
        let pages = document.pages.map { page in
            let (corner, other) = (Point(page.frame.minX, page.frame.minY), Point(page.frame.maxX, page.frame.maxY))
            return SVG.Page(frame: Rect(outer(corner), outer(other)), name: page.name)
        }
        outer = outer.followed(by: own.transform)
        var group = SVG.Group(origin: try origin(0), transform: outer, opacity: own.opacity)
        root.transform = outer
        root.depth = 1
        if hasText { noteDecorations(0, &root) }
        group.children = try children(of: 0, root)
        if filter != nil || !effects.isEmpty {
            // In the coordinates of the viewBox, which are the group's.
            var content: SVG.Node? = .group(SVG.Group(origin: SVG.Origin(element: "g"), children: group.children))
            if let filter, let drawn = content { content = try filtered(drawn, by: filter, of: 0, OwnStyle(), root) }
            if let drawn = content, !effects.isEmpty { content = try applying(effects, of: 0, to: drawn, .identity, root) }
            group.children = content.map { [$0] } ?? []
        }

        var tree = SVG.Tree(size: size, root: group, title: group.origin.title, summary: group.origin.summary)
        if isFree, let bounds = group.bounds(in: .identity), bounds.maxX > 0, bounds.maxY > 0 {
            // A file that says nothing about its size is as large as what it draws.
            tree.size = Size(bounds.maxX, bounds.maxY)
        }
        guard tree.size.width > 0, tree.size.height > 0, tree.size.width <= 1e9, tree.size.height <= 1e9 else {
            throw .badSize(width: tree.size.width, height: tree.size.height)
        }
        if let line = document.undeclaredPrefixLine {
            diagnostics.append(
                SVG.Diagnostic(
                    .invalid, element: "svg", line: line, "a namespace prefix is not declared; `svg:` and `xlink:` are understood"))
        }
        if unreportedCount > 0 {
            diagnostics.append(
                SVG.Diagnostic(.unsupported, element: "svg", line: 0, "\(unreportedCount) further diagnostics are not listed"))
        }
        tree.diagnostics = diagnostics
        tree.pages = pages
        return tree
    }

    /// Width and height of the canvas, and whether the file leaves both open.
    ///
    /// A missing or relative extent follows from the `viewBox` (CSS 2.1, 10.3.2); with neither, 100 pixels stand in for
    /// percentages, since nothing else is known about the place the picture will be put.
    private mutating func canvasSize(_ box: Rect?) -> (size: Size, isFree: Bool) {
        let box = box.flatMap { $0.width > 0 && $0.height > 0 ? $0 : nil }
        func extent(_ name: AttributeName) -> Length? {
            guard let range = value(name), !reader.isText(range, "auto") else { return nil }
            guard let length = reader.length(range, fontSize: reader.rootFontSize) else {
                report(0, .invalid, "\(name.spelling) `\(quoted(range))` is not a length; it is left out")
                return nil
            }
            return length
        }
        let width = extent(.width), height = extent(.height)
        var w = width.flatMap { $0.isPercentage ? nil : $0.value }
        var h = height.flatMap { $0.isPercentage ? nil : $0.value }
        guard let box else {
            let isFree = w == nil && h == nil
            return (
                Size(
                    w ?? width?.pixels(in: viewport, along: .horizontal) ?? 100, h ?? height?.pixels(in: viewport, along: .vertical) ?? 100),
                isFree
            )
        }
        if let width, width.isPercentage { w = box.width * width.value / 100 }
        if let height, height.isPercentage { h = box.height * height.value / 100 }
        switch (w, h) {
        case (nil, nil): return (box.size, false)
        case (let w?, nil): return (Size(w, w * box.height / box.width), false)
        case (nil, let h?): return (Size(h * box.width / box.height, h), false)
        case (let w?, let h?): return (Size(w, h), false)
        }
    }

    private mutating func collectStyles(_ medium: MediaQuery.Medium) {
        for index in document.elements.indices where document.elements[index].name == .style {
            if let type = document.attribute(.type, of: index), !reader.trimmed(type).isEmpty,
                !reader.isText(reader.trimmed(type), "text/css")
            {
                report(index, .unsupported, "style sheets of type `\(quoted(type))` are not read")
                continue
            }
            if let media = document.attribute(.media, of: index) {
                var query = MediaQuery(reader.scanner(media), medium)
                let holds = query.list()
                if let unknown = query.unknown {
                    report(index, .unsupported, "`media` asks for `\(unknown)`, which is not known here; the style sheet is left out")
                    continue
                }
                if !holds { continue }
            }
            for problem in stylesheet.add(document.elements[index].content, in: reader.text, made: document.made, media: medium) {
                report(index, .unsupported, problem)
            }
        }
    }

    // MARK: Elements

    /// The children of an element that are drawn.
    @inline(never)
    mutating func children(of index: Int, _ around: Surroundings) throws(SVG.ParseError) -> [SVG.Node] {
        var nodes: [SVG.Node] = []
        let end = Int(document.elements[index].end)
        var child = index + 1
        while child < end {
            if let node = try node(child, around) { nodes.append(node) }
            child = Int(document.elements[child].end)
        }
        return nodes
    }

    /// What an element draws; nil when it draws nothing.
    mutating func node(_ index: Int, _ around: Surroundings) throws(SVG.ParseError) -> SVG.Node? {
        // What is repeated counts twice: a file's own elements are bounded by its length, copies by this alone.
        try step(index, count: (activeUses.isEmpty ? 1 : 2) + attributeByteCount(index) >> 6)
        let name = document.elements[index].name
        switch name {
        case .title, .desc, .metadata, .defs, .style, .stop, .linearGradient, .radialGradient, .pattern, .clipPath, .mask, .marker,
            .feBlend, .feColorMatrix, .feComponentTransfer, .feComposite, .feConvolveMatrix, .feDiffuseLighting, .feDisplacementMap,
            .feDistantLight, .feDropShadow, .feFlood, .feFuncA, .feFuncB, .feFuncG, .feFuncR, .feGaussianBlur, .feImage, .feMerge,
            .feMergeNode, .feMorphology, .feOffset, .fePointLight, .feSpecularLighting, .feSpotLight, .feTile, .feTurbulence,
            .filter, .symbol, .view, .cursor, .font, .fontFace, .colorProfile, .mpath, .characters:
            return nil
        case .animate, .animateColor, .animateMotion, .animateTransform, .set:
            return nil
        case .script:
            report(index, .unsupported, "scripts are not run")
            return nil
        default: break
        }
        guard isWanted(index) else { return nil }
        guard around.depth < options.limits.depth else {
            report(index, .invalid, "nested deeper than \(options.limits.depth) levels through use; left out")
            return nil
        }

        try cascade(index, under: around.style)
        let own = ownStyle(index)
        guard own.isDisplayed else { return nil }
        var inner = around
        inner.depth += 1
        inner.style = style(index, inheriting: around.style)
        inner.transform = own.transform.followed(by: around.transform)
        if hasText, name != .text { noteDecorations(index, &inner) }
        let effects = effects(index), filter = inner.isClip ? nil : filterValue(index)
        // Both draw nothing at all.
        if own.opacity == 0 || own.transform.determinant == 0 { return nil }
        return try finished(try draw(index, own, inner), index, own, effects, filter, inner)
    }

    /// What an element drew with its transform about its own box, its filter and its effects.
    @inline(never)  // keeps the frame of `node`, which nests, small
    private mutating func finished(
        _ node: SVG.Node?, _ index: Int, _ own: OwnStyle, _ effects: Effects, _ filter: TextRange?, _ inner: Surroundings
    ) throws(SVG.ParseError) -> SVG.Node? {
        var node = node, own = own
        let name = document.elements[index].name
        if let pending = own.boxTransform, let drawn = node {
            try step(index, count: drawn.nodeCount)
            let box = pending.includesStroke ? drawn.strokeBounds(in: drawn.transform) : drawn.bounds(in: drawn.transform)
            own.transform = transform(pending.transform, pending.origin, in: box ?? Rect(x: 0, y: 0, width: 0, height: 0), index)
            node = own.transform.determinant == 0 ? nil : drawn.moved(by: own.transform)
        }
        if let filter, let drawn = node { node = try filtered(drawn, by: filter, of: index, own, inner) }
        guard let node, !effects.isEmpty else { return node }
        // The place of a `use` and the viewport of a nested `svg` belong to the coordinates that clip paths and masks refer to.
        return try applying(effects, of: index, to: node, name == .use || name == .svg ? node.transform : own.transform, inner)
    }

    /// Adds the lines that the element cascaded last asks for along the text in it.
    @inline(never)
    private func noteDecorations(_ index: Int, _ inner: inout Surroundings) {
        guard let range = value(.textDecorationLine) ?? value(.textDecoration) else { return }
        let kinds = decorationKinds(range)
        if !kinds.isEmpty { inner.decorations.append((kinds, index, inner.style)) }
    }

    /// What an element that is displayed draws.
    @inline(never)
    private mutating func draw(_ index: Int, _ own: OwnStyle, _ inner: Surroundings) throws(SVG.ParseError) -> SVG.Node? {
        let name = document.elements[index].name
        if inner.isClip {
            switch name {
            case .path, .rect, .circle, .ellipse, .line, .polyline, .polygon, .use, .text: break
            // Nothing else can be in a clip path (CSS Masking 1, 5.1).
            default: return nil
            }
        }
        switch name {
        case .g, .a, .switch:
            let link = name == .a ? value(.href).flatMap { $0.isEmpty ? nil : document.string($0) } : nil
            var group = SVG.Group(origin: try origin(index), transform: own.transform, opacity: own.opacity)
            group.link = link
            group.children = try name == .switch ? alternative(of: index, inner) : children(of: index, inner)
            return group.children.isEmpty ? nil : .group(group)
        case .svg:
            return try viewportGroup(index, own, inner, size: nil)
        case .use:
            return try use(index, own, inner)
        case .path, .rect, .circle, .ellipse, .line, .polyline, .polygon:
            // A shape's children are its title and its animations.
            if Int(document.elements[index].end) > index + 1 {
                _ = try children(of: index, inner)
                try cascade(index, under: inner.style)
            }
            return try shape(index, own, inner)
        case .text: return try text(index, own, inner)
        case .image: return try image(index, own, inner)
        case .foreignObject: return try foreignText(index, own, inner)
        default:
            let spelling = name == .unknown ? document.string(document.elements[index].content) : name.spelling
            report(index, .unsupported, "the element `\(spelling)` is not known here; it and its content are left out")
            return nil
        }
    }

    private mutating func unsupported(_ index: Int, _ inner: Surroundings, _ message: String) -> SVG.Node? {
        if inner.style.isVisible { report(index, .unsupported, message) }
        return nil
    }

    /// The first child of a `switch` that is wanted and can be drawn (SVG 2, 5.7.3).
    private mutating func alternative(of index: Int, _ inner: Surroundings) throws(SVG.ParseError) -> [SVG.Node] {
        var foreign: Int?
        var child = index + 1
        while child < Int(document.elements[index].end) {
            defer { child = Int(document.elements[child].end) }
            switch document.elements[child].name {
            case .g, .a, .svg, .switch, .use, .path, .rect, .circle, .ellipse, .line, .polyline, .polygon, .text, .image:
                if isWanted(child) { return try node(child, inner).map { [$0] } ?? [] }
            case .foreignObject:
                // Not what this room can draw; a later alternative is better.
                if isWanted(child), foreign == nil { foreign = child }
            default: break
            }
        }
        return try foreign.flatMap { other throws(SVG.ParseError) in try node(other, inner) }.map { [$0] } ?? []
    }

    /// Whether the conditional attributes hold (SVG 2, 5.7). `requiredFeatures` has no meaning any more.
    func isWanted(_ index: Int) -> Bool {
        if document.attribute(.requiredExtensions, of: index) != nil { return false }
        guard let languages = document.attribute(.systemLanguage, of: index) else { return true }
        var start = languages.start
        for end in languages.start...languages.end {
            let isSeparator = end == languages.end || reader.text[Int(end)] == UInt8(ascii: ",") || isSpace(reader.text[Int(end)])
            guard isSeparator else { continue }
            if end > start, options.languages.contains(where: { isSpoken(TextRange(start: start, end: end), in: $0) }) { return true }
            start = end + 1
        }
        return false
    }

    /// Whether one of two tags of languages is the other, or begins with it and goes on.
    private func isSpoken(_ tag: TextRange, in language: String) -> Bool {
        var place = Int(tag.start), rest = language.utf8[...]
        while place < Int(tag.end), let byte = rest.first {
            let (a, b) = (reader.text[place], byte)
            guard a == b || a | 0x20 == b | 0x20 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(a | 0x20) else { return false }
            (place, rest) = (place + 1, rest.dropFirst())
        }
        let next = place < Int(tag.end) ? reader.text[place] : rest.first
        return next == nil || next == UInt8(ascii: "-")
    }

    /// A `use` with what it refers to (SVG 2, 5.6).
    @inline(never)  // keeps the frame of `node`, which nests, small
    private mutating func use(_ index: Int, _ own: OwnStyle, _ inner: Surroundings) throws(SVG.ParseError) -> SVG.Node? {
        guard let reference = value(.href), !reference.isEmpty else { return nil }
        let x = length(.x, .horizontal, index, inner.style) ?? 0, y = length(.y, .vertical, index, inner.style) ?? 0
        let width = length(.width, .horizontal, index, inner.style), height = length(.height, .vertical, index, inner.style)
        guard reader.text[Int(reference.start)] == UInt8(ascii: "#") else {
            report(index, .unsupported, "use of another file, `\(quoted(reference))`, is not followed")
            return nil
        }
        guard let target = element(withID: TextRange(start: reference.start + 1, end: reference.end)) else {
            report(index, .invalid, "use of `\(quoted(reference))`, which is not in the file")
            return nil
        }
        let isAncestor = target <= index && index < Int(document.elements[target].end)
        guard !isAncestor, !activeUses.contains(target) else {
            report(index, .invalid, "use of `\(quoted(reference))` inside itself is not drawn")
            return nil
        }
        let transform = AffineTransform.translation(x, y).followed(by: own.transform)
        var group = SVG.Group(origin: try origin(index), transform: transform, opacity: own.opacity)
        var inside = inner
        inside.transform = AffineTransform.translation(x, y).followed(by: inner.transform)
        inside.context = try contextPaints(index, inner)
        activeUses.append(target)
        defer { activeUses.removeLast() }
        var node: SVG.Node?
        switch document.elements[target].name {
        case .symbol, .svg:
            node = try usedViewport(target, inside, size: (width, height))
        default:
            node = try self.node(target, inside)
        }
        guard let node else { return nil }
        group.children = [node]
        return .group(group)
    }

    /// A `symbol` or `svg` where it is used.
    @inline(never)  // keeps the frame of `use`, which nests, small
    private mutating func usedViewport(
        _ target: Int, _ inside: Surroundings, size: (width: Double?, height: Double?)
    ) throws(SVG.ParseError) -> SVG.Node? {
        try step(target, count: 1 + attributeByteCount(target) >> 6)
        guard isWanted(target), inside.depth < options.limits.depth else { return nil }
        try cascade(target, under: inside.style)
        let ownOfTarget = ownStyle(target)
        if ownOfTarget.boxTransform != nil {
            report(target, .unsupported, "a transform about the box of a `symbol` or `svg` is left out where it is used")
        }
        guard ownOfTarget.isDisplayed, ownOfTarget.opacity > 0 else { return nil }
        var deeper = inside
        deeper.depth += 1
        deeper.style = style(target, inheriting: inside.style)
        deeper.transform = ownOfTarget.transform.followed(by: inside.transform)
        let effects = effects(target), filter = inside.isClip ? nil : filterValue(target)
        var node = try viewportGroup(target, ownOfTarget, deeper, size: size)
        if let filter, let drawn = node { node = try filtered(drawn, by: filter, of: target, ownOfTarget, deeper) }
        if let drawn = node, !effects.isEmpty { node = try applying(effects, of: target, to: drawn, drawn.transform, deeper) }
        return node
    }

    /// A nested `svg` or a used `symbol`: a viewport of its own (SVG 2, 8.2).
    @inline(never)
    private mutating func viewportGroup(
        _ index: Int, _ own: OwnStyle, _ inner: Surroundings, size: (width: Double?, height: Double?)?
    ) throws(SVG.ParseError) -> SVG.Node? {
        let x = length(.x, .horizontal, index, inner.style) ?? 0, y = length(.y, .vertical, index, inner.style) ?? 0
        let width = size?.width ?? length(.width, .horizontal, index, inner.style) ?? viewport.width
        let height = size?.height ?? length(.height, .vertical, index, inner.style) ?? viewport.height
        let box = viewBox(index), aspect = aspectRatio(index)
        guard width > 0, height > 0, box.map({ $0.width > 0 && $0.height > 0 }) ?? true else {
            if width < 0 || height < 0 { report(index, .invalid, "a viewport of negative size draws nothing") }
            return nil
        }
        var transform = AffineTransform.translation(x, y)
        if let box { transform = aspect.transform(from: box, into: Size(width, height)).followed(by: transform) }
        var group = SVG.Group(origin: try origin(index), transform: transform.followed(by: own.transform), opacity: own.opacity)
        var inside = inner
        inside.transform = transform.followed(by: inner.transform)
        let outerViewport = viewport
        viewport = box?.size ?? Size(width, height)
        defer { viewport = outerViewport }
        group.children = try children(of: index, inside)
        if group.children.isEmpty { return nil }
        if own.overflows { return .group(group) }
        try step(index, count: group.nodeCount)
        if let bounds = group.inkBounds(in: transform) {
            let slack = 1e-3 * max(width, height)
            if bounds.minX < x - slack || bounds.minY < y - slack || bounds.maxX > x + width + slack || bounds.maxY > y + height + slack {
                // The viewport is a rectangle where it stands, and the group's coordinates lie inside its own transform.
                if let back = transform.inverse {
                    group.clip = BezierPath(Rect(x: x, y: y, width: width, height: height)).transformed(by: back)
                }
            }
        }
        return .group(group)
    }

    /// One diagnostic for all animations of the file, at the first.
    private mutating func reportAnimations() {
        var first: Int?, count = 0
        for index in document.elements.indices {
            switch document.elements[index].name {
            case .animate, .animateColor, .animateMotion, .animateTransform, .set:
                first = first ?? index
                count += 1
            default: break
            }
        }
        guard let first else { return }
        let animations = count == 1 ? "an animation is" : "\(count) animations are"
        report(first, .unsupported, "\(animations) not mapped; the picture shows the state without")
    }

    // MARK: Bookkeeping

    /// Counts work, so that no file can ask for more than its limit.
    mutating func step(_ index: Int, count: Int = 1) throws(SVG.ParseError) {
        steps += count
        guard steps <= options.limits.stepCount else {
            throw .tooComplex(limit: options.limits.stepCount, line: Int(document.elements[index].line))
        }
    }

    /// How much text an element's attributes have; their values lie side by side.
    func attributeByteCount(_ index: Int) -> Int {
        let element = document.elements[index]
        guard element.attributeCount > 0 else { return 0 }
        let first = document.attributes[Int(element.firstAttribute)]
        let last = document.attributes[Int(element.firstAttribute + element.attributeCount - 1)]
        return Int(last.value.end - first.value.start)
    }

    /// Notes what is not in the result as written. The first thousand are kept, the rest counted.
    mutating func report(_ index: Int, _ outcome: SVG.Diagnostic.Outcome, _ message: String) {
        let element = document.elements[index]
        var name = element.name == .unknown ? document.string(element.content) : element.name.spelling
        if let id = document.attribute(.id, of: index) { name += "#" + document.string(id) }
        let diagnostic = SVG.Diagnostic(outcome, element: name, line: Int(element.line), message)
        guard diagnostics.count < 1000 else {
            unreportedCount += 1
            return
        }
        if reported.insert(diagnostic).inserted { diagnostics.append(diagnostic) }
    }

    /// The beginning of a value, for a message.
    func quoted(_ range: TextRange) -> String {
        let limit = 40
        let text = document.string(range)
        return text.count <= limit ? text : text.prefix(limit) + "…"
    }

    /// The first element with an id.
    mutating func element(withID id: TextRange) -> Int? {
        if elementsByID == nil {
            var table: [String: Int] = [:]
            for index in document.elements.indices {
                if let id = document.attribute(.id, of: index) {
                    let name = document.string(id)
                    if table[name] == nil { table[name] = index }
                }
            }
            elementsByID = table
        }
        return elementsByID?[document.string(id)]
    }

    /// Where an element came from, with the text of its first `title` and `desc`.
    mutating func origin(_ index: Int) throws(SVG.ParseError) -> SVG.Origin {
        let element = document.elements[index]
        var origin = SVG.Origin(element: element.name.spelling, line: Int(element.line))
        if let id = document.attribute(.id, of: index), !id.isEmpty { origin.id = document.string(id) }
        if let name = document.attribute(.label, of: index), !name.isEmpty { origin.name = document.string(name) }
        if let mode = document.attribute(.groupmode, of: index) { origin.isLayer = reader.isText(mode, "layer") }
        var child = index + 1, work = 0
        while child < Int(element.end) {
            let content = document.elements[child].content
            switch document.elements[child].name {
            case .title where origin.title == nil:
                origin.title = prose(content)
                work += Int(content.end - content.start)
            case .desc where origin.summary == nil:
                origin.summary = prose(content)
                work += Int(content.end - content.start)
            default: break
            }
            work += 4
            child = Int(document.elements[child].end)
        }
        try step(index, count: work >> 6)
        return origin
    }

    /// Text with white space collapsed; nil when nothing is left.
    private func prose(_ range: TextRange) -> String? {
        var words: [UInt8] = []
        reader.forEachWord(in: range) { word in
            if !words.isEmpty { words.append(UInt8(ascii: " ")) }
            words.append(contentsOf: document.text[word.bounds])
        }
        return words.isEmpty ? nil : String(decoding: words, as: UTF8.self)
    }
}
