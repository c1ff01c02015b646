/// Calls a function once for every number from 0 up to a count, in any order and on any threads, and returns when all calls have
/// returned. What is computed must not depend on order or number of threads.
///
/// These rooms know no threads: who calls them hands in a loop over its own, such as `Context.concurrently`.
public typealias ParallelFor = (_ count: Int, _ body: @Sendable (Int) -> Void) -> Void

/// The loop of one thread: all calls here, in order.
public func serially(_ count: Int, _ body: @Sendable (Int) -> Void) {
    for index in 0..<max(0, count) { body(index) }
}
