/// Why a project cannot be planned as it was asked for.
public enum PlanningError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Neither the project nor the caller says how many items there should be.
    case countMissing
    /// More items than the configurations and the pictures made by hand provide.
    case countBeyondConfigurations(asked: Int, provided: Int)
    /// Fewer or more than a plan can hold.
    case countOutOfRange(Int)
    /// Fewer combinations than items; `isStrict` when a strict set is what runs out.
    case infeasible(asked: Int, combinations: BigNatural, of: String)
    /// Two numbers of pictures made by hand are equal, or one lies outside the collection.
    case badNumber(name: String, number: Int, reason: String)
    /// The rules link so much that counting would take too many states.
    case rulesTooEntangled(layers: [String])
    /// Exact counts that do not sum to the items there are.
    case quotaMismatch(layer: String, counts: Int, items: Int)
    /// Exact counts that a rule forbids.
    case quotaAgainstRule(rule: String, reason: String)
    /// Exact counts for which no plan was found.
    case quotaUnsolved(conflicts: Int, of: Int, example: String)
    /// A configuration whose combinations others have used up.
    case configurationsOverlap(name: String, placed: Int, of: Int)
    /// Strict sets that ran out of choices that go together.
    case strictSetsUnsolved(placed: Int, of: Int)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .countMissing: "how many items? Give --count, or \"count\" in the project or in each configuration"
        case .countBeyondConfigurations(let asked, let provided):
            "\(asked) items asked for, but the configurations and pictures made by hand add up to \(provided); "
                + "leave the count of the last configuration out to let it fill up"
        case .countOutOfRange(let count): "\(count) items: a plan holds 1 to \(CollectionPlan.countLimit)"
        case .infeasible(let asked, let combinations, let subject):
            "\(asked) different items asked for, but \(subject) only \(combinations) combinations that keep to the rules"
        case .badNumber(let name, let number, let reason): "the picture made by hand '\(name)' has number \(number): \(reason)"
        case .rulesTooEntangled(let layers):
            "the rules tie together too much to count: more than \(CombinationSpace.nodeLimit) states among the layers "
                + layers.map { "'\($0)'" }.joined(separator: ", ") + "; use fewer rules, or rules on sets of traits that are alike"
        case .quotaMismatch(let layer, let counts, let items):
            "the exact counts of layer '\(layer)' add up to \(counts), but \(items) items have the layer"
        case .quotaAgainstRule(let rule, let reason): "no plan has these exact counts under the rule '\(rule)': \(reason)"
        case .quotaUnsolved(let conflicts, let count, let example):
            "no plan with these exact counts was found: \(conflicts) of \(count) items still \(example); loosen a count or a rule"
        case .configurationsOverlap(let name, let placed, let count):
            "after \(placed) of \(count) items the configuration '\(name)' has no combination left that another one has not used; "
                + "give it fewer items, or put it before the others"
        case .strictSetsUnsolved(let placed, let count):
            "the strict sets leave no further item after \(placed) of \(count); ask for fewer items or drop a strict set"
        }
    }
}
