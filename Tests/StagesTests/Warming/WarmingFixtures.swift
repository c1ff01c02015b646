import AtelierMemo
import AtelierScheduling

@testable import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A fresh folder with drawings in it, removed with the last reference to it.
final class DrawingFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/atelier-test-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "no folder can be made")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                unlink(path + "/" + name)
            }
            closedir(stream)
        }
        rmdir(path)
    }

    func write(_ bytes: [UInt8], to name: String) {
        let descriptor = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0 && Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
    }

    func read(_ name: String) throws -> [UInt8] { try Blob.reading(path: path + "/" + name, limit: 1 << 30).withUnsafeBytes(Array.init) }

    /// A request for a drawing of this width as SVG, from a file that is written now.
    func drawing(_ width: Int, cost: UInt64 = 1_000_000, at time: Int64 = 0) -> LoggedRequest {
        let bytes = Array(#"<svg xmlns="http://www.w3.org/2000/svg" width="\#(width)" height="9"><path d="M0 0h\#(width)v9z"/></svg>"#.utf8)
        write(bytes, to: "\(width).svg")
        let source = Artifact.bytes(bytes), request = Request(target: .svg, sources: [source.digest])
        return LoggedRequest(
            request, paths: ["\(path)/\(width).svg"],
            use: RequestUse(of: convertToSVG(source).output.digest, cost: cost, at: time))
    }
}

/// A level that keeps bytes, as a disk does, in memory, and calls a function with what it is asked for.
final class WatchedStore: Store {
    private let entries = Lock<[Digest: Entry]>([:])
    private let onGet = Lock<@Sendable (Digest) -> Void>({ _ in })

    var name: String { "watched" }
    var storesBytesOnly: Bool { true }

    func watch(_ call: @escaping @Sendable (Digest) -> Void) { onGet.withLock { $0 = call } }

    func hitCost(ofBytes count: Int) -> UInt64 { 10_000 }
    func get(_ digest: Digest) -> Lookup {
        onGet.withLock { $0 }(digest)
        return entries.withLock { $0[digest].map(Lookup.hit) ?? .miss(.neverSeen) }
    }
    func peek(_ digest: Digest) -> EntryHeader? { entries.withLock { $0[digest]?.header } }
    func put(_ entry: Entry, lossCost: UInt64) -> PutOutcome {
        entries.withLock { $0[entry.header.digest] = entry }
        return .kept
    }
    func evict(_ digest: Digest) { entries.withLock { $0[digest] = nil } }
    func removeAll() { entries.withLock { $0 = [:] } }

    /// Where the aliases of a plan end.
    func target(of digest: Digest) -> Digest {
        guard case .alias(let next)? = entries.withLock({ $0[digest]?.payload }) else { return digest }
        return target(of: next)
    }
    func replace(_ digest: Digest, _ change: (inout Entry) -> Void) { entries.withLock { change(&$0[digest]!) } }
}

/// Time that only the test moves.
final class ManualTime: Clock {
    struct Instant: InstantProtocol {
        var time = Duration.zero
        func advanced(by duration: Duration) -> Instant { Instant(time: time + duration) }
        func duration(to other: Instant) -> Duration { other.time - time }
        static func < (a: Instant, b: Instant) -> Bool { a.time < b.time }
    }
    private struct State: Sendable {
        var now = Instant()
        var sleepers: [Int: (until: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var isCancelled: Set<Int> = []
        var count = 0
    }
    private let state = Lock(State())

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let sleeper = state.withLock { state in
            state.count += 1
            return state.count
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ends: Result<Void, any Error>? = state.withLock { state in
                    if state.isCancelled.contains(sleeper) { return .failure(CancellationError()) }
                    if state.now >= deadline { return .success(()) }
                    state.sleepers[sleeper] = (deadline, continuation)
                    return nil
                }
                if let ends { continuation.resume(with: ends) }
            }
        } onCancel: {
            let sleeping = state.withLock { state in
                state.isCancelled.insert(sleeper)
                return state.sleepers.removeValue(forKey: sleeper)?.continuation
            }
            sleeping?.resume(throwing: CancellationError())
        }
    }

    func advance(by duration: Duration) {
        let awake = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let awake = state.sleepers.filter { $0.value.until <= state.now }
            for sleeper in awake.keys { state.sleepers[sleeper] = nil }
            return awake.values.map(\.continuation)
        }
        for continuation in awake { continuation.resume() }
    }
}

/// Threads wait here until the test lets them pass; afterwards all do.
final class Barrier: Sendable {
    /// Made in `init`, destroyed in `deinit`; semaphores may be used from any thread.
    private nonisolated(unsafe) let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func wait() {
        while sem_wait(semaphore) != 0 {}  // interrupted by a signal
        sem_post(semaphore)
    }

    func open() { sem_post(semaphore) }
}
