import AtelierJSON
import AtelierMemo
import AtelierStages

/// What `cache simulate` replays.
struct SimulationSettings: Hashable, Sendable {
    /// The file with requests; `-` is standard input.
    var trace: String?
    /// Most bytes of values held.
    var capacity = 512 << 20

    static var options: [Option<SimulationSettings>] {
        [
            .text(
                "trace", \.trace, "FILE", group: "Simulation",
                "Of simulate: requests as lines \"key bytes microseconds\", or as --events writes them; - is standard input."),
            .bytes("capacity", \.capacity, group: "Simulation", "Of simulate: most bytes of values the memory level may hold."),
        ]
    }
}

extension CacheCommand {
    /// Replays requests through the memory level and says how often it answers.
    func simulate(_ console: Console) throws -> ExitCode {
        guard let path = simulation.trace else { throw UsageError("cache simulate wants --trace FILE") }
        let capacity = simulation.capacity
        let text = try console.read(path, limit: 4 << 30)
        let trace: CacheTrace
        do {
            trace =
                text.bytes.first { $0 > UInt8(ascii: " ") } == UInt8(ascii: "{")
                ? try CacheTrace(events: text) : try CacheTrace(parsing: text)
        } catch { throw UsageError("--trace \(printable(path)): \(error)") }
        let replay = trace.replay(capacity: capacity)
        let requests = trace.accesses.count
        let bytes = trace.accesses.reduce(0) { $0 &+ $1.size }, cost = trace.accesses.reduce(0) { $0 &+ $1.cost }
        let share = { (part: Double, whole: Double) in whole > 0 ? decimal(100 * part / whole, 1) + " %" : "none" }
        try answer(
            console,
            """
            \(requests) requests, at most \(written(byteCount: capacity)) of values held at a time
            answered: \(share(Double(replay.hits), Double(requests))) of requests, \(share(Double(replay.byteHits), Double(bytes))) of bytes, \
            \(share(Double(replay.costSaved), Double(cost))) of the time to make them
            made room: \(replay.evictions); twice the capacity would answer at least \(replay.ghostHits) more
            """,
            [
                .init("requests", .integer(requests)), .init("capacity", .integer(capacity)), .init("hits", .integer(replay.hits)),
                .init("bytes", .integer(bytes)), .init("byteHits", .integer(replay.byteHits)),
                .init("milliseconds", .number(Double(cost) / 1e6)),
                .init("millisecondsSaved", .number(Double(replay.costSaved) / 1e6)), .init("peakBytes", .integer(replay.peakBytes)),
                .init("evictions", .integer(replay.evictions)), .init("ghostHits", .integer(replay.ghostHits)),
            ])
        return .done
    }
}

extension CacheTrace {
    /// Why an events file is no trace.
    private struct NotEvents: Error, CustomStringConvertible {
        var line: Int, reason: String

        var description: String { "line \(line): \(reason)" }
    }

    /// The requests in a file of events: hits and misses in the order in which they happened.
    ///
    /// What a request weighs and costs stands in other events of the same digest. What is kept beyond memory costs all that
    /// it is built on, everything else its own making. Of what never got a value, such as plans and failures, nothing is known
    /// that could be kept; it is left out.
    init(events text: Blob) throws {
        struct Known {
            var size = 0, own: UInt64 = 0, chain: UInt64 = 0, isWritten = false
        }
        var known: [Digest: Known] = [:], order: [Digest] = []
        for (index, line) in text.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 <= UInt8(ascii: " ") }) { continue }
            let members: [JSON.Member]
            do { members = try JSON(parsing: Array(line)).members } catch { throw NotEvents(line: index + 1, reason: "\(error)") }
            func value(_ name: String) -> JSON? { members.first { $0.name == name }?.value }
            guard case .string(let kind)? = value("event"), case .string(let name)? = value("digest"), let digest = Digest(name) else {
                throw NotEvents(line: index + 1, reason: "is no event: \"event\" or \"digest\" is missing")
            }
            if kind == "hit" || kind == "miss" { order.append(digest) }
            var entry = known[digest] ?? Known()
            if case .integer(let bytes)? = value("bytes") { entry.size = max(entry.size, bytes) }
            entry.own = max(entry.own, value("milliseconds")?.nanoseconds ?? 0)
            entry.chain = max(entry.chain, value("chainMilliseconds")?.nanoseconds ?? 0)
            if case .string(let level)? = value("level"), level != "memory" { entry.isWritten = true }
            known[digest] = entry
        }
        self.init(
            order.compactMap { digest in
                let entry = known[digest]!
                return entry.size > 0 ? Access(digest: digest, size: entry.size, cost: entry.isWritten ? entry.chain : entry.own) : nil
            })
    }
}

extension JSON {
    /// Of an object; none of anything else.
    fileprivate var members: [Member] { if case .object(let members) = self { members } else { [] } }

    /// A number of milliseconds; 0 for anything else, and where it is out of reason.
    fileprivate var nanoseconds: UInt64 {
        let milliseconds =
            switch self {
            case .integer(let number): Double(number)
            case .number(let number): number
            default: 0.0
            }
        return milliseconds >= 0 && milliseconds < 1e12 ? UInt64(milliseconds * 1e6) : 0
    }
}
