/// The rules of a configuration in the form that elimination follows them by: for each layer, how much each choice adds to each count.
struct RuleTables {
    /// A rule among the layers of the configuration.
    private struct Count {
        var allowed: UInt64
        /// What the layers that are not in the configuration add.
        var base: UInt8
        /// For each layer of the configuration, and each trait of it and "none" at the end, what the choice adds; empty without condition.
        var added: [[UInt8]]

        /// The counts a layer can add, as bits.
        func reach(_ place: Int, _ options: LayerOptions) -> UInt64 {
            guard !added[place].isEmpty else { return 1 }
            return options.traits.reduce(0) { $0 | 1 << UInt64(amount(place, $1)) }
        }

        func amount(_ place: Int, _ trait: UInt16) -> UInt8 {
            guard let absent = added[place].last else { return 0 }
            return trait == CollectionPlan.none ? absent : added[place][Int(trait)]
        }
    }

    private let layers: [Int]
    private let options: [LayerOptions]
    private var counts: [Count] = []

    init(_ rules: [Rule], layers: [Int], in project: Project) {
        self.layers = layers
        options = layers.map { LayerOptions(project.layers[$0], index: $0) }
        for rule in rules {
            var count = Count(allowed: rule.allowedCounts, base: 0, added: [[UInt8]](repeating: [], count: layers.count))
            for condition in rule.conditions {
                if let place = layers.firstIndex(of: condition.layer) {
                    if count.added[place].isEmpty { count.added[place] = [UInt8](repeating: 0, count: condition.isMet.count) }
                    for (choice, isMet) in condition.isMet.enumerated() where isMet { count.added[place][choice] += 1 }
                } else if condition.isMet.last == true {
                    count.base += 1
                }
            }
            counts.append(count)
        }
    }

    /// The layers in an order that leaves few states: those that tell combinations apart first, and each time the layer after which
    /// the fewest combinations of choices matter to rules that are still open.
    func order(distinct: (Int) -> Bool) -> [Int] {
        var placed: [Int] = []
        for isDistinct in [true, false] {
            let group = layers.indices.filter { distinct(layers[$0]) == isDistinct }
            // Layers without rules change no state.
            var left = group.filter { place in counts.contains { !$0.added[place].isEmpty } }
            placed += group.filter { !left.contains($0) }
            while !left.isEmpty {
                var best = left[0], least = Double.infinity
                for candidate in left {
                    let states = openStates(after: placed + [candidate])
                    if states < least { (best, least) = (candidate, states) }
                }
                placed.append(best)
                left.removeAll { $0 == best }
            }
        }
        return placed.map { layers[$0] }
    }

    /// How many combinations of choices in placed layers open rules could tell apart.
    private func openStates(after placed: [Int]) -> Double {
        let open = counts.filter { count in
            let touched = count.added.indices.filter { !count.added[$0].isEmpty }
            return touched.contains { placed.contains($0) } && !touched.allSatisfy { placed.contains($0) }
        }
        guard !open.isEmpty else { return 1 }
        return placed.reduce(1) { product, place in
            product * Double(Set(options[place].traits.map { trait in open.map { $0.amount(place, trait) } }).count)
        }
    }

    /// Every level of an elimination.
    struct Steps {
        /// What is known before the first choice, one byte for each rule; nil when a rule cannot be kept.
        var start: [UInt8]?
        var levels: [Step]
    }

    /// A level: what its choices do to the counts.
    struct Step {
        /// Of each option the index of its effect.
        var classes: [Int]
        /// What is added to the counts of `rules`.
        var effects: [[UInt8]]
        /// The rules that have conditions on the layer.
        var rules: [Int]
        /// For each of them and each count what to remember: the least count that means the same for what is to come.
        var meanings: [[UInt8]]

        /// The state after an effect, nil when it breaks a rule.
        func apply(_ effect: [UInt8], to state: [UInt8]) -> [UInt8]? {
            var state = state
            for (place, rule) in rules.enumerated() where state[rule] != kept {
                state[rule] = meanings[place][Int(state[rule] + effect[place])]
                if state[rule] == broken { return nil }
            }
            return state
        }
    }

    /// The rules' effects along an order of layers.
    func steps(along order: [LayerOptions]) -> Steps {
        let places = order.map { option in layers.firstIndex(of: option.layer) ?? 0 }
        // What the levels from each one on can still add, as bits.
        var reach = [[UInt64]](repeating: [UInt64](repeating: 1, count: counts.count), count: order.count + 1)
        for depth in order.indices.reversed() {
            for (rule, count) in counts.enumerated() {
                let here = count.reach(places[depth], order[depth])
                var sums: UInt64 = 0
                for amount in 0..<UInt64(64) where here >> amount & 1 == 1 { sums |= reach[depth + 1][rule] << amount }
                reach[depth][rule] = sums
            }
        }
        let start = counts.enumerated().map { rule, count in Self.meanings(of: count.allowed, reach: reach[0][rule])[Int(count.base)] }
        let levels = order.indices.map { depth in
            let place = places[depth]
            let touched = counts.indices.filter { !counts[$0].added[place].isEmpty }
            var effects: [[UInt8]] = [], found: [[UInt8]: Int] = [:]
            let classes = order[depth].traits.map { trait in
                let effect = touched.map { counts[$0].amount(place, trait) }
                if let known = found[effect] { return known }
                found[effect] = effects.count
                effects.append(effect)
                return effects.count - 1
            }
            return Step(
                classes: classes, effects: effects, rules: touched,
                meanings: touched.map { Self.meanings(of: counts[$0].allowed, reach: reach[depth + 1][$0]) })
        }
        return Steps(start: start.contains(broken) ? nil : start, levels: levels)
    }

    /// For each count so far what it means, given the counts that can still be added.
    private static func meanings(of allowed: UInt64, reach: UInt64) -> [UInt8] {
        let remainders = (0..<UInt64(64)).map { count in allowed >> count & reach }
        return remainders.map { remainder in
            if remainder == 0 { return broken }
            if remainder == reach { return kept }
            return UInt8(remainders.firstIndex(of: remainder) ?? 0)
        }
    }
}

/// A rule that whatever follows keeps, and one that nothing can keep any more.
private let kept: UInt8 = 0xFF, broken: UInt8 = 0xFE
