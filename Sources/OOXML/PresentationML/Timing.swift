internal import AtelierSVG

extension SlideMapper {
    /// Ids of the shapes that appear one after the other: the layers, but for the first where nothing else is there from the start.
    ///
    /// A layer that drew nothing, or became something without an id of its own, is no step, which is noted.
    mutating func buildSteps(of tree: SVG.Tree) -> [Int] {
        let layers = tree.layers
        guard layers.count > 1 || layers.count < tree.root.children.count else { return [] }
        let first = layers.count == tree.root.children.count ? 1 : 0
        let written = shapeIDs
        return layers.dropFirst(first).compactMap { place in
            let id = topShapes[place]
            // A layer that was taken back left its number to the next.
            let isTakenBack = place + 1 < topShapes.count && topShapes[place + 1] == id
            if !isTakenBack, written.contains(id) { return id }
            note(.approximated, tree.root.children[place].origin, "the layer drew nothing that could appear, so it is no build step")
            return nil
        }
    }

    /// Ids of everything on the slide.
    private var shapeIDs: Set<Int> {
        var part = xml
        if !groups.isEmpty { groups.weave(into: &part) }
        let bytes = part.bytes
        let mark = Array("<p:cNvPr id=\"".utf8)
        var ids: Set<Int> = [], position = 0
        while position + mark.count < bytes.count {
            guard bytes[position] == mark[0], bytes[position..<position + mark.count].elementsEqual(mark) else {
                position += 1
                continue
            }
            position += mark.count
            var id = 0
            while position < bytes.count, case 0x30...0x39 = bytes[position] {
                id = id * 10 + Int(bytes[position] - 0x30)
                position += 1
            }
            ids.insert(id)
        }
        return ids
    }
}

extension XMLBuffer {
    /// `p:timing` of shapes that appear, one with each click (ISO/IEC 29500-1, 19.5): one sequence of effects of the class entrance, each
    /// of which sets the visibility. Nothing for no shapes.
    mutating func timing(appearing shapes: [Int]) {
        if shapes.isEmpty { return }
        markup(
            """
            <p:timing><p:tnLst><p:par><p:cTn id="1" dur="indefinite" restart="never" nodeType="tmRoot"><p:childTnLst>\
            <p:seq concurrent="1" nextAc="seek"><p:cTn id="2" dur="indefinite" nodeType="mainSeq"><p:childTnLst>
            """)
        var id = 3
        func node() -> Int {
            defer { id += 1 }
            return id
        }
        for shape in shapes {
            markup("<p:par><p:cTn id=\"")
            number(node())
            markup("\" fill=\"hold\"><p:stCondLst><p:cond delay=\"indefinite\"/></p:stCondLst><p:childTnLst><p:par><p:cTn id=\"")
            number(node())
            markup("\" fill=\"hold\"><p:stCondLst><p:cond delay=\"0\"/></p:stCondLst><p:childTnLst><p:par><p:cTn id=\"")
            number(node())
            markup(
                """
                " presetID="1" presetClass="entr" presetSubtype="0" fill="hold" nodeType="clickEffect"><p:stCondLst><p:cond delay="0"/>\
                </p:stCondLst><p:childTnLst><p:set><p:cBhvr><p:cTn id="
                """)
            number(node())
            markup("\" dur=\"1\" fill=\"hold\"><p:stCondLst><p:cond delay=\"0\"/></p:stCondLst></p:cTn><p:tgtEl><p:spTgt spid=\"")
            number(shape)
            markup(
                """
                "/></p:tgtEl><p:attrNameLst><p:attrName>style.visibility</p:attrName></p:attrNameLst></p:cBhvr><p:to>\
                <p:strVal val="visible"/></p:to></p:set></p:childTnLst></p:cTn></p:par></p:childTnLst></p:cTn></p:par></p:childTnLst>\
                </p:cTn></p:par>
                """)
        }
        markup(
            """
            </p:childTnLst></p:cTn><p:prevCondLst><p:cond evt="onPrev" delay="0"><p:tgtEl><p:sldTgt/></p:tgtEl></p:cond></p:prevCondLst>\
            <p:nextCondLst><p:cond evt="onNext" delay="0"><p:tgtEl><p:sldTgt/></p:tgtEl></p:cond></p:nextCondLst></p:seq></p:childTnLst>\
            </p:cTn></p:par></p:tnLst></p:timing>
            """)
    }
}
