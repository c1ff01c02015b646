/// Puts stages together, first to last: rows of part processors become steps, every processor of whole streams a task.
func iterator(of stages: [ProcessorForm.Kind], over input: PartStream, limits: QueueLimits, reserved: ReservedSubstreams) -> PartIterator {
    let door = Door()
    var result = input.makeIterator(reserved: reserved)
    var row: [ProcessorForm.Kind] = []
    func close(isLast: Bool) {
        defer { row = [] }
        guard let first = Step.compile(row, before: nil) else { return }
        if Step.isSynchronous(row) {
            // The last row has a door of its own, which opens into the iterator.
            let run = Run(reserved: reserved, door: isLast ? Door() : door)
            result = FusedIterator(over: result, first: first, run: run, isLast: isLast)
        } else if HastyIterator.suits(row) {
            let run = Run(reserved: reserved, door: isLast ? Door() : door)
            result = HastyIterator(over: result, first: first, run: run, limits: limits, isLast: isLast)
        } else {
            let run = Run(reserved: reserved, door: door)
            let outlet = Outlet(limits: limits)
            door.outlet = outlet
            result = OutletIterator(outlet, run: run) { [result] root in
                while !root.hasFailed, let part = try await result.next() {
                    root.pass(part, to: first, under: nil)
                    if root.mustWait { try await root.waitForRoom() }
                }
            }
        }
    }
    for stage in stages {
        if case .stream(let processor) = stage {
            close(isLast: false)
            let unreserved = PartStream(once: { [result] _ in UnreservedIterator(over: result, door: door, reserved: reserved) })
            let outlet = Outlet(limits: limits)
            door.outlet = outlet
            result = OutletIterator(outlet, run: Run(reserved: reserved, door: door)) { root in
                try await processor.process(unreserved, into: Output(branch: root, next: nil, invocation: nil))
            }
        } else {
            row.append(stage)
        }
    }
    close(isLast: true)
    return result
}

/// Runs steps that never wait on one part after the other, when it is asked.
private final class FusedIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    private var base: PartIterator
    private let first: Step
    private let sink: PulledSink
    private let isLast: Bool

    init(over base: PartIterator, first: Step, run: Run, isLast: Bool) {
        self.base = base
        self.first = first
        self.isLast = isLast
        sink = PulledSink(run: run)
    }

    override nonisolated(nonsending) func next() async throws -> Part? {
        while true {
            if isLast, let part = sink.run.door.take() { return part }
            if sink.hasOutput, let part = sink.take() { return part }
            if sink.hasFailed {
                base = PartIterator()
                guard let failure = sink.takeFailure() else { return nil }
                throw failure
            }
            guard let part = try await base.next() else { return nil }
            if isLast, sink.run.reserved.reserves(part) { return part }
            sink.pass(part, to: first, under: nil)
            try Task.checkCancellation()
        }
    }
}

/// Takes reserved parts out of the input of a processor.
private final class UnreservedIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    private let base: PartIterator
    private let door: Door
    private let reserved: ReservedSubstreams

    init(over base: PartIterator, door: Door, reserved: ReservedSubstreams) {
        self.base = base
        self.door = door
        self.reserved = reserved
    }

    override nonisolated(nonsending) func next() async throws -> Part? {
        while let part = try await base.next() {
            guard reserved.reserves(part) else { return part }
            door.deliver(part)
        }
        return nil
    }
}

/// Reads what a task writes, which begins when it is first asked and is cancelled when the iterator goes.
final class OutletIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    private let outlet: Outlet
    private var begin: (() -> Void)?
    private var ready: [Outlet.Element] = []
    private var taken = 0

    init(_ outlet: Outlet, run: Run, _ body: @escaping @Sendable (Branch) async throws -> Void) {
        self.outlet = outlet
        begin = {
            let root = outlet.begin(run: run)
            root.run { try await body(root) }
        }
    }

    /// Reads what somebody else writes.
    init(reading outlet: Outlet) { self.outlet = outlet }

    deinit { outlet.cancel() }

    override nonisolated(nonsending) func next() async throws -> Part? {
        while true {
            while taken < ready.count {
                var element = Outlet.Element.taken
                swap(&element, &ready[taken])
                taken += 1
                switch element {
                case .part(let part): return part
                case .failure(let error):
                    outlet.cancel()
                    throw error
                case .branch, .taken: break
                }
            }
            if let begin {
                self.begin = nil
                begin()
            }
            taken = 0
            do { try await outlet.read(into: &ready) } catch {
                outlet.cancel()
                throw error
            }
            if ready.isEmpty { return nil }
        }
    }
}
