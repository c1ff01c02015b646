/// Immutable bytes: every source and every final output.
public struct Blob: Sendable {
    private let bytes: [UInt8]

    /// A blob over bytes in memory.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Number of bytes.
    public var count: Int { bytes.count }

    /// Hands the bytes to `body`; the pointer is valid only inside.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes(body)
    }
}

extension Blob: Storable {
    /// Number of bytes.
    public var byteCount: Int { count }

    /// The bytes themselves.
    public static var format: StorageFormat<Blob>? {
        StorageFormat(name: "blob", version: 1, encode: { $0 }, decode: { $0 })
    }
}
