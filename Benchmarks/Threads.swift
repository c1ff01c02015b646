#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Runs `body` on so many threads of the system at a time and returns when all have ended.
func withThreads(_ count: Int, _ body: @escaping @Sendable (_ thread: Int) -> Void) {
    let threads = (0..<count).map { index in
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work { body(index) })
        let code = pthread_create(&thread, nil, start, work.toOpaque())
        precondition(code == 0, "a thread could not be started")
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}

/// Runs `body` on a thread of the system that nobody waits for.
func startThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, start, Unmanaged.passRetained(Work(body)).toOpaque())
    precondition(code == 0, "a thread could not be started")
    pthread_detach(thread)
}

private final class Work {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
}

private let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { work in
    Unmanaged<Work>.fromOpaque(work!).takeRetainedValue().body()
    return nil
}
