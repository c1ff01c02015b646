/// A run while it is put together, first to last: neighbours that need no task become rows of steps, which run when they are asked or,
/// where one waits, in tasks before a queue; every other processor of whole streams becomes a task.
///
/// Without arrays of processors, whose type takes a process 11,000 instructions to make; all else takes 16,000 for a chain of eight.
struct Assembly {
    private let limits: QueueLimits
    private let reserved: ReservedSubstreams
    private var result: PartIterator
    /// Of all up to the last queue.
    private let door = Door()
    /// What will follow the rows behind the last queue.
    private var rest = Door.Rest()
    // The row that may still grow.
    private var last: Member?
    private var isSynchronous = true, runsWhenAsked = true

    /// A member of a row, and those before it.
    private final class Member {
        let kind: ProcessorForm.Kind
        let previous: Member?

        init(_ kind: ProcessorForm.Kind, after previous: Member?) { (self.kind, self.previous) = (kind, previous) }
    }

    init(over input: PartStream, limits: QueueLimits, reserved: ReservedSubstreams) {
        self.limits = limits
        self.reserved = reserved
        result = input.makeIterator(reserved: reserved)
    }

    /// What reads the output.
    consuming func finished() -> PartIterator {
        closeRow()
        return result
    }

    /// Puts a processor behind those that are there.
    mutating func add(_ kind: ProcessorForm.Kind) {
        switch kind {
        case .chain(let members): for member in members { add(member.form.kind) }
        case .partChain(let members): for member in members { add(member.form.kind) }
        case .stream(let processor):
            closeRow()
            let unreserved = PartStream(once: { [result, door, reserved] _ in
                UnreservedIterator(over: result, door: door, reserved: reserved)
            })
            result = OutletIterator(makeOutlet(), run: Run(reserved: reserved, door: door)) { root in
                try await processor.process(unreserved, into: Output(branch: root, next: nil, invocation: nil))
            }
        case .scan, .parallel, .route, .function, .synchronous, .hasty, .awaiting:
            // A scan sees parts one after the other, in their order, and those before it may come in any.
            if case .scan = kind, !isSynchronous { closeRow() }
            last = Member(kind, after: last)
            if !kind.isSynchronous {
                isSynchronous = false
                if case .hasty = kind {} else { runsWhenAsked = false }
            }
        }
    }

    private mutating func closeRow() {
        var first: Step?, member = last
        while let current = member {
            first = Step.compile(current.kind, before: first)
            member = current.previous
        }
        if let first {
            if runsWhenAsked {
                let run = Run(reserved: reserved, door: Door(before: rest))
                result = RowIterator(over: result, first: first, run: run, limits: limits)
            } else {
                nonisolated(unsafe) let input = PartStream.Iterator(result)  // handed on to the task
                result = OutletIterator(makeOutlet(), run: Run(reserved: reserved, door: door)) { root in
                    try await root.run(input, through: first)
                }
            }
        }
        (last, isSynchronous, runsWhenAsked) = (nil, true, true)
    }

    /// The queue that is now the last one.
    private mutating func makeOutlet() -> Outlet {
        let outlet = Outlet(limits: limits)
        door.outlet = outlet
        rest.door = door
        rest = Door.Rest()
        return outlet
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
        super.init(hasBatches: base.hasBatches)
    }

    override nonisolated(nonsending) func next() async throws -> Part? {
        while let part = try await base.next() {
            guard reserved.reserves(part) else { return part }
            door.deliver(part)
        }
        return nil
    }

    override func partsAtHand() -> [Part]? {
        while let parts = base.partsAtHand() {
            let left = unreserved(parts)
            if !left.isEmpty { return left }
        }
        return nil
    }

    override nonisolated(nonsending) func nextBatch() async throws -> [Part] {
        while true {
            let parts = try await base.nextBatch(), left = unreserved(parts)
            if parts.isEmpty || !left.isEmpty { return left }
        }
    }

    private func unreserved(_ parts: [Part]) -> [Part] {
        guard parts.contains(where: { reserved.reserves($0) }) else { return parts }
        return parts.filter { part in
            if reserved.reserves(part) {
                door.deliver(part)
                return false
            }
            return true
        }
    }
}

/// Reads what a task writes, which begins when it is first asked and is cancelled when the iterator goes.
final class OutletIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    private let outlet: Outlet
    @exclusivity(unchecked) private var begin: (() -> Void)?
    @exclusivity(unchecked) private var ready: [Outlet.Element] = []
    @exclusivity(unchecked) private var taken = 0

    /// Most parts that are handed on at once, so that what is read is let go soon.
    private static let batch = 64

    init(_ outlet: Outlet, run: Run, _ body: @escaping @Sendable (Branch) async throws -> Void) {
        self.outlet = outlet
        begin = {
            let root = outlet.begin(run: run)
            root.run { try await body(root) }
        }
        super.init(hasBatches: true)
    }

    /// Reads what somebody else writes.
    init(reading outlet: Outlet) {
        self.outlet = outlet
        super.init(hasBatches: true)
    }

    deinit { outlet.cancel() }

    override nonisolated(nonsending) func next() async throws -> Part? {
        repeat {
            if let part = try takeReady() { return part }
        } while try await read()
        return nil
    }

    override func partsAtHand() -> [Part]? {
        guard taken < ready.count else { return nil }
        var parts: [Part] = []
        parts.reserveCapacity(min(Self.batch, ready.count - taken))
        while taken < ready.count, parts.count < Self.batch {
            if case .failure = ready[taken] { break }
            if case .part(let part) = takeElement() { parts.append(part) }
        }
        return parts.isEmpty ? nil : parts
    }

    override nonisolated(nonsending) func nextBatch() async throws -> [Part] {
        repeat {
            if let parts = partsAtHand() { return parts }
            if let part = try takeReady() { return [part] }
        } while try await read()
        return []
    }

    private func takeElement() -> Outlet.Element {
        var element = Outlet.Element.taken
        swap(&element, &ready[taken])
        taken += 1
        return element
    }

    private func takeReady() throws -> Part? {
        while taken < ready.count {
            switch takeElement() {
            case .part(let part): return part
            case .failure(let error):
                outlet.cancel()
                throw error
            case .branch, .taken: break
            }
        }
        return nil
    }

    /// Waits for something to be ready; false at the end.
    private nonisolated(nonsending) func read() async throws -> Bool {
        if let begin {
            self.begin = nil
            begin()
        }
        taken = 0
        do { try await outlet.read(into: &ready) } catch {
            outlet.cancel()
            throw error
        }
        return !ready.isEmpty
    }
}
