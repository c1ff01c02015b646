import AtelierScheduling

extension PartStream {
    /// Streams with the same parts, each to be read once, at any time and by any task.
    ///
    /// The source is read by one task, from the first reading of any branch on. It waits for the slowest branch when that is
    /// `limits` behind, so branches that are read one after the other need `unbounded`; a branch that is dropped is not
    /// waited for. An error reaches every branch after the parts before it.
    ///
    /// - Throws: `StreamError.noBranches` for a count below 1.
    public func split(into count: Int, limits: QueueLimits = .balanced) throws(StreamError) -> [PartStream] {
        guard count > 0 else { throw .noBranches }
        if count == 1 { return [self] }
        let splitter = Splitter(self, count: count, limits: limits)
        return splitter.outlets.map { outlet in
            let reading = Splitter.Reading(splitter, of: outlet)
            return PartStream(once: { reserved in SplitIterator(reading, reserved: reserved) })
        }
    }

    /// The parts of several streams one stream after the other. All are read at once; of a later one no more than `limits`
    /// allow waits, and a stream that is as far ahead waits too.
    public static func concatenation(of streams: [PartStream], limits: QueueLimits = .balanced) -> PartStream {
        PartStream(once: { reserved in
            let door = Door(), outlet = Outlet(limits: limits)
            door.outlet = outlet
            return OutletIterator(outlet, run: Run(reserved: [], door: door)) { root in
                for stream in streams {
                    let branch = root.makeBranch()
                    branch.run {
                        let output = Output(branch: branch, next: nil, invocation: nil)
                        try await output.emit(contentsOf: stream, reserved: reserved)
                    }
                    if root.mustWait { try await root.waitForRoom() }
                }
            }
        })
    }

    /// The parts of several streams as they come; the order within each is kept. The first error ends it.
    ///
    /// - Parameter stopsAtFirstEnd: Whether the others are cancelled when one has ended.
    public static func merging(
        _ streams: [PartStream], stopsAtFirstEnd: Bool = false, limits: QueueLimits = .balanced
    ) -> PartStream {
        PartStream(limits: limits) { output in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for stream in streams { group.addTask { try await output.emit(contentsOf: stream) } }
                if stopsAtFirstEnd {
                    try await group.next()
                    group.cancelAll()
                } else {
                    while try await group.next() != nil {}
                }
            }
        }
    }
}

/// Reads one stream into several queues.
private final class Splitter: Sendable {
    let outlets: [Outlet]
    private let roots: [Branch]
    private let state: Lock<State>

    private struct State: Sendable {
        var source: PartStream?
        var readings: Int
        var task: Task<Void, Never>?
    }

    init(_ source: PartStream, count: Int, limits: QueueLimits) {
        outlets = (0..<count).map { _ in Outlet(limits: limits) }
        roots = outlets.map { outlet in
            let door = Door()
            door.outlet = outlet
            return outlet.begin(run: Run(reserved: [], door: door))
        }
        state = Lock(State(source: source, readings: count))
    }

    /// Begins to read the source, if nobody has.
    func begin(reserved: ReservedSubstreams) {
        let source = state.withLock { state in
            defer { state.source = nil }
            return state.source
        }
        guard let source else { return }
        RunningTasks.begin()
        // Owned by the readings: the last one to go cancels it.
        let task = Task { [roots] in
            var open = roots
            do {
                let parts = source.makeIterator(reserved: reserved)
                while !open.isEmpty, let part = try await parts.next() {
                    for root in open { root.put(part) }
                    for root in open where root.mustWait {
                        // Only a branch that is not read any more throws.
                        do { try await root.waitForRoom() } catch { open.removeAll { $0 === root } }
                    }
                }
            } catch {
                for root in open { root.fail(error) }
            }
            for root in open { root.finish() }
            RunningTasks.end()
        }
        let isLeft = state.withLock { state in
            state.task = task
            return state.readings == 0
        }
        if isLeft { task.cancel() }
    }

    /// One branch, until nobody can read it any more.
    final class Reading: Sendable {
        let splitter: Splitter
        let outlet: Outlet

        init(_ splitter: Splitter, of outlet: Outlet) {
            self.splitter = splitter
            self.outlet = outlet
        }

        deinit {
            outlet.cancel()
            let task = splitter.state.withLock { state in
                state.readings -= 1
                return state.readings == 0 ? state.task : nil
            }
            task?.cancel()
        }
    }
}

private final class SplitIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    private let reading: Splitter.Reading
    private let base: OutletIterator
    private let reserved: ReservedSubstreams
    private var hasBegun = false

    init(_ reading: Splitter.Reading, reserved: ReservedSubstreams) {
        self.reading = reading
        self.reserved = reserved
        base = OutletIterator(reading: reading.outlet)
        super.init(hasBatches: true)
    }

    override nonisolated(nonsending) func next() async throws -> Part? {
        begin()
        return try await base.next()
    }

    override func partsAtHand() -> [Part]? { base.partsAtHand() }

    override nonisolated(nonsending) func nextBatch() async throws -> [Part] {
        begin()
        return try await base.nextBatch()
    }

    private func begin() {
        if hasBegun { return }
        hasBegun = true
        reading.splitter.begin(reserved: reserved)
    }
}
