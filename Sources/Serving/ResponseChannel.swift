import AtelierScheduling

/// Bytes on their way from a task to a connection. The task waits while a reader is behind; the connection sleeps while there is nothing.
final class ResponseChannel: Sendable {
    /// Most bytes that wait for a reader before the writer waits too.
    private static let mostWaiting = 256 << 10

    private struct State {
        var bytes: [UInt8] = [], start = 0
        /// Nil while more may come.
        var ending: Ending?
        /// Whether the connection sleeps until there is something.
        var isAsleep = false
        var writer: CheckedContinuation<Void, Never>?
        var pump: Task<Void, Never>?
    }

    private enum Ending { case whole, cut }

    private let state = Lock(State()), sleep: @Sendable () -> Void, wake: @Sendable () -> Void

    /// - Parameters:
    ///   - sleep: Suspends the connection.
    ///   - wake: Resumes it; only called after `sleep`, once.
    init(sleep: @escaping @Sendable () -> Void, wake: @escaping @Sendable () -> Void) {
        self.sleep = sleep
        self.wake = wake
    }

    /// Sends what a sequence gives.
    func send(_ pieces: any AsyncSequence<[UInt8], any Error> & Sendable) {
        let pump = Task {
            do {
                for try await piece in pieces where !piece.isEmpty { guard await write(piece) else { return } }
                end(.whole)
            } catch { end(.cut) }
        }
        let isOver = state.withLock { state in
            if state.ending == nil { state.pump = pump }
            return state.ending == .cut
        }
        if isOver { pump.cancel() }
    }

    /// What the library is told; for a reader that calls again later.
    enum Step { case bytes(Int), asleep, end, cut }

    /// Moves what is there to `buffer`. With nothing there the connection is asleep when this returns.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Step {
        let (step, writer): (Step, CheckedContinuation<Void, Never>?) = state.withLock { state in
            let count = min(buffer.count, state.bytes.count - state.start)
            if state.ending == .cut { return (.cut, nil) }
            guard count > 0 else {
                if state.ending != nil { return (.end, nil) }
                state.isAsleep = true
                // Under the lock, against the lock's rule: waking must not come first. The library's locks are never held by who waits here.
                sleep()
                return (.asleep, nil)
            }
            state.bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[state.start..<state.start + count])) }
            state.start += count
            if state.start == state.bytes.count {
                state.bytes.removeAll(keepingCapacity: true)
                state.start = 0
            }
            guard state.bytes.count - state.start < Self.mostWaiting, let writer = state.writer else { return (.bytes(count), nil) }
            state.writer = nil
            return (.bytes(count), writer)
        }
        writer?.resume()
        return step
    }

    /// Adds bytes and waits while too many are there; whether anybody still reads.
    private func write(_ piece: [UInt8]) async -> Bool {
        let (isRead, wakes): (Bool, Bool) = state.withLock { state in
            guard state.ending == nil else { return (false, false) }
            state.bytes += piece
            defer { state.isAsleep = false }
            return (true, state.isAsleep)
        }
        if wakes { wake() }
        guard isRead else { return false }
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                guard state.ending == nil, state.bytes.count - state.start >= Self.mostWaiting else { return true }
                state.writer = continuation
                return false
            }
            if goesOn { continuation.resume() }
        }
        return true
    }

    /// The reader has gone or must go: the sequence is cancelled, the connection ends.
    func abandon() { end(.cut) }

    private func end(_ ending: Ending) {
        let (wakes, writer, pump) = state.withLock { state in
            if state.ending == nil || ending == .cut { state.ending = ending }
            defer { (state.isAsleep, state.writer, state.pump) = (false, nil, nil) }
            return (state.isAsleep, state.writer, state.pump)
        }
        if wakes { wake() }
        writer?.resume()
        if ending == .cut { pump?.cancel() }
    }
}
