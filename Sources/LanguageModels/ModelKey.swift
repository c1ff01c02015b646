#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where a key is: an environment variable, read for each request. The key itself is in no value that could be printed.
public struct ModelKey: Hashable, Sendable {
    /// The variable's name.
    public let variable: String

    /// The key in a variable.
    public init(environment variable: String) { self.variable = variable }

    /// Whether there is a key.
    public var isSet: Bool { getenv(variable).map { $0.pointee != 0 } ?? false }

    /// Hands the key to `body`.
    /// - Throws: `ModelError.noKey` where there is none.
    func withKey<Result>(_ body: (String) throws -> Result) throws -> Result {
        guard let value = getenv(variable), value.pointee != 0 else { throw ModelError.noKey(variable: variable) }
        return try body(String(cString: value))
    }

    /// A text from a server without the key, should it repeat it.
    func withholding(_ text: String) -> String {
        guard let value = getenv(variable), value.pointee != 0 else { return text }
        return text.replacing(String(cString: value), with: "…")
    }
}
