import AtelierGeometry
import AtelierImageCodecs
import AtelierImageTracing
import AtelierMemo
import AtelierPixels
import AtelierSVG
import Testing

@testable import AtelierStages

@Suite("Searching for a likeness")
struct SearchTraceTests {
    /// Discs that shrink and pale, on stripes: more is seen of it the more is paid.
    private static let picture: Artifact<Blob> = {
        var canvas = Canvas(width: 96, height: 72)
        canvas.fill(BezierPath(Rect(x: 0, y: 0, width: 96, height: 72), rx: 0, ry: 0), with: .color(RGBA8(250, 246, 240)))
        for i in 0..<24 {
            let center = Point(8 + Double(i % 6) * 16, 10 + Double(i / 6) * 17), radius = 7.5 - Double(i) * 0.25
            let shade = UInt8(40 + i * 8)
            canvas.fill(BezierPath(ellipseAt: center, rx: radius, ry: radius), with: .color(RGBA8(shade, 90, 255 - shade)))
        }
        return .bytes(encodePNG(canvas.raster()))
    }()

    /// Likeness that falls by a tenth for each factor of 100.
    private func search(_ target: Double, from start: Double, likeness: (Double) -> Double) -> [Double] {
        var search = PriceSearch(target: target, start: start), tried: [Double] = []
        while let next = search.next {
            tried.append(next)
            search.note(likeness(next), at: next)
        }
        return tried
    }

    @Test("The highest price that is like enough is closed in on within six trials", arguments: [1.0, 600, 1e6])
    func closing(start: Double) {
        // 1 at λ = 1, falling evenly to 0.7 at 10⁶: 0.9 is met at 100.
        func likeness(_ lambda: Double) -> Double {
            var steps = 0.0, rest = lambda
            while rest > 1.0001 {
                rest = rest.squareRoot().squareRoot() < 1.01 ? 1 : rest / 1.01
                steps += 1
            }
            return 1 - steps * 0.3 / 1389
        }
        let tried = search(0.9, from: start, likeness: likeness)
        #expect(tried.count <= 6)
        let best = tried.filter { likeness($0) >= 0.9 }.max() ?? 0
        #expect(best > 60 && best < 105, "\(tried)")
    }

    @Test("A likeness beyond reach ends at the lowest price, one always reached at the highest")
    func ends() {
        #expect(search(0.99, from: 600) { _ in 0.9 }.last == 1)
        #expect(search(0.5, from: 600) { _ in 0.9 }.last == 1e6)
        #expect(search(0.5, from: 9e9) { _ in 0.9 } == [1e6])
    }

    @Test("The tracing found is as like as wanted and no larger than one that is liker; decoding and quantising run once")
    func found() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)]), log = EventLog(engine)
        let file = try await engine.value(of: Self.picture), picture = try decodeImage(file.bytes.span)
        var sizes: [Int] = []
        for target in [0.97, 0.88] {
            let options = ConversionOptions(targetSSIM: target)
            let svg = try await engine.value(of: convertToSVG(Self.picture, options).output)
            let drawn = try rendering(of: svg.bytes.span, like: picture)
            #expect(Similarity.ssim(of: drawn, to: picture) >= target)
            #expect(try await engine.value(of: convertToSVG(Self.picture, options).report).pages == [[]])
            sizes.append(TraceStatistics.gzipByteCount(of: Array(svg.bytes)))
        }
        #expect(sizes[1] < sizes[0])
        #expect(log.runs(of: DecodeImage.self) == 1 && log.runs(of: QuantizeColors.self) == 1)
    }

    @Test("What cannot be reached gives the best there is, and says so")
    func unreachable() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let conversion = convertToSVG(Self.picture, ConversionOptions(targetSSIM: 1))
        #expect(try await engine.value(of: conversion.output).count > 200)
        let remarks = try await engine.value(of: conversion.report).pages
        #expect(remarks.count == 1 && remarks[0].count == 1)
        #expect(remarks.first?.first?.message.contains("no tracing in these colours reaches an SSIM of 1.0") == true)
    }

    @Test("An automatic tracing is no less like than the one asked for, and what is missing times its bytes is no more")
    func automatic() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let image = Artifact(DecodeImage(source: Self.picture))
        let found = try await engine.value(of: Artifact(ChooseTrace(image: image, options: .init())))
        let asked = try await engine.value(of: traceToSVG(Self.picture)), picture = try await engine.value(of: image)
        #expect(found.trials.count == 3 && found.reachesTarget)
        #expect(found.trials[0].options == TraceOptions())
        #expect(found.trials[0].gzipByteCount == TraceStatistics.gzipByteCount(of: Array(asked.bytes)))
        let drawn = try rendering(of: found.svg.bytes.span, like: picture), trial = found.trials[found.chosen]
        #expect(Similarity.ssim(of: drawn, to: picture) == trial.ssim)
        #expect(1 - trial.ssim <= (1 - found.trials[0].ssim) * 1.02)
        #expect((1 - trial.ssim) * Double(trial.gzipByteCount) <= (1 - found.trials[0].ssim) * Double(found.trials[0].gzipByteCount))
        let output = try await engine.value(of: convertToSVG(Self.picture, ConversionOptions(isAutomatic: true)).output)
        #expect(output.bytes.span.count == found.svg.count)
    }

    @Test("What is tried lies within what can be asked for, and what is less like is never taken")
    func ways() {
        var options = TraceOptions()
        (options.quantize.colorDistance, options.segment.speckleArea) = (0.5, 0)
        for lambda in [1.0, 1e6] {
            options.setLambda(lambda)
            for way in ChooseTrace.ways(around: options) {
                #expect(way.quantize.colorDistance == 0.5 && way.segment.speckleArea == 0)
                #expect((1...1e6).contains(way.fit.lambda) && way.fit.lambda == way.segment.lambda)
            }
        }
        func trial(_ ssim: Double, _ bytes: Int) -> FoundTrace.Trial { .init(options: .init(), ssim: ssim, gzipByteCount: bytes) }
        let asked = trial(0.95, 1000)
        #expect(ChooseTrace.isBetter(trial(0.95, 999), than: asked, asked: asked))
        #expect(!ChooseTrace.isBetter(trial(0.94, 1), than: asked, asked: asked))
        #expect(ChooseTrace.isBetter(trial(0.98, 2000), than: asked, asked: asked))
        #expect(!ChooseTrace.isBetter(trial(0.98, 2600), than: asked, asked: asked))
    }

    @Test("A review draws what the file says and counts what stands in it")
    func review() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let svg = """
            <svg xmlns="http://www.w3.org/2000/svg" width="96" height="72" viewBox="0 0 960 720">\
            <linearGradient id="a" gradientUnits="userSpaceOnUse" x1="0" x2="960"><stop/><stop offset="1" stop-color="red"/></linearGradient>\
            <path fill="url(#a)" d="M0 0h960v720H0z"/><circle cx="480" cy="360" r="100" stroke="#fff" stroke-width="20"/>\
            <path d="m10-5.5.5 3 1 1a5 5 0 01.5-.5 5 5 0 1010 10zm2 2c1 1 2 2 3 3s1 1 2 2"/></svg>
            """
        let review = try await engine.value(
            of: Artifact(
                ReviewTrace(image: Artifact(DecodeImage(source: Self.picture)), svg: .bytes(Array(svg.utf8)), showsComparison: true)))
        let contents = review.statistics.contents
        #expect([contents.paths, contents.primitives, contents.gradients, contents.strokes] == [2, 1, 1, 1])
        #expect(contents.segments == 3 + 1 + 2 + 2 + 2)
        #expect(review.statistics.byteCount == svg.utf8.count && review.statistics.gzipByteCount < svg.utf8.count)
        let sides = try decodeImage(review.comparison.span)
        #expect(sides.width == 96 * 3 + 16 && sides.height == 72)
        #expect(sides[104, 0].r < 3 && sides[104 + 95, 0].r > 250)
        #expect(sides[104 + 48, 36] == RGBA8(0, 0, 0) && sides[104 + 57, 36] == RGBA8(255, 255, 255))
    }

    @Test("A drawing has no tracing to look at")
    func drawing() async throws {
        let engine = Engine(levels: [MemoryStore(admitting: .everything)])
        let review = Artifact(ReviewOfSource(source: .bytes(Array("<svg><path d='M0 0h9v9z'/></svg>".utf8)), options: .init()))
        let failure = await #expect(throws: StageFailure.self) { try await engine.value(of: review) }
        #expect(failure?.underlying is NothingTraced)
    }
}
