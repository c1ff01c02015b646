import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file that receives the events of an engine as they happen, one JSON object a line.
final class EventFile: Sendable {
    private struct State: Sendable {
        var bytes: [UInt8] = []
        var failure: SystemError?

        mutating func take() -> [UInt8] {
            defer { bytes.removeAll(keepingCapacity: true) }
            return bytes
        }
    }

    private let descriptor: Int32, name: String, begin = ContinuousClock.now
    private let state = Lock(State())

    /// Creates or empties the file and listens from now on.
    init(_ path: String, of engine: Engine) throws(UsageError) {
        name = printable(path)
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw UsageError("--events \(SystemError("\(name): cannot create"))") }
        engine.observe { [self] event in add(event) }
    }

    private func add(_ event: Event) {
        let line = event.json(at: (.now - begin).inSeconds).bytes
        let full = state.withLock { state -> [UInt8]? in
            state.bytes += line
            state.bytes.append(UInt8(ascii: "\n"))
            return state.bytes.count >= 1 << 16 ? state.take() : nil
        }
        if let full { write(full) }
    }

    /// Writes what is left.
    /// - Throws: What went wrong with any line.
    func finish() throws(SystemError) {
        write(state.withLock { $0.take() })
        close(descriptor)
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Writes whole lines; outside the lock, so that stages on other threads do not wait for the disk.
    private func write(_ lines: [UInt8]) {
        do throws(SystemError) { try writeAll(lines, to: descriptor, called: name) } catch { state.withLock { $0.failure = error } }
    }
}

extension Event {
    fileprivate func json(at seconds: Double) -> JSON {
        .object([
            "at": .milliseconds(seconds), "event": .string(kind.rawValue), "stage": .string(stage),
            "stageVersion": .integer(version), "digest": .string(digest.description), "level": level.map(JSON.string),
            "milliseconds": selfCost == 0 ? nil : .milliseconds(Double(selfCost) * 1e-9),
            "chainMilliseconds": chainCost == 0 ? nil : .milliseconds(Double(chainCost) * 1e-9),
            "lossMilliseconds": kind == .put ? .milliseconds(Double(lossCost) * 1e-9) : nil,
            "latencyMilliseconds": latency == 0 ? nil : .milliseconds(Double(latency) * 1e-9),
            "misses": misses.isEmpty ? nil : .object(misses.map { .init($0.level, .string($0.reason.rawValue)) }),
            "bytes": byteCount == 0 ? nil : .integer(byteCount), "fraction": kind == .progress ? .number(fraction) : nil,
        ])
    }
}
