import AtelierScheduling

/// Gives a processor, for every turn of a stream, all that came so far.
///
///     let commentary = Window(model, keeping: .lastTurns(3), stride: 2)
///
/// A window begins with what is kept of the turns before, goes on with the parts of its turn as they come, and ends with the end
/// of turn; the last with the stream. Windows run side by side, their outputs come in order, each followed by an end of turn. What a
/// window gives does not become part of the history. Parts on reserved substreams pass.
public struct Window: Processor {
    private let processor: any Processor
    private let policy: HistoryPolicy
    private let stride: Int
    private let concurrency: Int
    private let historyLimit: Int

    /// - Parameters:
    ///   - processor: Gets each window as its stream.
    ///   - policy: What is kept when a turn is over. It runs before the next turn is read.
    ///   - stride: Runs the first window, and then every one of so many; others only add to the history. At least 1.
    ///   - concurrency: Most windows at a time; the stream is not read on while as many run. At least 1.
    ///   - historyLimit: Most bytes of history, by `Part.footprint`; more is an error.
    public init(
        _ processor: any Processor, keeping policy: HistoryPolicy = .all, stride: Int = 1, concurrency: Int = 16,
        historyLimit: Int = 256 << 20
    ) {
        precondition(stride > 0 && concurrency > 0, "a stride and a number of windows are at least 1")
        self.processor = processor
        self.policy = policy
        self.stride = stride
        self.concurrency = concurrency
        self.historyLimit = historyLimit
    }

    /// Emits what the windows give.
    public func process(_ input: PartStream, into output: Output) async throws {
        let prompts = RollingPrompt(keeping: policy, historyLimit: historyLimit), slots = Slots(concurrency)
        var index = 1
        try await begin(prompts.pending, slots, output)
        do {
            for try await part in input {
                if output.branch.hasFailed { break }
                prompts.add(part)
                guard part.isEndOfTurn else { continue }
                try await prompts.finalize()
                if index % stride == 0 { try await begin(prompts.pending, slots, output) }
                index += 1
            }
        } catch {
            // Else what has begun waits for parts that never come.
            prompts.end(.failure(error))
            throw error
        }
        prompts.end()
    }

    private func begin(_ prompt: PartStream, _ slots: Slots, _ output: Output) async throws {
        try await slots.take()
        output.branch.start(before: output.next) { output in
            defer { slots.giveBack() }
            try await processor.process(prompt, into: output)
            try await output.emit(.endOfTurn())
        }
    }
}

/// So many at a time; others wait in the order they came.
final class Slots: Sendable {
    private struct State: Sendable {
        var free: Int
        var waiting: [(number: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var nextNumber = 0
    }

    private let state: Lock<State>

    init(_ count: Int) { state = Lock(State(free: count)) }

    /// Waits for a slot. Throws when the task is cancelled, with none taken.
    func take() async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.free > 0 || Task.isCancelled {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append((number, continuation))
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard let place = state.waiting.firstIndex(where: { $0.number == number }) else { return nil }
                state.free -= 1
                return state.waiting.remove(at: place).continuation
            }
            waiting?.resume()
        }
        if Task.isCancelled {
            giveBack()
            throw CancellationError()
        }
    }

    /// Lets the next one have it.
    func giveBack() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.free >= 0, !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume()
    }
}
