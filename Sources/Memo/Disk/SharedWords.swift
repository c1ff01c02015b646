import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A small file that all processes on a cache directory have in their memory: what they tell each other without a
/// system call. Nothing in it is needed for right answers, so that noise in it does no harm.
///
/// | bytes | what |
/// | --- | --- |
/// | 0–7 | tag epoch: changes with every generation of a tag |
/// | 8–15 | number of the transaction whose names of files follow (`Intent`) |
/// | 16–23 | how many follow, at most 32 |
/// | 1024–2047 | digests of 32 bytes |
/// | 4096–… | a power of two of counters of one byte: hits on the entries whose digest falls there |
///
/// Counters are shared by entries that fall on the same one: a hit may count for a neighbour as well, which gives that
/// one another round in the queue. A kill loses none.
final class SharedWords: @unchecked Sendable {
    // The mapping is made in `init`, changed by atomics alone (but for the intent, which only the holder of the index's
    // write lock touches), and unmapped in `deinit`.
    private let base: UnsafeMutableRawPointer
    private let byteCount: Int
    private let isWritable: Bool
    private let mask: UInt64

    static let headCount = 4096
    static let mostNames = 32

    /// Maps the file, making it with one counter for each 16 KiB of `limit` where there is none
    /// and `creating` says so; nil when that fails.
    init?(path: String, limit: Int, creating: Bool) {
        var descriptor = open(path, O_RDWR | (creating ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW, 0o600)
        isWritable = descriptor >= 0
        if descriptor < 0 { descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var counters = Int(status.st_size) - Self.headCount
        // A file cut short by somebody must not end us with a signal.
        if counters < 4096 {
            guard isWritable else { return nil }
            counters = min(1 << 20, max(4096, limit >> 14).powerOfTwoBelow)
            // Room is taken now: a page that cannot be had later would be a signal as well.
            guard posix_fallocate(descriptor, 0, Self.headCount + counters) == 0 else { return nil }
        }
        counters = counters.powerOfTwoBelow
        mask = UInt64(counters - 1)
        byteCount = Self.headCount + counters
        let protection = isWritable ? PROT_READ | PROT_WRITE : PROT_READ
        guard let mapped = mmap(nil, byteCount, protection, MAP_SHARED, descriptor, 0), mapped != MAP_FAILED else { return nil }
        base = mapped
    }

    deinit { munmap(base, byteCount) }

    private func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (base + 8 * index).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    private func counter(_ digest: Digest) -> UnsafeMutablePointer<Atomic<UInt8>> {
        (base + Self.headCount + Int(digest.words.1 & mask)).assumingMemoryBound(to: Atomic<UInt8>.self)
    }

    // MARK: Hits

    /// Counts a hit; one load, and one store while the counter is not full.
    func noteHit(_ digest: Digest) {
        guard isWritable else { return }
        let counter = counter(digest)
        let count = counter.pointee.load(ordering: .relaxed)
        // Two at once may count as one.
        if count < 255 { counter.pointee.store(count + 1, ordering: .relaxed) }
    }

    /// Hits since the last time, forgotten with this.
    func takeHits(_ digest: Digest) -> Int { isWritable ? Int(counter(digest).pointee.exchange(0, ordering: .relaxed)) : 0 }

    // MARK: Tags

    /// Changes with every generation of a tag.
    var epoch: UInt64 { word(0).pointee.load(ordering: .acquiring) }

    func advanceEpoch() { if isWritable { word(0).pointee.wrappingAdd(1, ordering: .releasing) } }

    // MARK: Intents

    /// What a transaction is about to do with names: digests whose files appear or go, by the holder of the index's
    /// write lock. When a process is killed between that and its commit, the next one sees a number that was never
    /// committed, and looks what became of those files.
    struct Intent {
        var operation: Int
        var digests: [Digest]
    }

    /// Adds digests to what a transaction declares; beyond 32 only `verify` would find them.
    func declare(_ digests: [Digest], in operation: Int) {
        guard isWritable else { return }
        let isFirst = word(1).pointee.load(ordering: .relaxed) != UInt64(operation)
        if isFirst { word(1).pointee.store(0, ordering: .releasing) }
        var count = isFirst ? 0 : min(Self.mostNames, Int(clamping: word(2).pointee.load(ordering: .relaxed)))
        for digest in digests where count < Self.mostNames {
            (base + 1024 + 32 * count).storeBytes(of: digest.words, as: (UInt64, UInt64, UInt64, UInt64).self)
            count += 1
        }
        word(2).pointee.store(UInt64(count), ordering: .releasing)
        if isFirst { word(1).pointee.store(UInt64(operation), ordering: .releasing) }
    }

    /// What the last transaction declared.
    var intent: Intent {
        let count = min(Self.mostNames, Int(clamping: word(2).pointee.load(ordering: .relaxed)))
        return Intent(
            operation: Int(clamping: word(1).pointee.load(ordering: .acquiring)),
            digests: (0..<count).map {
                Digest(words: (base + 1024 + 32 * $0).load(as: (UInt64, UInt64, UInt64, UInt64).self))
            })
    }
}

extension Int {
    /// The largest power of two not above a positive number.
    fileprivate var powerOfTwoBelow: Int { 1 << (Int.bitWidth - 1 - leadingZeroBitCount) }
}
