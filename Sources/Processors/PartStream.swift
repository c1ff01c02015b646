import Synchronization

/// Parts that come one after the other.
///
///     for try await part in processor(["a", "b"]) { print(try part.text) }
///
/// A stream of parts that are there can be read any number of times; any other once, and a second reading throws
/// `StreamError.alreadyRead`. Leaving a loop, or dropping its iterator, cancels what produces the stream.
public struct PartStream: AsyncSequence, Sendable {
    /// A stream yields parts.
    public typealias Element = Part
    /// Any error of a source or processor, as it was thrown.
    public typealias Failure = any Error

    private enum Storage: Sendable {
        case parts([Part])
        case once(Once)
    }
    private let storage: Storage

    /// What makes the iterator, until it is taken.
    ///
    /// Not behind a lock, whose type takes a process 11,000 instructions to make. Safe to share: only who comes first touches `make`.
    final class Once: @unchecked Sendable {
        private var make: (@Sendable (ReservedSubstreams) -> PartIterator)?
        private let isTaken = Atomic(false)

        init(_ make: @escaping @Sendable (ReservedSubstreams) -> PartIterator) { self.make = make }

        func take() -> (@Sendable (ReservedSubstreams) -> PartIterator)? {
            if isTaken.exchange(true, ordering: .acquiringAndReleasing) { return nil }
            defer { make = nil }
            return make
        }
    }

    init(once make: @escaping @Sendable (ReservedSubstreams) -> PartIterator) { storage = .once(Once(make)) }

    /// A stream of parts that are there; it can be read again.
    public init(_ parts: some Sequence<Part>) { storage = .parts(Array(parts)) }

    /// A stream of whatever `next` gives until it gives nil. It is asked for a part when one is wanted, by one task at a
    /// time, on the executor of the caller.
    public init(next: nonisolated(nonsending) @escaping @Sendable () async throws -> Part?) {
        self.init(once: { _ in FunctionIterator(next) })
    }

    /// Parts that were read from a stream already, and what is left of it.
    init(_ parts: [Part], then rest: PartIterator) { self.init(once: { _ in PrefixedIterator(parts, then: rest) }) }

    /// A stream of the parts of another sequence.
    public init<Parts: AsyncSequence & Sendable>(_ sequence: Parts) where Parts.Element == Part {
        self.init(once: { _ in SequenceIterator(sequence.makeAsyncIterator()) })
    }

    /// A stream of what a function emits. It runs in a task of its own, from the first reading on, ahead of the reader by no
    /// more than `limits` allow.
    public init(limits: QueueLimits = .balanced, emitting body: @escaping @Sendable (Output) async throws -> Void) {
        self.init(once: { _ in
            let door = Door(), outlet = Outlet(limits: limits)
            door.outlet = outlet
            return OutletIterator(outlet, run: Run(reserved: [], door: door)) { root in
                try await body(Output(branch: root, next: nil, invocation: nil))
            }
        })
    }

    /// Parts with a pause before each but the first, and one before the end.
    public static func spaced(_ parts: [Part], by time: Duration) -> PartStream {
        PartStream(emitting: { output in
            for part in parts {
                try await output.emit(part)
                try await pause(for: time)
            }
        })
    }

    /// An iterator over the stream.
    public func makeAsyncIterator() -> Iterator { Iterator(makeIterator(reserved: .current)) }

    func makeIterator(reserved: ReservedSubstreams) -> PartIterator {
        switch storage {
        case .parts(let parts): ArrayIterator(parts)
        case .once(let once): once.take()?(reserved) ?? FunctionIterator { throw StreamError.alreadyRead }
        }
    }

    /// Reads a stream. One task at a time may use it.
    ///
    /// What is there already is taken from an array without a call: 13 ns instead of 87 for each part of a window over a history.
    public struct Iterator: AsyncIteratorProtocol {
        @usableFromInline let iterator: PartIterator
        @usableFromInline var ready: [Part] = []
        @usableFromInline var taken = 0

        init(_ iterator: PartIterator) { self.iterator = iterator }

        /// The next part, or nil at the end.
        @inlinable public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Part? {
            if taken < ready.count {
                taken += 1
                return ready[taken - 1]
            }
            if iterator.hasBatches {
                if let part = readAtHand() { return part }
                return try await readBatch()
            }
            return try await iterator.next()
        }

        /// The next part, or nil at the end.
        @inlinable public nonisolated(nonsending) mutating func next() async throws -> Part? {
            if taken < ready.count {
                taken += 1
                return ready[taken - 1]
            }
            if iterator.hasBatches {
                if let part = readAtHand() { return part }
                return try await readBatch()
            }
            return try await iterator.next()
        }

        /// The first part of what is there without waiting; nil when there is nothing, or it is not known.
        @usableFromInline mutating func readAtHand() -> Part? {
            guard let parts = iterator.partsAtHand() else { return nil }
            ready = parts
            taken = 1
            return ready[0]
        }

        @usableFromInline nonisolated(nonsending) mutating func readBatch() async throws -> Part? {
            ready = try await iterator.nextBatch()
            taken = 1
            return ready.first
        }
    }

    /// All parts.
    public func gather() async throws -> Content {
        if case .parts(let parts) = storage { return Content(parts) }
        var parts: [Part] = []
        for try await part in self { parts.append(part) }
        return Content(parts)
    }

    /// The text of all text parts of a substream (nil: of all) together. With `strict`, other parts are an error.
    public func text(substream: String? = nil, strict: Bool = false) async throws -> String {
        try await gather().text(substream: substream, strict: strict)
    }

    /// Reads to the end and keeps nothing.
    public func drain() async throws {
        for try await _ in self {}
    }
}

/// Why a stream cannot be read.
public enum StreamError: Error, Hashable, CustomStringConvertible {
    /// It was read before, and was not kept.
    case alreadyRead
    /// It was to be split into no streams at all.
    case noBranches

    /// One sentence.
    public var description: String {
        switch self {
        case .alreadyRead: "the stream has been read already; gather its parts to read them twice"
        case .noBranches: "a stream is split into one or more"
        }
    }
}

// MARK: - Where parts come from

/// What `PartStream.Iterator` asks. Used by one task at a time, which is what makes it `Sendable`: it is handed on, not
/// shared.
@usableFromInline class PartIterator: @unchecked Sendable {  // handed on, not shared
    /// Whether it is asked for batches; whoever has asked for one never asks for the next part by itself.
    @usableFromInline final let hasBatches: Bool

    init(hasBatches: Bool = false) { self.hasBatches = hasBatches }

    @usableFromInline nonisolated(nonsending) func next() async throws -> Part? { nil }

    /// Parts that can be had without waiting, at least one; nil when there are none, or a batch has to be asked for.
    func partsAtHand() -> [Part]? { nil }

    /// Parts that are there, as many as is convenient; none at the end.
    nonisolated(nonsending) func nextBatch() async throws -> [Part] { [] }
}

private final class ArrayIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    private var parts: [Part]
    private var taken = 0

    init(_ parts: [Part]) {
        self.parts = parts
        super.init(hasBatches: true)
    }

    override nonisolated(nonsending) func next() async throws -> Part? {
        if taken == parts.count { return nil }
        taken += 1
        return parts[taken - 1]
    }

    override nonisolated(nonsending) func nextBatch() async throws -> [Part] { partsAtHand() ?? [] }

    override func partsAtHand() -> [Part]? {
        defer { parts = [] }
        return parts.isEmpty ? nil : parts
    }
}

private final class PrefixedIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    private var parts: IndexingIterator<[Part]>
    private let rest: PartIterator

    init(_ parts: [Part], then rest: PartIterator) {
        self.parts = parts.makeIterator()
        self.rest = rest
    }

    override nonisolated(nonsending) func next() async throws -> Part? {
        if let part = parts.next() { part } else { try await rest.next() }
    }
}

final class FunctionIterator: PartIterator, @unchecked Sendable {  // handed on, not shared, as all iterators
    /// Not to be called again when it has given nil.
    let body: nonisolated(nonsending) @Sendable () async throws -> Part?
    private var hasEnded = false

    init(_ body: nonisolated(nonsending) @escaping @Sendable () async throws -> Part?) { self.body = body }

    override nonisolated(nonsending) func next() async throws -> Part? {
        if hasEnded { return nil }
        let part = try await body()
        if part == nil { hasEnded = true }
        return part
    }
}

// Sendable: handed on, not shared, as all iterators.
private final class SequenceIterator<Base: AsyncIteratorProtocol>: PartIterator, @unchecked Sendable
where Base.Element == Part {
    private var base: Base

    init(_ base: Base) { self.base = base }

    override nonisolated(nonsending) func next() async throws -> Part? { try await base.next(isolation: #isolation) }
}
