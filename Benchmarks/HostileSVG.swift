import AtelierGeometry
import AtelierImageCodecs
import AtelierJSON
import AtelierOOXML
import AtelierRasterizing
import AtelierSVG
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let hostileSVG = Subcommand(
        name: "hostile-svg", question: "does a drawing made to hurt take long or much memory?",
        usage: """
                [NAME…] [--seconds 2] [--memory 512]
                Reads drawings that multiply, nest, refer in circles or hold enormous numbers, and
                maps what they give to a slide and draws its pictures, each in a process of its own.
                NAME       only the drawings whose names contain one of these
                --seconds  most time of a processor for one drawing
                --memory   most memory of the process in MiB

                One line for each: status, milliseconds, MiB, name. Status 1: one took longer or
                held more, crashed, or was refused without a sentence.
            """
    ) { arguments in
        if arguments.has("one") {
            alarm(30)
            return try readAndMap(try arguments.string("one"))
        }
        let seconds = try arguments.integer("seconds", default: 2), memory = try arguments.integer("memory", default: 512)
        var bad: [String] = []
        for drawing in hostileDrawings
        where arguments.words.isEmpty || arguments.words.contains(where: { drawing.name.firstRange(of: $0) != nil }) {
            let (status, time, peak) = try ChildProcess(["hostile-svg", "--one", drawing.name]).waitForUsage()
            let milliseconds = Int(time * 1000)
            let outcome = status == 0 ? "read" : status == refused << 8 ? "refused" : "FAILED \(status)"
            let isGood = (status == 0 || status == refused << 8) && milliseconds <= seconds * 1000 && peak >> 20 <= memory
            if !isGood { bad.append(drawing.name) }
            print("\(isGood ? "ok " : "BAD") \(outcome)\t\(milliseconds)\t\(peak >> 20)\t\(drawing.name)")
        }
        print(JSON.object([.init("bench", .string("hostile-svg")), .init("bad", .array(bad.map { .string($0) }))]).text)
        return bad.isEmpty ? 0 : 1
    }
}

/// Exit status of a drawing that was refused with a sentence.
private let refused: Int32 = 3

/// Does what a conversion does.
private func readAndMap(_ name: String) throws -> Int32 {
    guard let drawing = hostileDrawings.first(where: { $0.name == name }) else { throw Arguments.Problem(text: "no drawing '\(name)'") }
    let bytes = Array(drawing.make().utf8)
    do throws(SVG.ParseError) {
        let slide = mapSlide(try SVG.read(bytes.span))
        var pictures: [Drawing: [UInt8]] = [:]
        for drawing in Slide.drawings(of: [slide]) {
            do throws(RasterizingError) {
                pictures[drawing] = encodePNG(try rasterize(drawing.svg.span, width: drawing.width, height: drawing.height))
            } catch {
                // As in a conversion: the slide does without the picture.
                if error == .noLibrary { return 4 }
            }
        }
        do throws(PresentationError) { keep(try packPresentation([slide], pictures: pictures)) } catch { return 4 }
        return 0
    } catch { return error.description.hasSuffix(".") ? refused : 4 }
}

private struct HostileDrawing: Sendable {
    var name: String
    var make: @Sendable () -> String

    /// A drawing given without its `svg`.
    init(_ name: String, _ content: @escaping @Sendable () -> String) {
        self.name = name
        make = {
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 100 100\">"
                + content() + "</svg>"
        }
    }

    /// A drawing given whole.
    init(whole name: String, _ make: @escaping @Sendable () -> String) {
        self.name = name
        self.make = make
    }
}

private func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

private func each(_ range: Range<Int>, _ text: (Int) -> String) -> String { range.map(text).joined() }

/// A star of many corners, whose edges nearly all cross.
private func star(_ corners: Int) -> String {
    "M"
        + each(0..<corners) { i in
            let place = i * (corners / 2) % corners
            return "\(Double(place * 7919 % 1009) / 10.09) \(Double(place * 104_729 % 2003) / 20.03) "
        } + "z"
}

/// A ragged circle of curves.
private func coast(_ count: Int) -> String {
    "M95 50"
        + each(1..<count + 1) { i in
            let place = Angle(degrees: 360 * Double(i) / Double(count)).sineAndCosine
            let reach = i == count ? 45 : 40 + Double(i * 7919 % 101) / 20
            return "Q\(50 + 44 * place.cosine) \(50 + 44 * place.sine) \(50 + reach * place.cosine) \(50 + reach * place.sine)"
        } + "z"
}

/// Elements of one kind that each use the one before ten times.
private func fan(_ depth: Int, _ open: (Int) -> String, _ reference: (Int) -> String, _ close: String) -> String {
    each(0..<depth) { i in open(i) + (i == 0 ? "<rect width='9' height='9'/>" : times(10, reference(i - 1))) + close }
}

/// A drawing of so many pixels each way.
private func large(_ content: String, _ extent: Int) -> String {
    "<svg xmlns='http://www.w3.org/2000/svg' width='\(extent)' height='\(extent)'>" + content + "</svg>"
}

/// Groups that blur two shapes each, no two alike.
private func blurred(_ count: Int, deviation: Int, extent: Int) -> String {
    "<filter id='a' x='-.5' y='-.5' width='2' height='2'><feGaussianBlur stdDeviation='\(deviation)'/></filter>"
        + each(0..<count) { i in
            let (x, y) = (i * 7919 % (extent / 3), i * 104_729 % (extent / 3))
            return "<g filter='url(#a)'><rect x='\(x)' y='\(y)' width='\(extent / 2)' height='\(extent / 2)' fill='#\(100_000 + i)'/>"
                + "<circle cx='\(y)' cy='\(x)' r='\(extent / 4)' fill='red'/></g>"
        }
}

/// Outlines of 150 curves that cross each other anyhow.
private func tangles(_ count: Int) -> String {
    each(0..<count) { path in
        "<path stroke='red' stroke-width='.2' d='M\(path % 100) 0"
            + each(0..<150) { i in
                "C"
                    + each(0..<3) { point in
                        let x = (path * 7919 + i * 104_729 + point * 1_299_709) % 1009 / 10
                        return "\(x) \((path + i * 15_485_863 + point * 611_953) % 1013 / 10) "
                    }
            } + "z'/>"
    }
}

/// A PNG file of one pixel.
private let dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

private let hostileDrawings: [HostileDrawing] = [
    // Entities
    .init(whole: "entities: billion laughs") {
        "<!DOCTYPE svg [<!ENTITY a0 'ha'>" + each(1..<30) { i in "<!ENTITY a\(i) '" + times(10, "&a\(i - 1);") + "'>" }
            + "]><svg><title>&a29;</title></svg>"
    },
    .init(whole: "entities: quadratic") {
        "<!DOCTYPE svg [<!ENTITY a '" + times(60_000, "x") + "'>]><svg><title>" + times(60_000, "&a;") + "</title></svg>"
    },
    .init(whole: "entities: quadratic in an attribute") {
        "<!DOCTYPE svg [<!ENTITY a '" + times(60_000, "x") + "'>]><svg id='" + times(60_000, "&a;") + "'/>"
    },
    .init(whole: "entities: elements") {
        "<!DOCTYPE svg [<!ENTITY a0 '<rect/>'>" + each(1..<30) { i in "<!ENTITY a\(i) '" + times(10, "&a\(i - 1);") + "'>" }
            + "]><svg>&a29;</svg>"
    },
    .init(whole: "entities: a circle") { "<!DOCTYPE svg [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><svg>&a;</svg>" },
    .init(whole: "entities: a file") { "<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///dev/zero'>]><svg>&a;</svg>" },
    .init(whole: "entities: many declarations") {
        "<!DOCTYPE svg [" + each(0..<200_000) { "<!ENTITY a\($0) 'x'>" } + "]><svg viewBox='0 0 1 1'/>"
    },

    // Nesting and numbers of elements
    .init("nesting: groups") { times(1_000_000, "<g>") },
    .init("nesting: groups to the limit") { times(250, "<g opacity='.9'>") + "<rect width='9' height='9'/>" + times(250, "</g>") },
    .init("nesting: svg") { times(250, "<svg width='99%'>") + "<rect width='9' height='9'/>" + times(250, "</svg>") },
    .init("elements: a million") { times(1_000_000, "<rect/>") },
    .init("elements: 400 000 drawn") { times(400_000, "<path d='M1 1h5v5z'/>") },
    .init("elements: 200 000 in 10 MB") {
        each(0..<200_000) { "<path d='M\($0 % 100) \($0 / 2000)c1.5 2.5 3.5 4.5 5 6z' fill='#\(100_000 + $0)'/>" }
    },
    .init("elements: a million of another namespace") { times(1_000_000, "<a xmlns='urn:x'/>") },
    .init("elements: unknown ones") { times(300_000, "<blob a='b'/>") },
    .init("elements: comments and instructions") { times(1_000_000, "<!--x--><?x?>") },

    // References
    .init("use: fan") { "<defs>" + fan(20, { "<g id='a\($0)'>" }, { "<use href='#a\($0)'/>" }, "</g>") + "</defs><use href='#a19'/>" },
    .init("use: symbols") {
        "<defs>" + fan(20, { "<symbol id='a\($0)' viewBox='0 0 9 9'>" }, { "<use href='#a\($0)'/>" }, "</symbol>")
            + "</defs><use href='#a19'/>"
    },
    .init("use: chain") {
        "<defs><rect id='a0' width='9' height='9'/>" + each(1..<100_000) { "<use id='a\($0)' href='#a\($0 - 1)'/>" }
            + "</defs><use href='#a99999'/>"
    },
    .init("use: circles") { each(0..<20_000) { "<g id='a\($0)'><use href='#a\(($0 + 1) % 20_000)'/></g>" } },
    .init("use: one id many times") { times(100_000, "<rect id='a' width='1' height='1'/>") + times(50_000, "<use href='#a'/>") },
    .init("use: a large path") {
        "<defs><path id='a' d='M0 0" + times(100_000, "l1 1") + "'/></defs>" + times(20_000, "<use href='#a'/>")
    },
    .init("clip: fan") {
        fan(12, { "<clipPath id='a\($0)'>" }, { "<rect width='9' height='9' clip-path='url(#a\($0))'/>" }, "</clipPath>")
            + "<rect width='9' height='9' clip-path='url(#a11)'/>"
    },
    .init("clip: chain") {
        "<clipPath id='a0'><rect width='9' height='9'/></clipPath>"
            + each(1..<5000) { "<clipPath id='a\($0)' clip-path='url(#a\($0 - 1))'><circle r='9'/></clipPath>" }
            + "<rect width='9' height='9' clip-path='url(#a4999)'/>"
    },
    .init("clip: 10 000 curves over small shapes") {
        "<clipPath id='a'><path d='\(coast(10_000))'/></clipPath><g clip-path='url(#a)'>"
            + each(0..<20_000) { "<rect x='\($0 % 141 * 100 / 141)' y='\($0 / 141 * 100 / 141)' width='.9' height='.9'/>" } + "</g>"
    },
    .init("clip: 10 000 curves over large shapes") {
        "<clipPath id='a'><path d='\(coast(10_000))'/></clipPath><g clip-path='url(#a)'>"
            + each(0..<100) { "<rect x='\($0)' y='1' width='90' height='98' stroke='red' stroke-width='3'/>" } + "</g>"
    },
    .init("clip: 10 000 curves in each other") {
        "<clipPath id='a'><path d='\(coast(10_000))'/></clipPath>"
            + each(0..<100) { "<g transform='translate(\($0 % 7) .1)' clip-path='url(#a)'>" } + "<rect width='90' height='90'/>"
            + times(100, "</g>")
    },
    .init("clip: tangled outlines, each with strokes") {
        "<clipPath id='a'><circle cx='50' cy='50' r='40'/></clipPath><g clip-path='url(#a)'>"
            + times(100, "<path d='\(star(800))' stroke='red' stroke-width='.2'/>") + "</g>"
    },
    .init("clip: circles") {
        each(0..<2000) { "<clipPath id='a\($0)' clip-path='url(#a\(($0 + 1) % 2000))'><rect width='9' height='9'/></clipPath>" }
            + "<rect width='9' height='9' clip-path='url(#a0)'/>"
    },
    .init("clip: on every element") {
        "<clipPath id='a'><path d='\(star(200))'/></clipPath>" + times(2000, "<path d='\(star(20))' clip-path='url(#a)'/>")
    },
    .init("mask: fan") {
        fan(12, { "<mask id='a\($0)'>" }, { "<rect width='9' height='9' mask='url(#a\($0))'/>" }, "</mask>")
            + "<rect width='9' height='9' mask='url(#a11)'/>"
    },
    .init("mask: circles") {
        each(0..<2000) { "<mask id='a\($0)' mask='url(#a\(($0 + 1) % 2000))'><rect width='9' height='9'/></mask>" }
            + "<rect width='9' height='9' mask='url(#a0)'/>"
    },
    .init("pattern: fan") {
        fan(
            12, { "<pattern id='a\($0)' width='1' height='1' patternUnits='userSpaceOnUse'>" },
            { "<rect width='9' height='9' fill='url(#a\($0))'/>" }, "</pattern>")
            + "<rect width='90' height='90' fill='url(#a11)'/>"
    },
    .init("pattern: circle") {
        "<pattern id='a' width='1' height='1'><rect width='9' height='9' fill='url(#a)' stroke='url(#b)'/></pattern>"
            + "<pattern id='b' href='#a' width='2' height='2'/>" + times(1000, "<rect width='9' height='9' fill='url(#b)'/>")
    },
    .init("pattern: tiny tiles") {
        "<pattern id='a' width='1e-9' height='1e-9' patternUnits='userSpaceOnUse'><rect width='1' height='1'/></pattern>"
            + times(100, "<rect width='90' height='90' fill='url(#a)'/>")
    },
    .init("marker: fan") {
        fan(12, { "<marker id='a\($0)'>" }, { "<path d='M0 0h1v1h1' marker-mid='url(#a\($0))'/>" }, "</marker>")
            + "<path d='M0 0h1v1h1' marker='url(#a11)'/>"
    },
    .init("marker: on many vertices") {
        "<marker id='a'>" + times(100, "<circle r='1'/>") + "</marker><path marker='url(#a)' d='M0 0" + times(100_000, "l1 1") + "'/>"
    },
    .init("filter: circles of feImage") {
        "<filter id='a'><feImage href='#b'/></filter><g id='b' filter='url(#a)'><rect width='9' height='9'/></g>"
    },
    .init("filter: blurs beyond measure") {
        "<filter id='a' x='-1e9' width='2e9' y='-1e9' height='2e9'>" + times(1000, "<feGaussianBlur stdDeviation='1e9'/>") + "</filter>"
            + times(1000, "<rect width='9' height='9' filter='url(#a)'/>")
    },
    .init(whole: "pictures: 150 blurred groups") { large(blurred(150, deviation: 30, extent: 2000), 2000) },
    .init("pictures: 5000 blurred groups") { blurred(5000, deviation: 3, extent: 100) },
    .init("pictures: 20 000 blurred groups") { blurred(20_000, deviation: 3, extent: 100) },
    .init(whole: "pictures: noise and light") {
        large(
            "<filter id='a'><feTurbulence baseFrequency='.05' numOctaves='9'/><feDiffuseLighting><feDistantLight/></feDiffuseLighting>"
                + "</filter>" + each(0..<40) { "<rect width='2000' height='\(1900 + $0)' filter='url(#a)'/>" }, 2000)
    },
    .init(whole: "pictures: wide neighbourhoods") {
        large(
            "<filter id='a'><feMorphology operator='dilate' radius='100'/></filter><filter id='b'><feConvolveMatrix order='20' kernelMatrix='"
                + times(400, "1 ") + "'/></filter>"
                + each(0..<20) { "<g filter='url(#\($0 < 10 ? "a" : "b"))'><circle r='\(900 + $0)'/></g>" }, 2000)
    },
    .init(whole: "pictures: primitives on primitives") {
        large(
            "<filter id='a'>"
                + times(50, "<feTurbulence baseFrequency='.05'/><feDisplacementMap in='SourceGraphic' in2='SourceGraphic' scale='20'/>")
                + "</filter><g filter='url(#a)'><rect width='2000' height='2000'/></g>", 2000)
    },
    .init(whole: "pictures: filters in filters") {
        large(
            "<filter id='a'><feTurbulence baseFrequency='.05'/><feBlend in='SourceGraphic'/></filter>" + times(100, "<g filter='url(#a)'>")
                + "<circle r='1900'/>" + times(100, "</g>"), 2000)
    },
    .init(whole: "pictures: masks of pictures") {
        large(
            "<mask id='a'><image width='2000' height='2000' href='data:image/png;base64,\(dot)'/></mask>"
                + each(0..<200) { "<g mask='url(#a)'><rect x='\($0)' width='1800' height='2000' fill='red'/></g>" }, 2000)
    },
    .init(whole: "pictures: patterns of many tiles") {
        large(
            "<pattern id='a' width='2' height='2' patternUnits='userSpaceOnUse'><circle r='1.5'/><rect width='1' height='1'/></pattern>"
                + each(0..<200) { "<rect x='\($0)' width='1800' height='2000' fill='url(#a)'/>" }, 2000)
    },
    .init("paths: 600 of crossing curves") { tangles(600) },
    .init("paths: 600 of crossing curves in a clip") {
        "<clipPath id='a'><circle cx='50' cy='50' r='40'/></clipPath><g clip-path='url(#a)'>" + tangles(600) + "</g>"
    },
    .init("gradient: chain") {
        "<linearGradient id='a0'><stop/><stop offset='1'/></linearGradient>"
            + each(1..<50_000) { "<linearGradient id='a\($0)' href='#a\($0 - 1)'/>" }
            + each(0..<5000) { "<rect width='9' height='9' fill='url(#a\($0 * 9))'/>" }
    },
    .init("gradient: stops") {
        "<linearGradient id='a' spreadMethod='repeat' x2='1e-6'>" + each(0..<50_000) { "<stop offset='\(Double($0) / 5e4)'/>" }
            + "</linearGradient>" + times(1000, "<rect width='9' height='9' fill='url(#a)'/>")
    },
    .init("image: drawings in drawings") {
        var uri = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>"
        for _ in 0..<40 {
            let escaped = uri.utf8.map { "%\($0 < 16 ? "0" : "")" + String($0, radix: 16) }.joined()
            if escaped.utf8.count > 4_000_000 { break }
            uri =
                "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><image width='9' height='9' href='data:image/svg+xml,\(escaped)'/></svg>"
        }
        return uri
    },

    // Style sheets
    .init("style: rules × elements") {
        "<style>" + times(20_000, ".a{fill:red}") + "</style>" + times(20_000, "<rect class='a' width='1' height='1'/>")
    },
    .init("style: siblings") {
        "<style>*~*~*~*~*~rect{fill:red}</style>" + times(100_000, "<path d='M0 0h1v1z'/>")
    },
    .init("style: places") {
        "<style>rect:nth-last-of-type(2n+1):not(:nth-child(3n)){fill:red}</style>" + times(100_000, "<rect width='1' height='1'/>")
    },
    .init("style: nested negations") {
        "<style>" + times(100_000, ":not(:is(") + "</style><style>:is(" + times(10_000, ":is(a,b),") + "rect){fill:red}</style>"
            + times(10_000, "<rect width='1' height='1'/>")
    },
    .init("style: ancestors") {
        "<style>" + times(30, "g ") + "a rect{fill:red}</style>" + times(250, "<g>") + "<rect width='1' height='1'/>" + times(250, "</g>")
    },
    .init("style: open braces and quotes") { "<style>" + times(300_000, "@media all{a{'\"(") + "</style>" },
    .init("style: attributes") {
        "<style>[data-a*='xxxxxxxxxxxxxxxxxxxxy'],[class$='zzzz']{fill:red}</style>"
            + times(200, "<rect width='1' height='1' data-a='" + times(50_000, "x") + "'/>")
    },
    .init("style: classes") { "<style>.a.b.c{fill:red}</style><g class='" + times(2_000_000, "a ") + "'/>" },
    .init("style: variables that multiply") {
        "<rect width='1' height='1' style='--a0:xxxxxxxx;" + each(1..<64) { "--a\($0):var(--a\($0 - 1))var(--a\($0 - 1));" }
            + "fill:var(--a63)'/>"
    },
    .init("style: variables of every element") {
        "<g style='--a:" + times(60_000, "x") + "'>" + times(100_000, "<rect width='1' height='1' fill='var(--a)'/>") + "</g>"
    },
    .init("style: variables in circles") {
        "<rect width='1' height='1' style='" + each(0..<20_000) { "--a\($0):var(--a\(($0 + 1) % 20_000));" } + "fill:var(--a0)'/>"
    },
    .init("style: keywords up a deep tree") {
        times(250, "<g opacity='inherit' overflow='inherit'>") + times(10_000, "<rect width='1' height='1' opacity='inherit'/>")
            + times(250, "</g>")
    },
    .init("style: calc") {
        "<rect height='1' width='" + times(100_000, "calc(") + "'/><rect height='1' width='calc(0" + times(500_000, " + 1px") + ")'/>"
    },

    // Numbers
    .init("numbers: giant everywhere") {
        let values = ["1e308", "-1e308", "1e999", "9" + times(100_000, "9"), "1e-300", "NaN", "1e12", "0.0" + times(100_000, "0") + "1"]
        return values.map { v in
            "<rect x='\(v)' y='\(v)' width='\(v)' height='\(v)' rx='\(v)' stroke='red' stroke-width='\(v)' stroke-dasharray='\(v) 1'/>"
                + "<circle cx='\(v)' r='\(v)' transform='scale(\(v))'/><path d='M\(v) \(v)A\(v) \(v) 0 0 1 1 1C\(v) 1 2 \(v) 3 3' stroke='red'/>"
                + "<g transform='matrix(\(v) 1 1 \(v) \(v) \(v))'><rect width='1' height='1'/></g>"
                + "<svg viewBox='0 0 \(v) 1' width='\(v)'><rect width='1' height='1'/></svg>"
        }.joined()
    },
    .init("numbers: scales that multiply") {
        times(200, "<g transform='scale(1e9)'>") + "<rect width='1' height='1'/>" + times(200, "</g>")
    },
    .init(whole: "numbers: a giant canvas") { "<svg width='1e9' height='1e9'><rect width='1e9' height='1e9' stroke='red'/></svg>" },
    .init(whole: "numbers: a tiny viewBox") { "<svg width='9' height='9' viewBox='0 0 1e-300 1e-300'><rect width='1' height='1'/></svg>" },
    .init("numbers: dashes without end") {
        times(100, "<path d='M0 0h1e9v1e9' fill='none' stroke='red' stroke-dasharray='1e-9'/>")
            + times(100, "<circle r='1e6' stroke='red' stroke-dasharray='1e-6 1e-7' transform='skewX(9)'/>")
    },
    .init("path: a million segments") { "<path d='M0 0" + times(1_000_000, "l1 1 ") + "' stroke='red'/>" },
    .init("path: a million arcs") { "<path d='M0 0" + times(200_000, "a1e9 1 3 0 1 2 2") + "'/>" },
    .init("path: ten million bytes of commands") {
        "<path d='" + times(10_000_000, "M") + "'/><polygon points='" + times(3_000_000, "1,") + "'/>"
    },
    .init("path: a star of 3000 corners") { "<path d='\(star(3000))' stroke='red'/>" },
    .init("path: a star of 30 000 corners") { "<path d='\(star(30_000))' stroke='red'/>" },
    .init("path: stars clipped by stars") {
        "<clipPath id='a'><path d='\(star(2001))'/></clipPath><path d='\(star(2003))' clip-path='url(#a)'/>"
    },
    .init("path: copies on each other") { "<path d='" + times(50_000, "M0 0h9v9h-9z") + "'/>" },
    .init("path: curves that touch") { "<path d='" + times(5000, "M0 0c30 0 30 30 0 30s-30-30 0-30z") + "'/>" },
    .init("clip shape: a polygon of crossings") {
        "<rect width='90' height='90' style='clip-path:polygon(0 0" + each(1..<5000) { ",\($0 * 7919 % 91)px \($0 * 104_729 % 89)px" }
            + ")'/>"
    },

    // Text and names
    .init("text: titles") { "<title>" + times(10_000_000, "a b ") + "</title>" },
    .init("text: title on every use") {
        "<defs><rect id='a' width='1' height='1'><title>" + times(100_000, "a") + "</title></rect></defs>"
            + times(50_000, "<use href='#a'/>")
    },
    .init("text: spans") { "<text>" + times(240, "<tspan>") + "x" + times(240, "</tspan>") + "</text>" + times(50_000, "<text>x</text>") },
    .init("text: a long line") { "<text>" + times(2_000_000, "x") + "</text>" },
    .init("attributes: one of 20 MB") { "<rect id='" + times(20_000_000, "x") + "'/>" },
    .init("attributes: many") { "<rect " + each(0..<100_000) { "a\($0)='1' " } + "/>" },
    .init("names: long") { "<" + times(5_000_000, "x") + "/>" },
    .init("switch: languages") {
        times(200, "<rect width='1' height='1' systemLanguage='" + times(20_000, "aa,") + "'/>")
    },
]
