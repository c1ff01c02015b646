import AtelierMemo

/// A moment by the clock and by what the process has used of its processors.
struct Moment {
    private let clock: ContinuousClock.Instant
    /// Nanoseconds.
    private let processor: UInt64

    static var now: Moment { Moment(clock: .now, processor: processorNanoseconds()) }

    func seconds(to end: Moment) -> Double { (end.clock - clock).inSeconds }

    /// Seconds of all threads together.
    func processorSeconds(to end: Moment) -> Double { (Double(end.processor) - Double(processor)) * 1e-9 }
}
