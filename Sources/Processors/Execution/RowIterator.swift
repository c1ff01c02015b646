/// Runs a row of steps when it is asked for a part, on one part of its input after the other: no task, no queue, one part ahead. When
/// a step has to wait it goes on in tasks behind a queue; a row of steps that never wait, and a stream of which a cache knows
/// everything, cost neither.
final class RowIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    // One task has an iterator at a time, so nothing meets here: checking that took 270 instructions for each part.
    @exclusivity(unchecked) private var input: PartStream.Iterator
    /// What the input asks, if that is a function: asked straight, a part takes 200 instructions less.
    @exclusivity(unchecked) private var source: (nonisolated(nonsending) @Sendable () async throws -> Part?)?
    @exclusivity(unchecked) private var isAtEnd = false
    /// Parts since somebody looked whether the task is cancelled.
    @exclusivity(unchecked) private var unlooked = 0
    /// What is read from the first part on that had to wait.
    @exclusivity(unchecked) private var rest: OutletIterator?
    private let first: Step
    private let limits: QueueLimits
    private let sink: RowSink

    init(over base: PartIterator, first: Step, run: Run, limits: QueueLimits) {
        input = PartStream.Iterator(base)
        source = (base as? FunctionIterator)?.body
        self.first = first
        self.limits = limits
        sink = RowSink(run: run)
    }

    override nonisolated(nonsending) func next() async throws -> Part? {
        if let rest { return try await rest.next() }
        while true {
            if let part = sink.run.door.take() { return part }
            if let part = sink.only.take() { return part }
            if let element = sink.take() {
                switch element {
                case .part(let part): return part
                case .failure(let error):
                    leave()
                    throw error
                case .start:
                    let rest = waiting(for: [element] + sink.takeAll())
                    self.rest = rest
                    return try await rest.next()
                }
            }
            if isAtEnd { return nil }
            let part: Part?
            do {
                part = if let source { try await source() } else { try await input.next() }
            } catch {
                leave()
                throw error
            }
            guard let part else {
                leave()
                first.finish(sink: sink)
                continue
            }
            sink.pass(part, to: first, under: nil)
            unlooked += 1
            if unlooked == 16 {
                unlooked = 0
                try Task.checkCancellation()
            }
        }
    }

    /// Asks for no more parts.
    private func leave() {
        isAtEnd = true
        source = nil
        input = PartStream.Iterator(PartIterator())
    }

    /// Goes on in tasks with what is left of a part, and then with the parts after it.
    private func waiting(for elements: [RowSink.Element]) -> OutletIterator {
        let outlet = Outlet(limits: limits)
        sink.run.door.outlet = outlet
        nonisolated(unsafe) let input = input  // handed on to the task
        let isAtEnd = isAtEnd
        leave()
        return OutletIterator(outlet, run: sink.run) { [first] root in
            for element in elements {
                switch element {
                case .part(let part): root.put(part)
                case .start(let step, let part): root.start(step, on: part, under: nil)
                case .failure(let error): root.fail(error)
                }
            }
            if !isAtEnd, !root.hasFailed { try await root.run(input, through: first) }
        }
    }
}

extension Branch {
    /// Gives all parts of an input to a row of steps, as fast as there is room for what they emit.
    func run(_ input: PartStream.Iterator, through first: Step) async throws {
        var input = input
        while !hasFailed, let part = try await input.next() {
            pass(part, to: first, under: nil)
            if mustWait { try await waitForRoom() }
        }
        if !hasFailed { first.finish(sink: self) }
    }
}

/// What becomes of a part as far as that is known at once, and what has to wait, in the order of output.
final class RowSink: Sink {
    enum Element: Sendable {
        case part(Part)
        case start(AwaitingStep, Part)
        case failure(any Error)
    }

    // Most parts give one output, which needs no array. It comes before the others.
    @exclusivity(unchecked) fileprivate(set) var only: Part?
    @exclusivity(unchecked) private var elements: [Element] = []
    @exclusivity(unchecked) private var taken = 0
    @exclusivity(unchecked) private var isFailed = false

    override var hasFailed: Bool { isFailed }

    override func put(_ part: Part) {
        if isFailed { return }
        if only == nil, elements.isEmpty { only = part } else { elements.append(.part(part)) }
    }

    override func fail(_ error: any Error) {
        if isFailed { return }
        isFailed = true
        elements.append(.failure(error))
    }

    override func start(_ step: AwaitingStep, on part: Part, under invocation: Invocation?) {
        precondition(invocation == nil, "a row with a parallel does not run hastily")
        if !isFailed { elements.append(.start(step, part)) }
    }

    func take() -> Element? {
        if let part = only.take() { return .part(part) }
        guard taken < elements.count else { return nil }
        taken += 1
        let element = elements[taken - 1]
        if taken == elements.count {
            elements.removeAll(keepingCapacity: true)
            taken = 0
        }
        return element
    }

    /// What `take` has left behind the element it gave last.
    func takeAll() -> [Element] {
        defer { (elements, taken) = ([], 0) }
        return Array(elements[taken...])
    }
}
