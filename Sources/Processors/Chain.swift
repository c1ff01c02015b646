/// Part processors one after the other: every output of one is an input of the next.
///
/// A part that none of them matches is not for the chain either. One without members matches nothing and passes all.
public struct PartChain: PartProcessor {
    /// In order; chains among them are taken apart.
    public let parts: [any PartProcessor]

    /// A chain.
    public init(_ parts: [any PartProcessor]) {
        self.parts = parts.flatMap { part in if case .partChain(let members) = part.form.kind { members } else { [part] } }
    }

    /// That of its members one after the other.
    public var form: ProcessorForm { ProcessorForm(.partChain(parts)) }

    /// Whether the part is for one of the members as it stands.
    public func match(_ part: Part) -> Bool { parts.contains { $0.match(part) } }

    /// Emits what becomes of one part.
    public func process(_ part: Part, into output: Output) async throws { try await output.emit(contentsOf: self([part])) }
}

/// Processors one after the other. Neighbours that look at single parts run fused; a queue stands only before and behind one
/// that looks at the whole stream.
public struct Chain: Processor {
    /// In order.
    public let members: [any Processor]

    /// A chain; without members it passes its input.
    public init(_ members: [any Processor]) { self.members = members }

    /// That of its members one after the other.
    public var form: ProcessorForm { ProcessorForm(.chain(members)) }

    /// Reads the input and emits output as it goes.
    public func process(_ input: PartStream, into output: Output) async throws { try await output.emit(contentsOf: self(input)) }
}

/// One part processor after the other.
public func + (first: some PartProcessor, second: some PartProcessor) -> PartChain { PartChain([first, second]) }

/// One processor after the other.
public func + (first: some Processor, second: some Processor) -> Chain { Chain([first, second]) }

/// Emits its input.
public let passThrough = PartChain([])

/// Keeps the parts for which `condition` holds.
public func filter(_ condition: @escaping @Sendable (Part) throws -> Bool) -> PartFunction {
    PartFunction { part, emitter in if try condition(part) { emitter.emit(part) } }
}
