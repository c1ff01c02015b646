/// One level: get, put and evict by digest. Levels are an array; the first hit wins and fills upward.
///
/// A store may forget anything at any time, must never return an entry under another digest than it was put
/// under, and reports its own trouble (full disk, lost connection) as misses and skipped puts, never as errors.
/// `Tests/MemoTests/StoreConformance.swift` is what every store passes.
public protocol Store: Sendable {
    /// Short name for events and `explain`: `memory`, `disk`, `redis`.
    var name: String { get }

    /// Whether only values with a byte format can be kept here.
    var storesBytesOnly: Bool { get }

    /// The entry under a digest; nil when there is none, or it is damaged, foreign, outdated or unreadable.
    func get(_ digest: Digest) -> Entry?

    /// What is known about an entry without reading or counting it as used; for `explain`.
    func peek(_ digest: Digest) -> EntryHeader?

    /// Keeps an entry, now or never; an entry larger than the store's bound is not kept.
    func put(_ entry: Entry)

    /// Forgets an entry; nothing happens when there is none.
    func evict(_ digest: Digest)

    /// Asks to be told of entries the store lets go to make room. Called once, by the engine that uses the store.
    func observeEvictions(_ observer: @escaping @Sendable (EntryHeader) -> Void)
}

extension Store {
    /// For stores that cannot tell.
    public func observeEvictions(_ observer: @escaping @Sendable (EntryHeader) -> Void) {}
}

/// What a store keeps under a digest.
public struct Entry: Sendable {
    /// What it keeps.
    public enum Payload: Sendable {
        /// The value itself, as the memory level holds it.
        case value(any Storable)
        /// The value written in the header's format, as it comes back from disk or network.
        case bytes(Blob)
        /// Another digest that answers for this one (the outcome of a plan).
        case alias(Digest)
        /// A failure that declared itself storable, as its text.
        case failure(String)
    }

    /// What is known about it.
    public var header: EntryHeader
    /// The thing itself.
    public var payload: Payload

    /// An entry from its parts.
    public init(header: EntryHeader, payload: Payload) {
        self.header = header
        self.payload = payload
    }
}

/// What every level knows about an entry.
public struct EntryHeader: Hashable, Sendable {
    /// The digest it answers for.
    public var digest: Digest
    /// Name and version of the stage or plan that made it.
    public var stage: String, stageVersion: Int
    /// Name and version of the byte format; empty and 0 when there is none.
    public var format: String, formatVersion: Int
    /// Weight of the value in memory, in bytes.
    public var byteCount: Int
    /// Nanoseconds spent in `run` to make it.
    public var selfCost: UInt64
    /// Self cost plus that of its distinct inputs, direct and indirect, in nanoseconds.
    public var chainCost: UInt64
    /// When it was made, in seconds since 1970.
    public var created: Int64
    /// When it stops being an answer, in seconds since 1970; nil for never.
    public var expires: Int64?
    /// Tags of the artifact with their generations as read before computing.
    public var tags: [TagGeneration]

    /// What losing it costs, in nanoseconds: a final output is made anew from the source, an intermediate from inputs
    /// that are probably still there.
    public var worth: UInt64 { format.isEmpty ? selfCost : chainCost }

    /// A header from its parts.
    public init(
        digest: Digest, stage: String, stageVersion: Int, format: String = "", formatVersion: Int = 0, byteCount: Int,
        selfCost: UInt64 = 0, chainCost: UInt64 = 0, created: Int64 = 0, expires: Int64? = nil, tags: [TagGeneration] = []
    ) {
        self.digest = digest
        self.stage = stage
        self.stageVersion = stageVersion
        self.format = format
        self.formatVersion = formatVersion
        self.byteCount = byteCount
        self.selfCost = selfCost
        self.chainCost = chainCost
        self.created = created
        self.expires = expires
        self.tags = tags
    }
}

/// A tag as an entry remembers it: the generation that was current when the computation began.
public struct TagGeneration: Hashable, Sendable {
    /// The tag, levels separated by `/`: `font/Lato`.
    public var tag: String
    /// How often it had been invalidated.
    public var generation: UInt64

    /// A tag generation from its parts.
    public init(tag: String, generation: UInt64) {
        self.tag = tag
        self.generation = generation
    }
}
