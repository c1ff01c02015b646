import AtelierMemo
import AtelierScheduling
import Synchronization

extension PartProcessor {
    /// This processor, run once for equal parts: outputs are kept in a cache and, when an equal part comes, emitted again with
    /// `from_cache` set in their metadata.
    ///
    /// Whoever asks for what is being made gets its parts as they come. Output is stored before its last part is followed by the end.
    /// A run that fails, is cancelled, emits nothing or emits an error as a part is not stored.
    ///
    /// - Parameters:
    ///   - cache: Where; nil for `Cache.current` alone, without which nothing is cached.
    ///   - name: What the processor does, with a version that changes when its output does: part of the key, as equal parts mean
    ///     other output to another processor. A partition of the cache.
    ///   - condition: Which parts are worth it; others are processed each time.
    ///   - key: A key of one's own; nil for a part that is not to be cached.
    public func cached(
        in cache: Cache?, as name: String, when condition: (@Sendable (Part) -> Bool)? = nil, key: (@Sendable (Part) -> ContentKey?)? = nil
    ) -> CachedPartProcessor {
        CachedPartProcessor(self, in: cache, as: name, when: condition, key: key)
    }
}

extension Processor {
    /// This processor, run once for equal inputs, which are read whole to tell. Otherwise as for part processors.
    ///
    /// - Parameters:
    ///   - cache: Where; nil for `Cache.current` alone, without which nothing is cached.
    ///   - name: What the processor does, with a version that changes when its output does.
    ///   - inputLimit: Most bytes of input, by `Part.footprint`, that are held to tell whether they are equal to others; longer inputs
    ///     are processed each time, as they come.
    ///   - key: A key of one's own; nil for an input that is not to be cached.
    public func cached(
        in cache: Cache?, as name: String, inputLimit: Int = 64 << 20, key: (@Sendable (Content) -> ContentKey?)? = nil
    ) -> CachedProcessor {
        CachedProcessor(self, in: cache, as: name, inputLimit: inputLimit, key: key)
    }
}

/// A part processor that runs once for equal parts; see `PartProcessor.cached(in:as:when:key:)`.
public struct CachedPartProcessor: HastyPartProcessor {
    private let processor: any PartProcessor
    private let name: String
    private let cache: Cache?
    private let condition: (@Sendable (Part) -> Bool)?
    private let keyOf: (@Sendable (Part) -> ContentKey?)?

    init(
        _ processor: any PartProcessor, in cache: Cache?, as name: String, when condition: (@Sendable (Part) -> Bool)?,
        key: (@Sendable (Part) -> ContentKey?)?
    ) {
        self.processor = processor
        self.name = name
        self.cache = cache?.partitioned(name)
        self.condition = condition
        keyOf = key
    }

    /// What the processor itself says.
    public func match(_ part: Part) -> Bool { processor.match(part) }

    func step(before next: Step?) -> AwaitingStep { Recalling(self, next: next) }

    /// Emits at once what memory knows of a part.
    private final class Recalling: AwaitingStep, @unchecked Sendable {  // immutable
        private let cached: CachedPartProcessor

        init(_ cached: CachedPartProcessor, next: Step?) {
            self.cached = cached
            super.init(cached, next: next)
        }

        override func take(_ part: Part, sink: Sink, under invocation: Invocation?) {
            guard cached.processor.match(part) else { return sink.pass(part, to: next, under: invocation) }
            guard let known = cached.known(of: part) else { return sink.start(self, on: part, under: invocation) }
            for part in known.parts { sink.pass(part, to: next, under: invocation) }
        }
    }

    /// What memory knows of a part.
    private func known(of part: Part) -> CachedContent? {
        if let condition, !condition(part) { return nil }
        if let current = Cache.current { return known(of: part, to: current.partitioned(name)) }
        return cache.flatMap { known(of: part, to: $0) }
    }

    private func known(of part: Part, to cache: Cache) -> CachedContent? {
        let digest = if let keyOf { keyOf(part).map(cache.key) } else { cache.key(of: part) }
        return digest.flatMap(cache.find)
    }

    /// Emits what is known or becomes of the part.
    public func process(_ part: Part, into output: Output) async throws {
        guard let cache = Cache.current?.partitioned(name) ?? cache, condition?(part) ?? true,
            let inquiry = Inquiry(cache, CollectionOfOne(part), keyOf.map { $0(part) })
        else { return try await processor.process(part, into: output) }
        try await inquiry.run([part], into: output) { processor(Content(CollectionOfOne(part))) }
    }
}

/// A processor that runs once for equal inputs; see `Processor.cached(in:as:inputLimit:key:)`.
public struct CachedProcessor: Processor {
    private let processor: any Processor
    private let name: String
    private let cache: Cache?
    private let inputLimit: Int
    private let keyOf: (@Sendable (Content) -> ContentKey?)?

    init(
        _ processor: any Processor, in cache: Cache?, as name: String, inputLimit: Int, key: (@Sendable (Content) -> ContentKey?)?
    ) {
        self.processor = processor
        self.name = name
        self.cache = cache?.partitioned(name)
        self.inputLimit = inputLimit
        keyOf = key
    }

    /// Reads the input whole, and emits what is known or becomes of it.
    public func process(_ input: PartStream, into output: Output) async throws {
        guard let cache = Cache.current?.partitioned(name) ?? cache else { return try await processor.process(input, into: output) }
        let iterator = input.makeIterator(reserved: .current)
        var parts: [Part] = [], byteCount = 0
        while byteCount <= inputLimit, let part = try await iterator.next() {
            parts.append(part)
            byteCount += part.footprint
        }
        guard byteCount <= inputLimit else {
            cache.shared.counts.notCacheable.wrappingAdd(1, ordering: .relaxed)
            return try await output.emit(contentsOf: processor(PartStream(parts, then: iterator)))
        }
        let content = Content(parts)
        guard let inquiry = Inquiry(cache, parts, keyOf.map { $0(content) }) else {
            return try await output.emit(contentsOf: processor(content))
        }
        try await inquiry.run(parts, into: output) { processor(content) }
    }
}

/// One question to a cache.
private struct Inquiry {
    let cache: Cache
    /// What memory knows the answer under.
    let digest: Digest
    /// A key of the asker's own.
    let key: ContentKey?

    /// Nil, and counted, when there is no key.
    init?(_ cache: Cache, _ parts: some Sequence<Part>, _ own: ContentKey??) {
        let digest: Digest? =
            switch own {
            case .none: cache.key(of: parts)
            case .some(let key): key.map { cache.key($0) }
            }
        guard let digest else {
            cache.shared.counts.notCacheable.wrappingAdd(1, ordering: .relaxed)
            return nil
        }
        self.cache = cache
        self.digest = digest
        key = own ?? nil
    }

    /// Emits what memory knows, or what a run gives: that of another who asks the same, if there is one.
    func run(_ input: [Part], into output: Output, _ body: @escaping @Sendable () -> PartStream) async throws {
        if let found = cache.find(digest) {
            for part in found.parts { try await output.emit(part) }
            return
        }
        let reader = join(input, body)
        while let parts = try await reader.next() {
            for part in parts { try await output.emit(part) }
        }
    }

    private func join(_ input: [Part], _ body: @escaping @Sendable () -> PartStream) -> Replay.Reader {
        let shared = cache.shared
        let (replay, reader, isFirst) = shared.flights.withLock { flights in
            if let replay = flights[digest], let reader = replay.join() { return (replay, reader, false) }
            let replay = Replay(byteLimit: shared.recordLimit)
            // One that nobody can join any more gives up its place.
            flights[digest] = replay
            return (replay, replay.join()!, true)
        }
        if isFirst {
            replay.begin { [self] in
                defer { shared.flights.withLock { if $0[digest] === replay { $0[digest] = nil } } }
                try await make(input, replay, body)
            }
        } else {
            shared.counts.joined.wrappingAdd(1, ordering: .relaxed)
        }
        return reader
    }

    private func make(_ input: [Part], _ replay: Replay, _ body: () -> PartStream) async throws {
        let counts = cache.shared.counts
        // Another may have stored it since it was looked for.
        let near = cache.near(digest)
        let known = if let near { near } else { await cache.far(digest, key, input) }
        if let known {
            counts.hits.wrappingAdd(1, ordering: .relaxed)
            for part in known.parts { try await replay.append(part) }
            return
        }
        counts.misses.wrappingAdd(1, ordering: .relaxed)
        let begun = ContinuousClock.now
        for try await part in body() { try await replay.append(part) }
        try Task.checkCancellation()
        guard let parts = replay.kept, !parts.isEmpty, !parts.contains(where: \.mimeType.isException) else { return }
        let took = UInt64(max(0, (ContinuousClock.now - begun) / .nanoseconds(1)))
        await cache.put(CachedContent(parts), digest, key, input, nanoseconds: took)
    }
}
