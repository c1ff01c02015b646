/// What every item keeps to, as a number of conditions of which only some counts may hold.
///
/// "Not both" of two conditions is a count of 0 or 1; "the first only with the second" is a count of at least 1 of not the first
/// and the second; at most, at least and all-or-none of *n* are counts as well. So one form serves every kind of rule.
public struct Rule: Hashable, Sendable {
    /// What the project says, for messages.
    public var text: String
    /// At most 63.
    public var conditions: [Condition]
    /// Bit *k* is set when *k* conditions may hold at once.
    public var allowedCounts: UInt64

    /// Whether a layer's choice is one of some.
    public struct Condition: Hashable, Sendable {
        /// Index into `Project.layers`.
        public var layer: Int
        /// For each trait of the layer whether it fulfils the condition, then whether none does.
        public var isMet: [Bool]

        /// A condition on a layer.
        public init(layer: Int, isMet: [Bool]) {
            self.layer = layer
            self.isMet = isMet
        }
    }

    /// A rule on conditions.
    public init(text: String, conditions: [Condition], allowedCounts: UInt64) {
        self.text = text
        self.conditions = conditions
        self.allowedCounts = allowedCounts
    }

    /// Whether a choice for every layer keeps to the rule; `CollectionPlan.none` stands for no trait.
    public func isKept(by choice: ArraySlice<UInt16>) -> Bool { allowedCounts >> UInt64(metCount(by: choice)) & 1 == 1 }

    /// How many conditions hold for a choice.
    func metCount(by choice: ArraySlice<UInt16>) -> Int {
        var count = 0
        for condition in conditions {
            let trait = choice[choice.startIndex + condition.layer]
            if condition.isMet[trait == CollectionPlan.none ? condition.isMet.count - 1 : Int(trait)] { count += 1 }
        }
        return count
    }
}
