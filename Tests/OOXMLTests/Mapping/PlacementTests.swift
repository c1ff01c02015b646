import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import Testing

@Suite("Placement on slides")
struct PlacementTests {
    /// The box of a picture of 200 × 100 pixels, all of it one rectangle, on a slide of 4 × 4 inches.
    private func box(_ fit: SlideFit, area: SlideArea? = nil) -> String {
        var options = SlideOptions(size: SlideSize(width: EMU(rawValue: 3_657_600), height: EMU(rawValue: 3_657_600)))
        options.fit = fit
        options.area = area
        let text = mapSlide(picture([rectangle(0, 0, 200, 100)]), options).shapes
        return text.firstMatch(of: #/<a:off x="(-?\d+)" y="(-?\d+)"/><a:ext cx="(\d+)" cy="(\d+)"/>/#).map {
            "\($0.1) \($0.2) \($0.3) \($0.4)"
        } ?? ""
    }

    @Test("A picture is contained, covers, fills, or keeps its size")
    func fits() {
        #expect(box(.contain) == "0 914400 3657600 1828800")
        #expect(box(.cover) == "-1828800 0 7315200 3657600")
        #expect(box(.fill) == "0 0 3657600 3657600")
        #expect(box(.actual) == "876300 1352550 1905000 952500")
    }

    @Test("In an area of the slide it is clipped to it")
    func area() {
        let area = SlideArea(x: EMU(rawValue: 914_400), y: EMU(rawValue: 0), width: EMU(rawValue: 914_400), height: EMU(rawValue: 914_400))
        #expect(box(.contain, area: area) == "914400 228600 914400 457200")
        #expect(box(.cover, area: area) == "914400 0 914400 914400")
        #expect(box(.actual, area: area) == "914400 0 914400 914400")
    }

    @Test("A background is the slide's own, before its shapes")
    func background() {
        var options = SlideOptions()
        options.background = SVG.Color(red: 0x12, green: 0xAB, blue: 0)
        let text = mapSlide(picture([]), options).text
        #expect(
            text.contains(
                "<p:cSld><p:bg><p:bgPr><a:solidFill><a:srgbClr val=\"12AB00\"/></a:solidFill><a:effectLst/></p:bgPr></p:bg><p:spTree>"))
    }

    @Test("A grid holds its pictures in cells, in reading order, as groups with their names")
    func grid() {
        let pictures = ["One", nil, "Three"].map { picture([rectangle(0, 0, 200, 100), rectangle(9, 9, 1, 1)], title: $0) }
        let size = EMU(rawValue: 3_810_000)
        let tree = arrange(pictures, in: PictureGrid(columns: 2, rows: 2), width: size, height: size, margin: 20, fit: .contain)
        #expect(tree.size == Size(400, 400))
        let text = mapSlide(tree).shapes
        #expect(text.matches(of: #/<p:grpSp><p:nvGrpSpPr><p:cNvPr id="\d+" name="([^"]*)"/#).map(\.1) == ["One", "Picture 2", "Three"])
        // Cells of 170 pixels; a picture is 170 × 85 in the middle of its own.
        let corners = text.matches(of: #/<p:grpSpPr><a:xfrm><a:off x="(\d+)" y="(\d+)"/><a:ext cx="(\d+)" cy="(\d+)"/#)
        #expect(corners.map { "\($0.1) \($0.2)" } == ["190500 595313", "2000250 595313", "190500 2405063"])
        #expect(corners.allSatisfy { $0.3 == "1619250" })
    }

    @Test("What covers a cell, or lies beyond a picture's canvas, is clipped in a grid")
    func gridClips() {
        let size = EMU(rawValue: 1_905_000)
        func boxes(_ node: SVG.Node, _ fit: SlideFit) -> [String] {
            let tree = arrange([picture([node])], in: PictureGrid(columns: 1, rows: 1), width: size, height: size, margin: 0, fit: fit)
            return mapSlide(tree).shapes.matches(of: #/<p:spPr><a:xfrm><a:off x="(-?\d+)" y="(-?\d+)"/><a:ext cx="(\d+)" cy="(\d+)"/#)
                .map { "\($0.1) \($0.2) \($0.3) \($0.4)" }
        }
        #expect(boxes(rectangle(0, 0, 200, 100), .cover) == ["0 0 1905000 1905000"])
        #expect(boxes(rectangle(-50, 0, 300, 100), .contain) == ["0 476250 1905000 952500"])
    }
}

@Suite("Build steps")
struct BuildStepTests {
    private func layer(_ name: String, _ nodes: [SVG.Node]) -> SVG.Node {
        .group(SVG.Group(origin: SVG.Origin(element: "g", name: name, isLayer: true), children: nodes))
    }

    private func steps(_ nodes: [SVG.Node]) -> (ids: [String], names: [String: String], messages: [String]) {
        var options = SlideOptions()
        options.builds = true
        let slide = mapSlide(picture(nodes), options), text = slide.text
        let names = text.matches(of: #/<p:cNvPr id="(\d+)" name="([^"]*)"/#).map { (String($0.1), String($0.2)) }
        return (
            text.matches(of: #/<p:spTgt spid="(\d+)"/#).map { String($0.1) }, Dictionary(names) { first, _ in first }, slide.messages
        )
    }

    @Test("Layers appear one after the other; what is in none is there from the start")
    func loose() {
        let (ids, names, _) = steps([
            rectangle(0, 0, 9, 9), layer("a", [rectangle(0, 0, 1, 1)]), layer("b", [rectangle(0, 0, 1, 1), rectangle(2, 2, 1, 1)]),
        ])
        #expect(ids.map { names[$0] } == ["a", "b"])
    }

    @Test("Filters and masks before a layer leave its place; layers of a picture that is opaque in part only are no steps")
    func effects() {
        let shift = SVG.Filter(
            region: Rect(x: 0, y: 0, width: 99, height: 99), primitives: [.init(.offset(.source, Vector(5, 5)))])
        let mask = SVG.Mask(
            region: Rect(x: 0, y: 0, width: 5, height: 5),
            children: [rectangle(0, 0, 5, 5, fill: fill(SVG.Color(red: 255, green: 255, blue: 255)))])
        let (ids, names, _) = steps([
            .group(SVG.Group(origin: origin("g"), filter: shift, children: [rectangle(0, 0, 9, 9)])),
            .group(SVG.Group(origin: origin("g"), mask: mask, children: [rectangle(0, 0, 9, 9)])),
            layer("a", [rectangle(0, 0, 1, 1)]), layer("b", [rectangle(0, 0, 1, 1)]),
        ])
        #expect(ids.map { names[$0] } == ["a", "b"])
        var tree = picture([layer("a", [rectangle(0, 0, 9, 9)]), layer("b", [rectangle(5, 0, 9, 9)])])
        tree.root.opacity = 0.5
        var options = SlideOptions(profile: .exact)
        options.builds = true
        #expect(mapSlide(tree, options).messages == ["the layer drew nothing that could appear, so it is no build step"])
    }

    @Test("Where everything is in layers, the first is there from the start; an empty one is no step and is noted")
    func layers() {
        let one = rectangle(0, 0, 1, 1)
        let (ids, names, messages) = steps([layer("a", [one]), layer("b", []), layer("c", [one])])
        #expect(ids.map { names[$0] } == ["c"])
        #expect(messages == ["the layer drew nothing that could appear, so it is no build step"])
        #expect(steps([layer("a", [one])]).ids == [])
        #expect(steps([one, one]).ids == [])
    }
}
