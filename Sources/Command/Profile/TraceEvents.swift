import AtelierJSON
import AtelierTelemetry

/// A timeline as a document that chrome://tracing, Perfetto and Speedscope read: Trace Event Format, its JSON object form.
///
/// Every span is a complete event (`X`) on the thread of its lane, times in microseconds since the timeline began; samples stand in
/// `samples` with their stacks in `stackFrames`. A format of one process and few threads needs nothing else.
enum TraceEvents {
    /// The one process of a document.
    private static let process = 1

    /// Writes one.
    ///
    /// - Parameter command: What was profiled.
    static func document(_ timeline: Timeline, of command: [String]) -> JSON {
        var events: [JSON] = [metadata("process_name", thread: nil, name: "atelier")]
        for lane in timeline.lanes { events.append(metadata("thread_name", thread: lane.number, name: "\(lane.name) \(lane.number)")) }
        for lane in timeline.lanes {
            for span in lane.spans { events.append(event(span, on: lane, since: timeline.begin)) }
        }
        var frames = FrameTable()
        let samples = timeline.samples.map { sample -> JSON in
            .object([
                "cpu": .integer(0), "tid": .integer(sample.lane), "ts": microseconds(sample.time &- timeline.begin),
                "name": .string("sample"),
                "sf": frames.number(of: sample.stack, spanCount: sample.spanCount).map { .string("\($0)") }, "weight": .integer(1),
                "processor": microseconds(sample.processor),
            ])
        }
        return .object([
            "traceEvents": .array(events), "displayTimeUnit": .string("ms"), "stackFrames": frames.json, "samples": .array(samples),
            "otherData": .object([
                "program": .string("atelier \(Command.version)"), "command": .array(command.map(JSON.string)),
                "microseconds": microseconds(timeline.nanoseconds), "samplePeriodMicroseconds": microseconds(timeline.samplePeriod),
                "lost": .integer(timeline.lost),
            ]),
        ])
    }

    private static func metadata(_ kind: String, thread: Int?, name: String) -> JSON {
        .object([
            "ph": .string("M"), "name": .string(kind), "pid": .integer(process), "tid": .integer(thread ?? 0), "ts": .integer(0),
            "args": .object(["name": .string(name)]),
        ])
    }

    private static func event(_ span: Timeline.Span, on lane: Timeline.Lane, since begin: UInt64) -> JSON {
        .object([
            "ph": .string("X"), "name": .string(span.name), "cat": .string(span.name.prefix { $0 != "." } + ""), "pid": .integer(process),
            "tid": .integer(lane.number), "ts": microseconds(span.begin &- begin), "dur": microseconds(span.nanoseconds),
            "tdur": span.processor.map(microseconds),
            "args": .object([
                "waitedMicroseconds": span.waited == 0 ? nil : microseconds(span.waited),
                "bytes": span.byteCount == 0 ? nil : .integer(span.byteCount),
                "allocatedBytes": span.allocated == 0 ? nil : .integer(span.allocated),
                "peakBytes": span.peak == 0 ? nil : .integer(span.peak), "open": span.isOpen ? .bool(true) : nil,
            ]),
        ])
    }

    /// With three places, which is every nanosecond.
    private static func microseconds(_ nanoseconds: UInt64) -> JSON { .number(Double(nanoseconds) / 1000) }

    /// The stacks of a document's samples. Nil when it is no such document; empty when it has no samples.
    static func stacks(of document: JSON) -> [FoldedStack]? {
        guard document["traceEvents"] != nil, case .object(let members)? = document["stackFrames"],
            case .array(let samples)? = document["samples"]
        else { return nil }
        let frames = Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
        var counts: [String: UInt64] = [:]
        for sample in samples {
            guard case .string(let frame)? = sample["sf"] else { continue }
            counts[frame, default: 0] += 1
        }
        return counts.sorted { $0.key < $1.key }.map { frame, count in
            var names: [String] = [], spanCount = 0, next = frames[frame]
            // A frame's parents are at most as many as there are frames; a circle ends there.
            while let frame = next, names.count <= frames.count {
                if case .string(let name)? = frame["name"] { names.append(name) }
                if case .string("span")? = frame["category"] { spanCount += 1 }
                guard case .string(let parent)? = frame["parent"] else { break }
                next = frames[parent]
            }
            return FoldedStack(names.reversed(), spanCount: spanCount, weight: count)
        }
    }
}

/// Stacks that share what they begin with.
private struct FrameTable {
    private struct Key: Hashable { var parent: Int?, name: String }
    private var numbers: [Key: Int] = [:]
    private var frames: [JSON.Member] = []

    /// The number of a stack's innermost frame; nil for an empty stack.
    mutating func number(of stack: [String], spanCount: Int) -> Int? {
        var parent: Int?
        for (depth, name) in stack.enumerated() {
            let key = Key(parent: parent, name: name)
            if let known = numbers[key] {
                parent = known
                continue
            }
            let number = frames.count + 1
            numbers[key] = number
            frames.append(
                JSON.Member(
                    "\(number)",
                    .object([
                        "name": .string(name), "category": .string(depth < spanCount ? "span" : "function"),
                        "parent": parent.map { .string("\($0)") },
                    ])))
            parent = number
        }
        return parent
    }

    var json: JSON { .object(frames) }
}

extension JSON {
    /// The first member of that name; nil when this is no object, or has none.
    fileprivate subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}
