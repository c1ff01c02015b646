/// What a level let go lately, without the values: why, how often it was asked for, and how long ago in bytes.
///
/// What comes back continues at the frequency it had. A look-up for what is listed says why it misses, and counts as a hit
/// that twice the bytes would have had when no more than the level's bound in bytes has been let go since. That counts from
/// below: most of those bytes are of newcomers that twice the room would have let go first.
struct GhostList: Sendable {
    /// What is remembered of an entry.
    struct Ghost: Sendable {
        var reason: MissReason
        /// How often it was asked for while it was kept.
        var frequency: UInt64
        /// Bytes let go before it.
        fileprivate var stamp: Int
        fileprivate var turn: Int
        fileprivate var isCounted = false
    }

    // The first word stands for the digest: what a collision mixes up is a reason and a frequency.
    private var ghosts: [UInt64: Ghost] = [:]
    /// Oldest first from `first` on; an entry noted again has a later turn elsewhere.
    private var turns: [(word: UInt64, turn: Int)] = []
    private var first = 0, nextTurn = 0
    private var bytesLetGo = 0

    /// Look-ups counted so far that twice the bytes would have answered.
    private(set) var hits = 0

    /// Remembers an entry that goes, and forgets the oldest beyond `limit`. O(1) amortised.
    ///
    /// - Parameter bytes: What it took, when it had to make room; 0 when it went for another reason.
    mutating func note(_ digest: Digest, _ reason: MissReason, frequency: UInt64, bytes: Int, limit: Int) {
        let word = digest.words.0
        ghosts[word] = Ghost(reason: reason, frequency: frequency, stamp: bytesLetGo, turn: nextTurn)
        turns.append((word, nextTurn))
        nextTurn += 1
        bytesLetGo += bytes
        while turns.count - first > limit {
            let oldest = turns[first]
            first += 1
            if ghosts[oldest.word]?.turn == oldest.turn { ghosts[oldest.word] = nil }
        }
        if first >= 1024, first * 2 >= turns.count {
            turns.removeFirst(first)
            first = 0
        }
    }

    /// Forgets an entry and says what was known of it.
    mutating func take(_ digest: Digest) -> Ghost? { ghosts.removeValue(forKey: digest.words.0) }

    /// Why an entry is not there.
    ///
    /// - Parameter byteLimit: The level's bound.
    mutating func reason(_ digest: Digest, byteLimit: Int) -> MissReason {
        guard let ghost = ghosts[digest.words.0] else { return .neverSeen }
        // Whoever misses asks again before making it: one look-up is counted for each time an entry goes.
        if !ghost.isCounted, ghost.reason == .evicted, bytesLetGo - ghost.stamp <= byteLimit {
            hits += 1
            ghosts[digest.words.0]!.isCounted = true
        }
        return ghost.reason
    }
}
