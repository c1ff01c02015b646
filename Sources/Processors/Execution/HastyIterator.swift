/// Runs a row of part processors that seldom wait when it is asked, like one that never does; from the first part on that has to
/// wait, in tasks behind a queue. So a stream of which a cache knows everything costs neither.
final class HastyIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    private let base: PartIterator
    private let first: Step
    private let limits: QueueLimits
    private let isLast: Bool
    private let sink: HastySink
    /// Parts since somebody looked whether the task is cancelled.
    private var unlooked = 0
    /// What is read from the first part on that had to wait.
    private var rest: OutletIterator?

    init(over base: PartIterator, first: Step, run: Run, limits: QueueLimits, isLast: Bool) {
        self.base = base
        self.first = first
        self.limits = limits
        self.isLast = isLast
        sink = HastySink(run: run)
    }

    /// Whether a row of these runs so: every member computes only, or often has its output at once, and one does.
    static func suits(_ row: [ProcessorForm.Kind]) -> Bool {
        var isHasty = false
        for kind in row {
            switch kind {
            case .function, .synchronous: break
            case .hasty: isHasty = true
            default: return false
            }
        }
        return isHasty
    }

    override nonisolated(nonsending) func next() async throws -> Part? {
        if let rest { return try await rest.next() }
        while true {
            if isLast, let part = sink.run.door.take() { return part }
            if let element = sink.take() {
                switch element {
                case .part(let part): return part
                case .failure(let error):
                    rest = waiting(for: [])
                    throw error
                case .start:
                    let rest = waiting(for: [element] + sink.takeAll())
                    self.rest = rest
                    return try await rest.next()
                }
            }
            guard let part = try await base.next() else { return nil }
            if isLast, sink.run.reserved.reserves(part) { return part }
            sink.pass(part, to: first, under: nil)
            unlooked += 1
            if unlooked == 16 {
                unlooked = 0
                try Task.checkCancellation()
            }
        }
    }

    /// Goes on in tasks with what is left of a part, and then with the parts after it.
    private func waiting(for elements: [HastySink.Element]) -> OutletIterator {
        let outlet = Outlet(limits: limits)
        if isLast { sink.run.door.outlet = outlet }
        return OutletIterator(outlet, run: sink.run) { [base, first] root in
            if elements.isEmpty { return }
            for element in elements {
                switch element {
                case .part(let part): root.put(part)
                case .start(let step, let part): root.start(step, on: part, under: nil)
                case .failure(let error): root.fail(error)
                }
            }
            while !root.hasFailed, let part = try await base.next() {
                root.pass(part, to: first, under: nil)
                if root.mustWait { try await root.waitForRoom() }
            }
        }
    }
}

/// What becomes of a part as far as that is known at once, and what has to wait, in the order of output.
final class HastySink: Sink {
    enum Element: Sendable {
        case part(Part)
        case start(AwaitingStep, Part)
        case failure(any Error)
    }

    // Most parts give one output, which needs no array. It comes before the others.
    private var only: Part?
    private var elements: [Element] = []
    private var taken = 0
    private var isFailed = false

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
