import Testing

@testable import AtelierTelemetry

/// Computes for a while.
@inline(never)
private func compute(_ rounds: Int) -> UInt64 {
    var state: UInt64 = 1
    for _ in 0..<rounds {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        state ^= state >> 29
    }
    return state
}

/// Begins as soon as no other test of this process records.
private func begin(samples: Bool = true, allocations: Bool = true) async throws -> ProfileRecorder {
    while true {
        if let recorder = ProfileRecorder(samples: samples, allocations: allocations) { return recorder }
        try await Task.sleep(nanoseconds: 1_000_000)
    }
}

@Suite("Profiles", .serialized)
struct ProfileTests {
    @Test("A recording has the spans with their processor time, samples inside them, and what was allocated")
    func recording() async throws {
        let recorder = try await begin()
        #expect(ProfileRecorder() == nil, "one at a time")
        var sum: UInt64 = 0
        withSpan(SpanName("record.compute")) {
            // Until the recorder has asked, however long it gets no processor.
            var reader = LaneReader(from: .now)
            repeat {
                for _ in 0..<20 { sum &+= compute(500_000) }
                reader.read()
            } while !reader.timeline(from: 0, to: .max).samples.contains { $0.stack.first == "record.compute" && $0.stack.count > 1 }
        }
        withSpan(SpanName("record.allocate")) {
            for count in 1...100 { sum &+= UInt64([UInt8](repeating: 1, count: count * 1000).count) }
        }
        let timeline = recorder.finish()
        #expect(sum > 0)
        let spans = timeline.lanes.flatMap(\.spans)
        let computed = try #require(spans.first { $0.name == "record.compute" })
        #expect((computed.processor ?? 0) > 0)
        let allocated = try #require(spans.first { $0.name == "record.allocate" })
        // Under a sanitizer the allocator is another.
        if allocated.allocated > 0 {
            #expect(allocated.allocated >= 5_050_000)
            #expect(allocated.peak >= 100_000 && allocated.peak < 1_000_000)
        }
        // Other tests of the process have samples too.
        let samples = timeline.samples.filter { $0.stack.first == "record.compute" }
        #expect(!samples.isEmpty)
        #expect(samples.allSatisfy { $0.spanCount == 1 && $0.time >= timeline.begin && $0.time <= timeline.end })
        #if !TSAN  // the thread sanitizer hands signals on later, from a place of its own
            #expect(samples.contains { $0.stack.contains { $0.hasPrefix("TelemetryTests.compute") } }, "functions have names")
        #endif
        #expect(timeline.samplePeriod == 1_000_000)
        #expect(try await begin(samples: false, allocations: false).finish().samples.isEmpty, "the next one begins")
    }

    /// Two threads: one busy in a (0–100) with b inside (20–50), the other in c (60–160).
    private var sample: Timeline {
        var timeline = Timeline(begin: 0, end: 200_000)
        timeline.lanes = [
            Timeline.Lane(
                number: 0, name: "worker",
                spans: [
                    Timeline.Span(name: "a", begin: 0, end: 100_000, depth: 0, processor: 90_000),
                    Timeline.Span(name: "b", begin: 20_000, end: 50_000, depth: 1, processor: 30_000),
                ]),
            Timeline.Lane(number: 1, name: "worker", spans: [Timeline.Span(name: "c", begin: 60_000, end: 160_000, depth: 0)]),
        ]
        return timeline
    }

    @Test("The table parts time of a span from that of the spans inside it")
    func table() throws {
        let table = sample.table
        #expect(table.map(\.name) == ["c", "a", "b"])
        let a = try #require(table.first { $0.name == "a" })
        #expect(a.wall == 100_000 && a.own == 70_000 && a.processor == 90_000 && a.ownProcessor == 60_000 && a.longest == 100_000)
    }

    @Test("Concurrency counts how long how many threads were busy, and alone says in what")
    func concurrency() {
        #expect(sample.concurrency == [40_000, 120_000, 40_000])
        #expect(sample.alone.map(\.name) == ["c", "a", "b"])
        #expect(sample.alone.map(\.nanoseconds) == [60_000, 30_000, 30_000])
    }

    @Test("Stacks of spans weigh what no span inside took, and boxes stand on what contains them")
    func flames() {
        let graph = FlameGraph(sample.stacksOfSpans)
        #expect(graph.total == 200 && graph.depth == 2)
        #expect(graph.boxes.map(\.name) == ["a", "c", "b"])
        #expect(graph.boxes.map(\.start) == [0, 100, 0])
        #expect(graph.boxes.map(\.weight) == [100, 100, 30])
        #expect(graph.boxes.map(\.own) == [70, 100, 30])
        #expect(FlameGraph([]).boxes.isEmpty && FlameGraph([]).depth == 0)
    }

    @Test("A comparison lists what chance does not explain first")
    func comparison() throws {
        let before = [FoldedStack(["a", "slow"], spanCount: 1, weight: 400), FoldedStack(["a", "same"], spanCount: 1, weight: 100)]
        let after = [FoldedStack(["a", "slow"], spanCount: 1, weight: 100), FoldedStack(["a", "same"], spanCount: 1, weight: 110)]
        let comparison = ProfileComparison(before: before, after: after)
        #expect(comparison.before == 500 && comparison.after == 210)
        #expect(comparison.rows.map(\.name) == ["slow", "a", "same"])
        #expect(comparison.rows.map(\.isSignificant) == [true, true, false])
        let slow = try #require(comparison.rows.first)
        #expect(abs(slow.ownDeviations + 300 / 500.0.squareRoot()) < 1e-9)
        #expect(ProfileComparison(before: [], after: []).deviations == 0)
    }

    @Test(
        "Names of functions are short",
        arguments: zip(
            [
                "AtelierSVG.read<A>(_: A, limits: Swift.Int) throws -> [Swift.UInt8]",
                "generic specialization <Swift.Int> of a.b(c: Swift.Int) -> ()",
                "closure #1 (Swift.Int) -> () in AtelierMemo.Engine.(run in _0AB1)(id: Swift.Int) -> ()",
                "merged AtelierMemo.Lock.value.getter : A",
                "static Swift.Int.< infix(Swift.Int, Swift.Int) -> Swift.Bool",
                "(3) suspend resume partial function for AtelierA.b(c: Swift.Int) async -> ()",
                "",
            ],
            [
                "SVG.read(_:limits:)", "a.b(c:)", "closure in Memo.Engine.run(id:)", "Memo.Lock.value.getter : A", "Swift.Int.", "A.b(c:)",
                "",
            ]))
    func functionNames(symbol: String, expected: String) {
        let name = FunctionNames.shortened(demangled: symbol)
        if !expected.isEmpty { #expect(name.hasPrefix(expected)) }
    }

    @Test("A damaged table of symbols gives no names and no crash")
    func damagedSymbols() {
        var random = SystemRandomNumberGenerator()
        for length in [0, 1, 63, 64, 100, 4096] {
            var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            if length > 62 { (bytes[60], bytes[61]) = (4, 0) }
            bytes.withUnsafeBytes { #expect(FunctionNames.symbols(of: [1, 2, 3], in: $0).count <= 3) }
        }
    }
}
