import AtelierJSON
import AtelierMemo
public import AtelierProcessors
import AtelierStages

/// A part that a step could make nothing of; the others go on.
public struct ItemFailure: Error, CustomStringConvertible {
    /// The part.
    public var part: Part
    /// What was thrown.
    public var underlying: any Error

    /// A failure of a part.
    public init(_ part: Part, _ error: any Error) {
        self.part = part
        underlying = error
    }

    /// The part's name where it has one, then the error's sentence.
    public var description: String { part.name.isEmpty ? "\(underlying)" : "\(part.name): \(underlying)" }
}

extension Part {
    /// The entry of the metadata under which sources of files tell the path.
    package static let fileName = "original_file_name"

    /// Under which name the part came, such as the path of its file; empty without one.
    package var name: String { if case .string(let name)? = metadata[Part.fileName] { name } else { "" } }
}

/// What all steps share: which parts they take, whom they ask, what they call what they make, and what becomes of failures.
struct PartByPart: Sendable {
    let engine: Engine
    /// Media types such as `image/png`, or `image/*`.
    let sources: [String]
    /// Is told of each failure, and the part is left out; nil ends the run with the first.
    let onFailure: (@Sendable (ItemFailure) -> Void)?
    /// The way of the parts that are taken.
    var lane = Lane.main
    /// The way that parts go on which nothing could be made of; nil when they are told and left out.
    var fallback: Lane?
    /// What parts that are made are called.
    var name: PartTemplate?

    /// Whether a part is taken. Parts without bytes are not.
    func takes(_ part: Part) -> Bool {
        guard part.lane == lane, isTaken(part.mimeType.text, by: sources) else { return false }
        if case .bytes = part.payload { return true }
        return part.isText && (part.mimeType.begins(with: "image/svg") || part.mimeType.isJSON)
    }

    /// Emits what a request makes of a part, under the part's name with another ending.
    func make(
        of part: Part, _ target: Pipeline.Target, into output: Output, _ request: (Artifact<Blob>) async throws -> Blob
    ) async throws {
        guard let bytes = part.bytes else { return try await output.emit(part) }
        let made: Part
        do { made = try part.made(try await request(.blob(bytes)), target, called: name) } catch {
            return try await fail(part, error, output)
        }
        try await output.emit(made)
    }

    /// Sends the part its other way, if it has one; tells of the failure, or throws it.
    func fail(_ part: Part, _ error: any Error, _ output: Output) async throws {
        guard let fallback, !(error is CancellationError), !((error as? StageFailure)?.underlying is CancellationError) else {
            return try fail(part, error)
        }
        try await output.emit(part.going(fallback))
    }

    /// Tells of a failure, or throws it.
    func fail(_ part: Part, _ error: any Error) throws {
        if error is CancellationError || (error as? StageFailure)?.underlying is CancellationError { throw CancellationError() }
        guard let onFailure else { throw ItemFailure(part, error) }
        onFailure(ItemFailure(part, error))
    }
}

extension Part {
    /// A part with what was made of this one: its role, substream and metadata, its name with the ending of the target.
    fileprivate func made(_ bytes: Blob, _ target: Pipeline.Target, called template: PartTemplate?) throws -> Part {
        var metadata = metadata
        if let template {
            metadata[Part.fileName] = .string(try template.filled(for: self))
        } else if !name.isEmpty {
            metadata[Part.fileName] = .string(Self.renamed(name, to: target.ending))
        }
        return try Part(bytes: bytes, mimeType: MIMEType(target.mediaType), role: role, substream: substream, metadata: metadata)
    }

    /// `art/logo.png` with the ending `svg` is `art/logo.svg`.
    package static func renamed(_ name: String, to ending: String) -> String { stem(of: name) + "." + ending }
}
