import AtelierJSON
import AtelierMemo
import AtelierOOXML
import AtelierSVG
import Testing

@testable import AtelierStages

@Suite("What slides show")
struct ShowSlidesTests {
    private let engine = Engine(levels: [MemoryStore(admitting: .everything)])

    private func drawing(_ content: String, width: Int = 96, height: Int = 96) -> Artifact<Blob> {
        .bytes(Array("<svg xmlns='http://www.w3.org/2000/svg' width='\(width)' height='\(height)'>\(content)</svg>".utf8))
    }

    private func shown(_ pages: [Artifact<Blob>], _ options: ConversionOptions = .init()) async throws -> [JSON] {
        let slides = try #require(convertToPPTX(pages, options).slides)
        let json = try JSON(parsing: Array(try await engine.value(of: slides).bytes))
        guard case .array(let shown) = json else { return [] }
        return shown
    }

    /// Where each element of the report stands in the drawing, by its name.
    private func texts(_ slide: JSON) -> (svg: String, nodes: [(element: String, node: Int)]) {
        guard case .string(let svg)? = slide["svg"], case .array(let elements)? = slide["elements"] else { return ("", []) }
        return (
            svg,
            elements.compactMap { element in
                guard case .string(let name)? = element["element"], case .integer(let node)? = element["node"] else { return nil }
                return (name, node)
            }
        )
    }

    @Test("Every element of the report is found in the drawing by its place")
    func places() async throws {
        let page = drawing(
            "<defs><mask id='m'><circle r='9' fill='#fff'/></mask></defs><g id='a' mask='url(#m)'><rect id='b' width='9' height='9'/></g>"
                + "<ellipse id='c' rx='5' ry='4'/><text id='d' y='30'>Hi</text>")
        let (svg, nodes) = texts(try #require(try await shown([page]).first))
        for (element, node) in nodes {
            guard let id = element.split(separator: "#").dropFirst().first else { continue }
            #expect(svg.contains("id=\"\(id)\" data-node=\"\(node)\""), "\(element)")
        }
        #expect(nodes.map(\.element).filter { $0.contains("#") } == ["g#a", "rect#b", "ellipse#c", "text#d"])
        #expect(svg.ranges(of: "data-node=").count == nodes.count)
    }

    @Test("A picture of another shape lies in the middle of its slide, which has the size and colour asked for")
    func placement() async throws {
        var options = ConversionOptions()
        options.slide.size = .wide
        options.slide.background = .init(red: 30, green: 42, blue: 56)
        let slide = try #require(try await shown([drawing("<path d='M0 0H96V96Z'/>")], options).first)
        #expect(slide["width_emu"] == .integer(12_192_000))
        #expect(slide["background"] == .string("#1e2a38"))
        let svg = texts(slide).svg
        #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1280\" height=\"720\""))
        #expect(svg.contains("matrix(7.5 0 0 7.5 280 0)") || svg.contains("translate(280"), "\(svg)")
    }

    @Test("Pictures of a grid stand on one slide, and the report is that slide's")
    func grid() async throws {
        var options = ConversionOptions()
        options.deck.grid = PictureGrid(columns: 2, rows: 1)
        let pages = [drawing("<rect id='one' width='9' height='9'/>"), drawing("<rect id='two' width='9' height='9'/>")]
        let slides = try await shown(pages + [drawing("<rect id='three' width='9' height='9'/>")], options)
        #expect(slides.count == 2)
        let (svg, nodes) = texts(slides[0])
        #expect(svg.contains("id=\"one\"") && svg.contains("id=\"two\""))
        for name in ["one", "two"] {
            let node = try #require(nodes.first { $0.element.hasSuffix(name) }).node
            #expect(svg.contains("id=\"\(name)\" data-node=\"\(node)\""))
        }
    }

    @Test("What could not stand as shapes says why")
    func reasons() async throws {
        let page = drawing(
            "<defs><filter id='f'><feTurbulence baseFrequency='.1'/></filter></defs><rect id='r' width='50' height='50' filter='url(#f)'/>")
        let slide = try #require(try await shown([page]).first)
        guard case .array(let elements)? = slide["elements"] else { return #expect(Bool(false)) }
        let told = elements.contains { element in
            if case .string("native")? = element["outcome"] { return false }
            guard case .array(let reasons)? = element["because"] else { return false }
            return !reasons.isEmpty
        }
        #expect(told)
    }
}

extension JSON {
    fileprivate subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}
