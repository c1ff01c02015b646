import AtelierGeometry
import AtelierTesting
import Testing

@testable import AtelierOOXML
@testable import AtelierSVG

/// How often something stands in a text.
private func count(_ part: String, in text: String) -> Int { text.split(separator: part, omittingEmptySubsequences: false).count - 1 }

extension Slide {
    fileprivate func decisions(on tree: SVG.Tree) -> [Decision] {
        var decisions: [Decision] = []
        visitDecisions(on: tree) { decisions.append($0) }
        return decisions
    }
}

/// What is wrong with the decisions on a tree: they must name every node once, in order, and add up to the slide's XML.
private func problems(_ tree: SVG.Tree, _ profile: Profile) -> [String] {
    let slide = mapSlide(tree, SlideOptions(profile: profile)), decisions = slide.decisions(on: tree)
    var names: [String] = [], pending: [SVG.Node] = [.group(tree.root)]
    while let node = pending.popLast() {
        names.append(node.origin.shown)
        pending += (node.children ?? []).reversed()
    }
    var problems: [String] = []
    if decisions.map(\.element) != names { problems.append("\(decisions.map(\.element)) where the tree has \(names)") }
    let sum = decisions.reduce(SlideContents()) { $0 + $1.contents }, text = slide.text
    let written = SlideContents(
        shapes: count("<p:sp>", in: text) + count("<p:cxnSp>", in: text), pictures: count("<p:pic>", in: text),
        groups: count("<p:grpSp>", in: text))
    if sum != written || slide.contents != written { problems.append("\(sum) and \(slide.contents) where \(written) was written") }
    if decisions.reduce(0, { $0 + $1.findings.count }) != slide.diagnostics.count { problems.append("findings are lost") }
    for decision in decisions where decision.outcome == .native && !decision.findings.isEmpty { problems.append("\(decision)") }
    let ids = text.split(separator: "<p:cNvPr id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
    if Set(ids).count != ids.count { problems.append("an id stands twice") }
    if slide.media.count != 2 * written.pictures { problems.append("\(slide.media.count) files for \(written.pictures) pictures") }
    return problems
}

@Suite("Decisions")
struct DecisionTests {
    private func outcomes(_ tree: SVG.Tree, _ profile: Profile = .balanced) -> [String] {
        mapSlide(tree, SlideOptions(profile: profile)).decisions(on: tree).map { "\($0.element) \($0.outcome)" }
    }

    /// A shape in a gradient that slides do not have.
    private let glowing = rectangle(
        0, 0, 9, 9, origin("rect", id: "d"),
        fill: SVG.Fill(
            paint: .gradient(
                SVG.Gradient(
                    shape: .radial(center: Point(4.5, 4.5), radius: 6, focus: Point(2, 4.5), focusRadius: 0),
                    stops: [.init(offset: 0, color: black), .init(offset: 1, color: SVG.Color(red: 255, green: 255, blue: 255))]))))

    @Test("Every element has its outcome, what nobody sees too")
    func outcomes() {
        let tree = picture([
            rectangle(0, 0, 9, 9), grouped([rectangle(0, 0, 9, 9, fill: nil), glowing]), grouped([rectangle(1, 1, 2, 2)], opacity: 0),
            path(polygon([(0, 0), (.infinity, 0), (0, 9)])),
        ])
        let expected = [
            "svg native", "rect native", "g native", "rect omitted", "rect#d approximated", "g omitted", "rect omitted", "path omitted",
        ]
        #expect(outcomes(tree) == expected)
        #expect(problems(tree, .balanced) == [])
    }

    @Test("What is off becomes a picture under the exact profile, alone, and the rest stays shapes")
    func exact() throws {
        let tree = picture([rectangle(0, 0, 9, 9), glowing, rectangle(20, 0, 9, 9)])
        #expect(outcomes(tree, .exact) == ["svg native", "rect native", "rect#d picture", "rect native"])
        let slide = mapSlide(tree, SlideOptions(profile: .exact))
        #expect(slide.contents == SlideContents(shapes: 2, pictures: 1))
        #expect(
            slide.messages == [
                "it became a picture of its own, as this profile does not accept that slides have no focus apart from the centre, so "
                    + "the colours run in circles between both"
            ])
        #expect(problems(tree, .exact) == [])
        // What was written and taken back left nothing: ids go on without a gap.
        #expect(slide.text.contains("<p:cNvPr id=\"4\" name=\"Rectangle 4\"/>"))
    }

    @Test("A translucent group that cannot be said exactly becomes one picture, its children part of it")
    func groupPicture() {
        let fading = SVG.Gradient(
            shape: .linear(from: Point(0, 0), to: Point(9, 0)),
            stops: [.init(offset: 0, color: black), .init(offset: 1, color: black, opacity: 0)])
        let paint = SVG.Fill(paint: .gradient(fading))
        let group = grouped(
            [rectangle(0, 0, 9, 9, origin("rect", id: "d"), fill: paint), rectangle(2, 2, 9, 9, fill: paint)], origin("g", id: "pair"),
            opacity: 0.5)
        let tree = picture([grouped([rectangle(50, 50, 9, 9), group]), rectangle(70, 0, 9, 9)])
        #expect(
            outcomes(tree, .exact) == [
                "svg native", "g native", "rect native", "g#pair picture", "rect#d picture", "rect picture", "rect native",
            ])
        #expect(problems(tree, .exact) == [])
        #expect(problems(tree, .editable) == [] && problems(tree, .balanced) == [])
    }

    @Test("Decisions of any tree name each element once and add up to what was written; seeds 0 to 299", arguments: 0..<300)
    func random(seed: UInt64) {
        var random = SplitMix(seed: seed)
        func node(_ depth: Int) -> SVG.Node {
            let (x, y) = (random.whole(0...150), random.whole(0...80))
            let size = random.whole(1...40), name = random.whole(0...3) == 0 ? "n\(Int(x))" : nil
            switch Int(random.whole(0...(depth > 0 ? 9 : 5))) {
            case 0: return rectangle(x, y, size, size, origin("rect", id: name), opacity: 0.5, stroke: stroke())
            case 1: return rectangle(x, y, size, size, origin("rect", id: name), fill: nil, stroke: stroke(dashes: [3, 2], offset: 1))
            case 2: return line(x, y, x + size, y + size, stroke: stroke())
            case 3: return rectangle(x, y, size, size, fill: random.whole(0...1) == 0 ? nil : fill(opacity: 0.5))
            case 4: return ellipse(x, y, size, size / 2, transform: AffineTransform(a: 1, b: 0, c: 0.3, d: 1, e: 0, f: 0), stroke: stroke())
            case 5: return rectangle(x, y, size, size)
            default:
                let opacity = [0, 0.5, 0.99, 1, 1][Int(random.whole(0...4))]
                return grouped((0..<Int(random.whole(0...3))).map { _ in node(depth - 1) }, origin("g", id: name), opacity: opacity)
            }
        }
        let tree = picture((0..<4).map { _ in node(3) })
        for profile in Profile.allCases { #expect(problems(tree, profile) == [], "seed \(seed), \(profile)") }
    }
}
