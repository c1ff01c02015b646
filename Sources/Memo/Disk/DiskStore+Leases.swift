import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// Who makes a digest on this machine: whoever holds the lock on one byte of the file `leases`, whose position the digest
// says. The file stays empty. Such a lock belongs to the open file, not to the process as an ordinary record lock does,
// so that two stores in one process exclude each other as well; it goes with the process, however that ends.

/// The file of leases, opened when one is first asked for.
struct LeaseFile: Sendable {
    var descriptor: Int32 = -1
    /// Bytes whose locks this store has: asking the system again would grant them.
    var held: Set<Int> = []
}

extension DiskStore: LeaseKeeper {
    // Of linux/fcntl.h; behind _GNU_SOURCE in the C library's.
    private static let setOpenFileLock: Int32 = 37

    /// One system call; does not wait.
    public func lease(_ digest: Digest) -> LeaseOutcome {
        guard directory.isWritten else { return .unavailable }
        let position = Int(digest.words.0 & (1 << 62 - 1))
        return leases.withLock { leases in
            if leases.descriptor < 0 {
                leases.descriptor = open(directory.path + "/leases", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            }
            guard leases.descriptor >= 0 else { return .unavailable }
            if leases.held.contains(position) { return .taken }
            guard Self.lock(leases.descriptor, F_WRLCK, position) else {
                return errno == EAGAIN || errno == EACCES ? .taken : .unavailable
            }
            leases.held.insert(position)
            // Holds the store: the file must not be closed while a lease is out.
            return .granted(
                Lease { [self] in
                    self.leases.withLock { leases in
                        guard leases.held.remove(position) != nil else { return }
                        _ = Self.lock(leases.descriptor, F_UNLCK, position)
                    }
                })
        }
    }

    private static func lock(_ descriptor: Int32, _ kind: Int32, _ position: Int) -> Bool {
        var lock = flock()
        lock.l_type = Int16(kind)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = off_t(position)
        lock.l_len = 1
        return fcntl(descriptor, setOpenFileLock, &lock) == 0
    }
}
