import AtelierSVG
import Testing

@Suite("Transforms and viewports")
struct TransformsTests {
    @Test(
        "Every transform function is read",
        arguments: [
            ("translate(3)", "translate(3)"), ("translate(3,-4)", "translate(3 -4)"), ("scale(2)", "scale(2)"),
            ("scale(2 -1)", "scale(2 -1)"),
            ("rotate(90)", "matrix(0 1 -1 0 0 0)"), ("rotate(90 10 20)", "matrix(0 1 -1 0 30 10)"),
            ("rotate(30)", "matrix(.866025404 .5 -.5 .866025404 0 0)"),
            ("skewX(45)", "matrix(1 0 1 1 0 0)"), ("skewY(45)", "matrix(1 1 0 1 0 0)"), ("matrix(1 2 3 4 5 6)", "matrix(1 2 3 4 5 6)"),
            ("translate(10 0) scale(2)", "matrix(2 0 0 2 10 0)"), ("scale(2),translate(10,0)", "matrix(2 0 0 2 20 0)"),
            (" translate( 1 , 2 )scale(1) ", "translate(1 2)"), ("scale(1-1)", "scale(1 -1)"), ("translate(.5.5)", "translate(.5 .5)"),
        ])
    func functions(transform: String, expected: String) throws {
        #expect(try rewritten("<path d='M0 0h1' transform='\(transform)'/>") == "<path d=\"M0 0h1\" transform=\"\(expected)\"/>")
    }

    @Test(
        "The properties `translate`, `rotate` and `scale` come before `transform`",
        arguments: [
            ("translate:10px 20px", "translate(10 20)"), ("translate:10% 1mm 3px", "translate(10 3.78)"),
            ("rotate:.25turn", "matrix(0 1 -1 0 0 0)"), ("rotate:z 90deg", "matrix(0 1 -1 0 0 0)"),
            ("rotate:0 0 -1 -90deg", "matrix(0 1 -1 0 0 0)"), ("scale:2 -1", "scale(2 -1)"), ("scale:50%", "scale(.5)"),
            ("transform:translate(3px);scale:2;translate:10px", "matrix(2 0 0 2 16 0)"),
            ("rotate:90deg;translate:5px;scale:2", "matrix(0 2 -2 0 5 0)"), ("scale:2;transform-origin:10px 0", "matrix(2 0 0 2 -10 0)"),
            ("translate:none;rotate:none;transform:scale(2)", "scale(2)"), ("rotate:x 90deg;transform:scale(2)", "scale(2)"),
        ])
    func individual(style: String, expected: String) throws {
        #expect(try rewritten("<path d='M0 0h1' style='\(style)'/>") == "<path d=\"M0 0h1\" transform=\"\(expected)\"/>")
    }

    @Test("As attributes they are something else")
    func attributes() throws {
        #expect(try rewritten("<path d='M0 0h1' translate='no' rotate='90' scale='2'/>") == "<path d=\"M0 0h1\"/>")
    }

    @Test("CSS transforms take units and an origin")
    func css() throws {
        let content = "<path d='M0 0h1' style='transform:rotate(.25turn) translate(1mm,2px);transform-origin:center'/>"
        #expect(try rewritten(content) == "<path d=\"M0 0h1\" transform=\"matrix(0 1 -1 0 98 3.78)\"/>")
        #expect(try rewritten("<path d='M0 0h1' transform='scale(2)' transform-origin='right 10'/>").contains("matrix(2 0 0 2 -100 -10)"))
    }

    @Test(
        "transform-box is the box that origin and percentages refer to",
        arguments: [
            ("transform-box:fill-box;transform-origin:center", "rotate(180deg)", "matrix(-1 0 0 -1 60 120)"),
            ("transform-box:fill-box", "rotate(180deg)", "matrix(-1 0 0 -1 40 80)"),
            ("transform-box:stroke-box;transform-origin:right bottom", "rotate(180deg)", "matrix(-1 0 0 -1 84 164)"),
            ("transform-box:fill-box", "translate(50%, 10%)", "translate(10 4)"),
            ("transform-box:view-box", "translate(50%, 10%)", "translate(50 10)"),
            ("", "translate(calc(50% - 1px), 1em)", "translate(49 16)"),
            ("", "translateY(10%) scale(50%)", "matrix(.5 0 0 .5 0 10)"), ("", "translate3d(1px, 2px, 3px) rotateZ(0)", "translate(1 2)"),
        ])
    func boxes(style: String, transform: String, expected: String) throws {
        let shape = "<path d='M20 40h20v40h-20z' fill='red' stroke='red' stroke-width='4' style='\(style);transform:\(transform)'/>"
        let alone = try rewritten(shape)
        #expect(alone.contains(expected), "\(alone)")
        let group = "<g style='\(style);transform:\(transform)'>" + shape.replacing("transform", with: "x") + "</g>"
        let grouped = try rewritten(group)
        #expect(grouped.contains(expected), "\(grouped)")
    }

    @Test(
        "Lengths may be relative and computed",
        arguments: [
            ("calc(1px + 2 * 3px)", "7"), ("calc(50% - 10px)", "40"), ("calc((1em + 4px) / 2)", "10"), ("min(10px, 1em)", "10"),
            ("max(10px, 1em)", "16"), ("clamp(1px, 10vw, 5px)", "5"), ("10vw", "10"), ("5vh", "5"), ("3vmin", "3"), ("2VMAX", "2"),
            ("12q", "11.339"), ("1pc", "16"), ("calc(3)", "3"), ("calc(-1 * -3px)", "3"), ("calc(calc(1px) + (2px))", "3"),
        ])
    func lengths(length: String, expected: String) throws {
        #expect(try rewritten("<rect width='\(length)' height='1'/>") == "<rect width=\"\(expected)\" height=\"1\"/>")
        #expect(try rewritten("<rect style='width:\(length)' height='1'/>") == "<rect width=\"\(expected)\" height=\"1\"/>")
    }

    @Test(
        "Computed lengths that mean nothing are left out",
        arguments: ["calc(", "calc()", "calc(1px *)", "calc(1px * 2px)", "calc(1 / 0)", "min()", "sin(1)", "min(1px, 1%)", "calc(1px 2px)"])
    func wrongLengths(length: String) throws {
        #expect(try tree("<rect width='\(length)' height='1'/>").root.children.isEmpty)
    }

    @Test("Path data may come from a style sheet")
    func pathProperty() throws {
        #expect(try rewritten("<style>path{d:path('M0 0h9')}</style><path d='M1 1h1'/>") == "<path d=\"M0 0h9\"/>")
        #expect(try rewritten("<path d='M1 1h1' style='d:none'/>") == "")
    }

    @Test(
        "The canvas follows from width, height and viewBox",
        arguments: [
            ("width='40' height='30'", "width=\"40\" height=\"30\" viewBox=\"0 0 40 30\""),
            ("width='1in' height='2in' viewBox='0 0 10 20'", "width=\"96\" height=\"192\" viewBox=\"0 0 10 20\""),
            ("viewBox='5 6 10 20'", "width=\"10\" height=\"20\" viewBox=\"5 6 10 20\""),
            ("width='40' viewBox='0 0 10 20'", "width=\"40\" height=\"80\" viewBox=\"0 0 10 20\""),
            ("width='100%' height='50%' viewBox='0 0 10 20'", "width=\"10\" height=\"10\" viewBox=\"-5 0 20 20\""),
            ("height='40' viewBox='0 0 10 20'", "width=\"20\" height=\"40\" viewBox=\"0 0 10 20\""),
            ("width='40' height='40' viewBox='0 0 10 20'", "width=\"40\" height=\"40\" viewBox=\"-5 0 20 20\""),
            (
                "width='40' height='40' viewBox='0 0 10 20' preserveAspectRatio='xMaxYMid'",
                "width=\"40\" height=\"40\" viewBox=\"-10 0 20 20\""
            ),
            (
                "width='40' height='40' viewBox='0 0 10 20' preserveAspectRatio='xMinYMax slice'",
                "width=\"40\" height=\"40\" viewBox=\"0 10 10 10\""
            ),
            ("", "width=\"30\" height=\"20\" viewBox=\"0 0 30 20\""),
        ])
    func canvas(attributes: String, expected: String) throws {
        let line = try written("<path d='M3 2h27v18'/>", attributes: attributes).prefix { $0 != "\n" }
        #expect(line == "<svg xmlns=\"http://www.w3.org/2000/svg\" \(expected)>")
    }

    @Test("A stretched viewBox becomes a transform")
    func stretched() throws {
        let text = try written("<path d='M0 0h1'/>", attributes: "width='40' height='40' viewBox='0 0 10 20' preserveAspectRatio='none'")
        #expect(text.contains("viewBox=\"0 0 40 40\"") && text.contains("<g transform=\"scale(4 2)\">"))
    }

    @Test(
        "A canvas without area is refused",
        arguments: ["width='0' height='5'", "width='-1' height='5'", "viewBox='0 0 0 0' width='0'", "width='1e12' height='1'"])
    func badCanvas(attributes: String) {
        #expect(throws: (any Error).self) { try tree("<path d='M0 0h1'/>", attributes: attributes) }
    }

    @Test("A nested svg is a viewport of its own")
    func nested() throws {
        let content = "<svg x='10' y='20' width='50' height='50' viewBox='0 0 100 100'><rect width='50%' height='10'/></svg>"
        #expect(try rewritten(content) == "<g transform=\"matrix(.5 0 0 .5 10 20)\">\n<rect width=\"50\" height=\"10\"/>\n</g>")
        #expect(try diagnostics(content) == [])
    }

    @Test("Content beyond a viewport is clipped, unless it may overflow")
    func overflow() throws {
        let content = "<svg id='v' width='5' height='5' overflow='hidden'><rect width='9' height='9'/></svg>"
        let clip = "<clipPath id=\"clip1\"><path d=\"M0 0h5v5h-5z\"/></clipPath>\n<g clip-path=\"url(#clip1)\" id=\"v\">\n"
        #expect(try rewritten(content).hasPrefix(clip))
        #expect(try rewritten(content.replacing("hidden", with: "visible")).hasPrefix("<g id=\"v\">"))
        #expect(try diagnostics(content) == [])
    }

    @Test("Scaled groups are written with as many decimals as the canvas needs")
    func decimals() throws {
        let content = "<g transform='scale(1000)'><path d='M.0123456 0h.1'/></g><g transform='scale(.001)'><path d='M12.3456 0h100'/></g>"
        let text = try rewritten(content)
        #expect(text.contains("d=\"M.012346 0h.1\"") && text.contains("d=\"M12 0h100\""))
    }
}
