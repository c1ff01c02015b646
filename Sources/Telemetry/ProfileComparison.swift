/// Two profiles side by side: what takes more or less than before, the surest differences first.
///
///     let comparison = ProfileComparison(before: earlier.stacksOfSamples, after: later.stacksOfSamples)
///     for row in comparison.rows where row.isSignificant { … }
///
/// Both must have been sampled with the same period: then a number of samples is a time. Two counts *a* and *b* of rare events differ
/// by chance as (*b* − *a*) / √(*a* + *b*), which is nearly normal with deviation 1 when nothing has changed (Przyborowski & Wilenski,
/// "Homogeneity of Results in Testing Samples from Poisson Series", Biometrika 31, 1940); as hundreds of functions are compared at
/// once, 3 deviations count as a difference.
public struct ProfileComparison: Sendable, Equatable {
    /// A function or span.
    public struct Row: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Samples inside it or what it called.
        public var before: UInt64, after: UInt64
        /// Of these, samples in itself.
        public var ownBefore: UInt64, ownAfter: UInt64

        /// How many deviations apart its counts are; below 0 when there are fewer now.
        public var deviations: Double { Self.deviations(before, after) }
        /// The same for those in itself.
        public var ownDeviations: Double { Self.deviations(ownBefore, ownAfter) }
        /// Whether chance explains neither difference.
        public var isSignificant: Bool { abs(deviations) >= 3 || abs(ownDeviations) >= 3 }

        fileprivate static func deviations(_ a: UInt64, _ b: UInt64) -> Double {
            a + b == 0 ? 0 : (Double(b) - Double(a)) / Double(a + b).squareRoot()
        }
    }

    /// All samples of both.
    public var before: UInt64, after: UInt64
    /// By how sure and how large the difference in themselves is, then by name.
    public var rows: [Row]

    /// How many deviations the whole is apart.
    public var deviations: Double { Row.deviations(before, after) }

    /// Compares the stacks of two profiles.
    public init(before: [FoldedStack], after: [FoldedStack]) {
        var rows: [String: Row] = [:]
        func add(_ stacks: [FoldedStack], all: WritableKeyPath<Row, UInt64>, own: WritableKeyPath<Row, UInt64>) -> UInt64 {
            var total: UInt64 = 0
            for stack in stacks {
                total += stack.weight
                // What calls itself is inside itself once.
                for name in Set(stack.names) {
                    rows[name, default: Row(name: name, before: 0, after: 0, ownBefore: 0, ownAfter: 0)][keyPath: all] += stack.weight
                }
                if let name = stack.names.last { rows[name]?[keyPath: own] += stack.weight }
            }
            return total
        }
        self.before = add(before, all: \.before, own: \.ownBefore)
        self.after = add(after, all: \.after, own: \.ownAfter)
        func rank(_ row: Row) -> Double { max(abs(row.ownDeviations), abs(row.deviations)) }
        self.rows = rows.values.sorted { (rank($0), $1.name) > (rank($1), $0.name) }
    }
}
