/// How many bytes work in progress may hold: running footprints and the values pinned for work that waits.
///
/// There is no hold-and-wait. Work is admitted in order of urgency. The first in line waits while others run and
/// will give bytes back; when nothing runs it is admitted whatever it needs, and the overdraft is recorded. So work
/// larger than the whole budget runs alone, and pinned values can never block the work they are pinned for.
package struct ByteBudget: Sendable {
    /// Bytes that may be held; more only by the first in line when nothing else runs.
    package var limit: Int
    /// Bytes held by running work.
    package private(set) var running = 0
    /// Bytes of pinned values, each counted once.
    package private(set) var pinned = 0
    /// Pieces of work that run now.
    package private(set) var runningCount = 0
    /// How often work was admitted beyond the limit.
    package private(set) var overdrafts = 0
    /// Most bytes ever held.
    package private(set) var peak = 0

    package init(limit: Int) { self.limit = limit }

    /// Bytes held now.
    package var used: Int { running + pinned }

    /// Whether work of this footprint may begin now, being first in line.
    package func admits(_ footprint: Int) -> Bool {
        runningCount == 0 || footprint <= limit - used
    }

    /// Counts work that begins. Ask `admits` first.
    package mutating func begin(_ footprint: Int) {
        if footprint > limit - used { overdrafts += 1 }
        running += footprint
        runningCount += 1
        peak = max(peak, used)
    }

    /// Counts work that has ended.
    package mutating func end(_ footprint: Int) {
        running -= footprint
        runningCount -= 1
        precondition(running >= 0 && runningCount >= 0, "work ended that never began")
    }

    /// Counts a value that work will need.
    package mutating func pin(_ bytes: Int) {
        pinned += bytes
        peak = max(peak, used)
    }

    /// Counts a value nobody needs any more.
    package mutating func unpin(_ bytes: Int) {
        pinned -= bytes
        precondition(pinned >= 0, "a value was unpinned that was never pinned")
    }
}
