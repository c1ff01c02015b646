internal import CAtelierProbe
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Records everything the threads note, and on request their stacks and allocations, until it is told to finish.
///
///     guard let recorder = ProfileRecorder() else { return }
///     … work …
///     let timeline = recorder.finish()
///
/// A thread of its own empties the lanes every 16 ms. It asks each thread that has computed for a millisecond for its stack, by a
/// signal (SIGPROF): a timer of the kernel's for each thread would come at its ticks only (measured: 118 times in two seconds of
/// processor time). Allocations are counted where the program and its libraries call the C library. See decision 0047.
public final class ProfileRecorder: Sendable {
    /// Processor time between two stacks of a thread, in nanoseconds.
    public static let samplePeriod: UInt64 = 1_000_000

    private static let isTaken = Atomic(false)
    private let collector: Collector
    private let begin = atelier_now()
    private let thread: pthread_t
    /// What was not measured before.
    private let added: UInt32

    /// Begins to record; nil while another recorder does: there is one of everything.
    ///
    /// - Parameters:
    ///   - samples: Whether threads are asked for their stacks.
    ///   - allocations: Whether allocations are counted, which makes each some nanoseconds slower.
    public init?(samples: Bool = true, allocations: Bool = true) {
        guard Self.isTaken.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else { return nil }
        let takesSamples = samples && atelier_sampling_begin() == 0
        let counts = allocations && atelier_allocations_count() > 0
        var wanted = UInt32(atelier_records | atelier_times)
        if takesSamples { wanted |= UInt32(atelier_samples) }
        if counts { wanted |= UInt32(atelier_allocates) }
        added = wanted & ~atelier_measure(wanted, 0)
        collector = Collector(takesSamples: takesSamples, countsAllocations: counts)
        var thread = pthread_t()
        let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
            Unmanaged<Collector>.fromOpaque(pointer!).takeRetainedValue().work()
            return nil
        }
        let held = Unmanaged.passRetained(collector)
        let isStarted = pthread_create(&thread, nil, body, held.toOpaque()) == 0
        self.thread = thread
        if !isStarted {
            held.release()
            _ = atelier_measure(0, added)
            Self.isTaken.store(false, ordering: .releasing)
            return nil
        }
    }

    /// Ends the recording; called once.
    public func finish() -> Timeline {
        let end = atelier_now()
        collector.isFinished.store(true, ordering: .releasing)
        pthread_join(thread, nil)
        _ = atelier_measure(0, added)
        var timeline = collector.reader.timeline(from: begin, to: end)
        timeline.samplePeriod = collector.takesSamples ? Self.samplePeriod : 0
        Self.isTaken.store(false, ordering: .releasing)
        return timeline
    }
}

/// What the recorder's thread has.
private final class Collector: Sendable {
    let takesSamples: Bool, countsAllocations: Bool
    let isFinished = Atomic(false)
    /// The thread's alone until it was joined.
    nonisolated(unsafe) var reader = LaneReader(from: .now)

    init(takesSamples: Bool, countsAllocations: Bool) {
        (self.takesSamples, self.countsAllocations) = (takesSamples, countsAllocations)
    }

    func work() {
        var round = 0
        while !isFinished.load(ordering: .acquiring) {
            if takesSamples { atelier_sampling_tick(ProfileRecorder.samplePeriod) }
            if round % 16 == 15 || !takesSamples { reader.read() }
            // Libraries that were opened meanwhile have tables of their own.
            if countsAllocations, round % 64 == 63 { _ = atelier_allocations_count() }
            round += 1
            var pause = timespec(tv_sec: 0, tv_nsec: takesSamples ? 1_000_000 : 16_000_000)
            nanosleep(&pause, nil)
        }
        reader.read()
    }
}
