import AtelierGeometry
import AtelierSVG
import Testing

@Suite("Filters")
struct FiltersTests {
    private let square = "<rect x='10' y='20' width='40' height='20' filter='url(#f)'/>"

    /// The filter of a square of 40 × 20 at 10, 20; nil when it is drawn without or not at all.
    private func filter(_ content: String, _ attributes: String = "", on element: String? = nil) throws -> SVG.Filter? {
        let tree = try tree("<filter id='f' \(attributes)>\(content)</filter>" + (element ?? square))
        #expect(tree.diagnostics == [])
        guard case .group(let group)? = tree.root.children.first else { return nil }
        return group.filter
    }

    /// The only filter of CSS functions.
    private func function(_ text: String) throws -> SVG.Filter.Primitive? {
        let tree = try tree("<rect width='40' height='20' style='color: #123; filter: \(text)'/>")
        guard case .group(let group)? = tree.root.children.first else { return nil }
        return group.filter?.primitives.first
    }

    @Test("The region is a tenth larger than the box, or what is said, in either unit, also by a filter it refers to")
    func regions() throws {
        #expect(try filter("<feFlood/>")?.region == Rect(x: 6, y: 18, width: 48, height: 24))
        #expect(try filter("<feFlood/>", "x='0' y='0' width='1' height='50%'")?.region == Rect(x: 10, y: 20, width: 40, height: 10))
        let absolute = "filterUnits='userSpaceOnUse' x='1' y='2' width='30' height='50%'"
        #expect(try filter("<feFlood/>", absolute)?.region == Rect(x: 1, y: 2, width: 30, height: 50))
        let inherited = "<filter id='f' href='#g' x='0'/><filter id='g' x='.5' width='1'><feFlood/></filter>"
        let tree = try tree(inherited + square)
        guard case .group(let group)? = tree.root.children.first else { throw NoFilter() }
        #expect(group.filter?.region == Rect(x: 10, y: 18, width: 40, height: 24) && group.filter?.primitives.count == 1)
    }
    private struct NoFilter: Error {}

    @Test("Names of inputs and results become places; a missing or unknown one is the step before")
    func inputs() throws {
        let content = """
            <feOffset result='a'/><feOffset in='SourceAlpha'/><feMerge><feMergeNode in='a'/><feMergeNode/><feMergeNode in='SourceGraphic'/>
            </feMerge><feOffset in='nobody'/><feComposite in='a' in2='SourceAlpha' operator='arithmetic' k2='1'/>
            """
        let effects = try filter(content)?.primitives.map(\.effect)
        #expect(
            effects == [
                .offset(.source, .zero), .offset(.sourceAlpha, .zero), .merge([.result(0), .result(1), .source]),
                .offset(.result(2), .zero), .composite(.result(0), .sourceAlpha, .arithmetic(k1: 0, k2: 1, k3: 0, k4: 0)),
            ])
    }

    @Test("Lengths in box units are resolved, subregions with them; colours are in linear light unless said otherwise")
    func units() throws {
        let content = "<feGaussianBlur stdDeviation='.1 .2' width='.5' color-interpolation-filters='sRGB'/><feOffset dx='.5'/>"
        let primitives = try #require(try filter(content, "primitiveUnits='objectBoundingBox'")?.primitives)
        #expect(primitives[0].effect == .blur(.source, x: 4, y: 4) && !primitives[0].isLinear)
        #expect(primitives[0].region == Rect(x: 6, y: 18, width: 20, height: 24))
        #expect(primitives[1].effect == .offset(.result(0), Vector(20, 0)) && primitives[1].isLinear && primitives[1].region == nil)
        #expect(try filter("<feFlood/>", "style='color-interpolation-filters: sRGB'")?.primitives[0].isLinear == false)
    }

    @Test("Colours come from properties, wherever they stand")
    func colors() throws {
        let red = SVG.Color(red: 255, green: 0, blue: 0)
        for flood in [
            "flood-color='red' flood-opacity='50%'", "style='flood-color: #f00; flood-opacity: .5'", "flood-color='rgb(255 0 0 / .5)'",
        ] {
            #expect(try filter("<feFlood \(flood)/>")?.primitives[0].effect == .flood(red, opacity: 0.5))
        }
        let shadow = try filter("<feDropShadow flood-color='red'/>")?.primitives[0].effect
        #expect(shadow == .dropShadow(.source, Vector(2, 2), x: 2, y: 2, red, opacity: 1))
    }

    @Test(
        "Functions of CSS are the primitives they stand for",
        arguments: [
            ("blur(2px)", SVG.Filter.Effect.blur(.source, x: 2, y: 2)), ("blur()", .blur(.source, x: 0, y: 0)),
            (
                "drop-shadow(red 1px 2px)",
                .dropShadow(.source, Vector(1, 2), x: 0, y: 0, SVG.Color(red: 255, green: 0, blue: 0), opacity: 1)
            ),
            (
                "drop-shadow(1px 2px 3px)",
                .dropShadow(.source, Vector(1, 2), x: 3, y: 3, SVG.Color(red: 17, green: 34, blue: 51), opacity: 1)
            ),
            ("invert(1)", .colorMatrix(.source, [-1, 0, 0, 0, 1, 0, -1, 0, 0, 1, 0, 0, -1, 0, 1, 0, 0, 0, 1, 0])),
            ("opacity(25%)", .colorMatrix(.source, [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0.25, 0])),
            ("brightness(200%)", .colorMatrix(.source, [2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0])),
        ])
    func functions(text: String, effect: SVG.Filter.Effect) throws {
        let primitive = try function(text)
        #expect(primitive?.effect == effect && primitive?.isLinear == false)
    }

    @Test("What is not valid is drawn without its filter and noted; a filter of nothing shows nothing")
    func invalid() throws {
        for text in ["blur(-1px)", "blur(2)px", "sepia(x)", "drop-shadow(1px)", "hue-rotate(3px)", "wobble()", "blur(1px", "url(#rect)"] {
            let tree = try tree("<rect id='rect' width='9' height='9' filter='\(text)'/>")
            #expect(tree.diagnostics.count == 1 && tree.root.children.count == 1, "\(text)")
        }
        #expect(try tree("<filter id='f'/>" + square).root.children.isEmpty)
        #expect(try tree("<filter id='f' width='0'><feFlood/></filter>" + square).root.children.isEmpty)
        #expect(try diagnostics("<rect width='9' height='9' filter='url(#no)'/>").count == 1)
    }

    @Test("Transform and opacity stay around the filter, which works in the element's own coordinates; several filters nest")
    func place() throws {
        let element = "<g transform='scale(2)' opacity='.5' filter='url(#f) blur(1px)'><rect width='10' height='10'/></g>"
        let tree = try tree("<filter id='f'><feOffset dx='1'/></filter>" + element)
        guard case .group(let outer)? = tree.root.children.first, case .group(let inner)? = outer.children.first else { throw NoFilter() }
        #expect(outer.transform == .scaling(2, 2) && outer.opacity == 0.5)
        #expect(outer.filter?.primitives[0].effect == .blur(.source, x: 1, y: 1))
        #expect(inner.filter?.primitives[0].effect == .offset(.source, Vector(1, 0)) && inner.transform == .identity)
    }

    @Test("Written again, every kind of primitive reads back the same; a shadow as the five it stands for")
    func rewriting() throws {
        let content = """
            <feTurbulence baseFrequency='.1 .2' numOctaves='3' seed='4' stitchTiles='stitch' type='fractalNoise'/>
            <feDisplacementMap in2='SourceGraphic' scale='5' xChannelSelector='R'/><feMorphology operator='dilate' radius='2 3'/>
            <feConvolveMatrix order='2' kernelMatrix='1 2 3 4' bias='.5' targetX='0' edgeMode='wrap' preserveAlpha='true'/>
            <feComponentTransfer><feFuncR type='gamma' amplitude='2' exponent='.5' offset='.1'/><feFuncA type='table' tableValues='0 1'/>
            <feFuncG type='discrete' tableValues='0 .5'/><feFuncB type='linear' slope='.5' intercept='.25'/></feComponentTransfer>
            <feSpecularLighting surfaceScale='2' specularExponent='4' lighting-color='teal'><feSpotLight x='1' y='2' z='3' pointsAtX='4'
            limitingConeAngle='30'/></feSpecularLighting><feDiffuseLighting><feDistantLight azimuth='30' elevation='40'/></feDiffuseLighting>
            <feTile/><feBlend mode='multiply' in2='SourceAlpha'/><feColorMatrix type='saturate' values='.5'/><feComposite operator='xor'
            in2='SourceGraphic' x='1' y='2' width='30' height='40'/><feMerge><feMergeNode/></feMerge>
            """
        let first = try tree("<filter id='f'>\(content)</filter>" + square)
        let second = try SVG.read(SVG.write(first).span)
        guard case .group(let a)? = first.root.children.first, case .group(let b)? = second.root.children.first else { throw NoFilter() }
        #expect(a.filter?.primitives.count == 12 && a.filter?.primitives.map(\.region) == b.filter?.primitives.map(\.region))
        #expect(String(decoding: SVG.write(second), as: UTF8.self) == String(decoding: SVG.write(first), as: UTF8.self))
        let shadow = try written("<filter id='f'><feDropShadow dx='3'/></filter>" + square)
        #expect(
            shadow.contains("<feGaussianBlur in=\"SourceGraphic\"") && shadow.contains("</feMerge>") && !shadow.contains("feDropShadow"))
    }
}
