import AtelierScheduling

/// One flight's way to the leases of a digest.
struct LeaseSearch: Sendable {
    let id: UInt64
    let wanted: Wanted
    /// Those it holds, and how many keepers have been asked with success.
    var held: [Lease] = [], asked = 0
    /// When it was first told that somebody else makes the digest; nil when it never was.
    var waitsSince: UInt64?
    /// How often it has waited.
    var pauses = 0
}

/// Several processes that miss the same digest agree on who makes it.
///
/// The one that gets the lease makes the artifact and what it is built on, keeps it, and gives the lease back. The others
/// look in the levels again from time to time until it is there. That saves work and decides nothing: whoever has waited
/// for half a minute, or cannot ask, makes it too.
///
/// Nobody waits for ever. A holder waits for leases of what its artifact is built on and never of what is built on it, and
/// digests are not built on themselves; of several keepers everyone asks the nearest first. So of all who wait and hold
/// there is always one whose inputs nobody else holds. It gets on, because a flight that waits for a lease holds no thread,
/// no slot and no footprint: those belong to running stages, and stages end. Where a plan leads is not known beforehand:
/// plans of two processes can wait for each other, each holding what the other one leads to. Half a minute later both go
/// on alone and find what a single process finds, that a plan needs itself. A process that ends loses its leases.
extension Engine {
    /// Work that costs less is made twice rather than agreed upon, in nanoseconds. Asking costs a file lock or a round
    /// trip for who makes it, and milliseconds until they look again for those who wait.
    static let leastLeasedCost: UInt64 = 5_000_000
    /// After so many nanoseconds of waiting for somebody else it is made here as well.
    static let longestLeaseWait: UInt64 = 30_000_000_000
    private static let shortestPause = 2e6, longestPause = 1e8

    /// Whether others may look for what a flight makes, and it is worth agreeing with them. What a stage has cost before
    /// stands for what it will cost; the first time it is asked for in a process, a lease is taken.
    func wantsLease(_ wanted: Wanted) -> Bool {
        guard !leaseKeepers.isEmpty, wanted.asking.policy == .on || wanted.asking.policy == .refresh else { return false }
        let places = places(of: wanted.node, wanted.asking)
        guard leaseKeepers.contains(where: { places.contains($0.place) }) else { return false }
        return stageCosts.typical(of: wanted.node.name) ?? .max >= Self.leastLeasedCost
    }

    /// Asks the keepers that are left. Runs where blocking is allowed.
    func seekLease(_ search: LeaseSearch) {
        var search = search
        let node = search.wanted.node, places = places(of: node, search.wanted.asking)
        let isOver = search.waitsSince.map { clock.nanoseconds() &- $0 >= Self.longestLeaseWait } ?? false
        while !isOver, search.asked < leaseKeepers.count {
            let (place, keeper) = leaseKeepers[search.asked]
            if places.contains(place) {
                switch keeper.lease(node.digest) {
                case .granted(let lease): search.held.append(lease)
                case .unavailable: break
                case .taken: return wait(search)
                }
            }
            search.asked += 1
        }
        // Who had the lease before us may have kept it meanwhile.
        if search.waitsSince != nil, answer(search) { return }
        perform { [search] in $0.leased(search.id, search.held, &$1) }
    }

    /// Looks again a little later, if somebody still wants it then.
    private func wait(_ search: LeaseSearch) {
        var search = search
        search.waitsSince = search.waitsSince ?? clock.nanoseconds()
        // Doubled each time; shortened by up to a half, so that those who wait do not come all at once.
        let pause = min(Self.shortestPause * Double(1 << min(search.pauses, 6)), Self.longestPause) * Double.random(in: 0.5...1)
        search.pauses += 1
        // Owned by the flight, which it asks whether to go on. On threads of the engine's own, as it may block.
        Task(executorPreference: readers) { [self, search] in
            await clock.pause(UInt64(pause))
            var goesOn = false
            perform { goesOn = $0.goesOn(search.id, &$1) }
            if !goesOn { return search.giveBack() }
            if !answer(search) { seekLease(search) }
        }
    }

    /// Looks in the levels; whether they had an answer.
    private func answer(_ search: LeaseSearch) -> Bool {
        let node = search.wanted.node, asking = search.wanted.asking
        var trail = Trail()
        guard let found = find(node, asking, in: places(of: node, asking), &trail) else { return false }
        search.giveBack()
        hit(node, found, trail)
        perform { $0.answered(search.id, found, leasing: false, &$1) }
        return true
    }
}

extension LeaseSearch {
    fileprivate func giveBack() {
        for lease in held { lease.release() }
    }
}
