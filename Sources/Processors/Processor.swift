/// Turns a stream of parts into another. One call sees the whole stream.
///
///     struct Count: Processor {
///         func process(_ input: PartStream, into output: Output) async throws {
///             var count = 0
///             for try await _ in input { count += 1 }
///             try await output.emit(Part("\(count)"))
///         }
///     }
///     for try await part in Count()(["a", "b"]) { … }
///
/// The call runs in a task of its own, behind a bounded queue. Parts on reserved substreams never come in: they go to the
/// output at once (see `ReservedSubstreams`).
public protocol Processor: Sendable {
    /// Reads the input and emits output as it goes. Returning ends the output; the first error thrown ends the run and
    /// reaches the consumer as it is. When the consumer leaves, the task is cancelled and `emit` throws.
    func process(_ input: PartStream, into output: Output) async throws

    /// How the processor takes its place in a run. Every kind of processor has one; there is no need to write it.
    var form: ProcessorForm { get }
}

/// Turns one part into any number, without looking at others, so that many can be under way at once.
///
/// Every part that matches is processed in a task of its own, up to the limits of the run; outputs come in the order of the
/// inputs, those of one part in the order they were emitted. Work of microseconds that never waits is better a
/// `SynchronousPartProcessor`, which costs no task.
public protocol PartProcessor: Processor {
    /// Whether the part is for this processor. Others pass it unchanged in a chain and are not seen by it in a parallel;
    /// no task is made for them. Must be quick and depend on nothing but the part. True unless implemented.
    func match(_ part: Part) -> Bool

    /// Emits what becomes of one part.
    func process(_ part: Part, into output: Output) async throws
}

/// A part processor that only computes. Neighbours are fused: a part runs through all of them in one call, when the consumer
/// asks for the next part.
public protocol SynchronousPartProcessor: PartProcessor {
    /// Emits what becomes of one part.
    func process(_ part: Part, into emitter: inout Emitter) throws
}

extension Processor {
    /// The output for an input. Work begins when the output is read; an output is read once.
    ///
    /// - Parameter limits: What may wait between stages and be under way at once.
    public func callAsFunction(_ input: PartStream, limits: QueueLimits = .balanced) -> PartStream {
        PartStream(once: { reserved in
            var assembly = Assembly(over: input, limits: limits, reserved: reserved)
            assembly.add(form.kind)
            return assembly.finished()
        })
    }

    /// The output for parts that are there already.
    public func callAsFunction(_ input: Content, limits: QueueLimits = .balanced) -> PartStream { self(PartStream(input), limits: limits) }

    /// That of a processor of whole streams.
    public var form: ProcessorForm { ProcessorForm(.stream(self)) }
}

extension PartProcessor {
    /// That of a processor that may wait.
    public var form: ProcessorForm { ProcessorForm(.awaiting(self)) }

    /// Every part is for this processor.
    public func match(_ part: Part) -> Bool { true }

    /// Processes every part of a stream, as a call does.
    public func process(_ input: PartStream, into output: Output) async throws {
        for try await part in self(input) { try await output.emit(part) }
    }
}

extension SynchronousPartProcessor {
    /// That of a processor that only computes.
    public var form: ProcessorForm { ProcessorForm(.synchronous(self)) }

    /// The same for callers that wait.
    public func process(_ part: Part, into output: Output) async throws {
        let sink = RowSink(run: Run(reserved: [], door: Door()))
        var emitter = Emitter(sink: sink, next: nil, invocation: nil)
        try process(part, into: &emitter)
        while case .part(let part)? = sink.take() { try await output.emit(part) }
    }
}

/// How a processor takes its place in a run.
///
/// Asked of the processor rather than found by casts, of which the first of every kind takes tens of microseconds.
public struct ProcessorForm: Sendable {
    enum Kind: Sendable {
        case stream(any Processor)
        case scan(any ScanProcessor)
        case chain([any Processor])
        case partChain([any PartProcessor])
        case parallel(Parallel)
        case route(PartSwitch)
        case function(PartFunction)
        case synchronous(any SynchronousPartProcessor)
        case hasty(any HastyPartProcessor)
        case awaiting(any PartProcessor)
    }
    let kind: Kind

    init(_ kind: Kind) { self.kind = kind }
}

/// How much may wait in each queue of a run, and how many parts may be under way in each row of part processors.
///
/// Beyond it, whoever produces waits until somebody takes; what is first in order is always let through, so that limits
/// never block a run whose parts do not wait for later ones. A part that waits for one further behind than `parts` needs
/// `unbounded`.
public struct QueueLimits: Sendable, Hashable {
    /// Most parts in a queue, and most parts under way at once.
    public var parts: Int
    /// Most bytes in a queue, by `Part.footprint`; one part may be larger.
    public var bytes: Int

    /// Limits of at least one part and one byte.
    public init(parts: Int, bytes: Int) {
        precondition(parts > 0 && bytes > 0, "a queue needs room for one part")
        self.parts = parts
        self.bytes = bytes
    }

    /// 1024 parts or 64 MiB: for streams of many small parts with nobody waiting for the first.
    public static let highThroughput = QueueLimits(parts: 1024, bytes: 64 << 20)
    /// 64 parts or 4 MiB.
    public static let balanced = QueueLimits(parts: 64, bytes: 4 << 20)
    /// 4 parts or 1 MiB: little is under way when plans change.
    public static let lowLatency = QueueLimits(parts: 4, bytes: 1 << 20)
    /// No limit: memory grows with what waits.
    public static let unbounded = QueueLimits(parts: .max, bytes: .max)
}
