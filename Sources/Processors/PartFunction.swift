/// A synchronous part processor from a function.
///
///     let shout = PartFunction { part, emitter in emitter.emit(part.replacing(text: try part.text.uppercased())) }
public struct PartFunction: SynchronousPartProcessor {
    let matches: (@Sendable (Part) -> Bool)?
    let body: @Sendable (Part, inout Emitter) throws -> Void

    /// - Parameters:
    ///   - matching: Which parts are for it; nil for all.
    ///   - body: Emits what becomes of one part.
    public init(matching: (@Sendable (Part) -> Bool)? = nil, _ body: @escaping @Sendable (Part, inout Emitter) throws -> Void) {
        matches = matching
        self.body = body
    }

    /// That of a function.
    public var form: ProcessorForm { ProcessorForm(.function(self)) }

    /// Whether the part is for this processor.
    public func match(_ part: Part) -> Bool { matches?(part) ?? true }

    /// Emits what becomes of one part.
    public func process(_ part: Part, into emitter: inout Emitter) throws { try body(part, &emitter) }
}

/// A part processor that may wait, from a function.
///
///     let fetch = AsyncPartFunction { part, output in try await output.emit(Part(try await download(part.text))) }
public struct AsyncPartFunction: PartProcessor {
    private let matches: (@Sendable (Part) -> Bool)?
    private let body: @Sendable (Part, Output) async throws -> Void

    /// - Parameters:
    ///   - matching: Which parts are for it; nil for all.
    ///   - body: Emits what becomes of one part.
    public init(matching: (@Sendable (Part) -> Bool)? = nil, _ body: @escaping @Sendable (Part, Output) async throws -> Void) {
        matches = matching
        self.body = body
    }

    /// Whether the part is for this processor.
    public func match(_ part: Part) -> Bool { matches?(part) ?? true }

    /// Emits what becomes of one part.
    public func process(_ part: Part, into output: Output) async throws { try await body(part, output) }
}

/// A processor of whole streams from a function.
///
///     let count = StreamFunction { input, output in … }
public struct StreamFunction: Processor {
    private let body: @Sendable (PartStream, Output) async throws -> Void

    /// - Parameter body: Reads the input and emits output as it goes.
    public init(_ body: @escaping @Sendable (PartStream, Output) async throws -> Void) { self.body = body }

    /// Reads the input and emits output as it goes.
    public func process(_ input: PartStream, into output: Output) async throws { try await body(input, output) }
}
