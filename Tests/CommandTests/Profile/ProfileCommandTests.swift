import AtelierJSON
import AtelierTelemetry
import Testing

@testable import AtelierCommand

extension JSON {
    fileprivate subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    fileprivate var elements: [JSON] {
        if case .array(let elements) = self { elements } else { [] }
    }

    fileprivate var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    fileprivate var string: String? {
        if case .string(let text) = self { text } else { nil }
    }
}

/// What a document breaks of the rules of the Trace Event Format (Duca and Sinclair, "Trace Event Format", 2016): its object form,
/// metadata and complete events with their required members, complete events of a thread nested without overlap, and samples that
/// refer to frames that are there.
private func violations(in document: JSON) -> [String] {
    var violations: [String] = [], named: Set<Double> = [], intervals: [Double: [(begin: Double, end: Double)]] = [:]
    guard case .array(let events)? = document["traceEvents"] else { return ["no traceEvents"] }
    for (place, event) in events.enumerated() {
        func fail(_ what: String) { violations.append("event \(place): \(what)") }
        guard let ts = event["ts"]?.number, event["pid"]?.number == 1, let thread = event["tid"]?.number, event["name"]?.string != nil
        else {
            fail("without ts, pid, tid or name")
            continue
        }
        switch event["ph"]?.string {
        case "M":
            if event["args"]?["name"]?.string == nil { fail("names nothing") }
            if event["name"]?.string == "thread_name" { named.insert(thread) }
        case "X":
            guard let length = event["dur"]?.number, length >= 0, ts >= 0, case .object? = event["args"] else {
                fail("no length, a time before 0, or no args")
                continue
            }
            if event["cat"]?.string?.isEmpty != false { fail("no category") }
            if let processor = event["tdur"]?.number, processor < 0 { fail("negative processor time") }
            if !named.contains(thread) { fail("on a thread without a name") }
            intervals[thread, default: []].append((ts, ts + length))
        case let other: fail("phase \(other ?? "none")")
        }
    }
    for (thread, spans) in intervals {
        var open: [(begin: Double, end: Double)] = []
        for span in spans.sorted(by: { ($0.begin, -$0.end) < ($1.begin, -$1.end) }) {
            // Sums of thousandths are not exact.
            while let last = open.last, last.end <= span.begin + 1e-6 { open.removeLast() }
            if let last = open.last, span.end > last.end + 1e-3 { violations.append("thread \(thread): a span reaches over its end") }
            open.append(span)
        }
    }
    guard case .object(let frames)? = document["stackFrames"] else { return violations + ["no stackFrames"] }
    let ids = Set(frames.map(\.name))
    for frame in frames {
        if frame.value["name"]?.string == nil { violations.append("frame \(frame.name): no name") }
        if let parent = frame.value["parent"]?.string, !ids.contains(parent) { violations.append("frame \(frame.name): no such parent") }
    }
    for sample in document["samples"]?.elements ?? [] {
        let isWhole = sample["tid"]?.number != nil && (sample["ts"]?.number ?? -1) >= 0 && sample["weight"]?.number != nil
        if !isWhole { violations.append("a sample without tid, ts or weight") }
        if let frame = sample["sf"]?.string, !ids.contains(frame) { violations.append("a sample without its frame") }
    }
    return violations
}

/// Runs a command line as soon as no other test of this process is profiled.
private func runAlone(_ scratch: Scratch, _ line: String) async throws -> (code: ExitCode, out: String, err: String) {
    while true {
        let run = await runCommand(scratch, line)
        if !run.err.contains("being profiled already") { return run }
        try await Task.sleep(nanoseconds: 1_000_000)
    }
}

@Suite("Profiles of commands", .serialized)
struct ProfileCommandTests {
    @Test("The trace of a run keeps the rules of the format and has the stages and steps of the run")
    func trace() async throws {
        let scratch = Scratch()
        let run = try await runAlone(scratch, "trace %icon.png -o @icon.svg --profile @run.json -q")
        #expect(run.code == .done && run.err == "", "\(run.err)")
        let document = try JSON(parsing: Array((scratch.read("run.json") ?? "").utf8))
        #expect(violations(in: document) == [])
        let names = Set((document["traceEvents"]?.elements ?? []).compactMap { $0["name"]?.string })
        #expect(names.isSuperset(of: ["image.decode", "tracing.quantize", "tracing.segment", "tracing.fit", "command.write", "disk.put"]))
        #expect(document["otherData"]?["command"]?.elements.first?.string == "trace")
    }

    @Test("The rules are those of the format: each break is found")
    func rulesCanFail() throws {
        func document(_ event: String) throws -> JSON {
            let name = #"{"ph":"M","name":"thread_name","pid":1,"tid":7,"ts":0,"args":{"name":"w"}}"#
            let first = #"{"ph":"X","name":"a","cat":"c","pid":1,"tid":7,"ts":0,"dur":10,"args":{}}"#
            return try JSON(parsing: Array(#"{"traceEvents":[\#(name),\#(first),\#(event)],"stackFrames":{},"samples":[]}"#.utf8))
        }
        let good = #"{"ph":"X","name":"b","cat":"c","pid":1,"tid":7,"ts":2,"dur":3,"args":{}}"#
        #expect(violations(in: try document(good)) == [])
        for (old, new) in [
            (#""dur":3"#, #""dur":30"#), (#""tid":7"#, #""tid":8"#), (#""ph":"X""#, #""ph":"B""#), (#""ts":2,"#, ""), (#""dur":3,"#, ""),
            (#""pid":1"#, #""pid":2"#), (#""cat":"c","#, ""),
        ] {
            #expect(violations(in: try document(good.replacing(old, with: new))).count == 1, "\(new)")
        }
    }

    @Test("A flame graph is a drawing that reads back, and folded stacks are stacks with numbers")
    func forms() async throws {
        let scratch = Scratch()
        #expect(try await runAlone(scratch, "trace %icon.png -o @icon.svg --profile @run.svg -q").code == .done)
        let drawing = scratch.read("run.svg") ?? ""
        #expect(drawing.contains("<title>") && drawing.contains("trace "))
        #expect(try await runAlone(scratch, "pptx @run.svg -o @run.pptx -q --profile exact --profile @deck.folded").code == .done)
        #expect(scratch.read("deck.folded")?.isEmpty == false, "slides have a flag of that name, which takes words")
        #expect(try await runAlone(scratch, "check @run.pptx --profile @check.folded -q").code == .done)
        let lines = (scratch.read("check.folded") ?? "").split(separator: "\n")
        #expect(lines.allSatisfy { $0.split(separator: " ").last.flatMap { UInt64($0) } != nil })
    }

    @Test("profile runs a command, prints where its time went, and gives its exit code")
    func profile() async throws {
        let scratch = Scratch()
        let run = try await runAlone(scratch, "profile -- trace %icon.png -o @icon.svg -q")
        #expect(run.code == .done && run.out.contains("own ms") && run.out.contains("tracing."), "\(run.out)")
        #expect(scratch.read("icon.svg")?.contains("<svg") == true)
        let json = try await runAlone(scratch, "profile --json -- trace %icon.png -o @other.svg --no-disk -q")
        let document = try JSON(parsing: Array(json.out.utf8))
        #expect((document["spans"]?.elements ?? []).contains { $0["name"]?.string == "tracing.fit" })
        #expect(try await runAlone(scratch, "profile -- trace @missing.png -o @none.svg -q").code != .done)
    }

    @Test("compare reads what was written, and refuses what holds no samples or is no profile")
    func compare() async throws {
        let scratch = Scratch()
        scratch.write("a;slow 400\na;same 100\n", to: "before.folded")
        scratch.write("a;slow 100\na;same 110\n", to: "after.folded")
        let run = try await runAlone(scratch, "profile compare @before.folded @after.folded")
        #expect(run.code == .done && run.out.contains("400 → 100") && !run.out.contains("100 → 110"), "\(run.out)")
        scratch.write(#"{"traceEvents":[]}"#, to: "none.json")
        scratch.write("no number\n", to: "broken.folded")
        for name in ["@none.json", "@broken.folded", "@missing.json", "@a.svg", "@a.txt"] {
            let run = try await runAlone(scratch, "profile compare @before.folded \(name)")
            #expect(run.code == .usage && !run.err.isEmpty, "\(name)")
        }
    }

    @Test("Samples come back from a trace as they went in")
    func roundTrip() throws {
        var timeline = Timeline(begin: 1000, end: 9000)
        timeline.samples = [
            Timeline.Sample(lane: 0, time: 2000, processor: 1, stack: ["span", "f", "g"], spanCount: 1),
            Timeline.Sample(lane: 0, time: 3000, processor: 1, stack: ["span", "f", "g"], spanCount: 1),
            Timeline.Sample(lane: 1, time: 4000, processor: 1, stack: ["span", "h"], spanCount: 1),
        ]
        let document = try JSON(parsing: TraceEvents.document(timeline, of: ["x"]).bytes)
        #expect(violations(in: document) == [])
        #expect(TraceEvents.stacks(of: document).map { $0.sorted { $0.weight > $1.weight } } == timeline.stacksOfSamples)
    }

    @Test(
        "What cannot be is refused in a sentence",
        arguments: [
            "profile", "profile --", "profile -- help", "profile -- profile -- trace a.png", "profile -- trace a.png -o -",
            "profile -- trace a.png -o b.svg --json", "profile -- trace a.png -o b.svg --profile x.svg", "profile compare a.json",
            "profile compare a.json b.json -- trace", "profile trace a.png", "trace %icon.png -o @i.svg --profile x.txt",
        ])
    func refusals(line: String) async throws {
        let run = try await runAlone(Scratch(), line)
        #expect(run.code == .usage && run.err.hasPrefix("atelier: "), "\(run.err)")
    }

    @Test("Advice follows from the numbers")
    func advice() {
        var timeline = Timeline(begin: 0, end: 100_000_000)
        var lane = Timeline.Lane(number: 0, name: "worker")
        lane.spans = [
            Timeline.Span(name: "disk.get", begin: 0, end: 20_000_000, depth: 0),
            Timeline.Span(name: "svg.rasterize", begin: 20_000_000, end: 90_000_000, depth: 0),
            Timeline.Span(name: "svg.rasterize.encode", begin: 30_000_000, end: 85_000_000, depth: 1),
        ]
        lane.spans[1].waited = 40_000_000
        timeline.lanes = [lane]
        let advice = ProfileReport(timeline, of: [], processor: 0).advice
        #expect(advice.contains { $0.contains("level disk: 22.2 %") && $0.contains("--memory-limit") })
        #expect(advice.contains { $0.contains("busy 90.0 % of the time, 55.0 % in svg.rasterize.encode") })
        #expect(advice.contains { $0.hasPrefix("svg.rasterize.encode: 61.1 %") && $0.contains("--size") })
        #expect(advice.contains { $0.contains("waited 40.00 ms") })
        let idle = ProfileReport(Timeline(begin: 0, end: 10), of: [], processor: 0)
        #expect(idle.advice.count == 1 && idle.text.contains("no thread was inside a span"))
    }
}
