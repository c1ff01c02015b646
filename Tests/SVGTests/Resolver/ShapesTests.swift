import AtelierSVG
import Testing

@Suite("Shapes")
struct ShapesTests {
    @Test(
        "Basic shapes keep their names and resolved lengths",
        arguments: [
            ("<rect x='1' y='2' width='30' height='40'/>", "<rect x=\"1\" y=\"2\" width=\"30\" height=\"40\"/>"),
            ("<rect width='30' height='40' rx='5'/>", "<rect width=\"30\" height=\"40\" rx=\"5\"/>"),
            ("<rect width='30' height='40' rx='99' ry='6'/>", "<rect width=\"30\" height=\"40\" rx=\"15\" ry=\"6\"/>"),
            ("<rect width='30' height='40' ry='99'/>", "<rect width=\"30\" height=\"40\" rx=\"15\" ry=\"20\"/>"),
            ("<rect width='30' height='40' rx='0' ry='6'/>", "<rect width=\"30\" height=\"40\"/>"),
            ("<rect x='10%' width='50%' height='25%'/>", "<rect x=\"10\" width=\"50\" height=\"25\"/>"),
            ("<rect style='x:1px;width:3;height:4'/>", "<rect x=\"1\" width=\"3\" height=\"4\"/>"),
            ("<circle r='5'/>", "<circle r=\"5\"/>"),
            ("<circle cx='1in' cy='2pc' r='3pt'/>", "<circle cx=\"96\" cy=\"32\" r=\"4\"/>"),
            ("<circle cx='1cm' cy='1em' r='1ex'/>", "<circle cx=\"37.795\" cy=\"16\" r=\"8\"/>"),
            ("<g font-size='10'><circle font-size='200%' cx='1em' r='1rem'/></g>", "<g>\n<circle cx=\"20\" r=\"16\"/>\n</g>"),
            ("<ellipse rx='5' ry='6'/>", "<ellipse rx=\"5\" ry=\"6\"/>"),
            ("<ellipse rx='5'/>", "<circle r=\"5\"/>"),
            ("<line x1='1' y1='2' x2='3' y2='4' stroke='#123'/>", "<line x1=\"1\" y1=\"2\" x2=\"3\" y2=\"4\" stroke=\"#123\"/>"),
            ("<polyline points='1,2 3 4,5-6'/>", "<path d=\"M1 2l2 2 2-10\"/>"),
            ("<polygon points='0 0 4 0 4 4'/>", "<path d=\"M0 0h4v4z\"/>"),
            ("<path d='M1 2h3v4z' fill-rule='evenodd'/>", "<path d=\"M1 2h3v4z\" fill-rule=\"evenodd\"/>"),
        ])
    func shapes(content: String, expected: String) throws {
        #expect(try rewritten(content) == expected)
        #expect(try diagnostics(content) == [])
    }

    @Test(
        "Shapes without extent draw nothing, quietly",
        arguments: [
            "<rect width='9'/>", "<circle/>", "<circle r='0'/>", "<ellipse/>", "<path/>", "<path d=''/>", "<polygon points=''/>",
            "<polyline points='1 1' stroke='red'/>", "<line/>",
        ])
    func empty(content: String) throws {
        #expect(try tree(content).root.children.isEmpty)
        #expect(try diagnostics(content) == [])
    }

    @Test(
        "Shapes that are not valid say so and are drawn as far as they are",
        arguments: [
            ("<rect width='-1' height='9'/>", "", "invalid rect: a rectangle of negative size draws nothing"),
            (
                "<rect id='a' width='9' height='9' rx='-1'/>", "<rect width=\"9\" height=\"9\" id=\"a\"/>",
                "invalid rect#a: rx is negative and left out"
            ),
            ("<circle r='-1'/>", "", "invalid circle: a circle of negative radius draws nothing"),
            (
                "<rect x='red' width='9' height='9'/>", "<rect width=\"9\" height=\"9\"/>",
                "invalid rect: x `red` is not a length; it is left out"
            ),
            ("<rect width='9' height='9e9999'/>", "", "invalid rect: height `9e9999` is not a length; it is left out"),
            (
                "<path d='M1 1h2 oops'/>", "<path d=\"M1 1h2\"/>",
                "invalid path: path data has an unknown command at character 8; it is drawn up to there"
            ),
            ("<path d='oops'/>", "", "invalid path: path data does not begin with M at character 1; it is drawn up to there"),
            (
                "<polygon points='0 0 4 0 4 4 7'/>", "<path d=\"M0 0h4v4z\"/>",
                "invalid polygon: points are not all pairs of numbers; it is drawn up to the first that is not"
            ),
            ("<path d='M0 0h1e300'/>", "", "invalid path: coordinates beyond 1e12 cannot be drawn"),
            (
                "<g transform='scale(1e9)'><path d='M0 0h1' transform='scale(1e9)'/></g>", "",
                "invalid path: coordinates beyond 1e12 cannot be drawn"
            ),
        ])
    func invalid(content: String, expected: String, message: String) throws {
        #expect(try rewritten(content) == expected)
        #expect(try diagnostics(content) == [message])
    }

    @Test("A dot, a segment without length, stays visible under a round cap")
    func dot() throws {
        let line = try rewritten("<path d='M5 6h0M7 7h3' stroke='#123' stroke-linecap='round'/>")
        #expect(line.contains("M5 6h0"))
        #expect(try rewritten(line).contains("M5 6h0"))
    }
}
