/// What a level holds and has let go, at one instant.
public struct StoreContents: Hashable, Sendable {
    /// What counts against one partition.
    public struct Partition: Hashable, Sendable {
        /// Bytes kept of it, counted as `StoreContents.bytes` counts them.
        public var bytes: Int
        /// Entries kept of it.
        public var entries: Int
        /// Most bytes it may keep; nil when only the level's own bound holds.
        public var quota: Int?

        /// Numbers of a partition.
        public init(bytes: Int = 0, entries: Int = 0, quota: Int? = nil) {
            self.bytes = bytes
            self.entries = entries
            self.quota = quota
        }
    }

    /// Entries kept.
    public var entries: Int
    /// Bytes they take here: of memory, of disk, of a server, with what the level needs to keep them.
    public var bytes: Int
    /// Most bytes kept; nil when the level does not know its bound.
    public var byteLimit: Int?
    /// Entries let go to make room since the level was opened by this process. Not those replaced, forgotten or expired.
    public var evictions: Int
    /// Look-ups that found nothing but would have found the entry with twice the bytes; counted from below. Doubling gained
    /// between 1.1 and 4.9 times as many on the traces of decision 0009, half of the time less than 1.8.
    public var ghostHits: Int
    /// By name, those that hold entries or have a quota; entries of nobody's partition are in none.
    public var partitions: [String: Partition]

    /// Contents from their parts; of an empty level, without arguments.
    public init(
        entries: Int = 0, bytes: Int = 0, byteLimit: Int? = nil, evictions: Int = 0, ghostHits: Int = 0,
        partitions: [String: Partition] = [:]
    ) {
        self.entries = entries
        self.bytes = bytes
        self.byteLimit = byteLimit
        self.evictions = evictions
        self.ghostHits = ghostHits
        self.partitions = partitions
    }
}
