/// How many requests may be under way at a time to something that says nothing of its capacity, found by how long it takes.
///
/// For what processors do not bound: servers, models. Windows of samples are compared with the latency without a queue, measured
/// while few requests are under way: the **gradient** is their ratio. Below 1 the limit goes a fifth of the way to its product with the
/// gradient, at 1 half the square root of the limit is added, so it grows only while that costs no latency. Where requests are
/// refused, latency says nothing, and the limit goes by **additive increase and multiplicative decrease**: a tenth less for each
/// window with a refusal, and one more for each of the next ten without.
///
/// Latencies count by predicted cost, or a large request would look like a queue. The latency without a queue is measured
/// again after a number of windows, and when the limit has been at its floor for five, since then it is the measure that is wrong.
/// Samples of requests that began before the last change tell nothing about it and are left out. (Sources: "Performance Under Load",
/// Netflix 2018, for the gradient; Envoy's adaptive concurrency filter for probing; Chiu and Jain 1989 for the fallback.)
///
/// A value; times are handed in.
package struct AdaptiveLimit: Sendable {
    /// What became of a request.
    package enum Outcome: Sendable {
        /// It took so many nanoseconds.
        case done(UInt64)
        /// There was no room for it: refused, or no answer in time.
        case refused
        /// Nothing to learn from: cancelled, a mistake.
        case other
    }

    /// Which limit a request began under.
    package struct Pass: Hashable, Sendable {
        fileprivate var epoch: Int
    }

    private let floor: Double, most: Double
    private var limit: Double
    package private(set) var underWay = 0
    private var epoch = 0
    /// Of the window: nanoseconds for each unit of cost, refusals, and the most that were under way.
    private var samples: [Double] = [], refusals = 0, busiest = 0
    /// Latency without a queue, for each unit of cost.
    private var base: Double?
    /// The limit to return to after measuring it.
    private var resting: Double?
    private var windows = 0, windowsAtFloor = 0
    /// Windows to come that only add one, since somebody was refused.
    private var cautious = 0

    /// How much slower than without a queue counts as the same.
    private static let tolerance = 1.25
    private static let windowsBetweenProbes = 100

    /// - Parameters:
    ///   - initial: How many at first.
    ///   - floor: Never fewer; so many are under way while the latency without a queue is measured.
    ///   - most: Never more.
    package init(initial: Int = 16, floor: Int = 2, most: Int = 256) {
        self.floor = Double(max(1, floor))
        self.most = Double(max(floor, most))
        limit = Double(min(max(initial, floor), most))
    }

    /// How many may be under way.
    package var count: Int { Int(limit) }

    /// Begins a request; nil when it has to wait.
    package mutating func begin() -> Pass? {
        guard underWay < count else { return nil }
        underWay += 1
        busiest = max(busiest, underWay)
        return Pass(epoch: epoch)
    }

    /// Ends a request of a predicted cost, in any unit that is the same for all.
    package mutating func end(_ pass: Pass, _ outcome: Outcome, cost: Double = 1) {
        underWay -= 1
        precondition(underWay >= 0, "a request ended that never began")
        guard pass.epoch == epoch else { return }
        switch outcome {
        case .done(let nanoseconds): samples.append(Double(nanoseconds) / max(cost, 1e-9))
        case .refused: refusals += 1
        case .other: return
        }
        if refusals > 0 || samples.count >= max(8, min(64, count)) { closeWindow() }
    }

    private mutating func closeWindow() {
        defer {
            samples.removeAll(keepingCapacity: true)
            (refusals, busiest) = (0, underWay)
            epoch += 1
        }
        if refusals > 0 {
            // The refusal says more than any latency.
            limit = max(floor, ((resting ?? limit) * 0.9).rounded(.down))
            (resting, cautious) = (nil, 10)
            return
        }
        let latency = samples.sorted()[samples.count / 2]
        if let resting {
            base = latency
            limit = resting
            self.resting = nil
            return
        }
        windows += 1
        guard let base else { return probe() }
        guard windows < Self.windowsBetweenProbes, windowsAtFloor < 5 else { return probe() }
        let gradient = max(0.5, min(1, Self.tolerance * base / latency))
        let isUsed = busiest * 2 > count
        if gradient < 1 {
            limit = max(floor, limit * (0.8 + 0.2 * gradient))
        } else if isUsed {
            limit = min(most, limit + (cautious > 0 ? 1 : limit.squareRoot() * 0.5))
        }
        cautious = max(0, cautious - 1)
        // Faster than without a queue: it was not without one, or it is faster now.
        if latency < base { self.base = latency }
        windowsAtFloor = limit <= floor ? windowsAtFloor + 1 : 0
    }

    /// Measures the latency without a queue in the next window.
    private mutating func probe() {
        (windows, windowsAtFloor) = (0, 0)
        resting = limit
        limit = floor
    }
}
