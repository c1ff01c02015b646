extension Processor {
    /// The same, but that an error becomes a part of type `text/x-exception` on the substream `status`, after what was
    /// emitted before it, so that the rest of the run goes on. Cancellation stays an error.
    public func exceptionsAsParts() -> ExceptionsAsParts<Self> { ExceptionsAsParts(base: self) }
}

/// A processor whose errors travel as parts; see `Processor.exceptionsAsParts`.
public struct ExceptionsAsParts<Base: Processor>: Processor {
    let base: Base

    /// That of the processor itself.
    public var form: ProcessorForm {
        if let processor = self as? any SynchronousPartProcessor { return ProcessorForm(.synchronous(processor)) }
        if let processor = self as? any PartProcessor { return ProcessorForm(.awaiting(processor)) }
        return ProcessorForm(.stream(self))
    }

    /// Reads the input and emits output as it goes.
    public func process(_ input: PartStream, into output: Output) async throws {
        do {
            try await base.process(input, into: output)
        } catch let error where !(error is CancellationError) {
            try await output.emit(.exception(error))
        }
    }
}

extension ExceptionsAsParts: PartProcessor where Base: PartProcessor {
    /// Whether the part is for the processor.
    public func match(_ part: Part) -> Bool { base.match(part) }

    /// Emits what becomes of one part.
    public func process(_ part: Part, into output: Output) async throws {
        do {
            try await base.process(part, into: output)
        } catch let error where !(error is CancellationError) {
            try await output.emit(.exception(error))
        }
    }
}

extension ExceptionsAsParts: SynchronousPartProcessor where Base: SynchronousPartProcessor {
    /// Emits what becomes of one part.
    public func process(_ part: Part, into emitter: inout Emitter) throws {
        do {
            try base.process(part, into: &emitter)
        } catch let error where !(error is CancellationError) {
            emitter.emit(.exception(error))
        }
    }
}

/// Adds the parts of a source to a stream, as they come.
public struct Source: Processor {
    private let stopsWithInput: Bool
    private let limits: QueueLimits
    private let body: @Sendable (Output) async throws -> Void

    /// - Parameters:
    ///   - stopsWithInput: Whether all ends when either the input or the source does, as it should for a source without an
    ///     end; else it ends when both have.
    ///   - limits: Those of the source's queue.
    ///   - body: Emits the source's parts; called once for each stream.
    public init(
        stopsWithInput: Bool = true, limits: QueueLimits = .balanced, _ body: @escaping @Sendable (Output) async throws -> Void
    ) {
        self.stopsWithInput = stopsWithInput
        self.limits = limits
        self.body = body
    }

    /// Reads the input and emits output as it goes.
    public func process(_ input: PartStream, into output: Output) async throws {
        let parts = PartStream(limits: limits, emitting: body)
        try await output.emit(contentsOf: .merging([input, parts], stopsAtFirstEnd: stopsWithInput))
    }
}
