import Synchronization

/// A part processor put in place: it knows what follows. A row of part processors is compiled into steps, last first, so that
/// each hands its outputs straight on.
///
/// Safe to share: processors are Sendable, and what a step keeps from one part for the next (`ScanProcessor`) is used by the one task
/// that runs the row.
class Step: @unchecked Sendable {
    /// Nil at the end of the row.
    final let next: Step?

    init(next: Step?) { self.next = next }

    /// Takes a part that is not on a reserved substream.
    func take(_ part: Part, sink: Sink, under invocation: Invocation?) {}

    /// Hears that no more parts come: what was held back goes on.
    func finish(sink: Sink) { next?.finish(sink: sink) }

    /// Compiles a processor so that its outputs go to `next`.
    static func compile(_ kind: ProcessorForm.Kind, before next: Step?) -> Step? {
        switch kind {
        case .chain, .stream: preconditionFailure("a row consists of processors that need no task of their own")
        case .partChain(let members): members.reversed().reduce(next) { compile($1.form.kind, before: $0) }
        case .parallel(let parallel): ParallelStep(parallel, next: next)
        case .route(let route): SwitchStep(route, next: next)
        case .scan(let processor): processor.step(before: next)
        case .function(let function): FunctionStep(function, next: next)
        case .synchronous(let processor): SynchronousStep(processor, next: next)
        case .hasty(let processor): processor.step(before: next)
        case .awaiting(let processor): AwaitingStep(processor, next: next)
        }
    }
}

extension ProcessorForm.Kind {
    /// Whether the steps it becomes never wait.
    var isSynchronous: Bool {
        switch self {
        case .partChain(let members): members.allSatisfy(\.form.kind.isSynchronous)
        case .parallel(let parallel): parallel.members.allSatisfy(\.form.kind.isSynchronous)
        case .route(let route): route.cases.allSatisfy(\.processor.form.kind.isSynchronous)
        case .function, .synchronous, .scan: true
        case .chain, .stream, .hasty, .awaiting: false
        }
    }
}

/// A processor of whole streams that only computes: one part after the other, and what it remembers between them. It runs in a row of
/// steps, without the task and the queue of other processors of streams.
protocol ScanProcessor: Processor {
    /// A step that begins a stream.
    func step(before next: Step?) -> Step
}

extension ScanProcessor {
    /// That of a processor of streams that only computes.
    public var form: ProcessorForm { ProcessorForm(.scan(self)) }

    /// Emits what becomes of the stream, as a call does.
    public func process(_ input: PartStream, into output: Output) async throws { try await output.emit(contentsOf: self(input)) }
}

final class SynchronousStep: Step, @unchecked Sendable {  // immutable
    private let processor: any SynchronousPartProcessor

    init(_ processor: any SynchronousPartProcessor, next: Step?) {
        self.processor = processor
        super.init(next: next)
    }

    override func take(_ part: Part, sink: Sink, under invocation: Invocation?) {
        guard processor.match(part) else { return sink.pass(part, to: next, under: invocation) }
        var emitter = Emitter(sink: sink, next: next, invocation: invocation)
        do { try processor.process(part, into: &emitter) } catch { sink.fail(error) }
    }
}

/// The same for functions, called without the detour of a protocol: they are most of what is fused.
final class FunctionStep: Step, @unchecked Sendable {  // immutable
    private let matches: (@Sendable (Part) -> Bool)?
    private let body: @Sendable (Part, inout Emitter) throws -> Void

    init(_ function: PartFunction, next: Step?) {
        matches = function.matches
        body = function.body
        super.init(next: next)
    }

    override func take(_ part: Part, sink: Sink, under invocation: Invocation?) {
        if let matches, !matches(part) { return sink.pass(part, to: next, under: invocation) }
        var emitter = Emitter(sink: sink, next: next, invocation: invocation)
        do { try body(part, &emitter) } catch { sink.fail(error) }
    }
}

/// A part processor that may wait and often need not.
protocol HastyPartProcessor: PartProcessor {
    /// A step that emits what becomes of a part where that is known at once.
    func step(before next: Step?) -> AwaitingStep
}

extension HastyPartProcessor {
    /// That of a processor that may wait and often need not.
    public var form: ProcessorForm { ProcessorForm(.hasty(self)) }
}

class AwaitingStep: Step, @unchecked Sendable {  // immutable
    final let processor: any PartProcessor

    init(_ processor: any PartProcessor, next: Step?) {
        self.processor = processor
        super.init(next: next)
    }

    override func take(_ part: Part, sink: Sink, under invocation: Invocation?) {
        if processor.match(part) {
            sink.start(self, on: part, under: invocation)
        } else {
            sink.pass(part, to: next, under: invocation)
        }
    }
}

final class SwitchStep: Step, @unchecked Sendable {  // immutable
    private let cases: [(case: PartSwitch.Case, step: Step?)]

    init(_ route: PartSwitch, next: Step?) {
        cases = route.cases.map { ($0, Step.compile($0.processor.form.kind, before: next)) }
        super.init(next: next)
    }

    override func take(_ part: Part, sink: Sink, under invocation: Invocation?) {
        do {
            for (candidate, step) in cases where try candidate.condition(part) {
                return sink.pass(part, to: step, under: invocation)
            }
        } catch { sink.fail(error) }
    }
}

final class ParallelStep: Step, @unchecked Sendable {  // immutable
    private let members: [(processor: any PartProcessor, step: Step?)]
    private let passing: Parallel.Passing

    init(_ parallel: Parallel, next: Step?) {
        passing = parallel.passing
        let end = passing == .unlessOutput ? JoinStep(next: next) : next
        members = parallel.members.map { ($0, Step.compile($0.form.kind, before: end)) }
        super.init(next: next)
    }

    override func take(_ part: Part, sink: Sink, under outer: Invocation?) {
        if passing != .never, !members.contains(where: { $0.processor.match(part) }) { return sink.pass(part, to: next, under: outer) }
        let invocation = passing == .unlessOutput ? Invocation(outer: outer) : outer
        for (processor, step) in members where processor.match(part) { sink.pass(part, to: step, under: invocation) }
        switch passing {
        case .never: break
        case .always: sink.pass(part, to: next, under: outer)
        case .unlessOutput:
            guard let invocation else { return }
            if invocation.isAlone {
                if !invocation.hasOutput { sink.pass(part, to: next, under: outer) }
            } else {
                invocation.prepare(part, place: sink.makeBranch(), next: next)
                invocation.leave()
            }
        }
    }
}

/// Where the members of a parallel that passes what they leave meet again: it notes that there was output.
final class JoinStep: Step, @unchecked Sendable {  // immutable
    override func take(_ part: Part, sink: Sink, under invocation: Invocation?) {
        invocation?.noteOutput()
        sink.pass(part, to: next, under: invocation?.outer)
    }
}

/// One part in one parallel that passes the part when its members emit nothing for it.
final class Invocation: Sendable {
    /// The parallel around this one.
    let outer: Invocation?
    private let output = Atomic(false)
    // The members that run in tasks of their own, and the parallel itself until it has called all.
    private let running = Atomic(1)
    // Set before the parallel leaves and read by who leaves last, which `running` puts in order.
    nonisolated(unsafe) private var late: (part: Part, place: Branch, next: Step?)?

    init(outer: Invocation?) { self.outer = outer }

    var hasOutput: Bool { output.load(ordering: .acquiring) }

    func noteOutput() { output.store(true, ordering: .releasing) }

    /// Whether all members have returned already.
    var isAlone: Bool { running.load(ordering: .acquiring) == 1 }

    func enter() { running.wrappingAdd(1, ordering: .relaxed) }

    /// Keeps the part and its place until the last member has returned.
    func prepare(_ part: Part, place: Branch, next: Step?) {
        outer?.enter()
        late = (part, place, next)
    }

    /// The last one passes the part if there was no output.
    func leave() {
        guard running.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0, let (part, place, next) = late else { return }
        if !hasOutput { place.pass(part, to: next, under: outer) }
        place.finish()
        outer?.leave()
    }
}
