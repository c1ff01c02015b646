import AtelierJSON
public import AtelierMemo
import AtelierScheduling

/// Lets sound go on no faster than it plays, so that little of it is out of reach when the listener interrupts.
///
///     let voice = model + AudioPacing(sampleRate: 24_000)
///
/// Parts of more than 100 ms of 16-bit mono samples are cut into pieces of 50 ms, each of which goes on when the one before has
/// nearly been played. A part whose metadata say `interrupted` drops the sound that still waits and goes on at once. Parts on
/// reserved substreams overtake.
public struct AudioPacing: Processor {
    private let sampleRate: Int
    private let delaysOthers: Bool
    private let byteLimit: Int
    private let clock: Pace

    /// The time, and waiting for it.
    struct Pace: Sendable {
        var now: @Sendable () -> Duration
        var sleep: @Sendable (Duration) async throws -> Void

        static let real = Pace(
            now: { [start = ContinuousClock.now] in ContinuousClock.now - start }, sleep: { try await pause(for: $0) })
    }

    /// - Parameters:
    ///   - sampleRate: Samples a second, of two bytes each.
    ///   - delaysOthers: Whether other parts wait until the sound before them has been played; else they go on at once.
    ///   - byteLimit: Most bytes that wait, by `Part.footprint`. While as many do, the stream is not read on, and no interruption seen.
    public init(sampleRate: Int, delaysOthers: Bool = true, byteLimit: Int = 64 << 20) {
        self.init(sampleRate: sampleRate, delaysOthers: delaysOthers, byteLimit: byteLimit, clock: .real)
    }

    init(sampleRate: Int, delaysOthers: Bool, byteLimit: Int, clock: Pace) {
        precondition(sampleRate > 0 && byteLimit > 0, "a sample rate and a limit are at least 1")
        self.sampleRate = sampleRate
        self.delaysOthers = delaysOthers
        self.byteLimit = byteLimit
        self.clock = clock
    }

    /// Sound in pieces of at most `duration`; none is cut inside a sample. Shares the bytes.
    public static func split(_ bytes: Blob, sampleRate: Int, every duration: Duration = .milliseconds(50)) -> [Blob] {
        let piece = max(1, Int(duration / .seconds(1) * Double(sampleRate))) * 2
        return stride(from: 0, to: bytes.count, by: piece).map { bytes[$0..<min($0 + piece, bytes.count)] }
    }

    /// Emits the stream at the pace of its sound.
    public func process(_ input: PartStream, into output: Output) async throws {
        let queue = Queue(byteLimit: byteLimit)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { queue.close() }
                for try await part in input { try await take(part, queue, output) }
            }
            group.addTask { try await play(queue, output) }
            try await group.waitForAll()
        }
    }

    private func take(_ part: Part, _ queue: Queue, _ output: Output) async throws {
        if part.metadata["interrupted"] == .bool(true) {
            queue.dropSound()
            try await queue.add(part)
        } else if part.mimeType.isAudio {
            guard case .bytes(let bytes) = part.payload, duration(of: bytes.blob) > .milliseconds(100) else {
                return try await queue.add(part)
            }
            for piece in Self.split(bytes.blob, sampleRate: sampleRate) {
                var sound = part
                sound.payload = .bytes(PayloadBytes(piece))
                try await queue.add(sound)
            }
        } else if delaysOthers {
            try await queue.add(part)
        } else {
            try await output.emit(part)
        }
    }

    private func duration(of bytes: Blob) -> Duration { .seconds(1) * (Double(bytes.count) / Double(2 * sampleRate)) }

    /// A piece may go on so long before it is due, or sound would break off between pieces.
    private static let ahead = Duration.milliseconds(50)

    private func play(_ queue: Queue, _ output: Output) async throws {
        // When the sound that has gone on will have been played: long ago.
        let never = Duration.seconds(-3600)
        var silence = never
        while let part = try await queue.next() {
            if queue.takeInterruption() { silence = never }
            let isSound = part.mimeType.isAudio
            if isSound { silence = max(clock.now() - Self.ahead, silence) }
            let wait = silence - clock.now()
            if wait > .milliseconds(1) { try await clock.sleep(wait) }
            // What overtakes sound gets the chance to.
            if isSound { await Task.yield() }
            // It may have been interrupted meanwhile.
            if isSound, queue.wasInterrupted { continue }
            try await output.emit(part)
            if isSound, case .bytes(let bytes) = part.payload { silence += duration(of: bytes.blob) }
        }
    }

    /// What waits to be played, for one who plays.
    private final class Queue: Sendable {
        private struct State: Sendable {
            var parts: [Part] = []
            var bytes = 0
            var isClosed = false
            var wasInterrupted = false
            var player: CheckedContinuation<Void, Never>?
            var reader: CheckedContinuation<Void, Never>?
        }

        private let byteLimit: Int
        private let state = Lock(State())

        init(byteLimit: Int) { self.byteLimit = byteLimit }

        /// Whether sound was dropped since the player last asked.
        var wasInterrupted: Bool { state.withLock { $0.wasInterrupted } }

        func takeInterruption() -> Bool {
            state.withLock { state in
                defer { state.wasInterrupted = false }
                return state.wasInterrupted
            }
        }

        func add(_ part: Part) async throws {
            while state.withLock({ $0.bytes >= byteLimit }) {
                await wait(\.reader) { $0.bytes < self.byteLimit }
                try Task.checkCancellation()
            }
            let player = state.withLock { state in
                state.parts.append(part)
                state.bytes += part.footprint
                return state.player.take()
            }
            player?.resume()
        }

        func dropSound() {
            state.withLock { state in
                state.parts.removeAll { $0.mimeType.isAudio }
                state.bytes = state.parts.reduce(0) { $0 + $1.footprint }
                state.wasInterrupted = true
            }
        }

        func close() {
            let player = state.withLock { state in
                state.isClosed = true
                return state.player.take()
            }
            player?.resume()
        }

        func next() async throws -> Part? {
            while true {
                try Task.checkCancellation()
                let (part, isClosed, reader) = state.withLock { state -> (Part?, Bool, CheckedContinuation<Void, Never>?) in
                    guard !state.parts.isEmpty else { return (nil, state.isClosed, nil) }
                    let part = state.parts.removeFirst()
                    state.bytes -= part.footprint
                    return (part, false, state.reader.take())
                }
                reader?.resume()
                if let part { return part }
                if isClosed { return nil }
                await wait(\.player) { !$0.parts.isEmpty || $0.isClosed }
            }
        }

        private func wait(
            _ place: any WritableKeyPath<State, CheckedContinuation<Void, Never>?> & Sendable,
            until goesOn: @escaping @Sendable (State) -> Bool
        ) async {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isDone = state.withLock { state in
                        if goesOn(state) || Task.isCancelled { return true }
                        state[keyPath: place] = continuation
                        return false
                    }
                    if isDone { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0[keyPath: place].take() }?.resume()
            }
        }
    }
}
