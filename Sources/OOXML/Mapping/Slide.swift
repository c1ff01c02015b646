public import AtelierArchives
internal import AtelierGeometry
public import AtelierSVG

/// How pictures become slides.
public struct SlideOptions: Hashable, Sendable, Codable {
    /// Size of the slide; nil for the picture's own.
    public var size: SlideSize?
    /// What counts where slides cannot say exactly what a picture shows.
    public var profile: Profile
    /// What becomes of text.
    public var text: TextMode
    /// How a picture of another shape is brought onto it.
    public var fit = SlideFit.contain
    /// Where on the slide it goes, and beyond which it is clipped; nil for all of it.
    public var area: SlideArea?
    /// Colour of the slide; nil for that of the design.
    public var background: SVG.Color?
    /// Whether layers appear one after the other, with a click each.
    public var builds = false
    /// Whether the picture's title goes into the title of the slide, which the layout must have.
    public var showsTitle = false

    /// Options from their parts; the defaults are the product's.
    public init(size: SlideSize? = nil, profile: Profile = .balanced, text: TextMode = .auto) {
        self.size = size
        self.profile = profile
        self.text = text
    }
}

/// A picture as one page of a presentation, independent of its place there: it can be kept and packed into many decks.
public struct Slide: Hashable, Sendable {
    /// The slide part (`p:sld`), UTF-8 XML, as it lies in the package.
    public let part: PackedBytes
    /// The size of slide it was mapped for.
    public let size: SlideSize
    /// The addresses that its shapes lead to, each once; the part names them `link1`, `link2`, … in this order.
    public let links: [String]
    /// How many shapes, lines and groups it holds.
    public let shapeCount: Int
    /// What is not on the slide as drawn: the mapping's own findings in drawing order. The tree's are not repeated.
    public let diagnostics: [SVG.Diagnostic]
    /// The files it shows, each once; the part names them by their relationships, in this order from `firstMediaRelationship` on.
    public let media: [Media]
    /// How much of each kind it holds.
    public let contents: SlideContents
    /// What is to say of nodes of its drawing, in the order of their places.
    let entries: [Entry]
    /// The place of the node that each of `diagnostics` is about.
    let findingPlaces: [Int]

    /// Number of the relationship of the first file; the slide's layout comes before it.
    static let firstMediaRelationship = 2

    /// A slide from its parts, of which nothing is known about single elements.
    public init(
        part: PackedBytes, size: SlideSize, shapeCount: Int, diagnostics: [SVG.Diagnostic], media: [Media] = [], links: [String] = []
    ) {
        self.init(
            part: part, size: size, shapeCount: shapeCount, diagnostics: diagnostics, media: media, links: links,
            contents: SlideContents(shapes: shapeCount), entries: [], findingPlaces: diagnostics.map { _ in 0 })
    }

    init(
        part: PackedBytes, size: SlideSize, shapeCount: Int, diagnostics: [SVG.Diagnostic], media: [Media], links: [String],
        contents: SlideContents, entries: [Entry], findingPlaces: [Int]
    ) {
        self.part = part
        self.size = size
        self.shapeCount = shapeCount
        self.diagnostics = diagnostics
        self.media = media
        self.links = links
        self.contents = contents
        self.entries = entries
        self.findingPlaces = findingPlaces
    }

    /// Memory taken, in bytes, to the nearest hundred or so.
    public var byteCount: Int {
        part.bytes.count + 64 + diagnostics.reduce(0) { $0 + 64 + $1.message.utf8.count + $1.element.utf8.count }
            + media.reduce(0) { $0 + 64 + $1.byteCount } + links.reduce(0) { $0 + 16 + $1.utf8.count }
            + entries.count * MemoryLayout<Entry>.stride + findingPlaces.count * 8
    }
}

/// Turns a picture into a slide of native shapes.
///
/// One drawn element becomes one shape; groups stay groups. The result depends on the two arguments alone, so it may be
/// remembered. What DrawingML cannot say exactly is drawn as close as it can and listed in `diagnostics`
/// (docs/formats/pptx-output.md has the rules).
///
/// - Parameters:
///   - known: Answers to costly questions on outlines that were found out elsewhere (`costlyWork`); they change no result.
///   - isCancelled: Asked before each element; once it says so, elements are left out.
/// - Complexity: linear in the count of elements and segments, with a logarithmic factor for fill rules and group opacity.
public func mapSlide(
    _ tree: SVG.Tree, _ options: SlideOptions = .init(), knowing known: @escaping (OutlineWork) -> OutlineAnswer? = { _ in nil },
    isCancelled: @escaping () -> Bool = { false }
) -> Slide {
    var mapper = SlideMapper(title: tree.title, profile: options.profile, background: options.background)
    mapper.text = options.text
    mapper.outlines.known = known
    mapper.isCancelled = isCancelled
    mapper.xml.reserveCapacity(tree.root.expectedByteCount)
    // In steps: a call takes the mapper before its arguments change it.
    let size = mapper.map(tree, options)
    // Without all elements there are none.
    let steps = options.builds && !isCancelled() ? mapper.buildSteps(of: tree) : []
    return mapper.finish(size, steps: steps)
}

/// Walks a tree and writes its shapes. One value serves one slide.
struct SlideMapper {
    /// What counts where slides cannot say something exactly.
    let profile: Profile
    /// Whether nobody waits for the slide any more.
    var isCancelled: () -> Bool = { false }
    /// The part as far as it is written, without the tags of groups (see `Group.swift`).
    var xml = XMLBuffer()
    var groups = GroupRecord()
    /// What the line being written has at its ends.
    var lineEnds: (start: LineEnd?, end: LineEnd?)
    var diagnostics: [SVG.Diagnostic] = []
    /// The place of the node that each of `diagnostics` is about.
    var findingPlaces: [Int] = []
    /// Those whose deviation is that of a shape's colours in the mean.
    var colorFindings: [Int] = []
    var decisions = DecisionRecord()
    /// Everything written: shapes, lines, pictures and groups; of them, groups and pictures.
    var shapeCount = 0, groupCount = 0, pictureCount = 0
    /// Effects that shapes get, and whether only the next one does.
    var effects = Effects(), effectsAreForOne = false
    /// Costly work on outlines.
    var outlines = OutlineDesk()
    /// The clip in hand, ready for shapes far smaller than itself.
    var clipIndex: (clip: BezierPath, index: OutlineIndex, bounds: Rect?)?
    /// What the pictures so far take whatever their sizes, and what the pixels of each take, by its place among the files.
    var pictureWork = 0.0, refusedPictures = 0, pixelWork: [(place: Int, work: Double)] = []
    /// How many elements may still become pictures because their clips take too much work: each is drawn with all of its clip.
    var clipPictures = 6
    /// Where the drawing's canvas lies on the slide.
    var canvas = Rect(.zero, .zero)
    /// Files the slide shows, and where each stands among them.
    var media: [Media] = [], mediaPlaces: [Media: Int] = [:]
    /// Addresses the slide leads to, the number of each, and that of the element being written.
    var links: [String] = [], linkPlaces: [String: Int] = [:]
    var link: Int?
    /// Whether text stays text.
    var text = TextMode.auto
    /// Of each child of the root the id that it has on the slide, if it makes a shape or a group.
    var topShapes: [Int] = []
    /// Shape ids are unique on a slide; the root of the shape tree has 1.
    var lastID = 1

    /// What is written so far.
    var contents: SlideContents {
        SlideContents(shapes: shapeCount - groupCount - pictureCount, pictures: pictureCount, groups: groupCount)
    }

    mutating func nextID() -> Int {
        lastID += 1
        return lastID
    }

    /// The id that the next shape will have.
    func peekID() -> Int { lastID + 1 }

    /// Notes what is not on the slide as drawn.
    ///
    /// - Parameter deviation: How far an approximation is off, see `Profile.accepts`; nil where nobody knows.
    mutating func note(_ outcome: SVG.Diagnostic.Outcome, _ origin: SVG.Origin, _ message: String, by deviation: Double? = nil) {
        diagnostics.append(SVG.Diagnostic(outcome, element: origin.shown, line: origin.line, message, deviation: deviation))
        findingPlaces.append(decisions.place)
    }

    /// Maps a drawing onto a slide of the size asked for, or of its own.
    mutating func map(_ tree: SVG.Tree, _ options: SlideOptions) -> SlideSize {
        let size = options.size ?? SlideSize(for: tree.size)
        if options.showsTitle, let title = tree.title { titlePlaceholder(title) }
        let placement = placement(of: tree, on: size, options)
        canvas = Rect(placement(Point(0, 0)), placement(Point(tree.size.width, tree.size.height)))
        if let drawn = map(clipped(tree.root, to: options.area, through: placement), through: placement), options.area == nil {
            noteOverflow(of: tree, drawn)
        }
        coarsenPictures(of: tree.root.origin)
        if outlines.unappliedClips > 0 {
            note(
                .approximated, tree.root.origin,
                "its clips take more work than a slide may take, so some groups in groups are clipped by the outer clip alone")
        }
        return size
    }

    /// The group without what would lie beyond a box of the slide.
    private mutating func clipped(_ group: SVG.Group, to area: SlideArea?, through placement: AffineTransform) -> SVG.Group {
        let transform = group.transform.followed(by: placement)
        guard let area = area?.rect, let ink = SVG.Node.group(group).inkBounds(in: transform), !area.isAround(ink),
            let back = transform.inverse
        else { return group }
        var result = group
        let box = BezierPath(area).transformed(by: back)
        // Without its own clip rather than without the box: beside a fitted picture lies something else.
        result.clip = group.clip.map { clip in outlines.spending { clip.combined(.intersection, with: box, work: &$0) } ?? box } ?? box
        return result
    }

    /// From the picture's pixels to EMU on the slide.
    mutating func placement(of tree: SVG.Tree, on size: SlideSize, _ options: SlideOptions) -> AffineTransform {
        let area = options.area?.rect ?? Rect(x: 0, y: 0, width: Double(size.width.rawValue), height: Double(size.height.rawValue))
        let placement = options.fit.placement(of: tree.size, in: area, pixel: EMU.perPixel)
        let corner = placement(Point(0, 0))
        // Under a pixel: the slide's size is the picture's, rounded.
        if options.size != nil, options.area == nil, options.fit == .contain,
            max(corner.x - area.minX, corner.y - area.minY) > EMU.perPixel
        {
            note(.approximated, tree.root.origin, "the picture has another shape than the slide and was fitted into its middle")
        }
        return placement
    }

    /// Notes what lies outside the picture but, beside a fitted picture, still on the slide.
    mutating func noteOverflow(of tree: SVG.Tree, _ drawn: Rect) {
        let slack = EMU.perPixel
        let showsBeside = canvas.minX > slack && (drawn.minX < canvas.minX - slack || drawn.maxX > canvas.maxX + slack)
        let showsAbove = canvas.minY > slack && (drawn.minY < canvas.minY - slack || drawn.maxY > canvas.maxY + slack)
        if showsBeside || showsAbove {
            note(.approximated, tree.root.origin, "slides cannot clip, so what lies beyond the picture's edge shows beside it")
        }
    }

    /// Begins a part.
    init(title: String?, profile: Profile = .balanced, background: SVG.Color? = nil) {
        self.profile = profile
        xml.markup(xmlDeclaration)
        xml.markup(
            """
            <p:sld xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" \
            xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" \
            xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:cSld
            """)
        if let title {
            xml.markup(" name=\"")
            xml.text(title)
            xml.markup("\"")
        }
        xml.byte(UInt8(ascii: ">"))
        if let background {
            xml.markup("<p:bg><p:bgPr>")
            xml.fill(.solid(Tint(color: background)))
            xml.markup("<a:effectLst/></p:bgPr></p:bg>")
        }
        xml.markup(
            """
            <p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm>\
            <a:off x="0" y="0"/><a:ext cx="0" cy="0"/><a:chOff x="0" y="0"/><a:chExt cx="0" cy="0"/></a:xfrm></p:grpSpPr>
            """)
    }

    /// Writes the slide's title, with place and style of the layout.
    mutating func titlePlaceholder(_ title: String) {
        xml.markup("<p:sp><p:nvSpPr>")
        xml.nonVisualProperties(id: nextID(), name: "Title", kind: "Title", summary: nil)
        xml.markup(
            """
            <p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>\
            <a:lstStyle/><a:p><a:r><a:rPr/><a:t>
            """)
        xml.text(title)
        xml.markup("</a:t></a:r></a:p></p:txBody></p:sp>")
    }

    /// Ends the part. Shapes with the ids of `steps` appear one after the other.
    consuming func finish(_ size: SlideSize, steps: [Int] = []) -> Slide {
        xml.markup("</p:spTree></p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>")
        xml.timing(appearing: steps)
        xml.markup("</p:sld>")
        if !groups.isEmpty { groups.weave(into: &xml) }
        let part = Packer().pack(xml.bytes)
        return Slide(
            part: part, size: size, shapeCount: shapeCount, diagnostics: diagnostics, media: media, links: links,
            contents: contents, entries: decisions.sorted, findingPlaces: findingPlaces)
    }
}

extension SVG.Group {
    /// About how many bytes its shapes take as XML: room for them is taken once, as growing a hundred megabytes by doubling
    /// takes as long as writing them. Depth costs memory, not stack.
    fileprivate var expectedByteCount: Int {
        var count = 2048
        var pending = [self]
        while let group = pending.popLast() {
            for child in group.children {
                switch child {
                case .group(let group): pending.append(group)
                // The properties of a shape, and a command with its points for each segment.
                case .path(let path): count += 512 + (path.shape == nil ? 96 * path.geometry.elements.count : 0)
                default: count += 1024
                }
            }
        }
        return count
    }
}
