/// Takes the outputs of a synchronous part processor. What follows in the chain runs inside the call, so order needs no
/// queue; its errors end the run but are not seen here.
public struct Emitter: ~Copyable {
    // Not counted: whoever makes an emitter keeps them until the call that it is lent to has returned, and it cannot be
    // copied out of that call.
    private let sink: Unmanaged<Sink>
    private let next: Unmanaged<Step>?
    private let invocation: Unmanaged<Invocation>?

    init(sink: Sink, next: Step?, invocation: Invocation?) {
        self.sink = .passUnretained(sink)
        self.next = next.map { .passUnretained($0) }
        self.invocation = invocation.map { .passUnretained($0) }
    }

    /// Emits a part.
    public mutating func emit(_ part: Part) {
        sink._withUnsafeGuaranteedRef { sink in
            if part.isOnSubstream, sink.run.reserved.contains(part.substream) {
                sink.run.door.deliver(part)
            } else if let next {
                guard !sink.hasFailed else { return }
                next._withUnsafeGuaranteedRef { $0.take(part, sink: sink, under: invocation?.takeUnretainedValue()) }
            } else {
                sink.put(part)
            }
        }
    }
}

/// Takes the outputs of a processor that may wait.
public struct Output: Sendable {
    let branch: Branch
    let next: Step?
    let invocation: Invocation?

    /// Emits a part, and waits while too much is waiting already.
    ///
    /// Throws `CancellationError` when nobody reads the output any more.
    public nonisolated(nonsending) func emit(_ part: Part) async throws {
        if next == nil, !branch.run.reserved.reserves(part) {
            if branch.offer(CollectionOfOne(part)) == 0 { try await branch.putWhenThereIsRoom(part) }
        } else {
            branch.pass(part, to: next, under: invocation)
            if branch.mustWait { try await branch.waitForRoom() }
        }
    }

    /// Emits all parts of a stream.
    public nonisolated(nonsending) func emit(contentsOf stream: PartStream) async throws {
        try await emit(contentsOf: stream, reserved: .current)
    }

    nonisolated(nonsending) func emit(contentsOf stream: PartStream, reserved: ReservedSubstreams) async throws {
        let parts = stream.makeIterator(reserved: reserved)
        guard parts.hasBatches, next == nil else {
            while let part = try await parts.next() { try await emit(part) }
            return
        }
        while true {
            var rest = try await parts.nextBatch()[...]
            if rest.isEmpty { return }
            while !rest.isEmpty {
                // As many at once as there is room for, then one that has to wait or leaves by the door.
                rest = rest.dropFirst(branch.offer(rest.prefix { !branch.run.reserved.reserves($0) }))
                if let part = rest.popFirst() { try await emit(part) }
            }
        }
    }
}

/// What the stages of one run share.
final class Run: Sendable {
    let reserved: ReservedSubstreams
    let door: Door

    init(reserved: ReservedSubstreams, door: Door) {
        self.reserved = reserved
        self.door = door
    }
}

/// The way out for parts on reserved substreams: past all stages to the last queue, or, behind it, to the iterator that is asked for
/// the next part.
final class Door: @unchecked Sendable {
    /// What comes behind a row of steps, which is not known yet when the row is put together.
    final class Rest: @unchecked Sendable {  // set while the stages are put together, before any of them runs
        /// Nil where no queue follows.
        @exclusivity(unchecked) var door: Door?
    }

    private let rest: Rest?
    // Set while the stages are put together, or go on in tasks, before any of these runs.
    @exclusivity(unchecked) var outlet: Outlet?
    // Used only without an outlet, by the one task that asks.
    @exclusivity(unchecked) private var parts: [Part] = []

    init(before rest: Rest? = nil) { self.rest = rest }

    func deliver(_ part: Part) {
        if let next = rest?.door {
            next.deliver(part)
        } else if let outlet {
            outlet.deliver(reserved: part)
        } else {
            parts.append(part)
        }
    }

    func take() -> Part? { parts.isEmpty ? nil : parts.removeFirst() }
}

/// Where the outputs of one task go. `RowSink` keeps them for the task itself, `Branch` hands them to another.
class Sink {
    let run: Run

    init(run: Run) { self.run = run }

    /// Gives a part to the next step, or puts it out after the last. Reserved parts leave by the door.
    final func pass(_ part: Part, to next: Step?, under invocation: Invocation?) {
        if part.isOnSubstream, run.reserved.contains(part.substream) {
            run.door.deliver(part)
        } else if let next {
            if !hasFailed { next.take(part, sink: self, under: invocation) }
        } else {
            put(part)
        }
    }

    var hasFailed: Bool { false }
    func put(_ part: Part) {}
    func fail(_ error: any Error) {}
    /// A place for outputs that come later, after what was put so far.
    func makeBranch() -> Branch { preconditionFailure("a processor that may wait was compiled into a run that cannot") }
    /// Runs a step that may wait on a part, in a task of its own.
    func start(_ step: AwaitingStep, on part: Part, under invocation: Invocation?) {
        preconditionFailure("a processor that may wait was compiled into a run that cannot")
    }
}
