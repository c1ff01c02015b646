public import AtelierMemo
import AtelierScheduling
import Synchronization

/// Keeps what processors made of content, in levels as the engine has them: memory, disk, Redis.
///
///     let cache = try Cache(byteLimit: 256 << 20, timeToLive: .seconds(12 * 3600))
///     let pipeline = split + describe.cached(in: cache, as: "describe 2")
///
/// Levels that keep values as they are are asked under a key of this process, those of bytes under the BLAKE3 digest of the content
/// (`ContentKey`); the first hit wins and fills the ones before it. A cache copies as one reference. Its partitions share
/// levels and bounds but no keys.
public struct Cache: Sendable {
    /// What partitions share.
    final class Shared: Sendable {
        let near: [any Store], far: [any Store]
        /// The nearest level where it is the usual one, which is asked without copying what stands for any level.
        private let memory: MemoryStore?
        let flights = Lock([Digest: Replay]())
        let counts = Counts()
        let recordLimit: Int
        /// Where levels may block; nil where none does.
        let readers: WorkerPool?
        let seconds: @Sendable () -> Int64

        init(_ levels: [any Store], recordLimit: Int, seconds: @escaping @Sendable () -> Int64) {
            near = levels.filter { !$0.storesBytesOnly }
            far = levels.filter(\.storesBytesOnly)
            memory = near.first as? MemoryStore
            readers = far.isEmpty ? nil : WorkerPool(threads: 2)
            self.recordLimit = recordLimit
            self.seconds = seconds
        }

        /// Looks in memory.
        func near(_ digest: Digest) -> CachedContent? {
            if let memory, case .hit(let entry) = memory.get(digest), let content = entry.value(of: CachedContent.self) { return content }
            for level in near.dropFirst(memory == nil ? 0 : 1) {
                if case .hit(let entry) = level.get(digest), let content = entry.value(of: CachedContent.self) { return content }
            }
            return nil
        }
    }

    /// What all partitions have done together.
    final class Counts: Sendable {
        let hits = Atomic(0), misses = Atomic(0), joined = Atomic(0), stored = Atomic(0), notCacheable = Atomic(0)
    }

    /// One partition of a cache.
    private final class View: Sendable {
        let shared: Shared
        let partition: String
        let timeToLive: Duration?
        let table: TableKey

        init(_ shared: Shared, _ partition: String, _ timeToLive: Duration?) {
            self.shared = shared
            self.partition = partition
            self.timeToLive = timeToLive
            table = TableKey(partition)
        }
    }

    private let view: View

    var shared: Shared { view.shared }
    /// Names joined by `/`; empty for the whole.
    public var partition: String { view.partition }
    /// How long what is put now is an answer; nil for ever.
    public var timeToLive: Duration? { view.timeToLive }

    /// A cache with a memory level of its own.
    ///
    /// - Parameters:
    ///   - byteLimit: Most bytes kept; at least 1.
    ///   - entryLimit: Most entries kept; at least 1. What was asked for least goes first.
    ///   - timeToLive: Rounded up to whole seconds; nil for ever.
    ///   - recordLimit: Most bytes of one output that are kept while it is made. A longer one passes, but is not stored.
    /// - Throws: `CacheError.noRoom`.
    public init(
        byteLimit: Int = 256 << 20, entryLimit: Int = 1 << 20, timeToLive: Duration? = .seconds(12 * 3600), recordLimit: Int = 64 << 20
    ) throws(CacheError) {
        try self.init(
            byteLimit: byteLimit, entryLimit: entryLimit, timeToLive: timeToLive, recordLimit: recordLimit, seconds: systemSeconds)
    }

    init(
        byteLimit: Int = 256 << 20, entryLimit: Int = 1 << 20, timeToLive: Duration? = nil, recordLimit: Int = 64 << 20,
        seconds: @escaping @Sendable () -> Int64
    ) throws(CacheError) {
        guard byteLimit > 0, entryLimit > 0 else { throw .noRoom(bytes: byteLimit, entries: entryLimit) }
        let memory = MemoryStore(byteLimit: byteLimit, entryLimit: entryLimit, admitting: .everything, seconds: seconds)
        self.init(Shared([memory], recordLimit: recordLimit, seconds: seconds), "", timeToLive)
    }

    /// A cache in levels that are there already, such as `engine.levels`; nearest first.
    public init(levels: [any Store], timeToLive: Duration? = .seconds(12 * 3600), recordLimit: Int = 64 << 20) {
        self.init(Shared(levels, recordLimit: recordLimit, seconds: systemSeconds), "", timeToLive)
    }

    private init(_ shared: Shared, _ partition: String, _ timeToLive: Duration?) {
        view = View(shared, partition, timeToLive)
    }

    /// A cache of its own in the same levels: nobody finds what is put here who does not name the partition too, and it counts
    /// against the quotas that levels have for it. A partition of `a` named `b` is `a/b`.
    public func partitioned(_ name: String) -> Cache { Cache(shared, partition.isEmpty ? name : partition + "/" + name, timeToLive) }

    /// The same cache, where what is put lives so long; nil for ever.
    public func expiring(after time: Duration?) -> Cache { Cache(shared, partition, time) }

    /// Takes the place of every processor's own cache in what is run inside: `Cache.$current.withValue(tenant) { … }`. So pipelines are
    /// built once, and requests do not see each other's results.
    @TaskLocal public static var current: Cache?

    /// What it has done so far, all partitions together.
    public var statistics: CacheStatistics {
        let counts = shared.counts
        return CacheStatistics(
            hits: counts.hits.load(ordering: .relaxed), misses: counts.misses.load(ordering: .relaxed),
            joined: counts.joined.load(ordering: .relaxed), stored: counts.stored.load(ordering: .relaxed),
            notCacheable: counts.notCacheable.load(ordering: .relaxed))
    }

    // MARK: By hand

    /// What was put under this content, marked as coming from a cache; nil when there is nothing or the content has no key.
    public func content(for query: Content) async -> Content? {
        guard let key = key(of: query) else { return nil }
        if let found = near(key) { return Content(found.parts) }
        return await far(key, .none, query).map { Content($0.parts) }
    }

    /// Keeps a value under content; nothing happens when the content has no key.
    ///
    /// - Parameter cost: What it took to make.
    public func put(_ value: Content, for query: Content, cost: Duration = .milliseconds(1)) async {
        guard let key = key(of: query) else { return }
        await put(CachedContent(value.parts), key, .none, query, nanoseconds: UInt64(max(0, cost / .nanoseconds(1))))
    }

    /// Forgets what was put under content.
    public func remove(_ query: Content) async {
        guard let key = key(of: query) else { return }
        for level in shared.near { level.evict(key) }
        guard let digest = farDigest(.none, query) else { return }
        await waiting { for level in shared.far { level.evict(digest) } }
    }

    // MARK: Levels

    /// What the process's own table knows content under; nil when it has no key.
    func key(of content: some Sequence<Part>) -> Digest? { TableKey(of: content).map(digest) }

    /// The same for a part.
    func key(of part: Part) -> Digest? { TableKey(of: part).map(digest) }

    /// The same for a key of one's own.
    func key(_ key: ContentKey) -> Digest {
        withUnsafeBytes(of: key.digest.words) { digest(TableKey(hashing: $0)) }
    }

    private func digest(_ key: TableKey) -> Digest { Digest(words: (key.low, key.high, view.table.low, view.table.high)) }

    /// What levels outside the process know it under.
    private func farDigest(_ key: ContentKey?, _ content: some Sequence<Part>) -> Digest? {
        shared.far.isEmpty ? nil : (key ?? ContentKey(of: content))?.digest(in: partition)
    }

    /// Looks in memory, and counts a hit.
    func find(_ digest: Digest) -> CachedContent? {
        guard let found = near(digest) else { return nil }
        shared.counts.hits.wrappingAdd(1, ordering: .relaxed)
        return found
    }

    /// Looks in memory.
    func near(_ digest: Digest) -> CachedContent? { shared.near(digest) }

    /// Looks outside the process, and fills the memory.
    func far(_ near: Digest, _ key: ContentKey?, _ content: some Sequence<Part> & Sendable) async -> CachedContent? {
        guard let digest = farDigest(key, content) else { return nil }
        return await waiting {
            for (place, level) in shared.far.enumerated() {
                guard case .hit(let entry) = level.get(digest), case .bytes(let blob) = entry.payload, let format = CachedContent.format,
                    entry.header.format == format.name, entry.header.formatVersion == format.version,
                    entry.header.expires.map({ $0 > shared.seconds() }) ?? true
                else { continue }
                // What cannot be read counts as not there; what is made in its place takes its place.
                guard let found = try? format.decode(blob) else { continue }
                var header = entry.header
                let cost = level.hitCost(ofBytes: header.byteCount)
                for closer in shared.far[..<place] where closer.isWorth(cost, of: header) { closer.put(entry, lossCost: cost) }
                (header.digest, header.format, header.formatVersion) = (near, "", 0)
                for memory in shared.near { memory.put(Entry(header: header, payload: .value(found)), lossCost: max(cost, Self.leastCost)) }
                return found
            }
            return nil
        }
    }

    /// Keeps a value in all levels.
    func put(
        _ value: CachedContent, _ near: Digest, _ key: ContentKey?, _ content: some Sequence<Part> & Sendable, nanoseconds: UInt64
    ) async {
        let now = shared.seconds(), time = timeToLive.map { $0.components.seconds + ($0.components.attoseconds > 0 ? 1 : 0) }
        var header = EntryHeader(
            digest: near, stage: Self.stage, stageVersion: 1, byteCount: value.byteCount, selfCost: nanoseconds, chainCost: nanoseconds,
            created: now, expires: time.map { now + max(1, $0) }, partition: partition)
        for level in shared.near { level.put(Entry(header: header, payload: .value(value)), lossCost: max(nanoseconds, Self.leastCost)) }
        shared.counts.stored.wrappingAdd(1, ordering: .relaxed)
        guard let digest = farDigest(key, content), let format = CachedContent.format else { return }
        (header.digest, header.format, header.formatVersion) = (digest, format.name, format.version)
        let written = header
        await waiting {
            for level in shared.far where level.isWorth(nanoseconds, of: written) {
                level.put(Entry(header: written, payload: .bytes(format.encode(value))), lossCost: nanoseconds)
            }
        }
    }

    private static let stage = "processors.cached"
    /// Nanoseconds, from which on memory levels keep something: what somebody wants to be cached is worth its place there.
    private static let leastCost: UInt64 = 5_000

    /// Does what may block where it holds up nobody.
    private func waiting<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        guard let readers = shared.readers else { return body() }
        return await withCheckedContinuation { continuation in readers.async { continuation.resume(returning: body()) } }
    }
}

/// What a cache has done.
public struct CacheStatistics: Hashable, Sendable {
    /// Answers that were there.
    public var hits: Int
    /// Runs that were begun because there was none.
    public var misses: Int
    /// Answers from a run that another had begun.
    public var joined: Int
    /// Outputs that were put into levels.
    public var stored: Int
    /// Inputs without a key, which were processed without asking.
    public var notCacheable: Int

    /// The share of answers that took no run, from 0 to 1; 0 when nothing was asked.
    public var hitRate: Double { hits + misses + joined == 0 ? 0 : Double(hits + joined) / Double(hits + misses + joined) }
}

/// Why a cache cannot be made.
public enum CacheError: Error, Hashable, CustomStringConvertible {
    /// Nothing would fit.
    case noRoom(bytes: Int, entries: Int)

    /// One sentence.
    public var description: String {
        switch self {
        case .noRoom(let bytes, let entries):
            "a cache of \(bytes) bytes and \(entries) entries has no room for one; both must be at least 1"
        }
    }
}
