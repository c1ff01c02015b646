import AtelierGeometry
import AtelierSVG
import Testing

@Suite("Layers and pages")
struct TreePartsTests {
    private func read(_ content: String, _ attributes: String = "width='100' height='50'") throws -> SVG.Tree {
        let text =
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:inkscape='http://www.inkscape.org/namespaces/inkscape' "
            + "xmlns:sodipodi='http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd' \(attributes)>\(content)</svg>"
        return try SVG.read(Array(text.utf8).span)
    }

    private let box = "<rect width='9' height='9'/>"

    @Test("Layers are what a drawing program calls so, else the named groups at the top")
    func layers() throws {
        let marked = try read(
            "\(box)<g inkscape:groupmode='layer' inkscape:label='Ink &amp; more' id='l1'><desc>d</desc>\(box)<g id='x'>\(box)</g></g>"
                + "<g id='named'>\(box)</g><g inkscape:groupmode='layer'>\(box)</g>")
        #expect(marked.layers == [1, 3])
        let first = marked.layer(at: 1)
        #expect(first.title == "Ink & more" && first.summary == "d" && first.size == marked.size)
        #expect(first.root.children == [marked.root.children[0], marked.root.children[1], marked.root.children[2]])
        #expect(marked.layer(at: 3).root.children.count == 3)

        let named = try read("<g>\(box)</g><g id='a'>\(box)</g><g><title>B</title>\(box)</g>\(box)")
        #expect(named.layers == [1, 2])
        #expect(try read(box).layers == [])
    }

    @Test("An attribute called label of no namespace or another is no name")
    func names() throws {
        let tree = try read("<g label='no' groupmode='layer' sodipodi:label='no'>\(box)</g>")
        guard case .group(let group) = tree.root.children[0] else { return }
        #expect(group.origin.name == nil && !group.origin.isLayer)
    }

    @Test("Pages lie in the units of the view box, and a page has what lies on it")
    func pages() throws {
        let tree = try read(
            "<sodipodi:namedview><inkscape:page x='0' y='0' width='10' height='5' inkscape:label='One'/>"
                + "<inkscape:page x='20' y='0' width='10' height='10'/><inkscape:page width='0' height='3'/>"
                + "<inkscape:page x='nan' width='1e999' height='3'/></sodipodi:namedview>"
                + "<desc>d</desc><rect width='5' height='5'/><g><rect x='8' width='14' height='3'/><rect x='25' width='3' height='3'/></g>",
            "width='100' height='50' viewBox='0 0 10 5'")
        #expect(tree.pages.map(\.frame) == [Rect(x: 0, y: 0, width: 100, height: 50), Rect(x: 200, y: 0, width: 100, height: 100)])
        let one = tree.page(at: 0), two = tree.page(at: 1)
        #expect(one.title == "One" && one.summary == "d" && one.size == Size(100, 50) && one.root.children.count == 2)
        #expect(two.title == nil && two.summary == nil && two.size == Size(100, 100) && two.root.children.count == 1)
        // The group reaches over an edge: of its children the one that lies elsewhere is left out.
        guard case .group(let group) = one.root.children[1] else { return }
        #expect(group.children.count == 1)
        #expect(two.root.transform(Point(20, 0)) == Point(0, 0))
    }
}
