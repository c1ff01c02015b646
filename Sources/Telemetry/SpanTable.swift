/// What spans of one name took together.
public struct SpanTotals: Sendable, Equatable {
    /// The name.
    public var name: String
    /// How many there were.
    public var count = 0
    /// Nanoseconds from begin to end, and of these what no span inside took.
    public var wall: UInt64 = 0, own: UInt64 = 0
    /// The longest.
    public var longest: UInt64 = 0
    /// Nanoseconds of processor time, and of these what no span inside took; of those spans whose clock was read.
    public var processor: UInt64 = 0, ownProcessor: UInt64 = 0
    /// Nanoseconds that they were ready and had no thread.
    public var waited: UInt64 = 0
    /// Bytes of what came of them, bytes they took from the allocator, and the most that one of them held.
    public var byteCount = 0, allocated = 0, peak = 0
    /// Nanoseconds of processor time of the spans directly inside.
    fileprivate var insideProcessor: UInt64 = 0

    init(name: String) { self.name = name }
}

extension Timeline {
    /// What was done by name, what took longest alone first.
    ///
    /// - Complexity: O(*n* log *n*) for *n* spans.
    public var table: [SpanTotals] {
        var totals: [String: SpanTotals] = [:]
        for lane in lanes {
            eachWithOwnTime(of: lane) { path, own in
                guard let span = path.last else { return }
                totals[span.name, default: SpanTotals(name: span.name)].add(span, own: own)
                // A name inside itself would count twice.
                if path.dropLast().contains(where: { $0.name == span.name }) { totals[span.name]?.wall -= span.nanoseconds }
                if let processor = span.processor, path.count > 1, path[path.count - 2].processor != nil {
                    totals[path[path.count - 2].name, default: SpanTotals(name: path[path.count - 2].name)].insideProcessor += processor
                }
            }
        }
        return totals.values.map { row in
            var row = row
            row.ownProcessor = row.processor > row.insideProcessor ? row.processor - row.insideProcessor : 0
            return row
        }.sorted { ($0.own, $1.name) > ($1.own, $0.name) }
    }

    /// How much of the time how many threads were inside a span: element *n* is the nanoseconds in which exactly *n* were.
    public var concurrency: [UInt64] {
        var changes: [(time: UInt64, change: Int)] = []
        for lane in lanes {
            for span in lane.spans where span.depth == 0 { changes += [(span.begin, 1), (span.end, -1)] }
        }
        changes.sort { ($0.time, $0.change) < ($1.time, $1.change) }
        var histogram = [UInt64](repeating: 0, count: lanes.count + 1), busy = 0, time = begin
        for (moment, change) in changes + [(end, 0)] {
            histogram[busy] += moment - min(time, moment)
            (time, busy) = (max(time, moment), busy + change)
        }
        return histogram
    }

    /// What the one busy thread did while no other was inside a span, by the innermost span, most first.
    public var alone: [(name: String, nanoseconds: UInt64)] {
        // Moments at which something begins or ends anywhere, and the innermost span of each thread in between.
        var moments: [(time: UInt64, lane: Int, name: String?)] = []
        for (place, lane) in lanes.enumerated() {
            var open: [Span] = []
            func close(until time: UInt64, depth: Int) {
                while let last = open.last, last.end <= time || last.depth >= depth {
                    open.removeLast()
                    moments.append((min(last.end, time), place, open.last?.name))
                }
            }
            for span in lane.spans {
                close(until: span.begin, depth: span.depth)
                open.append(span)
                moments.append((span.begin, place, span.name))
            }
            close(until: .max, depth: 0)
        }
        moments = moments.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        var current = [String?](repeating: nil, count: lanes.count), sums: [String: UInt64] = [:], time = begin, busy = 0
        for moment in moments {
            if busy == 1, let name = current.first(where: { $0 != nil }) ?? nil {
                sums[name, default: 0] += moment.time - min(time, moment.time)
            }
            busy += (moment.name == nil ? 0 : 1) - (current[moment.lane] == nil ? 0 : 1)
            (current[moment.lane], time) = (moment.name, moment.time)
        }
        return sums.map { (name: $0.key, nanoseconds: $0.value) }.sorted { ($0.nanoseconds, $1.name) > ($1.nanoseconds, $0.name) }
    }
}

extension SpanTotals {
    fileprivate mutating func add(_ span: Timeline.Span, own: UInt64) {
        count += 1
        wall += span.nanoseconds
        self.own += own
        longest = max(longest, span.nanoseconds)
        processor += span.processor ?? 0
        waited += span.waited
        byteCount += span.byteCount
        allocated += span.allocated
        peak = max(peak, span.peak)
    }
}
