package import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierTelemetry

/// Numbers of the last hour, a point a second, in a ring.
package struct SnapshotHistory: Sendable {
    /// What is kept of a snapshot.
    package struct Point: Hashable, Sendable {
        /// Milliseconds since 1970.
        package var time: Int64
        package var requests: Int, errors: Int
        /// Of the requests of the last minute, in nanoseconds.
        package var p50: UInt64, p95: UInt64, p99: UInt64
        /// By class.
        package var waiting: [Int]
        package var running: Int
        /// By level.
        package var hits: [Int], misses: [Int]
        package var busyWorkers: Int
        package var memory: Int
        /// Nanoseconds of processor time so far.
        package var processor: UInt64
    }

    private var ring: [Point] = [], start = 0
    /// Of queues and levels, in the order of the points.
    private var classes: [String] = [], levels: [String] = []
    private static let most = 3600

    package init() {}

    /// The oldest first.
    package var points: ArraySlice<Point> { start == 0 ? ring[...] : ring[start...] + ring[..<start] }

    package mutating func add(_ snapshot: Snapshot) {
        (classes, levels) = (snapshot.queue.classes.map(\.statistics.name), snapshot.cache.levels.map(\.name))
        let latency = snapshot.requests.recentLatency, requests = snapshot.requests
        let point = Point(
            time: snapshot.time, requests: requests.total, errors: requests.faulty + requests.refused + requests.failed,
            p50: latency.quantile(0.5), p95: latency.quantile(0.95), p99: latency.quantile(0.99),
            waiting: snapshot.queue.classes.map(\.waiting), running: snapshot.queue.classes.reduce(0) { $0 + $1.running },
            hits: snapshot.cache.levels.map(\.hits), misses: snapshot.cache.levels.map(\.allMisses),
            busyWorkers: snapshot.busyWorkerCount, memory: snapshot.memory, processor: snapshot.processor)
        if ring.count < Self.most {
            ring.append(point)
        } else {
            ring[start] = point
            start = (start + 1) % Self.most
        }
    }

    /// Those of the last seconds.
    func last(_ seconds: Int) -> SnapshotHistory {
        var last = self
        (last.ring, last.start) = (Array(points.suffix(max(0, min(seconds, Self.most)) + 1)), 0)
        return last
    }

    /// Of a snapshot that comes now: since the point some ten seconds before it.
    func requestsPerSecond(of snapshot: Snapshot) -> Double {
        guard let before = points.suffix(11).first, snapshot.time > before.time else { return 0 }
        return Double(snapshot.requests.total - before.requests) * 1000 / Double(snapshot.time - before.time)
    }

    /// As the panel reads it: columns of numbers, of which those that count are differences from one point to the next.
    package var json: JSON {
        let points = points, pairs = zip(points, points.dropFirst())
        func column(_ value: ((Point, Point)) -> JSON) -> JSON { .array(pairs.map(value)) }
        func perSecond(_ value: @escaping (Point) -> Double) -> JSON {
            column { before, now in
                let seconds = Double(max(1, now.time - before.time)) / 1000
                return .number(((value(now) - value(before)) / seconds * 1000).rounded() / 1000)
            }
        }
        /// Of look-ups in a second; null where there were none.
        func hitRate(_ level: Int) -> JSON {
            column { before, now in
                let hits = now.hits[level] - before.hits[level], all = hits + now.misses[level] - before.misses[level]
                return all > 0 ? .number((Double(hits) / Double(all) * 1000).rounded() / 1000) : .null
            }
        }
        var series: [JSON.Member] = [
            .init("time_ms", column { .integer(Int($0.1.time)) }), .init("per_second", perSecond { Double($0.requests) }),
            .init("errors_per_second", perSecond { Double($0.errors) }), .init("p50", column { .milliseconds($0.1.p50) }),
            .init("p95", column { .milliseconds($0.1.p95) }), .init("p99", column { .milliseconds($0.1.p99) }),
            .init("rss", column { .integer($0.1.memory) }), .init("busy", column { .integer($0.1.busyWorkers) }),
            .init("cpu", perSecond { Double($0.processor) * 1e-9 }), .init("running", column { .integer($0.1.running) }),
        ]
        for (place, name) in classes.enumerated() { series.append(.init("waiting.\(name)", column { .integer($0.1.waiting[place]) })) }
        for (place, name) in levels.enumerated() { series.append(.init("hit_rate.\(name)", hitRate(place))) }
        return .object(["interval_ms": 1000, "series": .object(series)])
    }
}
