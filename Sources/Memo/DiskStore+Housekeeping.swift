#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// What `atelier cache` offers beside reading and writing: how much there is, checking it, throwing it away.

extension DiskStore {
    /// Entries and the bytes they take on disk, counted now.
    public struct Contents: Equatable, Sendable {
        /// Number of entries.
        public var entries: Int
        /// Bytes of their files, in whole blocks.
        public var bytes: Int
    }

    /// What reading everything showed.
    public struct Verification: Equatable, Sendable {
        /// Entries that are whole, and the bytes they take on disk.
        public var intact = Contents(entries: 0, bytes: 0)
        /// Entries that were damaged and are deleted now, with what was wrong.
        public var damaged: [Damage] = []
        /// Entries of another version of the project; kept.
        public var foreign = 0
        /// Entries that could not be read just now (permission, I/O error); kept.
        public var unreadable = 0

        /// A damaged entry.
        public struct Damage: Equatable, Sendable {
            /// The digest it was kept under.
            public var digest: Digest
            /// What was wrong with it.
            public var problem: String
        }
    }

    /// Counts the entries. Complexity: one walk over the folders, no file is opened.
    public func contents() -> Contents {
        scan().reduce(into: Contents(entries: 0, bytes: 0)) {
            $0.entries += 1
            $0.bytes += $1.weight
        }
    }

    /// Reads every entry from end to end, deletes the damaged ones and what dead writers left, and evicts down to the limit.
    public func verify() -> Verification {
        var result = Verification()
        for found in scan().sorted(by: { $0.digest < $1.digest }) {
            switch read(path(of: found.digest), found.digest) {
            case .entry:
                result.intact.entries += 1
                result.intact.bytes += found.weight
            case .damaged(let problem): result.damaged.append(.init(digest: found.digest, problem: problem))
            case .foreign: result.foreign += 1
            case .unreadable(.notFound): break  // evicted meanwhile
            case .unreadable: result.unreadable += 1
            }
        }
        trim()
        return result
    }

    /// Deletes all entries and nothing else; returns what was there.
    @discardableResult
    public func clear() -> Contents {
        var removed = Contents(entries: 0, bytes: 0)
        for found in scan() where unlink(path(of: found.digest)) == 0 {
            removed.entries += 1
            removed.bytes += found.weight
        }
        trim()  // leftovers go, and the count begins anew
        return removed
    }
}
