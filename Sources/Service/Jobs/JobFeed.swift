import AtelierJSON
import AtelierMemo
import AtelierTelemetry
import AtelierScheduling

/// What happens to a job, as server-sent events (HTML, section 9.2): at most ten times a second, ended by its end.
struct JobFeed: AsyncSequence, Sendable {
    typealias Failure = any Error

    let service: ServiceState, id: Digest
    /// Who follows it.
    let caller: Caller
    /// The number of the last event that the client has.
    let last: Int

    func makeAsyncIterator() -> Iterator {
        // A number from before a restart, which nothing has reached again, says nothing.
        let isKnown = job.map { last <= $0.lastEntry } ?? true
        return Iterator(feed: self, bells: service.jobs.follow(id).makeAsyncIterator(), last: isKnown ? last : 0)
    }

    /// The job as who follows it sees it; nil when it has gone.
    fileprivate var job: ConversionJob? { service.job(id, for: caller) }

    struct Iterator: AsyncIteratorProtocol {
        let feed: JobFeed
        var bells: AsyncStream<Void>.Iterator
        var last: Int
        private var isBegun = false, isOver = false, sent: UInt64 = 0

        init(feed: JobFeed, bells: AsyncStream<Void>.Iterator, last: Int) { (self.feed, self.bells, self.last) = (feed, bells, last) }

        mutating func next() async throws -> [UInt8]? {
            if !isBegun {
                isBegun = true
                return Array("retry: 1000\n\n".utf8)
            }
            while !isOver {
                let text = pending()
                if !text.isEmpty {
                    sent = monotonicNanoseconds()
                    return Array(text.utf8)
                }
                if feed.service.isDraining { return nil }
                guard await bells.next() != nil else { return nil }
                let now = monotonicNanoseconds()
                // A comment keeps the connection from looking dead.
                if now - sent > silence, feed.job.map({ $0.lastEntry == last }) ?? false {
                    sent = now
                    return Array(": \n\n".utf8)
                }
                if now - sent < leastPause { try await Task.sleep(nanoseconds: leastPause - (now - sent)) }
            }
            return nil
        }

        /// Everything that happened since.
        private mutating func pending() -> String {
            guard let job = feed.job else {
                isOver = true
                return event("end", id: last + 1, .object(["id": .string(feed.id.description), "state": "deleted"]))
            }
            var text = ""
            for entry in job.entries where entry.number > last {
                last = entry.number
                let data = entry.item.map { feed.service.json(of: job, item: $0) } ?? feed.service.json(of: job, items: false)
                text += event(entry.name, id: entry.number, data)
                if entry.name == "end" { isOver = true }
            }
            if job.phase.isOver { isOver = true }
            return text
        }
    }
}

/// Topics of how the service is, and all jobs that a caller may know of, in one stream: a browser has few connections to one server.
struct TopicFeed: AsyncSequence, Sendable {
    typealias Failure = any Error

    let service: ServiceState
    /// Who follows them.
    let caller: Caller
    let topics: [String]
    /// How often topics are looked at, in nanoseconds.
    let pause: UInt64
    /// The number of the last change of jobs that the client has; nil for one that comes new.
    let last: Int?

    func makeAsyncIterator() -> Iterator {
        let latest = service.jobs.lastChange
        // A number from before a restart, which nothing has reached again, says nothing.
        return Iterator(feed: self, last: last.map { $0 <= latest ? $0 : 0 } ?? latest)
    }

    struct Iterator: AsyncIteratorProtocol {
        let feed: TopicFeed
        var last: Int
        private var isBegun = false, sent: UInt64 = 0, told: [String: JSON] = [:]

        init(feed: TopicFeed, last: Int) { (self.feed, self.last) = (feed, last) }

        mutating func next() async throws -> [UInt8]? {
            if !isBegun {
                isBegun = true
                return Array("retry: 1000\n\n".utf8)
            }
            while !feed.service.isDraining {
                if sent > 0 { try await Task.sleep(nanoseconds: feed.pause) }
                var text = ""
                for topic in feed.topics {
                    if topic == "jobs" {
                        text += jobs()
                    } else if let value = feed.service.sample(topic), value != told[topic] {
                        told[topic] = value
                        text += event(topic, id: nil, value)
                    }
                }
                let now = monotonicNanoseconds()
                if text.isEmpty, sent > 0, now - sent < silence { continue }
                sent = now
                return Array((text.isEmpty ? ": \n\n" : text).utf8)
            }
            return nil
        }

        private mutating func jobs() -> String {
            let (changes, last) = feed.service.jobs.changes(after: last, seenBy: feed.caller)
            self.last = last
            return changes.map { number, id in
                let job = feed.service.job(id, for: feed.caller).map { feed.service.json(of: $0, items: false) }
                return event("jobs", id: number, job ?? .object(["id": .string(id.description), "state": "deleted"]))
            }.joined()
        }
    }
}

/// Between two events of one stream, in nanoseconds: ten a second.
private let leastPause: UInt64 = 100_000_000
/// How long a stream may be silent, in nanoseconds.
private let silence: UInt64 = 10_000_000_000

/// One event; JSON on one line needs no more than one `data`.
private func event(_ name: String, id: Int?, _ data: JSON) -> String {
    (id.map { "id: \($0)\n" } ?? "") + "event: \(name)\ndata: \(data.text)\n\n"
}

extension ServiceState {
    /// What is told under a topic now; nil for one there is not.
    func sample(_ topic: String) -> JSON? {
        switch topic {
        case "queue":
            let snapshot = monitor.snapshot
            return .object(["queue": snapshot.queue.json, "jobs": snapshot.jobs.json])
        case "cache": return monitor.snapshot.cacheJSON
        case "pool": return monitor.snapshot.poolJSON
        case "stats": return monitor.snapshot.json
        case "threads": return Timeline.recent(seconds: 2).lanesJSON(mostSlices: 500)
        default: return nil
        }
    }

    /// Names of topics.
    static let topics = ["jobs", "queue", "cache", "pool", "stats", "threads"]
}
