import Synchronization

/// One level: get, put and evict by digest. Levels are an array; the first hit wins and fills upward.
///
/// A store may forget anything at any time, must never return an entry under another digest than it was put
/// under, and reports its own trouble (full disk, lost connection) as misses and skipped puts, never as errors.
/// `Tests/MemoTesting/StoreConformance.swift` is what every store passes.
public protocol Store: Sendable {
    /// Short name for events and `explain`: `memory`, `disk`, `redis`.
    var name: String { get }

    /// Whether only values with a byte format can be kept here.
    var storesBytesOnly: Bool { get }

    /// Nanoseconds that a hit on an entry of so many bytes takes here, roughly. A level above loses no more than this by
    /// letting an entry go that is kept here too, and nothing is worth keeping that is made faster.
    func hitCost(ofBytes count: Int) -> UInt64

    /// The entry under a digest, or why there is none.
    func get(_ digest: Digest) -> Lookup

    /// The same answer, if it can be given sooner than another thread could be woken to look for it; nil when that may take
    /// longer, and `get` has to be asked where waiting is allowed.
    func glance(_ digest: Digest) -> Lookup?

    /// What is known about an entry without reading or counting it as used; for `explain`.
    func peek(_ digest: Digest) -> EntryHeader?

    /// Keeps an entry, now or never; an entry larger than the store's bound is not kept, nor one that is not worth it here
    /// (`isWorth`; the engine does not even offer such an entry to a level that keeps bytes).
    ///
    /// - Parameter lossCost: Nanoseconds that not finding the entry here will cost: a hit in a level below, or the
    ///   making. What is kept longest is what costs most for each byte.
    @discardableResult
    func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome

    /// Forgets an entry; nothing happens when there is none.
    func evict(_ digest: Digest)

    /// What it holds, as far as it counts that and can be asked. A level on disk or network may ask there, and its
    /// evictions and ghost hits are those of all who use it.
    var contents: StoreContents { get }

    /// Asks to be told of entries the store lets go to make room. Called once, by the engine that uses the store.
    func observeEvictions(_ observer: @escaping @Sendable (EntryHeader) -> Void)
}

extension Store {
    /// Whether an entry is worth its place: losing it costs at least three hits on it. Keeping it costs about one hit to
    /// write and one to look up, also when it is never asked for again.
    public func isWorth(_ lossCost: UInt64, of header: EntryHeader) -> Bool { lossCost >= 3 * hitCost(ofBytes: header.byteCount) }

    /// What keeps values as they are answers at once; of others nothing is known.
    public func glance(_ digest: Digest) -> Lookup? { storesBytesOnly ? nil : get(digest) }

    /// For stores that cannot tell.
    public var contents: StoreContents { StoreContents() }

    /// For stores that cannot tell.
    public func observeEvictions(_ observer: @escaping @Sendable (EntryHeader) -> Void) {}

    /// Keeps an entry on which nothing is built: losing it costs what its header says.
    @discardableResult
    public func put(_ entry: Entry) -> PutOutcome { put(entry, lossCost: entry.header.worth) }
}

/// What a store answers.
public enum Lookup: Sendable {
    /// The entry.
    case hit(Entry)
    /// There is none, as far as the store knows because of this.
    case miss(MissReason)

    /// The entry of a hit.
    public var entry: Entry? { if case .hit(let entry) = self { entry } else { nil } }
}

/// Why a level has no answer; what says most stands first, for a look-up that several levels could not answer.
public enum MissReason: String, Codable, CaseIterable, Sendable {
    /// One of its tags was invalidated.
    case invalidated
    /// Its time was over.
    case expired
    /// It failed a check; it is not kept any more.
    case damaged
    /// Another version of the project wrote it, or its value's format has changed.
    case otherVersion
    /// It had to make room, not long ago.
    case evicted
    /// The level could not be asked: not connected, an I/O error, resting after failures.
    case unavailable
    /// Nothing is known of the digest: it was never put, or so long ago that it is forgotten.
    case neverSeen
}

extension MissReason: Comparable {
    /// Whether a reason says more than another.
    public static func < (a: MissReason, b: MissReason) -> Bool { a.rank < b.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self)! }
}

/// What became of an entry that was put.
public enum PutOutcome: String, Codable, CaseIterable, Sendable {
    /// It can be found now.
    case kept
    /// Looking it up would cost about as much as it saves.
    case notWorthIt
    /// It exceeds the bound for one entry, or its format.
    case tooLarge
    /// The level has no room and cannot make any: full disk, quota of its partition.
    case noRoom
    /// The level could not be reached, or cannot be written.
    case unavailable
}

/// What a store keeps under a digest.
///
/// It copies as one reference, since a hit in memory hands out millions.
public struct Entry: Sendable {
    /// What it keeps.
    public enum Payload: Sendable {
        /// The value itself, as the memory level holds it.
        case value(any Storable)
        /// The value written in the header's format, as it comes back from disk or network.
        case bytes(Blob)
        /// Another digest that answers for this one (the outcome of a plan).
        case alias(Digest)
        /// A failure that declared itself storable, as the memory level holds it.
        case thrown(any StorableFailure)
        /// The same written in the header's format, as it comes back from disk or network.
        case failure(String)
    }

    private var slot: Slot

    /// What is known about it.
    public var header: EntryHeader {
        get { slot.header }
        set { slot = .make(newValue, slot.payload) }
    }
    /// The thing itself.
    public var payload: Payload {
        get { slot.payload }
        set { slot = .make(slot.header, newValue) }
    }

    /// An entry from its parts.
    public init(header: EntryHeader, payload: Payload) { self.init(.make(header, payload)) }

    init(_ slot: Slot) { self.slot = slot }

    /// The value, if it is kept as a value of this type. O(1); a quarter of what `payload` and `as?` take.
    public func value<Value: Storable>(of type: Value.Type) -> Value? { slot.value(of: type) }
}

extension Storable {
    /// The value, if its type is this one: `as?` in one comparison. `as?` also looks for bridges and superclasses, which
    /// takes it 40 ns; here there are none, since only a final class can have a `StorageFormat<Self>`.
    func cast<Value: Storable>(to type: Value.Type) -> Value? {
        // Of the same type, so its bits are a value of the other.
        Self.self == type ? unsafeBitCast(self, to: type) : nil
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
    /// Whose quota it counts against; empty for nobody's.
    public var partition: String

    /// What losing it costs, in nanoseconds: a final output is made anew from the source, an intermediate from inputs
    /// that are probably still there.
    public var worth: UInt64 { format.isEmpty ? selfCost : chainCost }

    /// A header from its parts.
    public init(
        digest: Digest, stage: String, stageVersion: Int, format: String = "", formatVersion: Int = 0, byteCount: Int,
        selfCost: UInt64 = 0, chainCost: UInt64 = 0, created: Int64 = 0, expires: Int64? = nil, tags: [TagGeneration] = [],
        partition: String = ""
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
        self.partition = partition
    }
}

/// A tag as an entry remembers it: the generation that was current when the computation began. See `TagKeeper`.
public struct TagGeneration: Hashable, Sendable {
    /// The tag, levels separated by `/`: `font/Lato`.
    public var tag: String
    /// Microseconds since 1970 of its last invalidation; 0 when there was none.
    public var generation: UInt64

    /// A tag generation from its parts.
    public init(tag: String, generation: UInt64) {
        self.tag = tag
        self.generation = generation
    }
}
