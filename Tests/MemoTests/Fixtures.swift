import AtelierScheduling

@testable import AtelierMemo

/// A number as a value that can leave memory.
struct Number: Storable, Equatable {
    var value: Int

    init(_ value: Int) { self.value = value }

    var byteCount: Int { 8 }
    static var format: StorageFormat<Number>? {
        StorageFormat(
            name: "number", version: 1, encode: { Blob(Array(String($0.value).utf8)) },
            decode: { blob in
                guard let value = blob.withUnsafeBytes({ Int(String(decoding: $0, as: UTF8.self)) }) else { throw NotANumber() }
                return Number(value)
            })
    }
}

struct NotANumber: Error {}

/// A value that stays in memory and says what it weighs.
struct Weight: Storable, Equatable {
    var byteCount: Int
}

struct Constant: Stage {
    static let name = "test.constant", version = 1
    var value: Int
    func run(in context: Context) -> Number { Number(value) }
}

struct Sum: Stage {
    static let name = "test.sum", version = 1
    var terms: [Artifact<Number>]
    func run(in context: Context) -> Number { Number(terms.reduce(0) { $0 + context[$1].value }) }
}

struct Increment: Stage {
    static let name = "test.increment", version = 1
    var of: Artifact<Number>
    func run(in context: Context) -> Number { Number(context[of].value + 1) }
}

func everything() -> MemoryStore { MemoryStore(admitting: .everything) }

/// A stage that waits until the test opens its gate, and says when it has begun.
struct Gated: Stage {
    static let name = "test.gated", version = 1
    var gate: Int
    var input: Artifact<Number>?
    func run(in context: Context) async throws -> Number {
        await Gate.number(gate).pass()
        try context.checkCancellation()
        return Number(gate)
    }
}

/// Opened once; whoever passes before waits. Each test takes numbers nobody else uses.
final class Gate: Sendable {
    private static let gates = Lock<[Int: Gate]>([:])

    private struct State: Sendable {
        var isOpen = false
        var arrivals = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watching: [(arrivals: Int, CheckedContinuation<Void, Never>)] = []
    }
    private let state = Lock(State())

    static func number(_ number: Int) -> Gate {
        gates.withLock { gates in
            if let gate = gates[number] { return gate }
            let gate = Gate()
            gates[number] = gate
            return gate
        }
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let ready: [CheckedContinuation<Void, Never>] = state.withLock { state in
                state.arrivals += 1
                let ready = state.watching.filter { $0.arrivals <= state.arrivals }.map(\.1)
                state.watching.removeAll { $0.arrivals <= state.arrivals }
                if state.isOpen { return ready + [continuation] }
                state.waiting.append(continuation)
                return ready
            }
            for continuation in ready { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when this many have come to the gate.
    func arrived(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.arrivals >= count { return true }
                state.watching.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

/// Waits for something that follows soon from what has happened, on other threads. It counts its looks, not the time: a test
/// may get no thread for minutes.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<6_000 {
        if condition() { return true }
        // Cancelled, it looks more often: nothing is lost by that.
        try? await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}

struct Failing: Stage {
    static let name = "test.failing", version = 1
    var isStorable = false
    func run(in context: Context) throws -> Number {
        if isStorable { throw Malformed() }
        throw NotANumber()
    }
}

/// Follows from the input alone.
struct Malformed: StorableFailure, Equatable, CustomStringConvertible {
    var secondsKept: Int64 { 60 }
    var description: String { "byte 7: not a number" }
}

/// Time that only the test moves. It begins after the real one, so that a store on the real clock never finds expired what
/// the engine does not.
final class ManualClock: Sendable {
    private struct State: Sendable {
        var nanoseconds: UInt64 = 1_000, microseconds: UInt64 = 4_000_000_000_000_000
        var pauses: [(until: UInt64, CheckedContinuation<Void, Never>)] = []
    }
    private let state = Lock(State())

    var clock: Clock {
        Clock(
            nanoseconds: { self.state.withLock { $0.nanoseconds } }, microseconds: { self.state.withLock { $0.microseconds } },
            pause: { nanoseconds in
                await withCheckedContinuation { continuation in
                    self.state.withLock { $0.pauses.append(($0.nanoseconds + nanoseconds, continuation)) }
                }
            })
    }

    /// How many wait for a later time.
    var pauseCount: Int { state.withLock { $0.pauses.count } }

    /// Time passes.
    func advance(nanoseconds: UInt64 = 0, seconds: UInt64 = 0) {
        let over = state.withLock { state in
            state.nanoseconds += nanoseconds + seconds * 1_000_000_000
            state.microseconds += nanoseconds / 1000 + seconds * 1_000_000
            defer { state.pauses.removeAll { $0.until <= state.nanoseconds } }
            return state.pauses.filter { $0.until <= state.nanoseconds }.map(\.1)
        }
        for continuation in over { continuation.resume() }
    }

    /// Somebody sets the clock.
    func set(by seconds: Int64) {
        state.withLock { $0.microseconds = UInt64(Int64($0.microseconds) + seconds * 1_000_000) }
    }
}

/// A level that keeps bytes, as a disk does, in memory.
final class BytesStore: Store {
    private let entries = Lock<[Digest: Entry]>([:])

    var name: String { "bytes" }
    var storesBytesOnly: Bool { true }
    var stages: [String] { entries.withLock { $0.values.map(\.header.stage).sorted() } }

    func hitCost(ofBytes count: Int) -> UInt64 { 0 }
    func get(_ digest: Digest) -> Lookup { entries.withLock { $0[digest].map(Lookup.hit) ?? .miss(.neverSeen) } }
    func peek(_ digest: Digest) -> EntryHeader? { get(digest).entry?.header }
    func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome {
        entries.withLock { $0[entry.header.digest] = entry }
        return .kept
    }
    func evict(_ digest: Digest) { entries.withLock { $0[digest] = nil } }
    func replace(_ digest: Digest, _ change: (inout Entry) -> Void) { entries.withLock { change(&$0[digest]!) } }
}

/// A level that several engines share, as processes share a folder or machines a server. It keeps bytes, generations of
/// tags and leases; tests make it unreachable.
final class SharedStore: TagKeeper, LeaseKeeper {
    private struct State: Sendable {
        var generations: [String: UInt64] = [:]
        var epoch: UInt64 = 0
        var epochReads = 0, raises = 0
        var leased: Set<Digest> = []
        var leaseRequests: [Digest] = []
        var isReachable = true
    }
    private let entries = BytesStore()
    private let state = Lock(State())
    let name: String

    init(name: String = "shared") { self.name = name }

    var storesBytesOnly: Bool { true }
    var isReachable: Bool {
        get { state.withLock { $0.isReachable } }
        set { state.withLock { $0.isReachable = newValue } }
    }
    var stages: [String] { entries.stages }
    func hitCost(ofBytes count: Int) -> UInt64 { 0 }
    func get(_ digest: Digest) -> Lookup { isReachable ? entries.get(digest) : .miss(.unavailable) }
    func peek(_ digest: Digest) -> EntryHeader? { get(digest).entry?.header }
    func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome { isReachable ? entries.put(entry, lossCost: lossCost) : .unavailable }
    func evict(_ digest: Digest) { entries.evict(digest) }
    func replace(_ digest: Digest, _ change: (inout Entry) -> Void) { entries.replace(digest, change) }

    // MARK: Tags

    var generations: [String: UInt64] { state.withLock { $0.generations } }
    var epochReads: Int { state.withLock { $0.epochReads } }
    /// How often it was told of a generation.
    var raises: Int { state.withLock { $0.raises } }

    var tagEpoch: UInt64 {
        state.withLock { state in
            state.epochReads += 1
            return state.epoch
        }
    }
    func tagGenerations() -> [String: UInt64]? { state.withLock { $0.isReachable ? $0.generations : nil } }
    func raise(tag: String, to generation: UInt64) -> Bool {
        state.withLock { state in
            guard state.isReachable else { return false }
            state.raises += 1
            if generation > state.generations[tag] ?? 0 {
                state.generations[tag] = generation
                state.epoch += 1
            }
            return true
        }
    }

    // MARK: Leases

    /// Digests that somebody makes.
    var leased: Set<Digest> { state.withLock { $0.leased } }
    /// Every digest a lease was asked for, as often as it was.
    var leaseRequests: [Digest] { state.withLock { $0.leaseRequests } }

    func lease(_ digest: Digest) -> LeaseOutcome {
        state.withLock { state in
            guard state.isReachable else { return .unavailable }
            state.leaseRequests.append(digest)
            guard state.leased.insert(digest).inserted else { return .taken }
            return .granted(Lease { [self] in self.state.withLock { _ = $0.leased.remove(digest) } })
        }
    }
}
