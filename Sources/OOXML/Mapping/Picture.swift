internal import AtelierGeometry
internal import AtelierSVG

/// How finely pictures are drawn of what has no form as shapes.
private enum PictureResolution {
    /// Pixels along a CSS pixel of the slide: 192 to the inch.
    static let density = 2.0
    /// Most pixels of one picture, about 2000 × 2000; a larger one is drawn more coarsely.
    static let mostPixels = 4_000_000.0
}

extension SlideMapper {
    /// Writes a part of the drawing as one picture: pixels for every program, and for those that draw SVG the drawing itself where
    /// they draw it rightly.
    ///
    /// The picture stands where its ink is, within the canvas, on whole pixels of its own grid.
    /// - Parameters:
    ///   - node: What is shown, with all below it.
    ///   - parent: From the coordinates around the node to the slide.
    ///   - opacity: What its ancestors leave of it.
    ///   - clip: Where it is seen, on the slide; nil for everywhere.
    ///   - reason: Why it is a picture, for the report: "slides have no …".
    /// - Returns: its box on the slide; nil when nothing of it is seen.
    @discardableResult
    mutating func picture(
        of node: SVG.Node, through parent: AffineTransform, opacity: Double, clip: BezierPath?, because reason: String
    ) -> Rect? {
        guard parent.isFinite, opacity > 0, let ink = node.inkBounds(in: node.transform.followed(by: parent)),
            var area = visible(ink, in: clip)
        else { return nil }
        guard affordsPicture(of: node, clip: clip) else {
            note(.unsupported, node.origin, "it was left out, as \(PictureWork.excess)")
            return nil
        }
        let work = PictureWork(
            of: node, clip: clip, parent.followed(by: .scaling(1 / area.pitch, 1 / area.pitch)),
            Size(Double(area.columns), Double(area.rows)))
        pictureWork += work.fixed
        let mostPixels = PictureWork.mostBytes / (4 * work.rasters)
        if Double(area.columns) * Double(area.rows) > mostPixels, let coarser = visible(ink, in: clip, mostPixels: mostPixels) {
            area = coarser
            note(.approximated, node.origin, "its filters take so much memory that it has fewer pixels")
        }
        // Outlines look the same wherever the picture is drawn.
        let node = node.withOutlinedText
        let frame = Frame(around: area.box)
        let toPixels = AffineTransform.scaling(1 / EMU.perPixel, 1 / EMU.perPixel)
            .followed(by: .translation(-area.box.minX / EMU.perPixel, -area.box.minY / EMU.perPixel))
        var root = SVG.Group(
            origin: SVG.Origin(element: "svg"), transform: parent.followed(by: toPixels), opacity: opacity, children: [node])
        if let clip {
            root.origin = SVG.Origin(element: "g")
            root = SVG.Group(
                origin: SVG.Origin(element: "svg"), clip: clip.transformed(by: toPixels), children: [.group(root)])
        }
        let size = Size(area.box.width / EMU.perPixel, area.box.height / EMU.perPixel)
        let drawing = Drawing(svg: SVG.write(SVG.Tree(size: size, root: root)), width: area.columns, height: area.rows)

        let origin = node.origin
        note(.approximated, origin, "it became a picture of its own, as \(reason)")
        let place = media.count, file = reference(.rendering(drawing))
        if media.count > place { pixelWork.append((place, work.perPixel * Double(area.columns) * Double(area.rows))) }
        xml.pictureStart(id: nextID(), origin, link: link, file: file)
        if !node.hasFilter {
            let twin = reference(.drawing(drawing))
            xml.markup(
                """
                <a:extLst><a:ext uri="{96DAC541-7B7A-43D3-8B79-37D633B846F1}">\
                <asvg:svgBlip xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main" r:embed="rId
                """)
            xml.number(twin)
            xml.markup("\"/></a:ext></a:extLst>")
        }
        xml.markup("</a:blip><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr>")
        xml.frame(frame)
        xml.presetGeometry(.rect)
        xml.markup("</p:spPr></p:pic>")
        shapeCount += 1
        pictureCount += 1
        return area.box
    }

    /// What of a box is seen, rounded outwards to whole pixels, and how many; nil for nothing.
    ///
    /// Pixels are counted from the corner of the canvas, so that edges that lie on pixels of the drawing stay sharp.
    private func visible(
        _ ink: Rect, in clip: BezierPath?, mostPixels: Double = PictureResolution.mostPixels
    ) -> (box: Rect, columns: Int, rows: Int, pitch: Double)? {
        var low = Point(max(ink.minX, canvas.minX), max(ink.minY, canvas.minY))
        var high = Point(min(ink.maxX, canvas.maxX), min(ink.maxY, canvas.maxY))
        if let clip {
            guard let area = clip.bounds else { return nil }
            low = Point(max(low.x, area.minX), max(low.y, area.minY))
            high = Point(min(high.x, area.maxX), min(high.y, area.maxY))
        }
        guard high.x > low.x, high.y > low.y else { return nil }
        // One more each way, as rounding outwards may add as much.
        let (width, height) = ((high.x - low.x) / EMU.perPixel, (high.y - low.y) / EMU.perPixel)
        var pitch = EMU.perPixel / PictureResolution.density
        let count = width * height * PictureResolution.density * PictureResolution.density
        if count > mostPixels { pitch *= (count / mostPixels).squareRoot() }
        // A sliver may be longer than pictures can be, though it has few pixels.
        pitch = max(pitch, (high.x - low.x) / 32_000, (high.y - low.y) / 32_000)
        func down(_ value: Double, _ origin: Double) -> Double { ((value - origin) / pitch + 1e-6).rounded(.down) }
        func up(_ value: Double, _ origin: Double) -> Double { ((value - origin) / pitch - 1e-6).rounded(.up) }
        let (left, top) = (down(low.x, canvas.minX), down(low.y, canvas.minY))
        let (right, bottom) = (max(up(high.x, canvas.minX), left + 1), max(up(high.y, canvas.minY), top + 1))
        let box = Rect(
            x: canvas.minX + left * pitch, y: canvas.minY + top * pitch, width: (right - left) * pitch, height: (bottom - top) * pitch)
        return (box, Int(right - left), Int(bottom - top), pitch)
    }

    /// The number of the relationship that leads to a file; the same file has one.
    mutating func reference(_ file: Media) -> Int {
        if let known = mediaPlaces[file] { return Slide.firstMediaRelationship + known }
        mediaPlaces[file] = media.count
        media.append(file)
        return Slide.firstMediaRelationship + media.count - 1
    }
}

extension XMLBuffer {
    /// A picture's start, up to and with the tag that names its file.
    mutating func pictureStart(id: Int, _ origin: SVG.Origin, link: Int?, file: Int) {
        markup("<p:pic><p:nvPicPr>")
        nonVisualProperties(id: id, name: origin.label, kind: "Picture", summary: origin.summary, link: link)
        markup("<p:cNvPicPr><a:picLocks noChangeAspect=\"1\"/></p:cNvPicPr><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed=\"rId")
        number(file)
        markup("\">")
    }
}

extension SVG.Node {
    /// Whether anything in it has a filter. Programs that draw SVG prefer it to the pixels beside it, but office programs leave
    /// filters out (LibreOffice 25.2 does), so that what has one is shown by its pixels alone.
    fileprivate var hasFilter: Bool {
        guard case .group(let group) = self else { return false }
        return group.filter != nil || group.children.contains { $0.hasFilter }
    }

    /// The element it came from.
    var origin: SVG.Origin {
        switch self {
        case .group(let group): group.origin
        case .path(let path): path.origin
        case .image(let image): image.origin
        case .text(let text): text.origin
        }
    }
}
