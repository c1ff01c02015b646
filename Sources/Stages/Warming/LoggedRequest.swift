public import AtelierMemo

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A request as the log remembers it: what was wanted, from which files, and what is known of its being wanted.
public struct LoggedRequest: Hashable, Sendable {
    /// What was wanted.
    public var request: Request
    /// Absolute path of each source; nil for one that came through a pipe and cannot be read again.
    public var paths: [String?]
    /// How often, when, and what it costs.
    public var use: RequestUse

    /// A request from its parts, as many paths as sources.
    public init(_ request: Request, paths: [String?], use: RequestUse) {
        precondition(paths.count == request.sources.count, "a logged request has a path or nil for each source")
        self.request = request
        self.paths = paths
        self.use = use
    }

    /// The recipe over the files as they were: their bytes are read, and held against the digests, when a stage needs them.
    ///
    /// - Throws: `RequestError` for a count of sources the target cannot be made of.
    func conversion() throws(RequestError) -> Conversion {
        // Nothing can be read under an empty path, which is what a pipe has left.
        try request.conversion(of: zip(request.sources, paths).map { .file(path: $1 ?? "", expecting: $0) })
    }
}

/// How often a request was made, when last, and what its output costs.
public struct RequestUse: Hashable, Sendable {
    /// Identity of the output when it was last asked for. A raised stage version gives the same request another.
    public var output: Digest
    /// Nanoseconds of making the output from its sources.
    public var cost: UInt64
    /// How often.
    public var count = 1
    /// When last, in seconds since 1970.
    public var last: Int64
    /// How often, older times counting less, as of `last`.
    public var weight = 1.0

    /// One use, at a time in seconds since 1970.
    public init(of output: Digest, cost: UInt64, at time: Int64) {
        self.output = output
        self.cost = cost
        last = time
    }

    /// Days after which having been asked for counts half. A guess: no record of real use reaches back that far yet.
    private static let halfLife = 7.0

    /// How often, older times counting less, as of `now`. A clock that was set back makes nothing younger than new.
    public func frequency(at now: Int64) -> Double {
        weight * exp2(-max(0, Double(now) - Double(last)) / (Self.halfLife * 86_400))
    }

    /// Uses of one request as one.
    func merged(with other: RequestUse) -> RequestUse {
        let older = last <= other.last ? self : other
        var newer = last <= other.last ? other : self
        newer.weight += older.frequency(at: newer.last)
        newer.count = min(newer.count, Int.max / 2) + min(older.count, Int.max / 2)
        // A run that found its first half done, or ran under load, is no measure: the middle is nearer to one.
        newer.cost = newer.cost / 2 + older.cost / 2
        return newer
    }
}
