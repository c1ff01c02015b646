import AtelierGeometry
import AtelierMemo
import AtelierOOXML
import AtelierSVG
import Testing

@testable import AtelierStages

/// A saw of 160 curved teeth in two rows, each leaning back, so that the fill rules have to be looked at.
private func saw(at x: Int, _ y: Int, reach: Int = 40) -> String {
    let there = (0..<80).map { "C\(x + $0) \(y) \(x + $0) \(y - 1) \(x + $0 + 1 - $0 % 2 * 3) \(y - $0 % 2 * reach / 4)" }
    let back = (0..<80).map { "C\(x + 80 - $0) \(y + 20) \(x + 80 - $0) \(y + 21) \(x + 79 - $0) \(y + 20 + $0 % 2 * reach / 4)" }
    return "<path d='M\(x) \(y)" + there.joined() + back.joined() + "z'/>"
}

private func drawing(_ elements: [String]) -> Artifact<SVG.Tree> {
    let text = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 500 500'>" + elements.joined() + "</svg>"
    return Artifact(ParseSVG(source: .bytes(Array(text.utf8))))
}

@Suite("Slides by costly element")
struct SlideOfTreeTests {
    let engine = Engine(levels: [MemoryStore(admitting: .everything)])

    @Test("A changed element reruns itself and the slide; what the others cost is found")
    func oneChanged() async throws {
        let log = EventLog(engine)
        let saws = [saw(at: 60, 60), saw(at: 200, 60), saw(at: 340, 60), saw(at: 60, 200)], plain = "<rect width='9' height='9'/>"
        let first = try await engine.value(of: Artifact(SlideOfTree(tree: drawing(saws + [plain]))))
        #expect(log.runs(of: AnswerOutline.self) == 4 && log.runs(of: MapSlide.self) == 1)
        _ = log.drain()
        let changed = saws.dropLast() + [saw(at: 60, 200, reach: 30), plain]
        let second = try await engine.value(of: Artifact(SlideOfTree(tree: drawing(Array(changed)))))
        #expect(log.runs(of: AnswerOutline.self) == 1 && log.runs(of: MapSlide.self) == 1)
        #expect(first != second)
    }

    @Test("What is found out elsewhere changes nothing: clips, fill rules, and what builds on their answers")
    func same() async throws {
        let clip = "<clipPath id='c'>" + saw(at: 100, 100, reach: 90) + "</clipPath>"
        let clipped = "<g clip-path='url(#c)'>" + saw(at: 80, 80) + "<rect x='30' y='30' width='200' height='9'/></g>"
        for elements in [
            [saw(at: 60, 60)], [clip, clipped], [clip, clipped, "<g clip-path='url(#c)'>\(clipped)</g>"], ["<rect width='9'/>"],
        ] {
            let tree = drawing(elements)
            for profile in Profile.allCases {
                let options = SlideOptions(profile: profile)
                let slide = try await engine.value(of: Artifact(SlideOfTree(tree: tree, options: options)))
                #expect(slide == mapSlide(try await engine.value(of: tree), options))
            }
        }
    }

    @Test("An ordinary drawing has no costly work and takes no further look")
    func ordinary() async throws {
        let log = EventLog(engine)
        let tree = drawing((0..<50).map { "<path d='M\($0) 0h9v9h-9z'/>" })
        _ = try await engine.value(of: Artifact(SlideOfTree(tree: tree)))
        #expect(log.runs(of: SlideOfTree.self) == 1 && log.runs(of: AnswerOutline.self) == 0)
    }

    @Test("Questions and answers read back; cut or changed bytes are refused or read as another, never worse")
    func bytes() throws {
        var outline = BezierPath()
        outline.move(to: Point(1, -2.5))
        outline.line(to: Point(3, 4))
        outline.cubic(Point(5, 6), Point(7, 8), to: Point(9, 10))
        outline.close()
        let work = OutlineWork(.difference, outline, rule: .evenOdd, other: outline), bytes = work.bytes
        #expect(try bytes.withUnsafeBytes { try OutlineWork(bytes: $0) } == work)
        for count in bytes.indices {
            #expect(throws: DamagedOutline.self) { try bytes[..<count].withUnsafeBytes { try OutlineWork(bytes: $0) } }
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] = 0xFF
            _ = try? damaged.withUnsafeBytes { try OutlineWork(bytes: $0) }  // must return
        }
        let format = try #require(OutlineAnswer.format)
        for answer in [OutlineAnswer(outline: nil), OutlineAnswer(outline: outline, work: 7)] {
            #expect(try format.decode(format.encode(answer)) == answer)
        }
    }
}
