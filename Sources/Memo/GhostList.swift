/// What a level let go lately, without the values: why, and how often it was asked for.
///
/// It goes back as many bytes as the level holds, and as many entries. So whoever asks for something listed would have found
/// it with twice the bytes. That counts from below: most bytes let go are of newcomers that twice the room would have let go
/// first. What comes back continues at the frequency it had.
struct GhostList: Sendable {
    /// What is remembered of an entry.
    struct Ghost: Sendable {
        var reason: MissReason
        /// How often it was asked for while it was kept.
        var frequency: UInt64
        fileprivate var turn: Int
        fileprivate var isCounted = false
    }

    // The first word stands for the digest: what a collision mixes up is a reason and a frequency.
    private var ghosts: [UInt64: Ghost] = [:]
    /// Oldest first, from `first` on; what was taken or noted again stands here until its turn to be forgotten.
    private var turns: [(word: UInt64, bytes: Int)] = []
    private var first = 0, forgotten = 0
    private var bytes = 0

    /// Look-ups counted so far that twice the bytes would have answered.
    private(set) var hits = 0

    /// Remembers an entry that goes, and forgets the oldest beyond the limits. O(1) amortised.
    ///
    /// - Parameter bytes: What it took, when it had to make room; 0 when it went for another reason.
    mutating func note(_ digest: Digest, _ reason: MissReason, frequency: UInt64, bytes: Int, byteLimit: Int, entryLimit: Int) {
        let word = digest.words.0
        ghosts[word] = Ghost(reason: reason, frequency: frequency, turn: forgotten + turns.count - first)
        turns.append((word, bytes))
        self.bytes += bytes
        while turns.count - first > entryLimit || self.bytes > byteLimit, first < turns.count {
            let oldest = turns[first]
            if ghosts[oldest.word]?.turn == forgotten { ghosts[oldest.word] = nil }
            self.bytes -= oldest.bytes
            first += 1
            forgotten += 1
        }
        if first >= 1024, first * 2 >= turns.count {
            turns.removeFirst(first)
            first = 0
        }
    }

    /// Forgets an entry and says what was known of it.
    mutating func take(_ digest: Digest) -> Ghost? { ghosts.removeValue(forKey: digest.words.0) }

    /// Why an entry is not there.
    mutating func reason(_ digest: Digest) -> MissReason {
        guard let ghost = ghosts[digest.words.0] else { return .neverSeen }
        // Whoever misses asks again before making it: one look-up is counted for each time an entry goes.
        if !ghost.isCounted, ghost.reason == .evicted {
            hits += 1
            ghosts[digest.words.0]!.isCounted = true
        }
        return ghost.reason
    }
}
