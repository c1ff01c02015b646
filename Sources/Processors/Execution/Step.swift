import Synchronization

/// A part processor put in place: it knows what follows. A row of part processors is compiled into steps, last first, so that
/// each hands its outputs straight on.
class Step: @unchecked Sendable {  // immutable after it is made; processors are Sendable
    /// Nil at the end of the row.
    final let next: Step?

    init(next: Step?) { self.next = next }

    /// Takes a part that is not on a reserved substream.
    func take(_ part: Part, sink: Sink, under invocation: Invocation?) {}

    /// Compiles a row of part processors so that its outputs go to `next`.
    static func compile(_ row: [ProcessorForm.Kind], before next: Step?) -> Step? {
        var next = next
        for kind in row.reversed() {
            next =
                switch kind {
                case .chain, .partChain, .stream: preconditionFailure("a row consists of single part processors")
                case .parallel(let parallel): ParallelStep(parallel, next: next)
                case .route(let route): SwitchStep(route, next: next)
                case .function(let function): FunctionStep(function, next: next)
                case .synchronous(let processor): SynchronousStep(processor, next: next)
                case .hasty(let processor): AwaitingStep(processor, hasty: processor, next: next)
                case .awaiting(let processor): AwaitingStep(processor, hasty: nil, next: next)
                }
        }
        return next
    }

    /// Whether steps compiled from it never wait.
    static func isSynchronous(_ row: [ProcessorForm.Kind]) -> Bool {
        row.allSatisfy { kind in
            switch kind {
            case .parallel(let parallel): parallel.members.allSatisfy { isSynchronous($0.form.leaves) }
            case .route(let route): route.cases.allSatisfy { isSynchronous($0.processor.form.leaves) }
            case .function, .synchronous: true
            case .chain, .partChain, .stream, .hasty, .awaiting: false
            }
        }
    }
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
    /// Emits what becomes of a part if that is known at once. If not it emits nothing and returns false, and the part is processed
    /// in a task.
    func processAtOnce(_ part: Part, into emitter: inout Emitter) -> Bool
}

extension HastyPartProcessor {
    /// That of a processor that may wait and often need not.
    public var form: ProcessorForm { ProcessorForm(.hasty(self)) }
}

final class AwaitingStep: Step, @unchecked Sendable {  // immutable
    let processor: any PartProcessor
    // Bound once: a call through the processors themselves copies them each time.
    private let matches: (Part) -> Bool
    private let processesAtOnce: ((Part, inout Emitter) -> Bool)?

    init(_ processor: any PartProcessor, hasty: (any HastyPartProcessor)?, next: Step?) {
        self.processor = processor
        matches = processor.match
        processesAtOnce = hasty.map { $0.processAtOnce }
        super.init(next: next)
    }

    override func take(_ part: Part, sink: Sink, under invocation: Invocation?) {
        guard matches(part) else { return sink.pass(part, to: next, under: invocation) }
        if let processesAtOnce {
            var emitter = Emitter(sink: sink, next: next, invocation: invocation)
            if processesAtOnce(part, &emitter) { return }
        }
        sink.start(self, on: part, under: invocation)
    }
}

final class SwitchStep: Step, @unchecked Sendable {  // immutable
    private let cases: [(case: PartSwitch.Case, step: Step?)]

    init(_ route: PartSwitch, next: Step?) {
        cases = route.cases.map { ($0, Step.compile($0.processor.form.leaves, before: next)) }
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
        members = parallel.members.map { ($0, Step.compile($0.form.leaves, before: end)) }
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
