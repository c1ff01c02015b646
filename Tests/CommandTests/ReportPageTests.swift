import AtelierGeometry
import AtelierLayers
import AtelierPixels
import AtelierSVG
import AtelierStages
import Glibc
import Testing

@testable import AtelierCommand

@Suite("Page about a run")
struct ReportPageTests {
    private func outcome(
        _ name: String, bytes: Int = 100, seconds: Double = 0.1, ssim: Double? = nil, failure: String? = nil, look: JobLook? = nil
    ) -> Outcome {
        let job = Job(inputs: [Input(path: name, relative: name)], output: "out/\(name).svg", format: .svg)
        let made = Made(byteCount: bytes, digest: "", delivery: .written, isCached: false, remarks: [], ssim: ssim)
        return Outcome(
            job: job, made: failure == nil ? made : nil,
            failures: failure.map { [Failure(kind: .reading, input: name, message: $0)] } ?? [],
            seconds: seconds, look: look)
    }

    private func page(_ outcomes: [Outcome?], problems: [String] = []) -> String {
        ReportPage(
            Report(verb: .trace, outcomes: outcomes, problems: problems, totals: Totals(), seconds: 1, processorSeconds: 2)
        ).html
    }

    @Test("Names and messages are text and nothing else, wherever they stand")
    func hostileNames() {
        let name = #"<img src=x onerror=alert(1)>"'&--></script><script>alert(2)</script>"# + "\u{202E}\u{1B}[2J\n"
        let html = page([outcome(name), outcome("b", failure: "\(name): is bad")], problems: [name])
        #expect(!html.contains("<img src=x") && !html.contains("alert(2)</script>") && !html.contains("\u{1B}"))
        #expect(html.split(separator: "<script").count == 2 && html.split(separator: "</script").count == 2)
        #expect(html.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"))
    }

    @Test("The one script that may run is the one that stands there")
    func policy() throws {
        let html = page([outcome("a")])
        let start = try #require(html.firstRange(of: "<script>")).upperBound,
            end = try #require(html.firstRange(of: "</script>")).lowerBound
        var hash = SHA256()
        let script = Array(html[start..<end].utf8)
        hash.update(script.span)
        #expect(html.contains("script-src 'sha256-\(String(decoding: base64(hash.finish()), as: UTF8.self))'"))
        #expect(
            !html.contains("http://") || html.split(separator: "http://").dropFirst().allSatisfy { $0.hasPrefix("www.w3.org/2000/svg") })
    }

    @Test("Counts, likeness and failures are those of the run")
    func figures() {
        let html = page([
            outcome("a", ssim: 0.98), outcome("b", ssim: 0.91), outcome("c", ssim: 0.95), outcome("d", failure: "d: is bad"), nil,
        ])
        for (name, value) in [
            ("outputs", "3"), ("failed", "1"), ("not begun", "1"), ("median SSIM", "0.9500"), ("processor time", "2.00 s"),
        ] {
            #expect(html.contains("<dt>\(name)</dt><dd>\(value)</dd>"), "\(name)")
        }
        #expect(html.contains("<li>d: is bad</li>") && html.split(separator: "<tr class=\"good\">").count == 4)
        #expect(html.contains("least 0.9100, median 0.9500"))
    }

    @Test("A thousand outputs with pictures stay below a bound, and those beyond it have none")
    func bounded() {
        let picture = Thumbnail(bytes: [UInt8](repeating: 7, count: 9000), isSVG: false)
        let html = page((0..<1000).map { outcome("\($0)", look: JobLook(byteCount: 10, before: picture, after: picture)) })
        #expect(html.utf8.count < 18 << 20)
        let count = html.split(separator: "loading=\"lazy\"").count - 1
        #expect(count == (12 << 20) / 9000)
        #expect(html.split(separator: "<tr class=\"good\">").count == 1001)
    }

    @Test("Plots are SVG that reads back, with all bars in their box; one value or none gives no plot")
    func plots() throws {
        let values = (1...1000).map { pow(10, Double($0 % 50) / 10 - 3) }
        for plot in [
            Plot(falling: values, titled: "<t>", shown: { "\($0)" }),
            Plot(rising: values.map { 1 / (1 + $0) }, titled: "<t>", shown: { "\($0)" }),
            Plot(sizes: values.map { (Int($0 * 1e4), 77) }, titled: "<t>", shown: { "\($0)" }),
        ] {
            let html = try #require(plot).html
            let start = try #require(html.firstRange(of: "<svg")).lowerBound, end = try #require(html.firstRange(of: "</svg>")).upperBound
            let svg = Array(html[start..<end].utf8)
            #expect(try SVG.read(svg.span).size.width == 480)
            #expect(!html.contains("<t>") && !html.contains("nan"))
        }
        let none = [
            Plot(falling: [1], titled: "", shown: { "\($0)" }), Plot(falling: [0, 0], titled: "", shown: { "\($0)" }),
            Plot(rising: [], titled: "", shown: { "\($0)" }), Plot(sizes: [(0, 0), (1, 0)], titled: "", shown: { "\($0)" }),
        ]
        #expect(none.allSatisfy { $0 == nil })
        let equal = Plot(rising: [1, 1], titled: "", shown: { "\($0)" })
        #expect(equal != nil)
    }

    @Test("A shrunk picture has the mean of what it stands for, clear pixels without their colour")
    func shrinking() {
        var picture = Raster(width: 200, height: 100, filledWith: RGBA8(10, 20, 30, 255))
        for y in 0..<100 { for x in 100..<200 { picture[x, y] = (x + y) % 2 == 0 ? RGBA8(200, 0, 0, 255) : RGBA8(0, 255, 0, 0) } }
        let small = picture.shrunk(to: 50)
        #expect(small.width == 50 && small.height == 25)
        #expect(small[0, 0] == RGBA8(10, 20, 30, 255) && small[40, 10] == RGBA8(200, 0, 0, 128))
        #expect(small.shrunk(to: 50) == small)
        #expect(Raster(width: 3, height: 900, filledWith: RGBA8(1, 2, 3, 255)).shrunk(to: 64).width == 1)
    }

    @Test("A run writes its page with pictures and likeness; kept outputs keep theirs")
    func wholeRun() async throws {
        let scratch = Scratch()
        scratch.write("no picture", to: "in/bad.png")
        let run = await runCommand(scratch, "trace %icon.png @in -d @out --resume --report @page.html -q")
        #expect(run.code == .someFailed)
        let page = try #require(scratch.read("page.html"))
        #expect(page.contains("data:image/png;base64,iVBOR") && page.contains("<dt>median SSIM</dt><dd>0.9"))
        #expect(page.contains("bad.png: the content is neither PNG, JPEG, WebP nor SVG"))
        _ = await runCommand(scratch, "trace %icon.png @in -d @out --resume --report @page.html -q")
        let again = try #require(scratch.read("page.html"))
        #expect(
            again.contains("<dt>kept</dt><dd>1</dd>") && again.contains("<dt>median SSIM</dt><dd>0.9") && again.contains("data:image/png"))
    }
}
