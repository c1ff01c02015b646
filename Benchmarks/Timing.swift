import AtelierJSON
import AtelierStages

/// Runs of one measurement, in seconds per operation.
struct Timing {
    private var sorted: [Double]

    /// Times `body` once per round; each round repeats it until `roundTime` has passed, so that the clock's grain and
    /// a first slow run do not show. `body` keeps its result alive by returning something that depends on it.
    init<Result>(rounds: Int, roundTime: Duration = .milliseconds(5), _ body: () -> Result) {
        let clock = ContinuousClock()
        var times: [Double] = []
        for _ in 0..<rounds {
            var repetitions = 0
            let start = clock.now
            var elapsed = Duration.zero
            var batch = 1
            while elapsed < roundTime {
                for _ in 0..<batch { keep(body()) }
                repetitions += batch
                batch = min(batch * 2, 1 << 16)
                elapsed = clock.now - start
            }
            times.append(elapsed / .seconds(1) / Double(repetitions))
        }
        sorted = times.sorted()
    }

    var median: Double { sorted[sorted.count / 2] }

    /// Median, first and third quartile and minimum, in microseconds, rounded to nanoseconds.
    var members: [JSON.Member] {
        func microseconds(_ seconds: Double) -> JSON { .number((seconds * 1e9).rounded() / 1000) }
        return [
            .init("median_us", microseconds(median)),
            .init("quartiles_us", .array([microseconds(sorted[sorted.count / 4]), microseconds(sorted[sorted.count * 3 / 4])])),
            .init("min_us", microseconds(sorted[0])),
        ]
    }
}

/// Uses a value in a way the optimiser cannot see through.
@inline(never) func keep<Value>(_ value: Value) {}

/// Bytes that a seed repeats and nothing compresses.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}
