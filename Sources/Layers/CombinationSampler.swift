/// Draws combinations of a space one after another, each by its weight among those that are not used yet.
///
/// Two ways to the same law. *Rejection* picks every layer by its weight and starts again when a rule is broken or the
/// combination is used: what remains is "independent picks, given that they are allowed". *Exact drawing* chooses each layer by
/// the weight of all completions that are left, in whole numbers, and so finds the last combination as surely as the first. As both
/// give an item the same chances, it does not matter when one takes over from the other; and as every draw depends on the
/// seed, the item's index and what was used before, a longer plan begins with the shorter one.
struct CombinationSampler {
    let space: CombinationSpace
    private let rejection: Philox, exact: Philox
    /// How often an item is tried by rejection.
    private let rejectionLimit: UInt64
    /// Distinct prefixes that are used but not yet in the tree, as options, `space.distinctDepth` each.
    private var waiting: [UInt16] = []
    private var tree = UsedTree()
    /// For each level where a trait, by index and none at the end, is among its options.
    private let places: [[UInt16]]

    /// A sampler of the configuration of index `part`.
    init(_ space: CombinationSpace, seed: UInt64, part: Int, in project: Project) {
        self.space = space
        rejection = Philox(seed: seed, purpose: .rejection, part: part)
        exact = Philox(seed: seed, purpose: .exact, part: part)
        // Where rules leave less than a fiftieth, most tries would be for nothing.
        let total = space.options.reduce(BigNatural(1)) { $0 * $1.total }
        rejectionLimit = space.weight * 50 < total ? 0 : 32
        places = space.options.map { options in
            var places = [UInt16](repeating: .max, count: project.layers[options.layer].traits.count + 1)
            for (option, trait) in options.traits.enumerated() {
                places[trait == CollectionPlan.none ? places.count - 1 : Int(trait)] = UInt16(option)
            }
            return places
        }
    }

    /// The next combination as the option of every level, nil when none is left.
    ///
    /// - Parameters:
    ///   - index: How many were drawn before.
    ///   - isFree: Whether a combination may be used; what it refuses beside used prefixes is drawn again.
    mutating func draw(index: Int, isFree: ([UInt16]) -> Bool) -> [UInt16]? {
        var choice = [UInt16](repeating: 0, count: space.options.count)
        for attempt in 0..<rejectionLimit where pick(into: &choice, index: index, attempt: attempt) {
            if isFree(choice) { return choice }
        }
        // Used prefixes cannot come again; only what other sets refuse makes more than one attempt.
        for attempt in 0..<UInt64(1000) {
            guard drawExactly(into: &choice, index: index, attempt: attempt) else { return nil }
            if isFree(choice) { return choice }
        }
        return nil
    }

    /// Picks every layer by its weight. False when that breaks a rule.
    private func pick(into choice: inout [UInt16], index: Int, attempt: UInt64) -> Bool {
        var stream = Philox.Stream(rejection, index: UInt64(index), attempt: attempt), node = 0
        for depth in choice.indices {
            let option = space.options[depth].pick(from: &stream)
            node = space.node(after: option, from: node, depth: depth)
            guard node >= 0 else { return false }
            choice[depth] = UInt16(option)
        }
        return true
    }

    /// Chooses level by level among all that is left. False when nothing is.
    private mutating func drawExactly(into choice: inout [UInt16], index: Int, attempt: UInt64) -> Bool {
        plantWaiting()
        let left = space.weight - tree.usedWeight(at: UsedTree.root)
        guard !left.isZero else { return false }
        var stream = Philox.Stream(exact, index: UInt64(index), attempt: attempt)
        var place = left.random(from: &stream), node = 0, branch: Int32? = UsedTree.root, prefix: BigNatural = 1
        for depth in choice.indices {
            let options = space.options[depth]
            for option in options.weights.indices {
                let next = space.node(after: option, from: node, depth: depth)
                guard next >= 0 else { continue }
                let chosen = prefix * options.weights[option]
                var share = chosen * space.weight(of: next, depth: depth + 1)
                let branchAfter = branch.flatMap { tree.child(of: $0, option: UInt16(option)) }
                if let branchAfter { share = share - tree.usedWeight(at: branchAfter) }
                if place < share {
                    choice[depth] = UInt16(option)
                    (node, branch, prefix) = (next, branchAfter, chosen)
                    break
                }
                place = place - share
            }
        }
        return true
    }

    /// Marks the combinations that begin with these traits of the distinct layers as used, if the space has them.
    /// `trait` gives the trait of a layer by its index in the project.
    mutating func use(_ trait: (Int) -> UInt16) {
        var node = 0, prefix: [UInt16] = []
        for depth in 0..<space.distinctDepth {
            let chosen = trait(space.options[depth].layer)
            let option = places[depth][chosen == CollectionPlan.none ? places[depth].count - 1 : Int(chosen)]
            guard option != .max else { return }
            node = space.node(after: Int(option), from: node, depth: depth)
            guard node >= 0 else { return }
            prefix.append(option)
        }
        waiting += prefix
    }

    /// Brings what was used into the tree that exact drawing looks at; plans that never get there do without it.
    private mutating func plantWaiting() {
        let length = space.distinctDepth
        guard length > 0 else { return }
        for start in stride(from: 0, to: waiting.count, by: length) {
            let prefix = waiting[start..<start + length]
            var node = 0, weight: BigNatural = 1
            for (depth, option) in prefix.enumerated() {
                weight = weight * space.options[depth].weights[Int(option)]
                node = space.node(after: Int(option), from: node, depth: depth)
            }
            tree.plant(prefix, weight: weight * space.weight(of: node, depth: length))
        }
        waiting = []
    }

    /// What is used below each prefix.
    private struct UsedTree {
        static let root: Int32 = 0
        private var weights: [BigNatural] = [0]
        private var children: [UInt64: Int32] = [:]

        func usedWeight(at branch: Int32) -> BigNatural { weights[Int(branch)] }

        func child(of branch: Int32, option: UInt16) -> Int32? { children[UInt64(branch) << 16 | UInt64(option)] }

        mutating func plant(_ prefix: ArraySlice<UInt16>, weight: BigNatural) {
            var branch = Self.root
            weights[0] += weight
            for option in prefix {
                let key = UInt64(branch) << 16 | UInt64(option)
                if let known = children[key] {
                    branch = known
                } else {
                    branch = Int32(weights.count)
                    children[key] = branch
                    weights.append(0)
                }
                weights[Int(branch)] += weight
            }
        }
    }
}
