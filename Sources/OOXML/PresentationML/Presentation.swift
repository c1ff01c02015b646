public import AtelierArchives
internal import AtelierScheduling

/// Why slides do not make a presentation.
public enum PresentationError: Error, Equatable, CustomStringConvertible {
    /// A presentation of nothing.
    case noSlides
    /// A slide (counted from 1) that was mapped for another size than the first.
    case sizesDiffer(slide: Int, size: SlideSize, first: SlideSize)
    /// The file would pass what its container holds.
    case archive(ZIPError)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .noSlides: "a presentation needs at least one slide"
        case .sizesDiffer(let slide, let size, let first):
            "slide \(slide) was mapped for \(size) but the presentation has \(first); map every slide with the same 'size' option"
        case .archive(let error): "\(error)"
        }
    }
}

/// Puts slides into one presentation, a complete `.pptx` file.
///
/// The bytes depend on slides and title alone (fixed dates, fixed order). All slides must be mapped for one size, because a
/// presentation has one: pass `SlideSize(for: firstPicture.size)` as `SlideOptions.size` when pictures differ.
///
///     let slides = trees.map { mapSlide($0, SlideOptions(size: SlideSize(for: trees[0].size))) }
///     let file = try packPresentation(slides, title: "Sketches")
///
/// - Parameters:
///   - pictures: PNG files of the slides' drawings (`Slide.drawings(of:)`). Where one is missing, a transparent pixel stands
///     in, and programs that draw SVG still show the drawing.
///   - notes: What the speaker reads.
/// - Complexity: linear in the packed size of the slides, which are copied as they are.
public func packPresentation(
    _ slides: [Slide], title: String? = nil, pictures: [Drawing: [UInt8]] = [:], notes: SlideNotes = .init()
) throws(PresentationError) -> [UInt8] {
    guard let size = slides.first?.size else { throw .noSlides }
    if let other = slides.firstIndex(where: { $0.size != size }) {
        throw .sizesDiffer(slide: other + 1, size: slides[other].size, first: size)
    }
    let members: [OPCPackage.Member]
    if slides.count == 1, slides[0].media.isEmpty, slides[0].links.isEmpty, title == nil, !notes.isAny {
        members = PlainPresentation.members(showing: slides[0])
    } else {
        members = presentation(slides, size, title: title, pictures, notes, in: OPCPackage(knowing: PlainPresentation.parts)).members()
    }
    do { return try OPCPackage.file(of: members) } catch { throw .archive(error) }
}

private func presentation(
    _ slides: [Slide], _ size: SlideSize, title: String?, _ pictures: [Drawing: [UInt8]], _ notes: SlideNotes,
    in package: consuming OPCPackage
) -> OPCPackage {
    package.relate(
        "",
        [
            .init(id: 1, type: RelationshipType.officeDocument, target: "ppt/presentation.xml"),
            .init(id: 2, type: RelationshipType.coreProperties, target: "docProps/core.xml"),
            .init(id: 3, type: RelationshipType.extendedProperties, target: "docProps/app.xml"),
        ])
    package.add(
        presentationPath, contentType: ContentType.presentation,
        presentationPart(slideCount: slides.count, size, hasNotes: notes.isAny))
    package.relate(
        presentationPath,
        [
            .init(id: 1, type: RelationshipType.slideMaster, target: "slideMasters/slideMaster1.xml"),
            .init(id: 2, type: RelationshipType.theme, target: "theme/theme1.xml"),
        ] + slides.indices.map { .init(id: firstSlideRelationship + $0, type: RelationshipType.slide, target: "slides/slide\($0 + 1).xml") }
            + (notes.isAny
                ? [
                    .init(
                        id: firstSlideRelationship + slides.count, type: RelationshipType.notesMaster,
                        target: "notesMasters/notesMaster1.xml")
                ] : [])
    )
    package.add("ppt/slideMasters/slideMaster1.xml", contentType: ContentType.slideMaster, part(BlankDesign.master))
    package.relate(
        "ppt/slideMasters/slideMaster1.xml",
        [
            .init(id: 1, type: RelationshipType.slideLayout, target: "../slideLayouts/slideLayout1.xml"),
            .init(id: 2, type: RelationshipType.theme, target: "../theme/theme1.xml"),
        ])
    package.add("ppt/slideLayouts/slideLayout1.xml", contentType: ContentType.slideLayout, part(BlankDesign.layout))
    package.relate(
        "ppt/slideLayouts/slideLayout1.xml",
        [.init(id: 1, type: RelationshipType.slideMaster, target: "../slideMasters/slideMaster1.xml")])
    package.add("ppt/theme/theme1.xml", contentType: ContentType.theme, part(BlankDesign.theme))
    var media = MediaFolder()
    for (index, slide) in slides.enumerated() {
        let path = slidePath(index)
        package.add(path, contentType: ContentType.slide, slide.part)
        let text = notes.text(of: index)
        package.relate(
            path,
            slide.relationships(
                layout: "../slideLayouts/slideLayout1.xml", &media, notes: text.map { _ in "../notesSlides/notesSlide\(index + 1).xml" }))
        guard let text else { continue }
        let notesPath = "ppt/notesSlides/notesSlide\(index + 1).xml"
        package.add(notesPath, contentType: ContentType.notesSlide, notesPart(text))
        package.relate(notesPath, notesRelationships(slide: "../slides/slide\(index + 1).xml", master: "../notesMasters/notesMaster1.xml"))
    }
    if notes.isAny {
        package.add("ppt/notesMasters/notesMaster1.xml", contentType: ContentType.notesMaster, part(BlankDesign.notesMaster))
        package.relate(
            "ppt/notesMasters/notesMaster1.xml", [.init(id: 1, type: RelationshipType.theme, target: "../theme/theme2.xml")])
        package.add("ppt/theme/theme2.xml", contentType: ContentType.theme, part(BlankDesign.theme))
    }
    for (name, file) in media.files { package.add("ppt/media/\(name)", file.kind, file.packed(with: pictures)) }
    package.add("docProps/core.xml", contentType: ContentType.coreProperties, corePropertiesPart(title: title))
    package.add("docProps/app.xml", contentType: ContentType.extendedProperties, appPropertiesPart(slideCount: slides.count))
    return package
}

/// Relationships of the presentation before this one are master and theme.
private let firstSlideRelationship = 3

private let presentationPath = "ppt/presentation.xml"
private func slidePath(_ index: Int) -> String { "ppt/slides/slide\(index + 1).xml" }

/// A presentation of one plain slide without a title, packed once in a process. Most of its parts are those of every presentation, or of
/// every one that has a single slide, and take longer to compress than a small slide.
private enum PlainPresentation {
    private static let members: [OPCPackage.Member] = {
        let empty = PackedBytes(storing: []), slide = Slide(part: empty, size: .wide, shapeCount: 0, diagnostics: [])
        // Packed where its size is known.
        let main = OPCPackage.KnownPart(bytes: presentationPart(slideCount: 1, slide.size, hasNotes: false).bytes, packed: empty)
        return presentation([slide], slide.size, title: nil, [:], SlideNotes(), in: OPCPackage(knowing: [presentationPath: main])).members()
    }()

    /// What can be known of its parts in others.
    static let parts: [String: OPCPackage.KnownPart] = Dictionary(
        uniqueKeysWithValues: members.compactMap { path, body in
            body.unpacked().map { (path, OPCPackage.KnownPart(bytes: $0, packed: body)) }
        })

    /// The main part by the size of the slide; drawings of one set have the same.
    private static let mainParts = Lock([SlideSize: PackedBytes]())

    /// The same presentation with another slide, which has neither files nor links: writing all parts to find that they are known takes
    /// longer than to write a small slide.
    static func members(showing slide: Slide) -> [OPCPackage.Member] {
        let known = mainParts.withLock { $0[slide.size] }
        let main = known ?? Packer().pack(presentationPart(slideCount: 1, slide.size, hasNotes: false).bytes)
        if known == nil {
            mainParts.withLock { parts in
                if parts.count >= 256 { parts.removeAll() }
                parts[slide.size] = main
            }
        }
        return members.map { path, body in
            switch path {
            case presentationPath: (path, main)
            case slidePath(0): (path, slide.part)
            default: (path, body)
            }
        }
    }
}

func part(_ markup: StaticString) -> XMLBuffer {
    var xml = XMLBuffer()
    xml.markup(xmlDeclaration)
    xml.markup(markup)
    return xml
}

private func presentationPart(slideCount: Int, _ size: SlideSize, hasNotes: Bool) -> XMLBuffer {
    var xml = XMLBuffer()
    xml.markup(xmlDeclaration)
    xml.markup(
        """
        <p:presentation xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" \
        xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" \
        xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" saveSubsetFonts="1">\
        <p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst>
        """)
    if hasNotes {
        xml.markup("<p:notesMasterIdLst><p:notesMasterId r:id=\"rId")
        xml.number(firstSlideRelationship + slideCount)
        xml.markup("\"/></p:notesMasterIdLst>")
    }
    xml.markup("<p:sldIdLst>")
    for index in 0..<slideCount {
        xml.markup("<p:sldId id=\"")
        xml.number(256 + index)  // The smallest id the schema allows is 256.
        xml.markup("\" r:id=\"rId")
        xml.number(firstSlideRelationship + index)
        xml.markup("\"/>")
    }
    xml.markup("</p:sldIdLst><p:sldSz cx=\"")
    xml.number(size.width)
    xml.markup("\" cy=\"")
    xml.number(size.height)
    xml.markup("\"/><p:notesSz cx=\"6858000\" cy=\"9144000\"/></p:presentation>")
    return xml
}

private func corePropertiesPart(title: String?) -> XMLBuffer {
    var xml = XMLBuffer()
    xml.markup(xmlDeclaration)
    xml.markup(
        """
        <cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" \
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" \
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
        """)
    if let title {
        xml.markup("<dc:title>")
        xml.text(title)
        xml.markup("</dc:title>")
    }
    // A true date would make every file differ.
    xml.markup(
        """
        <dcterms:created xsi:type="dcterms:W3CDTF">1980-01-01T00:00:00Z</dcterms:created>\
        <dcterms:modified xsi:type="dcterms:W3CDTF">1980-01-01T00:00:00Z</dcterms:modified></cp:coreProperties>
        """)
    return xml
}

private func appPropertiesPart(slideCount: Int) -> XMLBuffer {
    var xml = XMLBuffer()
    xml.markup(xmlDeclaration)
    xml.markup(
        """
        <Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">\
        <Application>Atelier</Application><Slides>
        """)
    xml.number(slideCount)
    xml.markup("</Slides></Properties>")
    return xml
}

enum ContentType {
    static let presentation: StaticString = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    static let slideMaster: StaticString = "application/vnd.openxmlformats-officedocument.presentationml.slideMaster+xml"
    static let slideLayout: StaticString = "application/vnd.openxmlformats-officedocument.presentationml.slideLayout+xml"
    static let slide: StaticString = "application/vnd.openxmlformats-officedocument.presentationml.slide+xml"
    static let notesSlide: StaticString = "application/vnd.openxmlformats-officedocument.presentationml.notesSlide+xml"
    static let notesMaster: StaticString = "application/vnd.openxmlformats-officedocument.presentationml.notesMaster+xml"
    static let theme: StaticString = "application/vnd.openxmlformats-officedocument.theme+xml"
    static let coreProperties: StaticString = "application/vnd.openxmlformats-package.core-properties+xml"
    static let extendedProperties: StaticString = "application/vnd.openxmlformats-officedocument.extended-properties+xml"
}

enum RelationshipType {
    static let officeDocument: StaticString = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    static let coreProperties: StaticString = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    static let extendedProperties: StaticString =
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties"
    static let hyperlink: StaticString = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    static let notesSlide: StaticString = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/notesSlide"
    static let notesMaster: StaticString = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/notesMaster"
    static let slideMaster: StaticString = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/slideMaster"
    static let slideLayout: StaticString = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/slideLayout"
    static let image: StaticString = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    static let slide: StaticString = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide"
    static let theme: StaticString = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/theme"
}
