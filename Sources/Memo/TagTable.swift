import AtelierScheduling
import Synchronization

/// When each tag was last invalidated, as far as this process has heard. A tag never invalidated has generation 0 and no
/// place here.
///
/// What the levels know (`TagKeeper`) is merged by taking the largest. They are read when their epoch has changed, which
/// costs an atomic load for each keeper and question; what one has and another lacks is passed on, so that machines that
/// were apart agree again. A keeper that cannot be read or told counts as one that has nothing new, and is asked again a
/// second later: answers then follow from what is known here.
final class TagTable: Sendable {
    private struct State: Sendable {
        var generations: [String: UInt64] = [:]
        /// By keeper, the tags it has not taken yet.
        var unsaid: [Set<String>]
    }

    /// What was last read of one keeper.
    private final class Reading: Sendable {
        /// False until it was read for the first time: a keeper may have to connect for that.
        let isRead = Atomic(false)
        let epoch = Atomic<UInt64>(0)
        let owes = Atomic(false)
        /// On the monotonic clock; 0 for at once.
        let restUntil = Atomic<UInt64>(0)
    }

    private struct Message {
        var keeper: Int
        var tag: String
        var generation: UInt64
    }

    private let keepers: [any TagKeeper]
    private let readings: [Reading]
    private let clock: Clock
    private let state: Lock<State>
    private let changes = Atomic<UInt64>(0)

    private static let rest: UInt64 = 1_000_000_000

    init(keepers: [any TagKeeper] = [], clock: Clock = Clock()) {
        self.keepers = keepers
        self.clock = clock
        readings = keepers.map { _ in Reading() }
        state = Lock(State(unsaid: keepers.map { _ in [] }))
    }

    /// Raises a tag here and at every keeper. O(1); takes as long as the keepers take.
    func invalidate(_ tag: String) {
        refresh()
        let messages = state.withLock { state in
            let generation = raise(tag, &state)
            return keepers.indices.map { Message(keeper: $0, tag: tag, generation: generation) }
        }
        say(messages)
    }

    /// Makes a tag newer than it was, by the wall clock or by one.
    private func raise(_ tag: String, above known: UInt64 = 0, _ state: inout State) -> UInt64 {
        // A keeper may say anything, also what nothing is larger than.
        let before = min(max(known, state.generations[tag] ?? 0), .max - 1)
        let generation = max(before + 1, clock.microseconds())
        set(tag, generation, &state)
        return generation
    }

    private func set(_ tag: String, _ generation: UInt64, _ state: inout State) {
        state.generations[tag] = generation
        changes.add(1, ordering: .releasing)
    }

    // MARK: Questions

    /// The generations of tags and of all levels above them: `font/Lato` also stands under `font`.
    func generations(of tags: [String]) -> [TagGeneration] {
        if tags.isEmpty { return [] }
        refresh()
        let names = Set(tags.flatMap(Self.levels)).sorted()
        return state.withLock { state in names.map { TagGeneration(tag: $0, generation: state.generations[$0] ?? 0) } }
    }

    /// Whether nothing was invalidated since an entry was begun.
    ///
    /// - Parameters:
    ///   - recorded: What the entry remembers.
    ///   - tags: Tags of the artifact asked for. An entry that was made under none of them is as old as generation 0.
    func areCurrent(_ recorded: [TagGeneration], _ tags: [String] = []) -> Bool {
        if recorded.isEmpty && tags.isEmpty { return true }
        refresh()
        return state.withLock { state in
            if state.generations.isEmpty { return true }
            return recorded.allSatisfy { state.generations[$0.tag] ?? 0 <= $0.generation }
                && tags.lazy.flatMap(Self.levels).allSatisfy { name in
                    state.generations[name] == nil || recorded.contains { $0.tag == name }
                }
        }
    }

    /// What an entry remembers, with generation 0 for the tags it was made without.
    func completed(_ recorded: [TagGeneration], for tags: [String]) -> [TagGeneration] {
        if tags.allSatisfy({ tag in recorded.contains { $0.tag == tag } }) { return recorded }
        let missing = Set(tags.flatMap(Self.levels)).subtracting(recorded.lazy.map(\.tag))
        return (recorded + missing.map { TagGeneration(tag: $0, generation: 0) }).sorted { $0.tag < $1.tag }
    }

    /// How many changes are known. What was found current while this was known is not older than any of them.
    var changeCount: UInt64 { changes.load(ordering: .acquiring) }

    /// The same, with what keepers have to tell now. Those that were never read are not asked: nothing here can have begun
    /// under tags then, and a process that uses none should not connect for them.
    func freshChangeCount() -> UInt64 {
        refresh(onlyRead: true)
        return changeCount
    }

    private static func levels(of tag: String) -> [String] {
        tag.indices.filter { tag[$0] == "/" }.map { String(tag[..<$0]) } + [tag]
    }

    // MARK: Keepers

    /// Takes in what keepers have heard since they were last read, and tells them what they have not heard.
    private func refresh(onlyRead: Bool = false) {
        for (index, reading) in readings.enumerated() {
            let isRead = reading.isRead.load(ordering: .acquiring)
            if onlyRead, !isRead { continue }
            // Read before the generations: one that comes in between is read again.
            let epoch = keepers[index].tagEpoch
            guard !isRead || epoch != reading.epoch.load(ordering: .acquiring) || reading.owes.load(ordering: .relaxed) else { continue }
            let now = clock.nanoseconds()
            guard now >= reading.restUntil.load(ordering: .relaxed) else { continue }
            if let known = keepers[index].tagGenerations() {
                say(state.withLock { merge(known, of: index, into: &$0) })
                reading.epoch.store(epoch, ordering: .releasing)
                reading.isRead.store(true, ordering: .releasing)
                if !reading.owes.load(ordering: .relaxed) { continue }
            }
            reading.restUntil.store(now + Self.rest, ordering: .relaxed)
        }
    }

    /// Returns what has to be said to whom.
    private func merge(_ known: [String: UInt64], of keeper: Int, into state: inout State) -> [Message] {
        var messages: [Message] = []
        for (tag, generation) in known where generation > state.generations[tag] ?? 0 {
            if state.unsaid[keeper].contains(tag) {
                // Ours is the later invalidation, though our clock was behind.
                _ = raise(tag, above: generation, &state)
            } else {
                set(tag, generation, &state)
            }
            for other in keepers.indices where other != keeper {
                messages.append(Message(keeper: other, tag: tag, generation: state.generations[tag]!))
            }
        }
        for (tag, generation) in state.generations where generation > known[tag] ?? 0 {
            messages.append(Message(keeper: keeper, tag: tag, generation: generation))
        }
        return messages
    }

    private func say(_ messages: [Message]) {
        for message in messages {
            let isSaid = keepers[message.keeper].raise(tag: message.tag, to: message.generation)
            state.withLock { state in
                if !isSaid {
                    state.unsaid[message.keeper].insert(message.tag)
                } else if state.generations[message.tag] == message.generation {
                    state.unsaid[message.keeper].remove(message.tag)
                }
                readings[message.keeper].owes.store(!state.unsaid[message.keeper].isEmpty, ordering: .relaxed)
            }
        }
    }
}

extension TagGeneration {
    /// Both, sorted by tag; of two generations of one tag the older, because the value is built on it.
    static func merged(_ a: [TagGeneration], _ b: [TagGeneration]) -> [TagGeneration] {
        if b.isEmpty || a == b { return a }
        if a.isEmpty { return b }
        var oldest = Dictionary(a.map { ($0.tag, $0.generation) }, uniquingKeysWith: min)
        for tag in b { oldest[tag.tag] = min(oldest[tag.tag] ?? .max, tag.generation) }
        return oldest.map { TagGeneration(tag: $0.key, generation: $0.value) }.sorted { $0.tag < $1.tag }
    }
}
