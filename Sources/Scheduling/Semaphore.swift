#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A count that threads wait for and others raise; for threads that may block.
package struct Semaphore: ~Copyable, @unchecked Sendable {
    // Sendable: semaphores may be used from any thread (POSIX, sem_overview), and the pointer never changes.
    private let pointer: UnsafeMutablePointer<sem_t>

    /// A count of 0.
    package init() {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: sem_t())
        sem_init(pointer, 0, 0)
    }

    deinit {
        sem_destroy(pointer)
        pointer.deallocate()
    }

    /// Raises the count, which lets one thread go on.
    package func post() { sem_post(pointer) }

    /// Waits until the count is above 0 and takes one off.
    package func wait() {
        while sem_wait(pointer) != 0 {}  // interrupted by a signal
    }
}
