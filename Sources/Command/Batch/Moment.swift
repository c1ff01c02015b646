#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A moment by the clock and by what the process has used of its processors.
struct Moment {
    private let clock: ContinuousClock.Instant, processor: timespec

    static var now: Moment {
        var processor = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &processor)
        return Moment(clock: .now, processor: processor)
    }

    func seconds(to end: Moment) -> Double { (end.clock - clock).inSeconds }

    /// Seconds of all threads together.
    func processorSeconds(to end: Moment) -> Double {
        Double(end.processor.tv_sec - processor.tv_sec) + Double(end.processor.tv_nsec - processor.tv_nsec) * 1e-9
    }
}
