import AtelierScheduling

/// Watches the pictures of a stream: asks a processor, usually a model, which state the last of them show, and emits parts when the
/// state changes.
///
///     let doorbell = EventDetection(model, [
///         .init(from: "*", to: "visitor"): "Somebody is at the door.",
///         .init(from: "visitor", to: "nobody"): nil,                     // a change, but nothing to say
///     ], sensitivity: [.init(from: "*", to: "visitor"): 2])
///
/// All input passes at once; what is emitted follows the pictures that showed it. One question is asked at a time, with the last
/// pictures, each followed by its time as text; pictures that come meanwhile are part of the next. At the end of the input the last
/// question is waited for. The answer is the state's name, surrounding space and letter case aside; an empty one says nothing. An
/// error of the processor ends the run.
public struct EventDetection: Processor {
    /// A change of state.
    public struct Transition: Hashable, Sendable {
        /// Before; the empty state at the start, `*` for any.
        public var from: String
        /// After.
        public var to: String

        /// A change. Names are compared in lower case.
        public init(from: String, to: String) {
            self.from = from.lowercased()
            self.to = to.lowercased()
        }
    }

    private let detector: any Processor
    private let outputs: [Transition: Content?]
    private let sensitivity: [Transition: Int]
    private let debounce: Duration
    private let mostImages: Int
    private let now: @Sendable () -> Duration

    /// - Parameters:
    ///   - detector: Gets pictures and times, answers with the name of a state.
    ///   - outputs: What is emitted on a change; nil for a change that only moves the state. A change that is not listed does not move
    ///     it, but for the first from the start.
    ///   - sensitivity: How often in a row a change must have been seen before the time that it counts; 0 unless given.
    ///   - debounce: What an event emits is left out when the same state was announced less than so long ago. The state changes.
    ///   - mostImages: How many of the last pictures a question shows; at least 1.
    ///   - cache: Remembers answers by the pictures, so that the same ones are asked about once; see `PartProcessor.cached`.
    ///   - name: What the detector does, with a version; needed for a cache.
    public init(
        _ detector: any Processor, _ outputs: [Transition: Content?], sensitivity: [Transition: Int] = [:],
        debounce: Duration = .zero, mostImages: Int = 5, cache: Cache? = nil, as name: String = "events"
    ) {
        self.init(
            detector, outputs, sensitivity: sensitivity, debounce: debounce, mostImages: mostImages, cache: cache, as: name,
            now: { [start = ContinuousClock.now] in ContinuousClock.now - start })
    }

    /// - Parameter now: Time since some beginning.
    init(
        _ detector: any Processor, _ outputs: [Transition: Content?], sensitivity: [Transition: Int], debounce: Duration,
        mostImages: Int, cache: Cache?, as name: String, now: @escaping @Sendable () -> Duration
    ) {
        precondition(mostImages > 0, "a question shows at least one picture")
        // Times differ each time and say nothing about what is seen.
        self.detector =
            cache.map { detector.cached(in: $0, as: name, key: { ContentKey(of: $0.images) }) } ?? detector
        self.outputs = outputs
        self.sensitivity = sensitivity
        self.debounce = debounce
        self.mostImages = mostImages
        self.now = now
    }

    /// Passes the input and emits what changes.
    public func process(_ input: PartStream, into output: Output) async throws {
        let images = Images(keeping: mostImages)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { images.close() }
                for try await part in input {
                    try await output.emit(part)
                    if part.mimeType.isImage { images.add(part, at: now()) }
                }
            }
            group.addTask { try await detect(images, output) }
            try await group.waitForAll()
        }
    }

    private func detect(_ images: Images, _ output: Output) async throws {
        var states = EventStates(outputs: outputs, sensitivity: sensitivity)
        var announced: [String: Duration] = [:]
        while let question = try await images.next() {
            let answer = try await detector(question).text()
            let name = String(answer.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()).lowercased()
            guard !name.isEmpty, let change = states.see(name), !change.isEmpty else { continue }
            let now = now()
            if let last = announced[name], now - last < debounce { continue }
            announced[name] = now
            for part in change { try await output.emit(part) }
        }
    }

    /// The last pictures, for one who asks when there is a new one.
    private final class Images: Sendable {
        private struct State: Sendable {
            var last: [(part: Part, time: Duration)] = []
            var hasNews = false
            var isClosed = false
            var waiting: CheckedContinuation<Void, Never>?
        }

        private let most: Int
        private let state = Lock(State())

        init(keeping most: Int) { self.most = most }

        func add(_ part: Part, at time: Duration) {
            let waiting = state.withLock { state in
                if state.last.count == most { state.last.removeFirst() }
                state.last.append((part, time))
                state.hasNews = true
                return state.waiting.take()
            }
            waiting?.resume()
        }

        func close() {
            let waiting = state.withLock { state in
                state.isClosed = true
                return state.waiting.take()
            }
            waiting?.resume()
        }

        /// The last pictures, each with its time since the first of them, once there is one that was not seen; nil at the end.
        func next() async throws -> Content? {
            while true {
                try Task.checkCancellation()
                let (images, isClosed) = state.withLock { state in
                    defer { state.hasNews = false }
                    return (state.hasNews ? state.last : [], state.isClosed)
                }
                if let first = images.first {
                    return Content(images.flatMap { [$0.part, Part(timestamp($0.time - first.time))] })
                }
                if isClosed { return nil }
                await wait()
            }
        }

        private func wait() async {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let goesOn = state.withLock { state in
                        if state.hasNews || state.isClosed || Task.isCancelled { return true }
                        state.waiting = continuation
                        return false
                    }
                    if goesOn { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.waiting.take() }?.resume()
            }
        }
    }
}
