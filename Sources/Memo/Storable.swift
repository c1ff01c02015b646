/// A value the engine can keep: it knows its weight and, when it can leave memory, its byte format.
///
///     extension Raster: Storable {                       // memory only
///         public var byteCount: Int { pixels.count * MemoryLayout<Pixel>.stride }
///     }
public protocol Storable: Sendable {
    /// Bytes the value holds in memory, within a few per cent; its weight in every bound.
    var byteCount: Int { get }

    /// How the value is written as bytes; nil for a value that stays in memory (the default).
    static var format: StorageFormat<Self>? { get }
}

extension Storable {
    /// Memory only.
    public static var format: StorageFormat<Self>? { nil }
}

/// A named and versioned byte format. Both stand in every stored header; a reader that finds others sees a miss.
public struct StorageFormat<Value: Sendable>: Sendable {
    /// Name of the format, unique in the project, such as `blob` or `svg.tree`.
    public var name: String
    /// Raised whenever older bytes would be read differently.
    public var version: Int
    /// Writes the value.
    public var encode: @Sendable (Value) -> Blob
    /// Reads what `encode` wrote; throws for anything else, which counts as a miss.
    public var decode: @Sendable (Blob) throws -> Value

    /// A format from its parts.
    public init(
        name: String, version: Int, encode: @escaping @Sendable (Value) -> Blob, decode: @escaping @Sendable (Blob) throws -> Value
    ) {
        self.name = name
        self.version = version
        self.encode = encode
        self.decode = decode
    }
}
