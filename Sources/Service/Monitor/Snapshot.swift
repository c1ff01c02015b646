package import AtelierMemo
package import AtelierScheduling
package import AtelierTelemetry

/// What a service says of itself at one moment.
///
/// Every face of the numbers, the panel, its stream and Prometheus, is written from such a value, so under one number they are the same.
package struct Snapshot: Sendable {
    /// Rises by one with each.
    package var number = 0
    /// When it was taken, in milliseconds since 1970, and since the service began.
    package var time: Int64 = 0, uptime: Int64 = 0
    package var requests = Requests()
    package var queue = Queue()
    package var jobs = Jobs()
    /// Of the engine.
    package var cache = Statistics()
    /// What levels hold, by name.
    package var contents: [String: StoreContents] = [:]
    /// Threads of the engine, and how many were inside a span.
    package var workerCount = 0, busyWorkerCount = 0
    /// The part of the last seconds in which each thread was inside a span, from 0 to 1.
    package var threads: [Thread] = []
    /// Bytes of memory the process has, and may have; nil when nothing is bounded.
    package var memory = 0, memoryLimit: Int?
    /// Nanoseconds of processor time the process has taken.
    package var processor: UInt64 = 0
    package var models: [Model] = []
    package var flame = Flame()

    /// What came over HTTP.
    package struct Requests: Sendable {
        /// All that were answered, and those under way.
        package var total = 0, underWay = 0
        /// Answered with 4xx but for 429; with 429; with 5xx.
        package var faulty = 0, refused = 0, failed = 0
        /// Over the last seconds.
        package var perSecond = 0.0
        /// From the head to the answer's head: of all, and of the last half to whole minute.
        package var latency = LatencyHistogram(), recentLatency = LatencyHistogram()
    }

    /// What waits for its turn.
    package struct Queue: Sendable {
        /// The most urgent first.
        package var classes: [Class] = []
        /// How many may run and wait at a time.
        package var slots = 0, capacity = 0
        /// Bytes that running jobs are predicted to hold, and may.
        package var bytesUsed = 0, bytesLimit = 0

        package struct Class: Sendable {
            package var waiting: Int, running: Int
            package var statistics: JobStatistics.Class

            package init(waiting: Int, running: Int, statistics: JobStatistics.Class) {
                (self.waiting, self.running, self.statistics) = (waiting, running, statistics)
            }
        }

        package init() {}
    }

    /// Jobs by state.
    package struct Jobs: Hashable, Sendable {
        package var queued = 0, running = 0, done = 0, failed = 0, cancelled = 0

        package init(queued: Int = 0, running: Int = 0, done: Int = 0, failed: Int = 0, cancelled: Int = 0) {
            (self.queued, self.running, self.done, self.failed, self.cancelled) = (queued, running, done, failed, cancelled)
        }
    }

    /// A thread.
    package struct Thread: Hashable, Sendable {
        package var name: String
        package var busyShare: Double
    }

    /// A model that is loaded or was.
    package struct Model: Hashable, Sendable {
        package var name: String
        package var isLoaded: Bool
        package var byteCount: Int, uses: Int

        package init(name: String, isLoaded: Bool, byteCount: Int, uses: Int) {
            (self.name, self.isLoaded, self.byteCount, self.uses) = (name, isLoaded, byteCount, uses)
        }
    }

    /// Where the threads' time went.
    package struct Flame: Hashable, Sendable {
        /// How far it goes back.
        package var seconds = 0.0
        /// By depth and then from left to right.
        package var frames: [Frame] = []

        package struct Frame: Hashable, Sendable {
            package var name: String
            package var depth: Int
            /// Parts of the whole.
            package var start: Double, width: Double
        }
    }
}

extension Snapshot.Flame {
    /// Narrower frames are left out.
    private static let leastShare = 0.001, mostFrames = 1000

    /// The spans of a timeline.
    init(_ timeline: Timeline) {
        let graph = FlameGraph(timeline.stacksOfSpans), scale = 1 / Double(max(1, graph.total))
        seconds = Double(timeline.nanoseconds) * 1e-9
        // Whatever stands on a narrow box is as narrow, so none loses what it stands on.
        let weights = graph.boxes.map(\.weight).sorted(by: >)
        let least = max(UInt64(Self.leastShare * Double(graph.total)), weights.count > Self.mostFrames ? weights[Self.mostFrames] + 1 : 0)
        for box in graph.boxes where box.weight >= least {
            frames.append(
                Frame(name: box.name, depth: box.depth, start: Double(box.start) * scale, width: Double(box.weight) * scale))
        }
    }
}

extension Snapshot.Queue {
    /// What a queue says now.
    package init(_ admission: AtelierScheduling.Admission) {
        let report = admission.report
        classes = zip(report.statistics.classes, report.classes).map {
            Class(waiting: $1.waiting, running: $1.running, statistics: $0)
        }
        (slots, capacity) = (report.limits.slots, report.limits.capacity)
        (bytesUsed, bytesLimit) = (report.bytes, report.byteLimit)
    }
}

extension Snapshot.Jobs {
    init(_ counts: [ConversionJob.Phase: Int]) {
        self.init(
            queued: counts[.queued] ?? 0, running: counts[.running] ?? 0, done: counts[.done] ?? 0, failed: counts[.failed] ?? 0,
            cancelled: counts[.cancelled] ?? 0)
    }
}
