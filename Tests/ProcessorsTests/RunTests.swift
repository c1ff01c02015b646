import AtelierJSON
import AtelierMemo
import AtelierProcessors
import AtelierScheduling
import Synchronization
import Testing

/// Order, bounds, errors and the end of runs. Nothing here measures time; waiting is for what must happen at last.
@Suite("Runs", .timeLimit(.minutes(20)))
struct RunTests {
    private final class Counter: Sendable {
        private let value = Atomic(0)
        var count: Int { value.load(ordering: .acquiring) }
        func add() { value.wrappingAdd(1, ordering: .releasing) }
    }

    private struct Failure: Error, Equatable { var number: Int }

    private static let mark = PartFunction { part, emitter in emitter.emit(part.replacing(text: try part.text + "x")) }
    private static let awaitingMark = AsyncPartFunction { part, output in
        await Task.yield()
        try await output.emit(part.replacing(text: try part.text + "x"))
    }
    private static let streamMark = StreamFunction { input, output in
        for try await part in input { try await output.emit(part.replacing(text: try part.text + "x")) }
    }

    /// Numbers from 0 on, as a source that counts what was taken.
    private func numbers(_ count: Int = .max, _ taken: Counter = Counter()) -> PartStream {
        PartStream {
            let index = taken.count
            guard index < count else { return nil }
            taken.add()
            return Part("\(index)")
        }
    }

    /// Nothing of any run is left when it had time to go; other tests run beside this one and end too.
    private func expectNoTaskLeft() async throws {
        for _ in 0..<20000 where RunningTasks.count > 0 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(RunningTasks.count == 0)
    }

    static let chains: [[any Processor]] = [
        [mark, mark], [awaitingMark], [mark, awaitingMark, mark, awaitingMark], [streamMark, streamMark], [streamMark, mark],
        [mark, streamMark, awaitingMark, streamMark, mark],
    ]

    @Test(
        "Every mix of stages keeps order and loses nothing", arguments: chains.indices,
        [QueueLimits.balanced, .lowLatency, .highThroughput, .unbounded])
    func order(_ index: Int, limits: QueueLimits) async throws {
        let stages = RunTests.chains[index]
        let suffix = String(repeating: "x", count: stages.count)
        var seen = 0
        for try await part in Chain(stages)(numbers(500), limits: limits) {
            #expect(try part.text == "\(seen)" + suffix)
            seen += 1
        }
        #expect(seen == 500)
    }

    @Test("Leaving early stops an endless source and every task", arguments: chains.indices)
    func leaving(_ index: Int) async throws {
        let taken = Counter()
        var seen = 0
        for try await _ in Chain(RunTests.chains[index])(numbers(.max, taken)) {
            seen += 1
            if seen == 3 { break }
        }
        try await expectNoTaskLeft()
        let count = taken.count
        #expect(count <= 1000)
        for _ in 0..<100 { await Task.yield() }
        #expect(taken.count == count)
    }

    @Test("A source that emits is cancelled when its reader leaves, and so is one that was never read")
    func emittingSource() async throws {
        let stopped = Counter()
        let endless = PartStream { output in
            defer { stopped.add() }
            while true { try await output.emit(Part("a")) }
        }
        for try await _ in RunTests.mark(endless) { break }
        try await expectNoTaskLeft()
        #expect(stopped.count == 1)
        _ = RunTests.streamMark(endless)
        try await expectNoTaskLeft()
    }

    @Test("Cancelling the reader's task ends its wait with CancellationError", arguments: chains.indices)
    func cancellation(_ index: Int) async throws {
        let waiting = PartStream { output in
            try await output.emit(Part("a"))
            try await Task.sleep(for: .seconds(3600))
        }
        let began = Counter()
        let reader = Task {
            for try await _ in Chain(RunTests.chains[index])(waiting) { began.add() }
        }
        while began.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        try await expectNoTaskLeft()
    }

    @Test("One error in a million parts comes once, unwrapped, after the outputs before it")
    func oneInAMillion() async throws {
        let picky = PartFunction { part, emitter in
            if part.payload == .text("999990") { throw Failure(number: 999_990) }
            emitter.emit(part)
        }
        var seen = 0
        var iterator = picky(numbers(1_000_000)).makeAsyncIterator()
        await #expect(throws: Failure(number: 999_990)) { while try await iterator.next() != nil { seen += 1 } }
        #expect(seen == 999_990)
        #expect(try await iterator.next() == nil)
    }

    @Test("An error of any kind of stage is unwrapped and in its place", arguments: [0, 1, 2, 3])
    func errors(_ kind: Int) async throws {
        let body: @Sendable (Part) throws -> Part = { part in
            if part.payload == .text("700") || part.payload == .text("703") { throw Failure(number: Int(try part.text)!) }
            return part
        }
        let awaiting = AsyncPartFunction { part, output in
            if part.payload == .text("699") { try await Task.sleep(for: .milliseconds(5)) }
            try await output.emit(body(part))
        }
        let processor: any Processor = [
            PartFunction { part, emitter in emitter.emit(try body(part)) }, awaiting,
            StreamFunction { input, output in for try await part in input { try await output.emit(body(part)) } },
            awaiting + RunTests.awaitingMark,
        ][kind]
        var seen = 0
        await #expect(throws: Failure(number: 700)) {
            for try await _ in processor(numbers(10_000)) { seen += 1 }
        }
        #expect(seen == 700)
        try await expectNoTaskLeft()
    }

    @Test("An error of the source comes after the parts before it", arguments: chains.indices)
    func sourceError(_ index: Int) async throws {
        let taken = Counter()
        let source = PartStream {
            if taken.count == 100 { throw Failure(number: 1) }
            taken.add()
            return Part("a")
        }
        var seen = 0
        await #expect(throws: Failure(number: 1)) { for try await _ in Chain(RunTests.chains[index])(source) { seen += 1 } }
        #expect(seen == 100)
    }

    @Test("A reader that stops reading bounds how far the source runs ahead", arguments: chains.indices)
    func lookAhead(_ index: Int) async throws {
        let taken = Counter()
        var iterator = Chain(RunTests.chains[index])(numbers(.max, taken)).makeAsyncIterator()
        _ = try await iterator.next()
        var before = -1
        while before != taken.count {
            before = taken.count
            try await Task.sleep(for: .milliseconds(20))
        }
        // Two queues' worth for each stage that has one.
        #expect(taken.count <= 130 * max(1, RunTests.chains[index].count))
    }

    @Test("A byte limit bounds large parts; a part larger than the limit goes alone")
    func byteLimit() async throws {
        let produced = Counter()
        let large = String(repeating: "z", count: 1000)
        let source = PartStream(limits: QueueLimits(parts: 1000, bytes: 4000)) { output in
            for _ in 0..<50 {
                produced.add()
                try await output.emit(Part(large))
            }
        }
        var iterator = source.makeAsyncIterator()
        _ = try await iterator.next()
        var before = -1
        while before != produced.count {
            before = produced.count
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(produced.count <= 10)
        var rest = 1
        while try await iterator.next() != nil { rest += 1 }
        #expect(rest == 50)
        let huge = PartStream(limits: QueueLimits(parts: 4, bytes: 1)) { output in for _ in 0..<20 { try await output.emit(Part(large)) } }
        #expect(try await huge.gather().count == 20)
    }

    @Test("Large outputs of parts side by side stay within the byte limit, and come in order when their turn comes")
    func byteLimitOfBranches() async throws {
        let emitted = Counter(), gate = Counter()
        let large = String(repeating: "z", count: 1_000_000)
        let inflate = AsyncPartFunction { part, output in
            while part.payload == .text("0"), gate.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
            try await output.emit(Part(try part.text + large))
            emitted.add()
        }
        let outputs = inflate(numbers(40), limits: QueueLimits(parts: 40, bytes: 3_500_000))
        async let content = outputs.gather()
        for _ in 0..<50 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(emitted.count <= 3)
        gate.add()
        #expect(try await content.map { try $0.text.prefix { $0 != "z" } } == (0..<40).map { Substring("\($0)") })
    }

    @Test("A part of many outputs waits for its reader, and later parts for it")
    func manyOutputs() async throws {
        let emitted = Counter()
        let burst = AsyncPartFunction { _, output in
            for _ in 0..<10_000 {
                try await output.emit(Part("y"))
                emitted.add()
            }
        }
        var iterator = burst(PartStream([Part("a"), Part("b"), Part("c")])).makeAsyncIterator()
        _ = try await iterator.next()
        var before = -1
        while before != emitted.count {
            before = emitted.count
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(emitted.count < 1000)
        var count = 1
        while try await iterator.next() != nil { count += 1 }
        #expect(count == 30_000)
    }

    @Test("A processor goes on while what it emitted is still being worked on, and the other way round", arguments: [false, true])
    func overlap(_ firstWaits: Bool) async throws {
        let gate = Counter()
        let wait: @Sendable () async throws -> Void = { while gate.count == 0 { try await Task.sleep(for: .milliseconds(1)) } }
        let first = AsyncPartFunction { part, output in
            try await output.emit(Part("early"))
            if firstWaits { try await wait() } else { gate.add() }
            try await output.emit(Part("late"))
        }
        let second = AsyncPartFunction { part, output in
            if part.payload == .text("early") { if firstWaits { gate.add() } else { try await wait() } }
            try await output.emit(part)
        }
        let texts = try await (first + second)(["a"], limits: .lowLatency).gather().map { try $0.text }
        #expect(texts == ["early", "late"])
    }

    @Test("A part that goes on after its output is not held up by a source that waits behind an earlier part")
    func behindAFullWindow() async throws {
        let gate = Counter()
        let processor = AsyncPartFunction { part, output in
            while part.payload == .text("0"), gate.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
            if part.payload == .text("1") { try await Task.sleep(for: .milliseconds(20)) }
            try await output.emit(part)
            if part.payload == .text("1") { gate.add() }
        }
        let texts = try await processor(numbers(20), limits: QueueLimits(parts: 3, bytes: 1 << 20)).gather().map { try $0.text }
        #expect(texts == (0..<20).map { "\($0)" })
    }

    @Test("Reserved parts keep their order among themselves and come out of every mix of stages", arguments: chains.indices)
    func reserved(_ index: Int) async throws {
        let speaking = AsyncPartFunction { part, output in
            try await output.emit(.status("\(try part.text)"))
            try await output.emit(part)
        }
        let stages = RunTests.chains[index] + [speaking] + RunTests.chains[index]
        var input = [Part("in", substream: "status")]
        input += (0..<40).map { Part("\($0)") }
        let output = try await Chain(stages)(PartStream(input)).gather()
        #expect(output.filter { $0.substream == "status" }.count == 41)
        #expect(output.filter { $0.substream.isEmpty }.count == 40)
        let quiet = PartFunction { part, emitter in
            emitter.emit(.status("s" + (try part.text)))
            emitter.emit(part)
        }
        let quietOutput = try await Chain(RunTests.chains[index] + [quiet])(PartStream(input)).gather()
        let said = try quietOutput.filter { $0.substream == "status" && $0.payload != .text("in") }.map { try $0.text }
        #expect(said.count == 40)
        if index < 1 || index == 4 { #expect(said == said.sorted { Int($0.filter(\.isNumber))! < Int($1.filter(\.isNumber))! }) }
    }

    @Test("A processor that only scans the stream gives the same wherever it stands", arguments: chains.indices)
    func scanning(_ index: Int) async throws {
        let chain = RunTests.chains[index], match = TextMatch(try TextPattern("[37]x*|9"), into: "found")
        let before = try await Chain(chain)(numbers(200)).gather(), found = try await match(before).gather()
        let expected = try await Chain(chain)(found).gather()
        #expect(expected.contains { $0.substream == "found" })
        for limits in [QueueLimits.balanced, .lowLatency] {
            #expect(try await Chain(chain + [match] + chain)(numbers(200), limits: limits).gather() == expected)
        }
    }

    @Test("Reserved parts come out of rows that begin to wait, and of those behind them")
    func reservedBehindWaiting() async throws {
        let speaking = AsyncPartFunction { part, output in
            try await output.emit(.status("now \(try part.text)"))
            try await output.emit(part)
        }
        let cache = try Cache()
        let pipeline = Chain([
            RunTests.mark, speaking.cached(in: cache, as: "speaking"), TextMatch(try TextPattern("[25]"), into: "status"), Suffix("end"),
            RunTests.mark, TextMatch(try TextPattern("4"), into: "debug"),
        ])
        // All misses, all hits, and hits before misses.
        for count in [10, 10, 20] {
            var input = (0..<count).map { Part("\($0)") }
            input.insert(Part("in", substream: "status"), at: 5)
            let output = try await pipeline(PartStream(input)).gather()
            let twos = (0..<count).reduce(0) { $0 + "\($1)".count { "25".contains($0) } }
            let fours = (0..<count).reduce(0) { $0 + "\($1)".count { $0 == "4" } }
            #expect(output.filter { $0.substream == "status" }.count == 1 + count + twos)
            #expect(output.filter { $0.substream == "debug" }.count == fours)
            #expect(output.last { $0.substream.isEmpty }?.payload == .text("endx"))
        }
        try await expectNoTaskLeft()
    }

    @Test("What a scan holds is lost with an error, which comes once, after what was let go")
    func errorWhileScanning() async throws {
        let taken = Counter()
        let source = PartStream {
            defer { taken.add() }
            if taken.count == 2 { throw Failure(number: 2) }
            return taken.count == 0 ? "all" : "well [but"
        }
        var iterator = TextMatch(try TextPattern(#"\[[^\]]*\]"#), into: "found")(source).makeAsyncIterator()
        #expect(try await iterator.next()?.text == "all")
        await #expect(throws: Failure(number: 2)) { try await iterator.next() }
        #expect(try await iterator.next() == nil)
        #expect(taken.count == 3)
    }

    @Test("A parallel that passes what its members leave waits for those that may wait")
    func lateFallback() async throws {
        let silent = AsyncPartFunction { _, _ in await Task.yield() }
        let sometimes = AsyncPartFunction { part, output in
            await Task.yield()
            if try part.text.hasSuffix("1") { try await output.emit(Part("got " + (try part.text))) }
        }
        let nested = Parallel([silent, Parallel([sometimes + silent, sometimes], passing: .unlessOutput)], passing: .unlessOutput)
        let texts = try await (nested + RunTests.awaitingMark)(PartStream((0..<30).map { Part("\($0)") }), limits: .lowLatency).gather()
            .map { try $0.text }
        #expect(texts == (0..<30).map { "\($0)".hasSuffix("1") ? "got \($0)x" : "\($0)x" })
        try await expectNoTaskLeft()
    }

    @Test("Errors travel as parts where that is wished")
    func exceptionsAsParts() async throws {
        let failing = StreamFunction { input, output in
            for try await part in input {
                try await output.emit(part)
                throw Failure(number: 4)
            }
        }
        let output = try await failing.exceptionsAsParts()(["a", "b"]).gather()
        // On a reserved substream, it may overtake.
        let exception = output.first { $0.mimeType.isException }
        #expect(output.count == 2 && output.contains("a"))
        #expect(exception?.metadata["exception_type"] == "Failure" && exception?.substream == "status")
        let picky = AsyncPartFunction { part, _ in throw Failure(number: 1) }.exceptionsAsParts()
        #expect(try await picky(["a", "b"]).gather().count == 2)
    }

    @Test("A stream that was made is read once; one of parts that are there as often as one likes")
    func readingTwice() async throws {
        let parts = PartStream([Part("a")])
        #expect(try await parts.text() == "a")
        #expect(try await parts.text() == "a")
        let made = RunTests.mark(parts)
        #expect(try await made.text() == "ax")
        await #expect(throws: StreamError.alreadyRead) { try await made.drain() }
    }

    @Test("Runs work from the main actor")
    @MainActor func fromTheMainActor() async throws {
        for stages in RunTests.chains { #expect(try await Chain(stages)(numbers(100)).gather().count == 100) }
    }
}
