/// How much each client, and all of them together, may spend over time.
///
///     var limiter = RateLimiter(perClient: Rate(perSecond: 1, burst: 10), total: Rate(perSecond: 40, burst: 80))
///     if let wait = limiter.spend(0.3, by: "studio", now: now) { … Retry-After: wait … }
///
/// The generic cell rate algorithm in its virtual-scheduling form (ITU-T I.371, annex A): of each client one number is kept, the
/// moment until which what it spent would last at its rate. It is a token bucket without the bucket's refill. What is spent may be
/// any unit: requests, or seconds of predicted work. Whoever may not spend is told after how many nanoseconds exactly it may, if
/// nobody else spends meanwhile; asking costs nothing.
///
/// A value; the time is handed in. A client whose number has passed has its whole burst again and is forgotten, so the table has
/// those who spent lately. Spending is O(log clients), amortised.
package struct RateLimiter: Sendable {
    /// An amount for every second, and how much at once.
    package struct Rate: Hashable, Sendable {
        package var perSecond: Double, burst: Double

        package init(perSecond: Double, burst: Double) {
            precondition(perSecond > 0 && burst > 0, "a rate lets something through")
            self.perSecond = perSecond
            self.burst = burst
        }

        /// How long an amount lasts, in whole nanoseconds: rounded down, so that parts never last longer than their sum.
        fileprivate func nanoseconds(_ amount: Double) -> UInt64 { UInt64(min(amount / perSecond * 1e9, 1e17)) }

        /// How long after now spending is allowed, when what was spent lasts until `end`. More than a burst at once needs a whole burst, and is
        /// owed afterwards.
        fileprivate func wait(for amount: Double, end: UInt64, now: UInt64) -> UInt64 {
            let needed = nanoseconds(min(amount, burst)), room = nanoseconds(burst), begin = max(end, now)
            let earliest = begin + needed > room ? begin + needed - room : 0
            return earliest > now ? earliest - now : 0
        }
    }

    package let perClient: Rate
    private let total: Rate?
    private let mostClients: Int
    /// Until when what was spent lasts.
    private var ends: [String: (end: UInt64, number: UInt64)] = [:]
    private var names: [UInt64: String] = [:]
    private var byEnd = UrgencyQueue()
    private var nextNumber: UInt64 = 0
    private var totalEnd: UInt64 = 0

    /// - Parameter mostClients: How many are told apart. Of more, the one that owes least is forgotten, and has its burst again before
    ///   its time; what all spend together stays bounded.
    package init(perClient: Rate, total: Rate? = nil, mostClients: Int = 65_536) {
        self.perClient = perClient
        self.total = total
        self.mostClients = max(1, mostClients)
    }

    /// How many clients are remembered.
    package var clientCount: Int { ends.count }

    /// Spends an amount, or says after how many nanoseconds that is allowed.
    package mutating func spend(_ amount: Double, by client: String, now: UInt64) -> UInt64? {
        forget(before: now)
        let amount = max(0, amount), known = ends[client]
        var wait = perClient.wait(for: amount, end: known?.end ?? 0, now: now)
        if let total { wait = max(wait, total.wait(for: amount, end: totalEnd, now: now)) }
        if wait > 0 { return wait }
        if let total { totalEnd = max(totalEnd, now) + total.nanoseconds(amount) }
        let end = max(known?.end ?? 0, now) + perClient.nanoseconds(amount)
        let number = known?.number ?? nextNumber
        if known == nil {
            if ends.count == mostClients, let least = byEnd.first { remove(least) }
            nextNumber += 1
            names[number] = client
        }
        ends[client] = (end, number)
        byEnd.insert(number, at: Urgency(deadline: end, sequence: number))
        return nil
    }

    /// How much a client may spend at once now, and after how many nanoseconds its whole burst is there again.
    package func room(of client: String, now: UInt64) -> (amount: Double, full: UInt64) {
        let end = max(ends[client]?.end ?? 0, now)
        return (max(0, perClient.burst - Double(end - now) * 1e-9 * perClient.perSecond), end - now)
    }

    private mutating func forget(before now: UInt64) {
        while let number = byEnd.first, let end = byEnd.firstUrgency?.deadline, end <= now { remove(number) }
    }

    private mutating func remove(_ number: UInt64) {
        byEnd.remove(number)
        if let name = names.removeValue(forKey: number) { ends[name] = nil }
    }
}
