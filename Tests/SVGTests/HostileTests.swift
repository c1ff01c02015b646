import AtelierGeometry
import AtelierSVG
import AtelierTesting
import Testing

@Suite("Hostile SVG")
struct HostileTests {
    /// A drawing that touches every part of the reader and the resolver.
    private static let sample = """
        <?xml version="1.0"?><!DOCTYPE svg [<!ENTITY n "http://www.w3.org/2000/svg">]>
        <svg xmlns="&n;" xmlns:xlink="http://www.w3.org/1999/xlink" width="1in" viewBox="0 0 9 9" preserveAspectRatio="xMinYMax slice">
        <title>a &amp; b</title><style>/*c*/ g > .k, #i { fill: hsl(9 8% 7% / .5) !important; stroke: url(#l) red }</style>
        <defs><linearGradient id="l"><stop stop-color="currentColor"/></linearGradient><symbol id="s" viewBox="0 0 1 1">
        <path d="M0 0a1 1 0 012 0q1 1 2 2t1 1z" transform="rotate(30 1 2)"/></symbol></defs>
        <g class="k" opacity="50%"><rect id="i" class="k j" width="50%" height="1em" rx="1" style="stroke-dasharray:1 2mm;fill:#1234"/>
        <use xlink:href="#s" width="3"/><switch><text systemLanguage="de">x</text><circle r="2"/></switch></g></svg>
        """

    private func outcome(_ bytes: [UInt8]) -> String {
        do throws(SVG.ParseError) {
            return String(decoding: SVG.write(try SVG.read(bytes.span)), as: UTF8.self)
        } catch {
            return error.description
        }
    }

    @Test("A file cut off at any byte gives one clear error")
    func truncation() {
        let bytes = Array(Self.sample.utf8)
        for count in 0..<bytes.count {
            #expect(throws: SVG.ParseError.self) { try SVG.read(bytes[0..<count].span) }
        }
        #expect(throws: Never.self) { try SVG.read(bytes.span) }
    }

    @Test("Damaged bytes give an error or a tree whose drawing reads back, the same each time")
    func damage() {
        let seed: UInt64 = 17
        var random = SplitMix(seed: seed)
        let original = Array(Self.sample.utf8)
        for round in 0..<1500 {
            var bytes = original
            for _ in 0...(random.next() % 4) { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
            let first = outcome(bytes)
            #expect(first == outcome(bytes), "seed \(seed), round \(round)")
            if first.hasPrefix("<svg") { #expect(outcome(Array(first.utf8)).hasPrefix("<svg"), "seed \(seed), round \(round)") }
        }
    }

    @Test(
        "Odd attribute values cost at most their element",
        arguments: [
            "NaN", "inf", "-inf", "1e308", "1e999", "-1e308", "", " ", "-", "e", "%", "1%%", "#", "url(", "url(#", "url(#)", "rgb(",
            "rotate(", "none none",
            "M", "M0", "\u{1F600}", "0x10", "--1", "1e", "1,,2", "inherit", "var(--x)", "calc(1px + 2px)", "!important",
        ])
    func oddValues(value: String) throws {
        let names = [
            "x", "y", "width", "height", "rx", "ry", "cx", "r", "d", "points", "transform", "viewBox", "preserveAspectRatio", "fill",
            "stroke",
            "stroke-width", "stroke-dasharray", "stroke-dashoffset", "stroke-miterlimit", "opacity", "font-size", "href", "class", "style",
            "transform-origin", "color", "clip-path", "systemLanguage", "id", "overflow",
        ]
        for element in ["rect", "circle", "path", "polygon", "use", "svg", "g", "line"] {
            for name in names {
                let content = "<\(element) \(name)='\(value)'/><rect width='9' height='9' id='rest'/>"
                let tree = try tree(content)
                #expect(tree.root.children.isEmpty == false, "\(element) \(name)=\(value)")
                let bounds = tree.root.bounds(in: .identity)
                #expect(bounds.map { $0.maxX.isFinite && $0.maxY.isFinite } ?? true, "\(element) \(name)=\(value)")
            }
        }
    }

    @Test("Style rules that match too often end in an error")
    func styleBomb() {
        let rules = String(repeating: ".a{fill:red}", count: 2000)
        let content = "<style>\(rules)</style>" + String(repeating: "<path class='a' d='M0 0h1'/>", count: 200)
        #expect(throws: SVG.ParseError.tooComplex(limit: 50_000, line: 1)) { try tree(content, stepCount: 50_000) }
    }

    @Test(
        "Long values that are used over and over end in an error",
        arguments: [
            "<path id='p' d='M0 0 REPEAT'/>", "<rect id='p' width='1' height='1' style='REPEAT'/>",
            "<rect id='p' width='1' height='1'><title>REPEAT</title></rect>",
            "<rect id='p' width='1' height='1' systemLanguage='en,REPEAT'/>",
            "<rect id='p' width='1' height='1'>CHILDREN</rect>",
        ])
    func longValues(element: String) {
        let long = element.replacing("REPEAT", with: String(repeating: "l1 1", count: 10_000))
            .replacing("CHILDREN", with: String(repeating: "<a/>", count: 9000))
        let content = "<defs>\(long)</defs>" + String(repeating: "<use href='#p'/>", count: 500)
        #expect(throws: SVG.ParseError.tooComplex(limit: 50_000, line: 1)) { try tree(content, stepCount: 50_000) }
    }

    @Test("Selectors that look for many ancestors end in an error, not in time")
    func ancestorBomb() {
        let selector = (0..<20).map { _ in "g" }.joined(separator: " ")
        let content =
            "<style>circle \(selector) rect{fill:red}</style>" + String(repeating: "<g>", count: 100) + "<rect width='1' height='1'/>"
            + String(repeating: "</g>", count: 100)
        #expect(throws: SVG.ParseError.tooComplex(limit: 100_000, line: 1)) { try tree(content, stepCount: 100_000) }
    }

    @Test("No more than a thousand diagnostics are kept, and the rest is counted")
    func manyDiagnostics() throws {
        let content = (0..<1500).map { "<foreignObject id='t\($0)'/>" }.joined()
        let diagnostics = try tree(content).diagnostics
        #expect(diagnostics.count == 1001)
        #expect(diagnostics.last?.message == "500 further diagnostics are not listed")
    }

    @Test("A gradient of many stops is read once, and counts with its stops wherever it is used")
    func longGradient() throws {
        let stops = "<linearGradient id='g'>" + String(repeating: "<stop/>", count: 2000) + "</linearGradient>"
        let content = stops + String(repeating: "<rect width='1' height='1' fill='url(#g)'/>", count: 200)
        #expect(try tree(content, stepCount: 500_000).root.children.count == 200)
        #expect(throws: SVG.ParseError.self) { try tree(content, stepCount: 100_000) }
    }
}
