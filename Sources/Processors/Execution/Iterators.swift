/// Puts stages together, first to last: rows of steps run when they are asked or, where they wait, in tasks before a queue, and every
/// processor of whole streams in a task.
func iterator(of stages: [ProcessorForm.Kind], over input: PartStream, limits: QueueLimits, reserved: ReservedSubstreams) -> PartIterator {
    let door = Door()
    var result = input.makeIterator(reserved: reserved)
    var begin = 0
    func closeRow(at end: Int) {
        defer { begin = end }
        let row = stages[begin..<end]
        guard let first = Step.compile(row, before: nil) else { return }
        if row.allSatisfy(\.runsWhenAsked) {
            // Where no queue follows, a row has a door of its own, which opens into the iterator.
            let isLast = stages[end...].allSatisfy(\.runsWhenAsked)
            let run = Run(reserved: reserved, door: isLast ? Door() : door)
            result = RowIterator(over: result, first: first, run: run, limits: limits, isLast: isLast)
        } else {
            let outlet = Outlet(limits: limits)
            door.outlet = outlet
            nonisolated(unsafe) let input = PartStream.Iterator(result)  // handed on to the task
            result = OutletIterator(outlet, run: Run(reserved: reserved, door: door)) { root in
                try await root.run(input, through: first)
            }
        }
    }
    for (index, stage) in stages.enumerated() {
        switch stage {
        case .stream(let processor):
            closeRow(at: index)
            begin = index + 1
            let unreserved = PartStream(once: { [result] _ in UnreservedIterator(over: result, door: door, reserved: reserved) })
            let outlet = Outlet(limits: limits)
            door.outlet = outlet
            result = OutletIterator(outlet, run: Run(reserved: reserved, door: door)) { root in
                try await processor.process(unreserved, into: Output(branch: root, next: nil, invocation: nil))
            }
        case .scan where !stages[begin..<index].allSatisfy(\.isSynchronous):
            // It sees parts one after the other, in their order, and those before it may come in any.
            closeRow(at: index)
        default: break
        }
    }
    closeRow(at: stages.count)
    return result
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
