internal import CAtelierProbe

/// Copies what lanes hold, again and again, without missing anything that was not overwritten in between.
struct LaneReader {
    /// Where reading begins.
    enum Start { case allRemembered, now }

    private struct Place {
        var lane: OpaquePointer
        var spans: UInt64 = 0, samples: UInt64 = 0
        var name: UInt32 = 0
        var words: [UInt64] = []
    }

    private var places: [Place] = []
    /// Lane, then the words of its samples.
    private(set) var sampleWords: [UInt64] = []
    private(set) var lost = 0
    private let start: Start
    private var buffer: [UInt64]

    /// Most spans and samples kept in all: some 64 MB and 128 MB. What comes then is counted as lost.
    private static let mostSpans = 1 << 20, mostSamples = 1 << 17
    private static let spanWidth = Int(atelier_span_words), sampleWidth = Int(atelier_sample_words)
    private static let deepest = Int(atelier_span_depth)

    init(from start: Start) {
        self.start = start
        buffer = [UInt64](repeating: 0, count: Int(atelier_span_count) * Self.spanWidth)
        if start == .now {
            findLanes()
            read()
            for index in places.indices { places[index].words.removeAll() }
            (sampleWords, lost) = ([], 0)
        }
    }

    private mutating func findLanes() {
        var known = Set(places.map(\.lane)), lane = atelier_lane_first()
        while let found = lane {
            if known.insert(found).inserted { places.append(Place(lane: found)) }
            lane = atelier_lane_next(found)
        }
    }

    /// Copies what is new.
    mutating func read() {
        findLanes()
        for index in places.indices {
            let lane = places[index].lane
            if atelier_lane_name(lane) != 0 { places[index].name = atelier_lane_name(lane) }
            readSpans(index)
            readSamples(index)
        }
    }

    private mutating func readSpans(_ index: Int) {
        let room = buffer.count / Self.spanWidth
        while true {
            var from = places[index].spans
            let wanted = from
            let end = buffer.withUnsafeMutableBufferPointer {
                atelier_lane_spans(places[index].lane, &from, $0.baseAddress, room)
            }
            // What a lane had forgotten before we came is nobody's loss.
            if start == .now || wanted > 0 { lost += Int(from - wanted) }
            let count = Int(end - from)
            if places[index].words.count / Self.spanWidth + count <= Self.mostSpans {
                places[index].words += buffer[..<(count * Self.spanWidth)]
            } else {
                lost += count
            }
            places[index].spans = end
            if count < room { return }
        }
    }

    private mutating func readSamples(_ index: Int) {
        let room = buffer.count / Self.sampleWidth
        var from = places[index].samples
        let wanted = from
        let end = buffer.withUnsafeMutableBufferPointer {
            atelier_lane_samples(places[index].lane, &from, $0.baseAddress, room)
        }
        lost += Int(from - wanted)
        for sample in 0..<Int(end - from) {
            guard sampleWords.count / (Self.sampleWidth + 1) < Self.mostSamples else {
                lost += 1
                continue
            }
            sampleWords.append(UInt64(index))
            sampleWords += buffer[(sample * Self.sampleWidth)..<((sample + 1) * Self.sampleWidth)]
        }
        places[index].samples = end
    }

    /// What was read, from a moment to another; spans that reach over its ends are cut there.
    func timeline(from begin: UInt64, to end: UInt64, withSamples: Bool = true) -> Timeline {
        var timeline = Timeline(begin: begin, end: end), names: [UInt32: String] = [:]
        timeline.lost = lost
        func name(_ number: UInt64) -> String {
            let number = UInt32(truncatingIfNeeded: number)
            if let known = names[number] { return known }
            let text = String(cString: atelier_name_text(number))
            names[number] = text
            return text
        }
        for place in places {
            let number = Int(atelier_lane_number(place.lane))
            var lane = Timeline.Lane(number: number, name: place.name == 0 ? "thread" : name(UInt64(place.name)))
            for first in stride(from: 0, to: place.words.count, by: Self.spanWidth) {
                let words = place.words[first..<(first + Self.spanWidth)]
                guard words[first + 2] > begin, words[first + 1] < end else { continue }
                var span = Timeline.Span(
                    name: name(words[first] & 0xFFFF_FFFF), begin: max(words[first + 1], begin), end: min(words[first + 2], end),
                    depth: Int(words[first] >> 32 & 0xFFFF), processor: words[first] >> 63 == 1 ? words[first + 3] : nil)
                span.waited = words[first + 4]
                span.byteCount = Int(clamping: words[first + 5])
                span.allocated = Int(clamping: words[first + 6])
                span.peak = Int(clamping: words[first + 7])
                lane.spans.append(span)
            }
            lane.spans += open(place.lane, from: begin, to: end, name)
            guard !lane.spans.isEmpty else { continue }
            lane.spans.sort { ($0.begin, $0.depth) < ($1.begin, $1.depth) }
            timeline.lanes.append(lane)
        }
        timeline.lanes.sort { $0.number < $1.number }
        if withSamples { timeline.samples = samples(from: begin, to: end, name) }
        return timeline
    }

    private func open(_ lane: OpaquePointer, from begin: UInt64, to end: UInt64, _ name: (UInt64) -> String) -> [Timeline.Span] {
        guard atelier_lane_is_used(lane) != 0 else { return [] }
        var names = [UInt64](repeating: 0, count: Self.deepest), starts = names
        let count = Int(atelier_lane_open(lane, &names, &starts))
        // One whose spans change faster than they can be read has none that lasts.
        return (0..<max(0, count)).compactMap { depth in
            guard starts[depth] < end else { return nil }
            var span = Timeline.Span(name: name(names[depth]), begin: max(starts[depth], begin), end: end, depth: depth)
            span.isOpen = true
            return span
        }
    }

    private func samples(from begin: UInt64, to end: UInt64, _ name: (UInt64) -> String) -> [Timeline.Sample] {
        let width = Self.sampleWidth + 1
        var addresses: Set<UInt64> = []
        func frames(at first: Int) -> ArraySlice<UInt64> {
            let frames = first + 4 + Self.deepest
            return sampleWords[frames..<(frames + Int(sampleWords[first + 3] >> 32))]
        }
        for first in stride(from: 0, to: sampleWords.count, by: width) where (begin...end).contains(sampleWords[first + 1]) {
            // Of callers it is the instruction before the one they go on with.
            for (place, address) in frames(at: first).enumerated() { addresses.insert(place == 0 ? address : address - 1) }
        }
        let functions = FunctionNames(of: addresses)
        var samples: [Timeline.Sample] = []
        for first in stride(from: 0, to: sampleWords.count, by: width) {
            let time = sampleWords[first + 1], spanCount = Int(sampleWords[first + 3] & 0xFFFF_FFFF)
            guard time >= begin, time <= end else { continue }
            var stack = sampleWords[(first + 4)..<(first + 4 + spanCount)].map(name)
            stack += frames(at: first).enumerated().reversed().compactMap { functions[$1 - ($0 == 0 ? 0 : 1)] }
            samples.append(
                Timeline.Sample(
                    lane: Int(atelier_lane_number(places[Int(sampleWords[first])].lane)), time: time, processor: sampleWords[first + 2],
                    stack: stack, spanCount: spanCount))
        }
        return samples.sorted { ($0.time, $0.lane) < ($1.time, $1.lane) }
    }
}
