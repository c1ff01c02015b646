public import AtelierMemo
import Synchronization

extension RedisStore: TagKeeper {
    /// A number that changes with every generation known here. An atomic load; a thread keeps it at most a second old.
    public var tagEpoch: UInt64 {
        useTags()
        return tags.epoch.load(ordering: .acquiring)
    }

    /// The copy of all generations; read anew when it is older than a second, nil when that cannot be done.
    public func tagGenerations() -> [String: UInt64]? {
        useTags()
        return tags.generations()
    }

    /// Raises a tag for everybody. One round trip.
    public func raise(tag: String, to generation: UInt64) -> Bool {
        useTags()
        return tags.raise(tag, generation)
    }

    private func useTags() { if tags.use() { listener.start() } }
}

extension RedisStore: LeaseKeeper {
    /// Asks for the right to make a digest alone. One round trip; none while the server rests.
    public func lease(_ digest: Digest) -> LeaseOutcome {
        guard client.admitsPuts() else { return .unavailable }
        switch leases.take(digest) {
        case nil: return .unavailable
        case false?: return .taken
        case true?:
            listener.start()
            return .granted(Lease { [leases] in leases.release(digest) })
        }
    }
}
