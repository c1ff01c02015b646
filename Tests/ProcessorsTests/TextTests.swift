import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierTesting
import Foundation
import Testing

@testable import AtelierProcessors

@Suite("Patterns")
struct TextPatternTests {
    /// All matches in a text that comes in pieces.
    private func matches(of pattern: TextPattern, in pieces: [String], longest: Bool = false) -> [String] {
        var scanner = TextScanner(pattern, settlesAtEnds: !longest)
        var text: [UInt8] = [], found: [String] = []
        func read() {
            while scanner.offset < text.count {
                let match = text[scanner.offset...].withUnsafeBufferPointer { scanner.search($0) }
                if let match { found.append(String(decoding: text[match], as: UTF8.self)) }
            }
        }
        for piece in pieces {
            text += Array(piece.utf8)
            read()
        }
        while let match = scanner.finish() {
            found.append(String(decoding: text[match], as: UTF8.self))
            read()
        }
        return found
    }

    @Test(
        "Matches, whole and cut anywhere",
        arguments: [
            (#"\[[^\]]*\]"#, "x[a]y[b]z[", ["[a]", "[b]"]), ("a+?b{2,3}c?", "aaabbbbcabb", ["aaabbb", "abb"]),
            ("abc|ab|a", "xabcab", ["abc", "ab"]), ("a|ab|abc", "xabc", ["a"]),
            (#"\d{2}:\d{2}"#, "at 12:30, 7:05 and 23:59", ["12:30", "23:59"]),
            ("(?i)stop", "Stop, sTOP, top", ["Stop", "sTOP"]), ("(?i)[^a-y ]", "Aa Zz", ["Z", "z"]), (".", "é😀\n", ["é", "😀", "\n"]),
            ("[à-ü]+", "aéüzß", ["éü"]), ("[^a]+", "aéa中a😀", ["é", "中", "😀"]), (#"\w+"#, "grün und_1 -", ["grün", "und_1"]),
            (#"\u00e9|\x41|\."#, "éA.B", ["é", "A", "."]), ("(?:ab)*c", "ababcxc", ["ababc", "c"]), ("a{0}b{,2}c{1,}", "bbbcc", ["bbcc"]),
            ("[]a]+", "x]a]", ["]a]"]), ("[a-]+", "-a-b", ["-a-"]), ("x{a}", "x{a}", ["x{a}"]), (#"(?<year>\d+)"#, "1984", ["1984"]),
            ("```(.*?)```", "```a```b```c```", ["```a```", "```c```"]),
        ] as [(String, String, [String])])
    func finds(_ notation: String, _ text: String, _ expected: [String]) throws {
        let pattern = try TextPattern(notation)
        #expect(matches(of: pattern, in: [text]) == expected)
        // Where more text may come, nothing depends on the cuts.
        for cut in text.unicodeScalars.indices {
            let pieces = [String(text[..<cut]), String(text[cut...])]
            #expect(matches(of: pattern, in: pieces, longest: true) == expected, "cut as \(pieces)")
        }
        #expect(matches(of: pattern, in: text.unicodeScalars.map { String($0) }, longest: true) == expected)
    }

    @Test("At the end of a piece a match counts that more text might have made longer")
    func settlesAtEnds() throws {
        let digits = try TextPattern(#"\d+"#)
        #expect(matches(of: digits, in: ["12", "34 5"]) == ["12", "34", "5"])
        #expect(matches(of: digits, in: ["12", "34 5"], longest: true) == ["1234", "5"])
    }

    @Test(
        "What the notation does not have is refused, with the place",
        arguments: [
            ("a*", "empty text"), ("", "empty text"), ("(", "without its )"), ("[a", "without its ]"), ("a)", "without its ("),
            ("^a", "anchor"),
            ("a$", "anchor"), ("a{3,2}", "smaller"), (#"\b"#, "not supported"), ("*", "nothing before"), ("(?=a)", "only (?:"),
            ("(?<=a)b", "behind"), ("a++", "possessive"), (#"\u12"#, "hexadecimal"), ("a{1001}", "repetitions"), (#"a\"#, "ends with"),
            ("[z-a]", "from higher to lower"), ("((a{900}){900}){900}", "too large"), (String(repeating: "(", count: 200), "deep"),
            (#"(a)\1"#, "not supported"), ("(?x)a", "only (?:"),
        ])
    func refuses(_ notation: String, _ reason: String) {
        let error = #expect(throws: PatternError.self) { try TextPattern(notation) }
        #expect(error?.reason.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test("Random patterns find in random texts what Foundation finds", arguments: 0..<40)
    func agreesWithFoundation(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        for _ in 0..<25 {
            let notation = Self.notation(depth: 3, &random)
            guard let pattern = try? TextPattern(notation) else { continue }  // it matches the empty text
            let peer = try NSRegularExpression(pattern: notation, options: [.dotMatchesLineSeparators])
            let text = String((0..<Int.random(in: 0...24, using: &random)).map { _ in "aabbc\n".randomElement(using: &random)! })
            let expected = peer.matches(in: text, range: NSRange(text.startIndex..., in: text)).map {
                String(text[Range($0.range, in: text)!])
            }
            #expect(matches(of: pattern, in: [text]) == expected, "\(notation) in \(text.debugDescription), seed \(seed)")
            let pieces = text.map { String($0) }
            #expect(matches(of: pattern, in: pieces, longest: true) == expected, "\(notation) in \(pieces), seed \(seed)")
        }
    }

    private static func notation(depth: Int, _ random: inout SplitMix) -> String {
        if depth == 0 { return ["a", "b", "c", ".", "[ab]", "[^a]"].randomElement(using: &random)! }
        func inner() -> String { notation(depth: depth - 1, &random) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "(?:\(inner()))" + ["*", "+", "?", "{1,2}", "*?", "+?", "??"].randomElement(using: &random)!
        case 1: return "(?:\(inner())|\(inner()))"
        case 2, 3: return inner() + inner()
        default: return inner()
        }
    }
}

@Suite("Text matching")
struct TextMatchTests {
    private let event = TextMatch(try! TextPattern(#"\[event: ([^\]]*)\]"#), into: "event")
    private let picture = try! Part(bytes: Blob([1]), mimeType: "image/png")

    private func shown(_ parts: Content) -> [String] {
        parts.map { part in (part.isText ? part.plainText : "*") + (part.substream.isEmpty ? "" : "@" + part.substream) }
    }

    @Test(
        "However the text is cut, the same is found and the same is left",
        arguments: [
            ["before [event: a] after[event: b]"], ["before ", "[event: a]", " after", "[event: b]"],
            ["before ", "[ev", "ent: ", "a", "]", " after", "[ev", "ent: b", "]"], "before [event: a] after[event: b]".map { String($0) },
        ])
    func cuts(_ pieces: [String]) async throws {
        let output = try await event(Content(pieces.map { Part($0) })).gather()
        #expect(try output.text(substream: "event") == "[event: a][event: b]")
        #expect(try output.text(substream: "") == "before  after")
        #expect(!output.contains { $0.plainText.isEmpty })
    }

    @Test("A match stands where it began; what stood inside follows it, what is cut keeps its header")
    func places() async throws {
        let output = try await event(["x", Part("y[event: ", role: "user", metadata: ["n": 1]), picture, Part("1] z", role: "model"), "w"])
            .gather()
        #expect(shown(output) == ["x", "y", "[event: 1]@event", "*", " z", "w"])
        #expect(output[1].role == "user" && output[2].role == "user" && output[2].metadata["n"] == 1 && output[4].role == "model")
    }

    @Test("What begins like a match and is none goes on as it came")
    func falseBeginnings() async throws {
        let parts: Content = ["a[ev", picture, "ening", "[event", ": no end"]
        #expect(try await event(parts).gather() == parts)
    }

    @Test("Without removing, parts pass at once and matches follow the part that completes them")
    func keeping() async throws {
        let keeping = TextMatch(try TextPattern(#"\[[^\]]*\]"#), into: "hit", removing: false)
        let output = try await keeping(["a[b", picture, "]c[d]", "e"]).gather()
        #expect(shown(output) == ["a[b", "*", "]c[d]", "[b]@hit", "[d]@hit", "e"])
    }

    @Test("Text of other substreams is not looked at and keeps its place")
    func otherSubstreams() async throws {
        let match = TextMatch(try TextPattern(#"\[[^\]]*\]"#), into: "hit", from: "in")
        let output = try await match([Part("[a", substream: "in"), Part("[x]", substream: "other"), Part("b]", substream: "in"), "[y]"])
            .gather()
        #expect(shown(output) == ["[ab]@hit", "[x]@other", "[y]"])
    }

    @Test("An end of turn, and a beginning that is too long, let go of what is held")
    func flushing() async throws {
        let output = try await event(["[event: ", .endOfTurn(), "a]"]).gather()
        #expect(shown(output) == ["[event: ", "", "a]"])
        let short = TextMatch(try TextPattern(#"\[[^\]]*\]"#), into: "hit", holdLimit: 8)
        let texts = try await short(["[12345", "6789", "]", "[a]"]).gather()
        #expect(shown(texts) == ["[12345", "6789", "]", "[a]@hit"])
    }

    @Test("Addresses end where white space, quotation marks or sentences do, wherever parts end")
    func addresses() async throws {
        let links = TextMatch.urls(["https://github.com": "Repository", "http": "FetchRequest"], into: "url")
        for pieces in [
            ["See HTTPS://GitHub.com/a/b?c=1, <http://x.y/z.>"], ["See HTT", "PS://GitHub", ".com/a/b?c=1", ", <http:", "//x.y/z", ".>"],
        ] {
            let output = try await links(Content(pieces.map { Part($0) })).gather()
            #expect(try output.text(substream: "") == "See , <.>")
            let records = output.filter { $0.substream == "url" }
            #expect(records.map(\.plainText) == [#"{"url": "HTTPS://GitHub.com/a/b?c=1"}"#, #"{"url": "http://x.y/z"}"#])
            #expect(records.map(\.mimeType.text) == ["application/json; type=Repository", "application/json; type=FetchRequest"])
        }
    }
}

@Suite("Text of HTML")
struct HTMLTextTests {
    @Test(
        "What a reader would see is left",
        arguments: [
            ("<p>One <b>two</b></p><p>three", "One two\nthree"), ("a&amp;b &#65;&#x42; &nope; & &auml;", "a&b AB &nope; & ä"),
            ("<head><title>T</title></head><body>x<!-- <p>no --> y<br/>z", "x y\nz"),
            ("<script>if (a < b) '</p>'</SCRIPT>after<style>p{}</style>!", "after!"), ("1 < 2 and <3", "1 < 2 and <3"),
            (#"<a title="a > b" href='x>y'>link</a>"#, "link"), ("<!DOCTYPE html><?x?>  \n a \t b  ", "a b"), ("<script>never ends", ""),
            ("<", "<"), ("</", ""), ("", ""), ("&#xD800;&#0;", "&#xD800;&#0;"), ("<ul><li>a<li>b</ul>c", "a\nb\nc"),
        ])
    func cases(html: String, text: String) { #expect(HTMLText.text(of: html) == text) }

    @Test("Only HTML is taken, and role and metadata stay")
    func parts() async throws {
        let page = Part("<i>a</i>", role: "user", mimeType: "text/html; charset=utf-8", metadata: ["n": 1])
        let output = try await HTMLText()([page, "<i>b</i>"]).gather()
        #expect(output == [Part("a", role: "user", metadata: ["n": 1]), "<i>b</i>"] && output[0].mimeType == .plainText)
    }

    @Test("Markup that never ends takes no longer for it")
    func hostile() {
        for text in ["<a ", "<!--", "<script>", "</script", "&#", "<a b=\""] {
            #expect(HTMLText.text(of: String(repeating: text, count: 20_000)).utf8.count <= 6 * 20_000)
        }
    }
}

@Suite("Looking into streams")
struct LookingTests {
    @Test("The time to the first output is said before it, from the end of the input")
    func firstOutput() async throws {
        let times = Lock(0), instant = ContinuousClock.now
        let clock: @Sendable () -> ContinuousClock.Instant = {
            instant
                + .milliseconds(
                    times.withLock { time in
                        time += 250
                        return time
                    })
        }
        let count = StreamFunction { input, output in
            var count = 0
            for try await _ in input { count += 1 }
            try await output.emit(Part("\(count)"))
            try await output.emit("more")
        }
        let output = try await FirstOutputTime(of: count, as: "count", now: clock)(["a", "b"]).gather()
        #expect(output.map(\.plainText).sorted() == ["2", "count: 0.25 s to the first output", "more"])
        #expect(output.first { $0.substream == "status" }?.metadata["seconds"] == .number(0.25))
        let early = StreamFunction { input, output in
            try await output.emit("at once")
            for try await part in input { try await output.emit(part) }
        }
        let started = try await FirstOutputTime(of: early, as: "early")(["a"]).gather()
        #expect(started.filter { $0.substream.isEmpty }.map(\.plainText) == ["at once", "a"])
        #expect(try await FirstOutputTime(of: passThrough, as: "none")([]).gather().isEmpty)
    }

    @Test("A log has a line for each part, and passes it")
    func log() async throws {
        let lines = Lock<[String]>([])
        let long = String(repeating: "x", count: 61)
        let input: Content = [
            Part("a\nb", role: "user"), try Part(bytes: Blob([1, 2]), mimeType: "image/png", metadata: ["page": 1]),
            Part(long, substream: "s"),
        ]
        let output = try await PartLog("seen") { line in lines.withLock { $0.append(line) } }(input).gather()
        #expect(output == input)
        #expect(
            lines.withLock { $0 } == [
                #"seen: text/plain of user "a\nb""#, "seen: image/png 2 bytes page", "seen: text/plain on s \"\(long.dropLast())\"…",
            ])
    }
}
