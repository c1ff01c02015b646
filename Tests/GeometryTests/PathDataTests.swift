import AtelierGeometry
import AtelierTesting
import Testing

/// The elements in absolute coordinates, for comparing: `M1,2 L3,4 C… Z`.
func described(_ path: BezierPath) -> String {
    func text(_ p: Point) -> String {
        func number(_ v: Double) -> String {
            let rounded = (v * 1000).rounded() / 1000
            return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
        }
        return "\(number(p.x)),\(number(p.y))"
    }
    return path.elements.map { element in
        switch element {
        case .move(let p): "M\(text(p))"
        case .line(let p): "L\(text(p))"
        case .cubic(let a, let b, let p): "C\(text(a)) \(text(b)) \(text(p))"
        case .close: "Z"
        }
    }.joined(separator: " ")
}

func read(_ data: String) -> (path: BezierPath, error: PathDataError?) {
    BezierPath.reading(svgPathData: Array(data.utf8).span)
}

@Suite("Path data")
struct PathDataTests {
    @Test(
        "Every command is read, absolute and relative",
        arguments: [
            ("M1 2L3 4", "M1,2 L3,4"),
            ("m1 2l3 4", "M1,2 L4,6"),
            ("M1 2 3 4 5 6", "M1,2 L3,4 L5,6"),
            ("m1 2 3 4 5 6", "M1,2 L4,6 L9,12"),
            ("M1 2H9V8h-1v-1", "M1,2 L9,2 L9,8 L8,8 L8,7"),
            ("M0 0C1 2 3 4 5 6", "M0,0 C1,2 3,4 5,6"),
            ("M1 1c1 2 3 4 5 6", "M1,1 C2,3 4,5 6,7"),
            ("M0 0C0 1 2 3 4 4S8 8 9 9", "M0,0 C0,1 2,3 4,4 C6,5 8,8 9,9"),
            ("M4 4s1 1 2 2", "M4,4 C4,4 5,5 6,6"),
            ("M0 0Q3 3 6 0", "M0,0 C2,2 4,2 6,0"),
            ("M0 0Q3 3 6 0T12 0", "M0,0 C2,2 4,2 6,0 C8,-2 10,-2 12,0"),
            ("M3 3t3 3", "M3,3 C3,3 4,4 6,6"),
            ("M0 0L4 0L4 4Z", "M0,0 L4,0 L4,4 Z"),
            ("M1 1h4zl2 2", "M1,1 L5,1 Z M1,1 L3,3"),
            ("M1 1h4zm1 1h1", "M1,1 L5,1 Z M2,2 L3,2"),
            ("M1 1h4zz", "M1,1 L5,1 Z"),
            ("M9 9M1 1L2 2M5 5", "M1,1 L2,2"),
            ("", ""),
            ("  \n ", ""),
        ])
    func commands(data: String, expected: String) {
        let (path, error) = read(data)
        #expect(described(path) == expected)
        #expect(error == nil)
    }

    @Test(
        "Numbers may run together as far as they stay readable",
        arguments: [
            ("M.5.5.6-.7-1e1+2", "M0.5,0.5 L0.6,-0.7 L-10,2"),
            ("M1,2,3,4", "M1,2 L3,4"),
            ("M 1 , 2 L 3\n,\t4", "M1,2 L3,4"),
            ("M1.e0 2.L3. 4.", "M1,2 L3,4"),
            ("m1-2-3-4", "M1,-2 L-2,-6"),
            ("M0 0a1 1 0 012 0", "M0,0 C0,-0.357 0.191,-0.687 0.5,-0.866 C0.809,-1.045 1.191,-1.045 1.5,-0.866 C1.809,-0.687 2,-0.357 2,0"),
        ])
    func compactNumbers(data: String, expected: String) {
        let (path, error) = read(data)
        #expect(described(path) == expected)
        #expect(error == nil)
    }

    @Test(
        "A path is drawn up to its error, and the error says where",
        arguments: [
            ("L1 1", "", PathDataError(.missingMove, offset: 0)),
            ("M1 1L2 2X3", "M1,1 L2,2", PathDataError(.unknownCommand, offset: 8)),
            ("M1 1L2", "", PathDataError(.missingNumber, offset: 6)),
            ("M1 1L2 2L3", "M1,1 L2,2", PathDataError(.missingNumber, offset: 10)),
            ("M1 1L2 2,", "M1,1 L2,2", PathDataError(.missingNumber, offset: 9)),
            ("M1 1h2,,3", "M1,1 L3,1", PathDataError(.missingNumber, offset: 7)),
            ("M0 0h1a1 1 0 2 0 3 3", "M0,0 L1,0", PathDataError(.badFlag, offset: 13)),
            ("M0 0h1e999", "", PathDataError(.missingNumber, offset: 5)),
            ("M0 0h1zNaN", "M0,0 L1,0 Z", PathDataError(.unknownCommand, offset: 7)),
        ])
    func errors(data: String, expected: String, expectedError: PathDataError) {
        let (path, error) = read(data)
        #expect(described(path) == expected)
        #expect(error == expectedError)
    }

    @Test("Random bytes never crash the reader and never give a path that starts without a move")
    func noise() {
        let seed: UInt64 = 7
        var random = SplitMix(seed: seed)
        let alphabet = Array("MmLlHhVvCcSsQqTtAaZz0123456789.-+eE, \n".utf8)
        for round in 0..<3000 {
            let bytes = (0..<Int(random.next() % 60)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            let (path, _) = BezierPath.reading(svgPathData: (Array("M1 1".utf8) + bytes).span)
            var previous: BezierPath.Element?
            for element in path.elements {
                switch (previous, element) {
                case (nil, .move), (.close, .move): break
                case (nil, _), (.close, _): Issue.record("seed \(seed) round \(round): \(element) after \(String(describing: previous))")
                default: break
                }
                previous = element
            }
        }
    }
}
