public import AtelierMemo
import AtelierScheduling
import Synchronization

/// The level that machines share: entries as strings in a Redis.
///
///     let address = try RedisAddress("redis://cache.example")
///     let store = RedisStore(at: address) { sentence in warn(sentence) }
///     let engine = Engine(levels: [MemoryStore(), disk, store])
///
/// The key of an entry is `atelier:<layout>:<digest>`, its value the bytes of `EntryFile`. Whoever may write to the server
/// may put anything there: every value is checked from end to end, and one that does not stand it is deleted and a miss.
/// A server that is away, slow or confused costs the limits of `RedisOptions` twice, then nothing until a probe aside
/// finds it well (`CircuitBreaker`).
///
/// Entries are written as they are when the network carries bytes faster than zstd unpacks them, else compressed.
public final class RedisStore: Store {
    /// What can be expected of the server.
    public enum Condition: String, Codable, CaseIterable, Sendable {
        /// It answers, or was not asked yet.
        case connected
        /// It answers, and refuses what is put: full, read-only or loading.
        case refusing
        /// It is not asked until a probe finds it well.
        case resting
        /// It is not asked any more: a setting is wrong.
        case off
    }

    /// `redis`
    public var name: String { "redis" }
    /// True: values are written in their format.
    public var storesBytesOnly: Bool { true }
    /// Where the server is.
    public let address: RedisAddress
    /// How it behaves.
    public let options: RedisOptions

    let client: RedisClient
    let tags: TagCopy
    let leases: HeldLeases
    let listener: Listener
    // Seconds since 1970, injected by tests.
    let now: @Sendable () -> Int64
    private let compression = Compression()
    private let cost: Lock<NetworkCost>
    /// When entries in the second half of their time were last renewed by this process.
    private let renewals = Lock<[Digest: Int64]>([:])
    private let keyPrefix: [UInt8]

    /// An entry is sent when losing it costs so many times what looking it up costs: it pays for being written and for the
    /// look-ups that do not find it.
    private static let worth: UInt64 = 3
    /// Above so many nanoseconds for a byte compressed entries arrive sooner: zstd takes 1.25 to unpack a byte and saves
    /// two thirds of them on SVG text (docs/decisions/0012-redis-client.md).
    private static let slowNetwork = 1.9
    /// Below it the round trip costs more than the bytes.
    private static let smallestCompressed = 16 << 10

    /// A store at an address. Nothing is connected yet.
    ///
    /// - Parameter tell: Told in one sentence of every change in what can be expected of the server; from any thread.
    public convenience init(
        at address: RedisAddress, options: RedisOptions = RedisOptions(), tell: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.init(at: address, options: options, clock: monotonicNanoseconds, now: systemSeconds, tell: tell)
    }

    /// - Parameter clock: Nanoseconds that never go back.
    init(
        at address: RedisAddress, options: RedisOptions, clock: @escaping @Sendable () -> UInt64,
        now: @escaping @Sendable () -> Int64, tell: @escaping @Sendable (String) -> Void
    ) {
        self.address = address
        self.options = options
        self.now = now
        keyPrefix = Array("\(options.prefix)atelier:\(EntryFile.layoutVersion):".utf8)
        cost = Lock(NetworkCost(isLocal: address.isLocal))
        let limits = Connection.Limits(
            connect: options.connectLimit.wholeNanoseconds, call: options.callLimit.wholeNanoseconds,
            perByte: 1_000_000_000 / UInt64(max(1, options.slowestNetwork)))
        client = RedisClient(address, limits: limits, mostConnections: options.connections, clock: clock, tell: tell)
        tags = TagCopy(client, prefix: options.prefix)
        leases = HeldLeases(client, prefix: options.prefix, time: options.leaseTime.wholeNanoseconds)
        listener = Listener(client, tags, leases)
    }

    deinit { listener.close() }

    /// What can be expected of the server now.
    public var condition: Condition {
        switch client.state {
        case .closed: client.takesPuts ? .connected : .refusing
        case .open, .probing: .resting
        case .off: .off
        }
    }

    /// A running average of what round trips took, for so many bytes. Unpacking comes on top where the network is slow,
    /// and less than what it saves.
    public func hitCost(ofBytes count: Int) -> UInt64 { cost.withLock { $0.cost(ofBytes: count) } }

    /// Asks for one value and checks it. One round trip; a second one in the second half of an entry's time.
    public func get(_ digest: Digest) -> Lookup {
        // Entries remember generations: with old ones at hand nobody can tell which still are answers.
        guard tags.isYoung() else { return .miss(.unavailable) }
        let start = client.clock()
        let file: Blob
        do throws(RedisError) {
            switch try client.call(command("GET", digest), largest: options.largestEntry, isLookUp: true) {
            case .bulk(let bytes):
                file = bytes
                learn(bytes.count, since: start)
            case .null: return .miss(.neverSeen)
            default: return .miss(.damaged)
            }
        } catch {
            if case .server(let answer) = error, answer.kind == .wrongType { return discard(digest, .damaged) }
            return .miss(.unavailable)
        }
        let entry: Entry
        do throws(EntryFile.Problem) {
            entry = try EntryFile.entry(in: file, of: digest, using: compression)
        } catch {
            return error == .foreign ? .miss(.otherVersion) : discard(digest, .damaged)
        }
        let now = now()
        if let expires = entry.header.expires, expires <= now { return discard(digest, .expired) }
        renew(entry.header, now)
        return .hit(entry)
    }

    /// Asks for the front of one value; the payload is neither read nor checked.
    public func peek(_ digest: Digest) -> EntryHeader? {
        // A first block holds nearly every header. Trouble and damage are `get`'s to deal with.
        for count in [4096, EntryFile.largestHeader] {
            guard case .bulk(let front)? = try? client.call(command("GETRANGE", digest, "0", "\(count - 1)")) else { return nil }
            guard let header = try? EntryFile(header: front, of: digest).header else { continue }
            if let expires = header.expires, expires <= now() { return nil }
            return header
        }
        return nil
    }

    /// Sends an entry that is worth it. One round trip.
    @discardableResult
    public func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome {
        guard client.admitsPuts() else { return .unavailable }
        let header = entry.header
        let (isWorthIt, isSlow) = cost.withLock { cost in
            (lossCost / Self.worth >= cost.cost(ofBytes: header.byteCount), cost.perByte > Self.slowNetwork)
        }
        guard isWorthIt else { return .notWorthIt }
        let seconds = lifetime(of: header, now())
        guard seconds > 0 else { return .notWorthIt }
        guard
            let (front, payload, _) = EntryFile.bytes(
                of: entry, using: isSlow && header.byteCount >= Self.smallestCompressed ? compression : nil)
        else { return .tooLarge }
        guard front.count + payload.count <= options.largestEntry else { return .tooLarge }
        do throws(RedisError) {
            return try write([Blob(front), payload], header.digest, seconds)
        } catch {
            if case .server(let answer) = error, answer.kind == .outOfMemory { return .noRoom }
            return .unavailable
        }
    }

    /// Writes the parts of a file, under our lease when we have one. When a later holder's entry stands already, that is it.
    private func write(_ file: [Blob], _ digest: Digest, _ seconds: Int64) throws(RedisError) -> PutOutcome {
        var command: Command
        if let fence = leases.fence(digest) {
            command = Command(argumentCount: 8)
            for word in ["EVAL", HeldLeases.putScript, "2"] { command.append(word) }
            command.append(keyPrefix, digest)
            command.append(leases.fenceKey(digest))
            command.append(file[0], file[1])
            command.append(fence)
            command.append("\(seconds)")
        } else {
            command = self.command("SET", digest, argumentCount: 5)
            command.append(file[0], file[1])
            command.append("EX")
            command.append("\(seconds)")
        }
        let start = client.clock()
        switch try client.call(command) {
        case .status("OK"), .integer: break
        default: return .unavailable
        }
        learn(file[0].count + file[1].count, since: start)
        client.notePut()
        return .kept
    }

    /// Deletes one value.
    public func evict(_ digest: Digest) {
        // What could not be deleted goes when its time is over.
        _ = try? client.call(command("UNLINK", digest))
    }

    /// What the server says of itself: with everything else in it, since Redis does not count by prefix. Nothing while
    /// it cannot be asked.
    public var contents: StoreContents {
        guard case .bulk(let text)? = try? client.call(Command("INFO", "everything")) else {
            return StoreContents()  // away: nothing to tell
        }
        var numbers: [Substring: Int] = [:]
        let lines = text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        for line in lines.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { numbers[parts[0]] = Int(parts[1]) }
            // `db0:keys=12,expires=…`
            if parts.first == "db\(address.database)", let keys = parts.last?.split(separator: ",").first {
                numbers["keys"] = Int(keys.dropFirst(5))
            }
        }
        let limit = numbers["maxmemory"] ?? 0
        return StoreContents(
            entries: max(0, numbers["keys"] ?? 0), bytes: max(0, numbers["used_memory"] ?? 0), byteLimit: limit > 0 ? limit : nil,
            evictions: max(0, numbers["evicted_keys"] ?? 0))
    }

    private func learn(_ bytes: Int, since start: UInt64) {
        let elapsed = client.clock() &- start
        cost.withLock { $0.add(bytes: bytes, nanoseconds: elapsed) }
    }

    // MARK: - Keys and times

    /// A command about one entry, with so many arguments.
    func command(_ name: String, _ digest: Digest, argumentCount: Int = 2) -> Command {
        var command = Command(argumentCount: argumentCount)
        command.append(name)
        command.append(keyPrefix, digest)
        return command
    }

    private func command(_ name: String, _ digest: Digest, _ rest: String...) -> Command {
        var command = command(name, digest, argumentCount: 2 + rest.count)
        for word in rest { command.append(word) }
        return command
    }

    /// Deletes what turned out to be no answer.
    private func discard(_ digest: Digest, _ reason: MissReason) -> Lookup {
        evict(digest)
        return .miss(reason)
    }

    /// Seconds an entry put or renewed now is kept; 0 when its time is over.
    func lifetime(of header: EntryHeader, _ now: Int64) -> Int64 {
        // From 90 % to 110 %, the same for a digest everywhere.
        let share = 900 + Int64(header.digest.words.3 % 201)
        let kept = max(1, options.secondsKept / 1000 * share + options.secondsKept % 1000 * share / 1000)
        return min(kept, header.expires.map { max(0, $0 - now) } ?? kept)
    }

    /// Lets a used entry in the second half of its time live as long again. An entry does not say when it was last renewed,
    /// so every process that uses it may do so once in half its time.
    private func renew(_ header: EntryHeader, _ now: Int64) {
        let half = options.secondsKept / 2
        guard now - header.created >= half, client.takesPuts else { return }
        let isDue = renewals.withLock { renewals in
            if let last = renewals[header.digest], now - last < half, now >= last { return false }
            // Beyond so many the oldest may be renewed twice.
            if renewals.count >= 1 << 14 { renewals.removeAll(keepingCapacity: true) }
            renewals[header.digest] = now
            return true
        }
        // What could not be renewed is made anew when its time is over.
        if isDue { _ = try? client.call(command("EXPIRE", header.digest, "\(lifetime(of: header, now))")) }
    }
}
