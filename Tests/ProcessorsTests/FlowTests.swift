import AtelierJSON
import AtelierMemo
import AtelierScheduling
import Foundation
import Testing

@testable import AtelierProcessors

@Suite("Windows", .timeLimit(.minutes(20)))
struct WindowTests {
    /// Answers with all texts of its window.
    private let join = StreamFunction { input, output in
        var texts = ""
        for try await part in input where !part.isEndOfTurn { texts += part.plainText }
        try await output.emit(Part("(\(texts))"))
    }
    private let turns: Content = ["a", .endOfTurn(), "b", .endOfTurn(), "c", .endOfTurn(), "d"]

    @Test("A history keeps what its policy says")
    func policies() async throws {
        func text(_ policy: HistoryPolicy) async throws -> String { try await Window(join, keeping: policy)(turns).text() }
        #expect(try await text(.all) == "(a)(ab)(abc)(abcd)")
        #expect(try await text(.none) == "(a)(b)(c)(d)")
        #expect(try await text(.lastTurns(2)) == "(a)(ab)(bc)(cd)")
        #expect(try await text(.newer(than: .seconds(3600))) == "(a)(ab)(abc)(abcd)")
        #expect(try await text(.newer(than: .zero)) == "(a)(b)(c)(d)")
        #expect(try await text(HistoryPolicy { $0.filter { $0.plainText == "a" } }) == "(a)(ab)(ac)(ad)")
        let count = StreamFunction { input, output in
            try await output.emit(Part("<\(try await input.gather().text)>"))
        }
        let summary = HistoryPolicy.summarised(by: count, keepingTurns: 1, when: { $0.count > 3 })
        #expect(try await text(summary) == "(a)(ab)(<a>bc)(<<a>b>cd)")
    }

    @Test("A window begins before its turn is over")
    func windowsStream() async throws {
        let echo = StreamFunction { input, output in for try await part in input { try await output.emit(part) } }
        let (parts, continuation) = AsyncStream.makeStream(of: Part.self)
        var output = Window(echo)(PartStream(parts)).makeAsyncIterator()
        continuation.yield("a")
        #expect(try await output.next() == "a")
        continuation.finish()
        #expect(try await output.next()?.isEndOfTurn == true)
        #expect(try await output.next() == nil)
    }

    @Test("No more windows run than allowed, and outputs come in order")
    func concurrency() async throws {
        let slow = StreamFunction { [counts = Counts()] input, output in
            counts.begin()
            let text = try await input.text()
            try await Task.sleep(for: .milliseconds(text.count == 1 ? 5 : 1))
            counts.end()
            try await output.emit(Part(text + ",\(counts.most)"))
        }
        let output = try await Window(slow, keeping: .none, concurrency: 2)(Content((0..<20).flatMap { [Part("\($0)"), .endOfTurn()] }))
            .gather()
        let texts = output.filter { !$0.isEndOfTurn }.map(\.plainText)
        #expect(texts.map { $0.split(separator: ",", omittingEmptySubsequences: false)[0] } == (0..<20).map { "\($0)" } + [""])
        #expect(texts.allSatisfy { Int($0.split(separator: ",").last!)! <= 2 })
    }

    private final class Counts: Sendable {
        private let state = Lock((now: 0, most: 0))
        var most: Int { state.withLock { $0.most } }
        func begin() {
            state.withLock {
                $0.now += 1; $0.most = max($0.most, $0.now)
            }
        }
        func end() { state.withLock { $0.now -= 1 } }
    }

    @Test("An error of the input, of a window and of a history that is too long reach the reader as they are")
    func errors() async throws {
        struct Failure: Error {}
        let broken = PartStream { output in
            for part in ["a", Part.endOfTurn(), "b"] { try await output.emit(part) }
            throw Failure()
        }
        await #expect(throws: Failure.self) { try await Window(join)(broken).drain() }
        let failing = StreamFunction { input, _ in
            if try await input.text() == "ab" { throw Failure() }
        }
        await #expect(throws: Failure.self) { try await Window(failing)(turns).drain() }
        await #expect(throws: HistoryError.self) { try await Window(join, historyLimit: 200)(turns).drain() }
    }

    @Test("What is put aside comes behind what is added before it is applied")
    func stash() async throws {
        let prompts = RollingPrompt(keeping: .lastTurns(1))
        prompts.add("a")
        prompts.stash("s")
        prompts.add("b")
        prompts.applyStash()
        let first = prompts.pending
        try await prompts.finalize()
        prompts.add("c")
        let second = prompts.pending
        try await prompts.finalize()
        #expect(try await first.text() == "abs")
        #expect(try await second.text() == "absc")
    }
}

@Suite("Live", .timeLimit(.minutes(20)))
struct LiveTests {
    /// Says all it was told, when it has been told all.
    private let repeating = StreamFunction { input, output in try await output.emit(Part("<\(try await input.text())>", role: "model")) }

    @Test("Every turn is answered, what was said is remembered, the rest of the input is answered at the end")
    func turns() async throws {
        let (parts, continuation) = AsyncStream.makeStream(of: Part.self)
        var output = Live(repeating)(PartStream(parts)).makeAsyncIterator()
        continuation.yield("a")
        continuation.yield(.endOfTurn())
        #expect(try await output.next()?.plainText == "<a>")
        let end = try await output.next()
        #expect(end?.isEndOfTurn == true && end?.role == "model")
        continuation.yield("b")
        continuation.yield(.endOfTurn())
        #expect(try await output.next()?.plainText == "<a<a>b>")
        #expect(try await output.next()?.isEndOfTurn == true)
        continuation.yield("c")
        continuation.finish()
        #expect(try await output.next()?.plainText == "<a<a>b<a<a>b>c>")
        #expect(try await output.next()?.isEndOfTurn == true)
        #expect(try await output.next() == nil)
    }

    @Test("A new turn interrupts an answer; what was said stays, what came meanwhile stands behind it")
    func interruption() async throws {
        let gate = CacheTests.Gate()
        let slow = StreamFunction { input, output in
            let text = try await input.text()
            try await output.emit(Part("<\(text)"))
            if text == "a" { try await gate.wait() }
            try await output.emit(Part(">"))
        }
        let (parts, continuation) = AsyncStream.makeStream(of: Part.self)
        var output = Live(slow)(PartStream(parts)).makeAsyncIterator()
        for part in ["a", Part.endOfTurn()] { continuation.yield(part) }
        #expect(try await output.next()?.plainText == "<a")
        for part in ["b", Part.endOfTurn()] { continuation.yield(part) }
        #expect(try await output.next()?.isEndOfTurn == true)
        #expect(try await output.next()?.plainText == "<a<ab")
        #expect(gate.sawCancellation)
        continuation.finish()
        while try await output.next() != nil {}
    }

    @Test("What was heard goes out, and completes a turn when it is final")
    func transcriptions() async throws {
        func heard(_ text: String, isFinal: Bool) -> Part {
            Part(text, substream: "input_transcription", metadata: ["is_final": .bool(isFinal)])
        }
        let (parts, continuation) = AsyncStream.makeStream(of: Part.self)
        var output = Live(repeating)(PartStream(parts)).makeAsyncIterator()
        continuation.yield(heard("he", isFinal: false))
        continuation.yield(.record([:], type: "EndOfSpeech"))
        continuation.yield(heard("hello", isFinal: true))
        for text in ["he", "hello", "<hello>"] { #expect(try await output.next()?.plainText == text) }
        continuation.finish()
        while try await output.next() != nil {}
    }

    @Test("An error of the processor ends the run")
    func errors() async throws {
        struct Failure: Error {}
        let failing = StreamFunction { input, _ in
            try await input.drain()
            throw Failure()
        }
        let (parts, continuation) = AsyncStream.makeStream(of: Part.self)
        for part in ["a", Part.endOfTurn()] { continuation.yield(part) }
        await #expect(throws: Failure.self) { try await Live(failing)(PartStream(parts)).drain() }
        continuation.finish()
    }
}

@Suite("Event detection", .timeLimit(.minutes(20)))
struct EventTests {
    private func picture(_ name: String) throws -> Part { try Part(bytes: Blob(name), mimeType: "image/png") }

    /// Answers with the bytes of the last picture.
    private func detector(_ asked: CacheTests.Count = CacheTests.Count()) -> StreamFunction {
        StreamFunction { input, output in
            asked.add()
            let image = try await input.gather().images.last
            try await output.emit(Part(" \(String(decoding: image!.bytes!.bytes, as: UTF8.self))\n"))
        }
    }

    @Test("States change by what is named, by any, and not by what is not named")
    func transitions() throws {
        var states = EventStates(
            outputs: [
                .init(from: "*", to: "day"): "day", .init(from: "night", to: "day"): "dawn", .init(from: "day", to: "night"): nil,
            ], sensitivity: [.init(from: "day", to: "night"): 1])
        #expect(states.see("fog") == Content())  // the first from the start
        #expect(states.state == "fog")
        #expect(states.see("night") == nil)
        #expect(states.state == "fog")
        #expect(states.see("day") == "day")
        #expect(states.see("day") == nil)
        #expect(states.see("night") == nil)  // seen once
        #expect(states.see("night") == Content())  // seen twice
        #expect(states.see("day") == "dawn")
    }

    @Test("The last question is waited for")
    func lastQuestion() async throws {
        let detection = EventDetection(detector(), [.init(from: "*", to: "b"): "found b"])
        #expect(try await detection(PartStream([picture("b")])).gather().last == "found b")
    }

    @Test("An event is announced once in so much time, though its state changes")
    func debounce() async throws {
        let time = Lock(0), asked = CacheTests.Count()
        // A second passes with every picture, and one with every change.
        let detection = EventDetection(
            detector(asked), [.init(from: "*", to: "a"): "A", .init(from: "*", to: "b"): "B"], sensitivity: [:], debounce: .seconds(10),
            mostImages: 1, cache: nil, as: "test",
            now: {
                .seconds(
                    time.withLock { time in
                        time += 1
                        return time
                    })
            })
        let pictures = try ["a", "b", "a", "b", "a", "b", "a", "b", "a"].map(picture)
        let input = PartStream { output in
            for (index, picture) in pictures.enumerated() {
                try await output.emit(picture)
                while asked.total <= index { try await Task.sleep(for: .milliseconds(1)) }
            }
        }
        #expect(try await detection(input).gather().filter(\.isText).map(\.plainText) == ["A", "B", "A", "B"])
    }

    @Test("Equal pictures are asked about once")
    func cachedDetections() async throws {
        let asked = CacheTests.Count()
        let detection = EventDetection(
            detector(asked), [.init(from: "*", to: "a"): "A", .init(from: "*", to: "b"): "B"], mostImages: 1, cache: try Cache(), as: "test"
        )
        let (parts, continuation) = AsyncStream.makeStream(of: Part.self)
        var output = detection(PartStream(parts)).makeAsyncIterator()
        for name in ["a", "b", "a", "b", "a"] {
            continuation.yield(try picture(name))
            #expect(try await output.next()?.mimeType.isImage == true)
            #expect(try await output.next()?.plainText == name.uppercased())
        }
        continuation.finish()
        #expect(try await output.next() == nil)
        #expect(asked.total == 2)
    }

    @Test("An error of the detector ends the run")
    func errors() async throws {
        struct Failure: Error {}
        let detection = EventDetection(StreamFunction { _, _ in throw Failure() }, [:])
        await #expect(throws: Failure.self) { try await detection(PartStream([try picture("a")])).drain() }
    }
}

@Suite("Sound", .timeLimit(.minutes(20)))
struct AudioPacingTests {
    /// Time that passes when somebody sleeps.
    private final class Time: Sendable {
        private let state = Lock(Duration.zero)
        let sleeps = Lock<[Duration]>([])
        var pace: AudioPacing.Pace {
            AudioPacing.Pace(
                now: { [self] in state.withLock { $0 } },
                sleep: { [self] time in
                    sleeps.withLock { $0.append(time) }
                    state.withLock { $0 += time }
                    await Task.yield()
                })
        }
    }

    private func sound(milliseconds: Int) throws -> Part {
        try Part(bytes: Blob([UInt8](repeating: 0, count: milliseconds * 48)), mimeType: "audio/l16")
    }

    @Test("Sound is cut at 50 ms and goes on as it plays, 50 ms ahead; text waits for what stands before it")
    func paced() async throws {
        let time = Time()
        let pacing = AudioPacing(sampleRate: 24_000, delaysOthers: true, byteLimit: 1 << 20, clock: time.pace)
        let output = try await pacing([try sound(milliseconds: 200), "done"]).gather()
        #expect(output.map { $0.isText ? $0.plainText : "\($0.bytes!.count)" } == ["2400", "2400", "2400", "2400", "done"])
        let slept = time.sleeps.withLock { $0.reduce(.zero, +) }
        #expect(slept == .milliseconds(150))
    }

    @Test("No sample is cut")
    func samples() {
        let pieces = AudioPacing.split(Blob([UInt8](repeating: 0, count: 5000)), sampleRate: 22_050)
        #expect(pieces.map(\.count) == [2204, 2204, 592])
    }

    @Test("Other parts need not wait")
    func others() async throws {
        let pacing = AudioPacing(sampleRate: 24_000, delaysOthers: false, byteLimit: 1 << 20, clock: Time().pace)
        let output = try await pacing([try sound(milliseconds: 500), "now"]).gather()
        #expect(output.count == 11)
        #expect(output.last?.isText == false)
    }
}

@Suite("Preamble, suffix, times")
struct AroundTests {
    @Test("Parts stand around a stream")
    func around() async throws {
        #expect(try await (Preamble("a") + Suffix(making: { "z" }))(["m"]).text() == "amz")
    }

    @Test("Pictures are preceded by their time, which ends no turn")
    func timestamps() async throws {
        let times = Timestamps(withMilliseconds: true, substream: "t")
        let output = try await times(["a", try Part(bytes: Blob([1]), mimeType: "image/png")]).gather()
        #expect(output.count == 3 && output[1].substream == "t" && !output[1].isEndOfTurn)
        #expect(output[1].plainText.hasPrefix("00:0"))
    }

    @Test("Times are rounded half to even")
    func rounding() {
        let texts = [0.0, 0.5, 1.5, 59.5, 61, 3600, 6000].map { timestamp(.seconds(1) * $0) }
        #expect(texts == ["00:00", "00:00", "00:02", "01:00", "01:01", "60:00", "100:00"])
        #expect(timestamp(.milliseconds(61_250), withMilliseconds: true) == "01:01.250")
        #expect(timestamp(.microseconds(59_999_600), withMilliseconds: true) == "01:00.000")
        #expect(timestamp(.seconds(-1)) == "00:00")
    }
}

@Suite("Files", .timeLimit(.minutes(20)))
struct FilesTests {
    private func withFolder(_ files: [String: String], _ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("files-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }  // it lies among temporary files
        for (name, text) in files {
            let path = folder + "/" + name
            try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
        try await body(folder)
    }

    @Test("A pattern finds files in natural order, with types by their names")
    func patterns() async throws {
        try await withFolder(["10.txt": "ten", "2.txt": "two", "a/b/3.TXT": "three", "a/x.png": "png", ".hidden.txt": "", "a/none": "?"]) {
            folder in
            func names(_ pattern: String) async throws -> [String] {
                try await PartStream.files(matching: pattern, in: folder).gather().map { part in
                    guard case .string(let name)? = part.metadata["original_file_name"] else { return "" }
                    return name
                }
            }
            #expect(try await names("*.txt") == ["2.txt", "10.txt"])
            #expect(try await names("**/*.[tT]*") == ["2.txt", "a/b/3.TXT", "10.txt"])
            #expect(try await names("a/**/*") == ["a/b/3.TXT", "a/none", "a/x.png"])
            #expect(try await names("a/b") == [])
            let parts = try await PartStream.files(matching: "a/**/*", in: folder).gather()
            #expect(parts.map(\.mimeType.text) == ["text/plain", "application/octet-stream", "image/png"])
            #expect(try parts[0].text == "three")
            let references = try await PartStream.files(matching: "2.*", in: folder, inline: false).gather()
            guard case .file(let file) = references[0].payload else { throw Scene.Problem("not a reference") }
            #expect(file.uri == folder + "/2.txt")
        }
    }

    @Test("What cannot be read is an error in its place")
    func errors() async throws {
        try await withFolder(["a.txt": "a", "big.txt": "123456"]) { folder in
            var iterator = PartStream.files([folder + "/a.txt", folder + "/none.txt"]).makeAsyncIterator()
            #expect(try await iterator.next()?.text == "a")
            await #expect(throws: Blob.FileError.notFound(path: folder + "/none.txt")) { try await iterator.next() }
            await #expect(throws: Blob.FileError.self) { try await PartStream.files([folder + "/big.txt"], fileLimit: 5).drain() }
            await #expect(throws: Blob.FileError.notFound(path: folder + "/no")) {
                try await PartStream.files(matching: "*", in: folder + "/no").drain()
            }
            try Data([0xFF]).write(to: URL(fileURLWithPath: folder + "/bad.txt"))
            await #expect(throws: FileTextError(path: folder + "/bad.txt", type: "text/plain")) {
                try await PartStream.files([folder + "/bad.txt"]).drain()
            }
        }
    }

    @Test("Lines come without their ends, also the last one, and not without bound")
    func lines() async throws {
        let long = String(repeating: "x", count: 200_000)
        try await withFolder(["lines": "a\r\n\nb\n\(long)\nlast", "empty": ""]) { folder in
            let parts = try await PartStream.lines(ofFile: folder + "/lines").gather().map(\.plainText)
            #expect(parts == ["a", "", "b", long, "last"])
            #expect(try await PartStream.lines(ofFile: folder + "/empty").gather().isEmpty)
            await #expect(throws: Blob.FileError.self) { try await PartStream.lines(ofFile: folder + "/lines", lineLimit: 1000).drain() }
            await #expect(throws: Blob.FileError.notFound(path: folder + "/no")) {
                try await PartStream.lines(ofFile: folder + "/no").drain()
            }
        }
    }
}

@Suite("Pauses", .timeLimit(.minutes(20)))
struct PauseTests {
    @Test("A thousand pauses end, none before its time, and shorter ones first")
    func many() async throws {
        let start = ContinuousClock.now
        let ends = try await withThrowingTaskGroup(of: (wanted: Duration, took: Duration).self) { group in
            for index in 0..<1000 {
                group.addTask {
                    let wanted = Duration.microseconds(index % 7 * 700), start = ContinuousClock.now
                    try await pause(for: wanted)
                    return (wanted, ContinuousClock.now - start)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ends.count == 1000 && ends.allSatisfy { $0.took >= $0.wanted })
        #expect(ContinuousClock.now - start >= .microseconds(6 * 700))
    }

    @Test("One that is cancelled ends at once, before and while it waits, and leaves the others waiting")
    func cancelled() async throws {
        let other = Task { try await pause(for: .milliseconds(20)) }
        let long = (0..<50).map { _ in Task { try await pause(for: .seconds(3600)) } }
        for task in long { task.cancel() }
        for task in long { await #expect(throws: CancellationError.self) { try await task.value } }
        let waiting = Task { try await pause(for: .seconds(1 << 40)) }
        await Task.yield()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try await other.value
        try await pause(for: .zero)
        try await pause(for: .seconds(-1))
    }
}
