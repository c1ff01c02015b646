#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A regular expression that is matched against a text as the text arrives, piece by piece, each byte looked at once.
///
///     let event = try TextPattern(#"\[event: ([^\]]*)\]"#)
///
/// Notation: characters, `.` (anything, line ends too), `[a-z]` and `[^…]`, `\d \s \w` with their opposites, `\n \t \xHH \uHHHH`,
/// `(…)`, `(?:…)`, `|`, `* + ? {m,n}` and their lazy forms with `?`, `(?i)` in front for ASCII letters of either case.
/// Anchors, back references and looking around need more of the text than what has arrived and are refused.
///
/// Of all matches the leftmost counts, and of these the one that a backtracking engine would find first. A match is made by
/// simulating all ways through the pattern at once (Thompson, "Regular Expression Search Algorithm", CACM 1968; priorities
/// as in Pike's `sam`), in O(bytes × pattern) whatever the text.
public struct TextPattern: Sendable {
    enum Step: Sendable {
        case byte(UInt8)
        case bytes(ByteSet)
        /// Both ways, the first preferred.
        case fork(Int, Int)
        case jump(Int)
        case match
    }

    let steps: [Step]
    /// What a match can begin with.
    let firstBytes: ByteSet
    let onlyFirstByte: UInt8?

    /// Most steps of a compiled pattern; a class of characters takes one for each kind of UTF-8 form.
    private static let mostSteps = 20_000

    /// Compiles a pattern.
    ///
    /// - Throws: `PatternError` for what the notation does not have, for a pattern that matches the empty text, and for one that
    ///   is too large.
    public init(_ pattern: String) throws(PatternError) {
        var compiler = Compiler()
        let node = try PatternParser.parse(pattern)
        guard compiler.add(node), compiler.add(.match) else {
            throw PatternError(pattern: pattern, position: 0, reason: "it is too large: \(Self.mostSteps) steps are the limit")
        }
        steps = compiler.steps
        guard let first = compiler.firstBytes() else {
            throw PatternError(pattern: pattern, position: 0, reason: "it matches the empty text, which is everywhere")
        }
        firstBytes = first
        onlyFirstByte = first.only
    }

    private struct Compiler {
        var steps: [Step] = []

        mutating func add(_ step: Step) -> Bool {
            steps.append(step)
            return steps.count <= TextPattern.mostSteps
        }

        /// Whether there was room.
        mutating func add(_ node: PatternNode) -> Bool {
            switch node {
            case .empty: return true
            case .scalars(let set): return add(set)
            case .sequence(let nodes):
                for node in nodes where !add(node) { return false }
                return true
            case .either(let nodes): return addEither(nodes.count) { compiler, index in compiler.add(nodes[index]) }
            case .repeated(let node, let least, let most, let isLazy):
                for _ in 0..<least where !add(node) { return false }
                guard let most else {
                    let fork = steps.count
                    guard add(.jump(0)), add(node), add(.jump(fork)) else { return false }
                    steps[fork] = isLazy ? .fork(steps.count, fork + 1) : .fork(fork + 1, steps.count)
                    return true
                }
                var forks: [Int] = []
                for _ in least..<most {
                    forks.append(steps.count)
                    guard add(.jump(0)), add(node) else { return false }
                }
                for fork in forks { steps[fork] = isLazy ? .fork(steps.count, fork + 1) : .fork(fork + 1, steps.count) }
                return true
            }
        }

        private mutating func addEither(_ count: Int, _ addChoice: (inout Compiler, Int) -> Bool) -> Bool {
            var ends: [Int] = []
            for index in 0..<count {
                let fork = steps.count
                if index < count - 1, !add(.jump(0)) { return false }
                guard addChoice(&self, index) else { return false }
                if index < count - 1 {
                    ends.append(steps.count)
                    guard add(.jump(0)) else { return false }
                    steps[fork] = .fork(fork + 1, steps.count)
                }
            }
            for end in ends { steps[end] = .jump(steps.count) }
            return true
        }

        private mutating func add(_ set: ScalarSet) -> Bool {
            var single = ByteSet(), longer: [[ClosedRange<UInt8>]] = []
            for sequence in set.byteSequences {
                if sequence.count == 1 { single.insert(sequence[0]) } else { longer.append(sequence) }
            }
            let choices = longer.count + (single.count > 0 ? 1 : 0)
            return addEither(choices) { compiler, index in
                if index == longer.count { return compiler.add(single) }
                for range in longer[index] {
                    var bytes = ByteSet()
                    bytes.insert(range)
                    guard compiler.add(bytes) else { return false }
                }
                return true
            }
        }

        private mutating func add(_ bytes: ByteSet) -> Bool { add(bytes.only.map { .byte($0) } ?? .bytes(bytes)) }

        /// Nil when the empty text matches.
        func firstBytes() -> ByteSet? {
            var first = ByteSet(), seen = Set<Int>(), pending = [0]
            while let place = pending.popLast() {
                guard seen.insert(place).inserted else { continue }
                switch steps[place] {
                case .byte(let byte): first.insert(byte)
                case .bytes(let set): for byte in UInt8.min ... .max where set.contains(byte) { first.insert(byte) }
                case .fork(let a, let b): pending += [a, b]
                case .jump(let to): pending.append(to)
                case .match: return nil
                }
            }
            return first
        }
    }
}

/// Where a pattern stands in a text whose pieces come one after another. Offsets count bytes from the first piece.
struct TextScanner {
    /// One way through the pattern.
    private struct Way {
        var step: Int
        /// Where its match would begin.
        var start: Int
    }

    private let pattern: TextPattern
    /// In order of preference; those that began earlier come first.
    private var ways: [Way] = []
    private var nextWays: [Way] = []
    /// For each step the round in which it was last entered: of two ways at one step the first is as good.
    private var entered: [Int]
    private var round = 1
    private var pending: [Way] = []
    private var best: Range<Int>?
    /// Whether a match that is found counts at the end of a piece, though the next piece might lengthen it.
    private let settlesAtEnds: Bool
    /// Bytes of earlier pieces.
    private(set) var offset = 0

    init(_ pattern: TextPattern, settlesAtEnds: Bool) {
        self.pattern = pattern
        self.settlesAtEnds = settlesAtEnds
        entered = Array(repeating: 0, count: pattern.steps.count)
    }

    /// Where the text begins that may yet turn out to be part of a match: everything before is settled.
    var unsettled: Int {
        let first = ways.isEmpty ? offset : ways[0].start
        return best.map { min($0.lowerBound, first) } ?? first
    }

    /// Whether anything of what was seen may yet be part of a match.
    var isIdle: Bool { ways.isEmpty && best == nil }

    /// Looks at the bytes at `offset`, as many as there are, up to the first match that is settled.
    ///
    /// - Returns: The match; nil when all bytes are looked at and none is settled. `offset` is where the search goes on: behind the
    ///   bytes, or behind the match, which may lie before them.
    mutating func search(_ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var index = 0
        while index < bytes.count {
            if ways.isEmpty {
                if best != nil { break }
                guard let found = firstByte(in: bytes, from: index) else { break }
                index = found
            }
            step(bytes[index], at: offset + index)
            index += 1
        }
        if let match = best, settlesAtEnds || ways.isEmpty {
            forget()
            offset = match.upperBound
            return match
        }
        offset += bytes.count
        return nil
    }

    /// The match that is found when no more text comes.
    mutating func finish() -> Range<Int>? {
        guard let match = best else { return nil }
        forget()
        offset = match.upperBound
        return match
    }

    /// Gives up what was begun: no match spans what was seen and what comes.
    mutating func forget() {
        ways.removeAll(keepingCapacity: true)
        best = nil
        round += 1
    }

    private func firstByte(in bytes: UnsafeBufferPointer<UInt8>, from index: Int) -> Int? {
        if let only = pattern.onlyFirstByte {
            guard let found = memchr(bytes.baseAddress! + index, Int32(only), bytes.count - index) else { return nil }
            return UnsafeRawPointer(found) - UnsafeRawPointer(bytes.baseAddress!)
        }
        var index = index
        while index < bytes.count {
            if pattern.firstBytes.contains(bytes[index]) { return index }
            index += 1
        }
        return nil
    }

    /// Moves every way over one byte.
    private mutating func step(_ byte: UInt8, at position: Int) {
        // A match may begin anywhere until there is one; what begins later is preferred less.
        if best == nil, pattern.firstBytes.contains(byte) {
            swap(&ways, &nextWays)
            _ = enter(Way(step: 0, start: position), before: position)
            swap(&ways, &nextWays)
        }
        round += 1
        nextWays.removeAll(keepingCapacity: true)
        for way in ways {
            let fits =
                switch pattern.steps[way.step] {
                case .byte(let wanted): wanted == byte
                case .bytes(let set): set.contains(byte)
                case .fork, .jump, .match: false
                }
            // What is preferred less cannot better a match.
            if fits, enter(Way(step: way.step + 1, start: way.start), before: position + 1) { break }
        }
        swap(&ways, &nextWays)
    }

    /// Follows forks and jumps to steps that need a byte, and adds these to `nextWays`. Whether the pattern's end was reached.
    private mutating func enter(_ way: Way, before end: Int) -> Bool {
        pending.append(way)
        while let way = pending.popLast() {
            guard entered[way.step] != round else { continue }
            entered[way.step] = round
            switch pattern.steps[way.step] {
            case .byte, .bytes: nextWays.append(way)
            case .jump(let to): pending.append(Way(step: to, start: way.start))
            case .fork(let first, let second):
                pending.append(Way(step: second, start: way.start))
                pending.append(Way(step: first, start: way.start))
            case .match:
                best = way.start..<end
                pending.removeAll(keepingCapacity: true)
                return true
            }
        }
        return false
    }
}
