/// Sends every part to the processor of the first case whose condition holds; drops those for which none does.
///
/// Every case reads a stream of its own, at the same time as the others. Order is kept within a case only; `PartSwitch`
/// keeps it altogether.
public struct Switch: Processor {
    /// A condition and what it leads to.
    public struct Case: Sendable {
        let condition: @Sendable (Part) throws -> Bool
        let processor: any Processor

        /// A case. An error of the condition is an error of the run.
        public init(when condition: @escaping @Sendable (Part) throws -> Bool, _ processor: any Processor) {
            self.condition = condition
            self.processor = processor
        }
    }

    private let cases: [Case]
    private let limits: QueueLimits

    /// Cases in order of precedence, and what takes the rest; nil drops it. `limits` are those of the queue before each case.
    public init(_ cases: [Case], default rest: (any Processor)? = nil, limits: QueueLimits = .balanced) {
        self.cases = cases + (rest.map { [Case(when: { _ in true }, $0)] } ?? [])
        self.limits = limits
    }

    /// Reads the input and emits output as it goes.
    public func process(_ input: PartStream, into output: Output) async throws {
        let queues = cases.map { _ in Queue(limits: limits) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (candidate, queue) in zip(cases, queues) {
                let outputs = candidate.processor(queue.stream)
                group.addTask { try await output.emit(contentsOf: outputs) }
            }
            group.addTask {
                defer { for queue in queues { queue.finish() } }
                for try await part in input {
                    guard let index = try cases.firstIndex(where: { try $0.condition(part) }) else { continue }
                    try await queues[index].emit(part)
                }
            }
            while try await group.next() != nil {}
        }
    }
}

/// A bounded queue whose two ends are in different hands.
private struct Queue: Sendable {
    private let root: Branch
    let stream: PartStream

    init(limits: QueueLimits) {
        let outlet = Outlet(limits: limits), door = Door()
        door.outlet = outlet
        root = outlet.begin(run: Run(reserved: [], door: door))
        stream = PartStream(once: { _ in OutletIterator(reading: outlet) })
    }

    /// Puts a part in, and waits while there is no room. Parts that nobody reads any more are dropped.
    func emit(_ part: Part) async throws {
        root.put(part)
        guard root.mustWait else { return }
        do { try await root.waitForRoom() } catch { try Task.checkCancellation() }
    }

    func finish() { root.finish() }
}

/// Processors side by side, each over the whole stream: all of the first one's output, then all of the second's.
///
/// What a later one emits waits for the earlier ones to end, without a limit unless one is set; with one, an input that is
/// longer than it never ends when the first member reads to the end before it emits.
public struct ParallelConcatenation: Processor {
    private let members: [any Processor]
    private let limits: QueueLimits

    /// Processors side by side, and how much output of a later one may wait.
    public init(_ members: [any Processor], limits: QueueLimits = .unbounded) {
        self.members = members
        self.limits = limits
    }

    /// Reads the input and emits output as it goes.
    public func process(_ input: PartStream, into output: Output) async throws {
        guard !members.isEmpty else { return }
        let inputs = try input.split(into: members.count)
        let outputs = zip(members, inputs).map { member, input in member(input) }
        try await output.emit(contentsOf: .concatenation(of: outputs, limits: limits))
    }
}
