/// A pure, versioned step: the stored properties are everything the output depends on.
///
///     struct QuantizeColors: Stage {
///         static let name = "tracing.quantize", version = 3
///         var image: Artifact<Raster<RGBA8>>              // an input, named by digest
///         var count = 16
///         func run(in context: Context) throws -> IndexedRaster { … context[image] … }
///     }
///
/// Encoding a stage gives its key and finds its inputs. `run` sees the values of its inputs, never the engine.
/// Raise `version` whenever the same inputs give other output.
public protocol Stage: Encodable, Sendable {
    /// What the stage makes.
    associatedtype Output: Storable

    /// Unique name in lower case with a room in front, such as `tracing.quantize`.
    static var name: String { get }
    /// Raised whenever the same stored properties give other output.
    static var version: Int { get }
    /// Failures that may be kept outside memory, so that they can be read back as themselves. Default: none.
    static var failures: [any StorableFailure.Type] { get }
    /// Where this output may be kept, for how long, and from which cost on. Default: `.everywhere` when `Output` has a
    /// byte format, else `.memory`.
    var retention: Retention { get }

    /// Largest number of bytes `run` holds at once beside its inputs, as well as it can be said before running.
    /// Default: 0, for stages too small to count.
    func footprint(in context: Context) -> Int

    /// Makes the output. A stage that only computes is synchronous; `async` is for waiting on something outside.
    func run(in context: Context) async throws -> Output
}

extension Stage {
    /// Everywhere when the output has a byte format, else in memory.
    public var retention: Retention { Output.format == nil ? .memory : .everywhere }

    /// None.
    public static var failures: [any StorableFailure.Type] { [] }

    /// Too small to count.
    public func footprint(in context: Context) -> Int { 0 }
}

/// A step whose output is another artifact: composition that depends on data.
///
/// A plan runs like a stage, frees its slot, and the artifact it returned is made. Digest → digest is kept as an
/// alias, so the plan's own digest answers next time.
public protocol Plan: Encodable, Sendable {
    /// What the returned artifact promises.
    associatedtype Output: Storable

    /// Unique name among stages and plans.
    static var name: String { get }
    /// Raised whenever the same stored properties give another artifact.
    static var version: Int { get }
    /// Failures that may be kept outside memory, so that they can be read back as themselves. Default: none.
    static var failures: [any StorableFailure.Type] { get }

    /// Says which artifact holds the answer.
    func plan(in context: Context) async throws -> Artifact<Output>
}

extension Plan {
    /// None.
    public static var failures: [any StorableFailure.Type] { [] }
}
