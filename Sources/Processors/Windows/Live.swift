import AtelierJSON
import AtelierScheduling

/// Lets a processor of single turns, usually a model, take part in a conversation that goes on.
///
///     for try await part in Live(model)(microphone) { … }
///
/// All that comes becomes part of a prompt, which the processor reads from its beginning on. An end of turn completes the prompt; what the
/// processor then says goes out at once, followed by an end of turn of role `model`, and stands in the prompts after it. A new turn,
/// or somebody who begins to speak, interrupts it; what it had said by then stays said. What comes while it speaks stands behind it. When
/// the input ends, what is left of it is answered.
///
/// Parts on the substream `input_transcription` are what somebody was heard to say: they go out on the main one, and those
/// whose metadata say `is_final` become part of the prompt. Records `StartOfSpeech` and `EndOfSpeech` tell when somebody speaks.
public struct Live: Processor {
    /// What completes a turn, besides its end as a part.
    public enum Trigger: Sendable, Hashable {
        /// That somebody has stopped speaking: for models that hear.
        case endOfSpeech
        /// That what was said is known: for models that read.
        case finalTranscription
    }

    private let processor: any Processor
    private let policy: HistoryPolicy
    private let trigger: Trigger
    private let historyLimit: Int

    /// - Parameters:
    ///   - processor: Answers one prompt.
    ///   - policy: What is kept of the conversation when a turn is complete.
    ///   - trigger: What completes a turn of speech.
    ///   - historyLimit: Most bytes of conversation, by `Part.footprint`; more is an error.
    public init(
        _ processor: any Processor, keeping policy: HistoryPolicy = .newer(than: .seconds(600)), trigger: Trigger = .finalTranscription,
        historyLimit: Int = 256 << 20
    ) {
        self.processor = processor
        self.policy = policy
        self.trigger = trigger
        self.historyLimit = historyLimit
    }

    /// Emits what the processor says.
    public func process(_ input: PartStream, into output: Output) async throws {
        let talk = Conversation(processor, RollingPrompt(keeping: policy, historyLimit: historyLimit), output)
        try await withTaskCancellationHandler {
            do {
                for try await part in input {
                    if output.branch.hasFailed { break }
                    try await take(part, talk, output)
                }
                await talk.finish()
            } catch {
                talk.stop()
                throw error
            }
        } onCancel: {
            talk.stop()
        }
    }

    private func take(_ part: Part, _ talk: Conversation, _ output: Output) async throws {
        if part.substream == "input_transcription" {
            var heard = part
            heard.substream = ""
            try await output.emit(heard)
            guard part.metadata["is_final"] == .bool(true) else { return }
            talk.add(heard)
            if trigger == .finalTranscription { try await talk.turn() }
        } else if isEvent(part, "StartOfSpeech") {
            await talk.interrupt()
        } else if isEvent(part, "EndOfSpeech") {
            if trigger == .endOfSpeech { try await talk.turn() }
        } else if part.isEndOfTurn {
            // A sign between the two, not a part of what is said.
            var last = part
            last.metadata[Part.turnComplete] = nil
            talk.add(last)
            try await talk.turn()
        } else {
            talk.add(part)
        }
    }

    private func isEvent(_ part: Part, _ name: String) -> Bool { part.mimeType == MIMEType("application/json; type=\(name)") }
}

/// What is said, by whom it is said now, and the answer that reads along for the next turn.
private final class Conversation: Sendable {
    private struct State: Sendable {
        /// Answers by number, until they have been given.
        var answers: [Int: Task<Void, Never>] = [:]
        /// The one to a complete prompt, while it is given.
        var speaking: Int?
        /// The one that reads along.
        var reading = 0
        var isStopped = false
    }

    private let processor: any Processor
    private let prompts: RollingPrompt
    private let output: Output
    private let state = Lock(State())

    init(_ processor: any Processor, _ prompts: RollingPrompt, _ output: Output) {
        self.processor = processor
        self.prompts = prompts
        self.output = output
        read()
    }

    /// Adds a part to what is said; behind what is being said.
    func add(_ part: Part) { state.withLock { if $0.speaking == nil { prompts.add(part) } else { prompts.stash(part) } } }

    /// Interrupts what is being said, completes the prompt, and lets it be answered.
    func turn() async throws {
        await interrupt()
        // It may have been answered already, by one that does not wait for the end of its prompt.
        state.withLock { $0.speaking = $0.answers[$0.reading] == nil ? nil : $0.reading }
        try await prompts.finalize()
        read()
    }

    /// Waits until nothing is being said any more.
    func interrupt() async {
        guard let speaking = state.withLock({ state in state.speaking.flatMap { state.answers[$0] } }) else { return }
        speaking.cancel()
        await speaking.value
    }

    /// Lets the last answer be given.
    func finish() async {
        await interrupt()
        prompts.end()
        await state.withLock { $0.answers[$0.reading] }?.value
    }

    /// Ends everything.
    func stop() {
        let answers = state.withLock { state in
            state.isStopped = true
            return Array(state.answers.values)
        }
        for answer in answers { answer.cancel() }
    }

    /// Begins to answer the prompt that is being put together.
    private func read() {
        let prompt = prompts.pending
        state.withLock { state in
            if state.isStopped { return }
            state.reading += 1
            let number = state.reading
            RunningTasks.begin()
            // Its owner is the conversation: `interrupt`, `finish` and `stop` end it.
            state.answers[number] = Task {
                await answer(prompt, number)
                RunningTasks.end()
            }
        }
    }

    private func answer(_ prompt: PartStream, _ number: Int) async {
        var said: [Part] = []
        do {
            for try await part in processor(prompt) {
                try await output.emit(part)
                if !ReservedSubstreams.current.contains(part.substream) { said.append(part) }
            }
        } catch {
            if !Task.isCancelled { output.branch.fail(error) }
        }
        // One that was interrupted before it said anything was no turn.
        if !said.isEmpty || !Task.isCancelled {
            output.branch.pass(Part("", role: "model", metadata: [Part.turnComplete: true]), to: output.next, under: nil)
        }
        state.withLock { state in
            state.answers[number] = nil
            if state.speaking == number { state.speaking = nil }
            for part in said { prompts.add(part) }
            prompts.applyStash()
        }
    }
}
