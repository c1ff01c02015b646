internal import CAtelierProbe

/// What the threads of this process did in a stretch of time: a value, for a monitor, a report or a file.
///
///     let recent = Timeline.recent(seconds: 5)
///     for lane in recent.lanes { draw(lane.spans) }
///     let boxes = FlameGraph(recent.stacksOfSpans).boxes
///
/// Times are nanoseconds of the monotonic clock.
public struct Timeline: Sendable, Equatable {
    /// The stretch.
    public var begin: UInt64, end: UInt64
    /// The threads that had something to note, in the order in which they first had.
    public var lanes: [Lane] = []
    /// Stacks of threads that computed, in order of time; empty unless somebody profiled.
    public var samples: [Sample] = []
    /// Nanoseconds of processor time after which a thread was asked for its stack; 0 for never.
    public var samplePeriod: UInt64 = 0
    /// Spans and samples that were overwritten before they were read.
    public var lost = 0

    /// One thread; a thread that begins when another has ended may go on with its lane.
    public struct Lane: Sendable, Equatable {
        /// Its place among all.
        public var number: Int
        /// What it is called, such as `worker`.
        public var name: String
        /// By begin; one that contains another stands before it.
        public var spans: [Span] = []

        /// A lane from its parts.
        public init(number: Int, name: String, spans: [Span] = []) {
            self.number = number
            self.name = name
            self.spans = spans
        }
    }

    /// A stretch of work on one thread.
    public struct Span: Sendable, Equatable {
        /// What was done.
        public var name: String
        /// From when to when; until now for one that is open.
        public var begin: UInt64, end: UInt64
        /// How many spans contain it.
        public var depth: Int
        /// Nanoseconds of the thread's processor time; nil where nobody read that clock.
        public var processor: UInt64?
        /// Nanoseconds that it was ready and had no thread.
        public var waited: UInt64 = 0
        /// Bytes of what came of it; 0 where nothing was said.
        public var byteCount = 0
        /// Bytes its thread took from the allocator, and the most that it held of them at a time; 0 unless somebody counted. Threads
        /// that helped count in their own spans.
        public var allocated = 0, peak = 0
        /// Whether it has not ended yet.
        public var isOpen = false

        /// A span from its parts.
        public init(name: String, begin: UInt64, end: UInt64, depth: Int, processor: UInt64? = nil) {
            (self.name, self.begin, self.end, self.depth, self.processor) = (name, begin, end, depth, processor)
        }

        /// How long it took.
        public var nanoseconds: UInt64 { end &- begin }
    }

    /// The stack of a thread at a moment.
    public struct Sample: Sendable, Equatable {
        /// The thread's lane.
        public var lane: Int
        /// When.
        public var time: UInt64
        /// Nanoseconds the thread has computed since its last sample.
        public var processor: UInt64
        /// Names of open spans, then of the functions inside the innermost; the outermost first.
        public var stack: [String]
        /// How many of them are spans.
        public var spanCount: Int

        /// A sample from its parts.
        public init(lane: Int, time: UInt64, processor: UInt64, stack: [String], spanCount: Int) {
            (self.lane, self.time, self.processor, self.stack, self.spanCount) = (lane, time, processor, stack, spanCount)
        }
    }

    /// A timeline in which nothing happened.
    public init(begin: UInt64, end: UInt64) { (self.begin, self.end) = (begin, end) }

    /// How long it is.
    public var nanoseconds: UInt64 { end &- begin }

    /// What happened in the last seconds, as far back as the lanes remember, which is 4095 spans each.
    ///
    /// Takes some 100 µs a lane and stops nobody. Without samples: these are what a `ProfileRecorder` asks for, and naming their functions
    /// takes long.
    public static func recent(seconds: Double) -> Timeline {
        let now = atelier_now(), length = UInt64(max(0, min(seconds, 1e6)) * 1e9)
        var reader = LaneReader(from: .allRemembered)
        reader.read()
        return reader.timeline(from: now > length ? now - length : 0, to: now, withSamples: false)
    }
}
