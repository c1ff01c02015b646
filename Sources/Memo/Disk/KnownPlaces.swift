import AtelierScheduling

/// Where an entry was when it was last seen.
struct Place: Equatable, Sendable {
    /// 0: in a file of its own.
    var segment: Int
    var position: Int
    var size: Int

    static let file = Place(segment: 0, position: 0, size: 0)
}

/// What this process knows of places, in front of the index: a small hit is one look here and one read. Bounded: a full
/// shard starts anew, which costs a look into the index for each of its entries.
final class KnownPlaces: Sendable {
    private final class Shard: Sendable {
        let table = Lock<[Digest: Place]>([:])
    }

    private let shards: [Shard] = (0..<64).map { _ in Shard() }
    private static let most = 2048

    private func shard(_ digest: Digest) -> Shard { shards[Int(truncatingIfNeeded: digest.words.1 & 63)] }

    subscript(digest: Digest) -> Place? { shard(digest).table.withLock { $0[digest] } }

    func add(_ digest: Digest, _ place: Place) {
        shard(digest).table.withLock { table in
            if table.count >= Self.most { table.removeAll(keepingCapacity: true) }
            table[digest] = place
        }
    }

    func remove(_ digest: Digest) { shard(digest).table.withLock { $0[digest] = nil } }

    func removeAll() { for shard in shards { shard.table.withLock { $0.removeAll() } } }
}
