#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Something that one thread waits for with a limit and another says, also among other descriptors in `poll`.
///
/// A pipe with a byte in it once it was said. Where none can be made (no descriptors left) waiting ends at its limit.
final class Signal: Sendable {
    /// Readable once it was said; -1 is skipped by `poll`.
    let descriptor: Int32
    private let writing: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            (descriptor, writing) = (-1, -1)
            return
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (descriptor, writing) = (ends[0], ends[1])
    }

    deinit {
        if descriptor >= 0 {
            close(descriptor)
            close(writing)
        }
    }

    /// Says it. A full pipe has been told often enough.
    func raise() {
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
    }

    /// Waits for it, at most so many nanoseconds, and takes it back; `other` is a descriptor that ends the waiting too.
    func wait(atMost limit: UInt64, or other: Int32 = -1) {
        var entries = (pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0))
        withUnsafeMutableBytes(of: &entries) {
            _ = poll($0.baseAddress!.assumingMemoryBound(to: pollfd.self), 2, Int32(clamping: (limit + 999_999) / 1_000_000))
        }
        var bytes: UInt64 = 0
        _ = read(descriptor, &bytes, 8)
    }
}
