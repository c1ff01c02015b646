/// What the speaker reads beside the slides of a presentation.
public struct SlideNotes: Hashable, Sendable, Codable {
    /// The text for each slide, in order; slides beyond the last have none.
    public var texts: [String?]

    /// Notes from their texts; an empty one is none.
    public init(_ texts: [String?] = []) { self.texts = texts }

    /// Notes from a text file: those of the slides in order, with a line of three or more `-` between them.
    public init(written text: String) {
        var texts: [[Substring]] = [[]]
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let bare = line.filter { $0 != " " && $0 != "\t" }
            if bare.count >= 3, bare.allSatisfy({ $0 == "-" }) { texts.append([]) } else { texts[texts.count - 1].append(line) }
        }
        self.texts = texts.map { lines in
            let start = lines.drop { $0.allSatisfy(\.isWhitespace) }
            let end = start.lastIndex { !$0.allSatisfy(\.isWhitespace) }
            return end.map { start[...$0].joined(separator: "\n") }
        }
    }

    /// Whether a slide has any.
    var isAny: Bool { texts.indices.contains { text(of: $0) != nil } }

    /// The text for a slide, counted from 0.
    func text(of slide: Int) -> String? {
        guard texts.indices.contains(slide), let text = texts[slide], !text.isEmpty else { return nil }
        return text
    }
}

/// A page of notes: the slide in small, and the text with a paragraph for each line.
func notesPart(_ text: String) -> XMLBuffer {
    var xml = XMLBuffer()
    xml.markup(xmlDeclaration)
    xml.markup(
        """
        <p:notes xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" \
        xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" \
        xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/>\
        <p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/><p:sp><p:nvSpPr><p:cNvPr id="2" name="Slide Image"/><p:cNvSpPr>\
        <a:spLocks noGrp="1" noRot="1" noChangeAspect="1"/></p:cNvSpPr><p:nvPr><p:ph type="sldImg"/></p:nvPr></p:nvSpPr><p:spPr/></p:sp>\
        <p:sp><p:nvSpPr><p:cNvPr id="3" name="Notes"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="body" idx="1"/>\
        </p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:lstStyle/>
        """)
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
        if line.isEmpty {
            xml.markup("<a:p/>")
        } else {
            xml.markup("<a:p><a:r><a:rPr/><a:t>")
            xml.text(String(line))
            xml.markup("</a:t></a:r></a:p>")
        }
    }
    xml.markup("</p:txBody></p:sp></p:spTree></p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:notes>")
    return xml
}

/// What a page of notes leads to.
func notesRelationships(slide: String, master: String) -> [OPCPackage.Relationship] {
    [
        .init(id: 1, type: RelationshipType.notesMaster, target: master),
        .init(id: 2, type: RelationshipType.slide, target: slide),
    ]
}

extension BlankDesign {
    /// Pages of notes on paper of 7.5 × 10 inches: the slide above, the text below.
    static let notesMaster: StaticString = """
        <p:notesMaster xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" \
        xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" \
        xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:cSld><p:bg><p:bgPr><a:solidFill>\
        <a:schemeClr val="bg1"/></a:solidFill><a:effectLst/></p:bgPr></p:bg><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/>\
        <p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/><p:sp><p:nvSpPr><p:cNvPr id="2" name="Slide Image"/><p:cNvSpPr>\
        <a:spLocks noGrp="1" noRot="1" noChangeAspect="1"/></p:cNvSpPr><p:nvPr><p:ph type="sldImg" idx="2"/></p:nvPr></p:nvSpPr><p:spPr>\
        <a:xfrm><a:off x="685800" y="1143000"/><a:ext cx="5486400" cy="3086100"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>\
        <a:noFill/><a:ln w="12700"><a:solidFill><a:prstClr val="black"/></a:solidFill></a:ln></p:spPr></p:sp><p:sp><p:nvSpPr>\
        <p:cNvPr id="3" name="Notes"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="body" sz="quarter" idx="3"/></p:nvPr>\
        </p:nvSpPr><p:spPr><a:xfrm><a:off x="685800" y="4400550"/><a:ext cx="5486400" cy="3600450"/></a:xfrm><a:prstGeom prst="rect">\
        <a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:endParaRPr/></a:p></p:txBody></p:sp></p:spTree></p:cSld>\
        <p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" accent2="accent2" accent3="accent3" accent4="accent4" \
        accent5="accent5" accent6="accent6" hlink="hlink" folHlink="folHlink"/><p:notesStyle/></p:notesMaster>
        """
}
