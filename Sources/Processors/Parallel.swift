/// Part processors side by side: each that matches a part gets it, and their outputs for one part follow each other in the
/// order of the members. A part that none matches is dropped unless `passing` says otherwise.
///
///     let media = Parallel([caption, transcribe], passing: .unlessOutput)
public struct Parallel: PartProcessor {
    /// What becomes of the input part itself.
    public enum Passing: Sendable, Hashable {
        /// It is used up.
        case never
        /// It passes when the members emitted nothing for it.
        case unlessOutput
        /// It passes after the members' outputs.
        case always
    }

    /// Side by side, in the order of their outputs.
    public let members: [any PartProcessor]
    /// What becomes of the input part itself.
    public let passing: Passing

    /// Processors side by side.
    public init(_ members: [any PartProcessor], passing: Passing = .never) {
        self.members = members
        self.passing = passing
    }

    /// That of a parallel.
    public var form: ProcessorForm { ProcessorForm(.parallel(self)) }

    /// Whether a member matches, or nothing would pass: the part must come in to be dropped.
    public func match(_ part: Part) -> Bool { passing == .never || members.contains { $0.match(part) } }

    /// Emits what becomes of one part.
    public func process(_ part: Part, into output: Output) async throws { try await output.emit(contentsOf: self([part])) }
}

/// Sends every part to the first case whose condition holds; drops those for which none does.
///
///     let route = PartSwitch([.init(when: { $0.mimeType.isImage }, caption)], default: passThrough)
///
/// Order is kept. `Switch` does the same for processors of whole streams.
public struct PartSwitch: PartProcessor {
    /// A condition and what it leads to.
    public struct Case: Sendable {
        let condition: @Sendable (Part) throws -> Bool
        let processor: any PartProcessor

        /// A case. An error of the condition is an error of the run.
        public init(when condition: @escaping @Sendable (Part) throws -> Bool, _ processor: any PartProcessor) {
            self.condition = condition
            self.processor = processor
        }
    }

    let cases: [Case]

    /// Cases in order of precedence, and what takes the rest; nil drops it.
    public init(_ cases: [Case], default rest: (any PartProcessor)? = nil) {
        self.cases = cases + (rest.map { [Case(when: { _ in true }, $0)] } ?? [])
    }

    /// That of a switch.
    public var form: ProcessorForm { ProcessorForm(.route(self)) }

    /// Emits what becomes of one part.
    public func process(_ part: Part, into output: Output) async throws { try await output.emit(contentsOf: self([part])) }
}
