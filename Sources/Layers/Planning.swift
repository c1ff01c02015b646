extension Project {
    /// How many combinations of a configuration keep to the rules and count as different.
    ///
    /// - Throws: When the rules tie too many layers together to count.
    /// - Complexity: the states that open rules can be in, times the traits of a layer; milliseconds for dozens of rules.
    public func combinationCount(configuration: Int = 0) throws(PlanningError) -> BigNatural {
        try space(of: configuration, distinct: uniqueLayers).count
    }

    /// The layers that tell items apart.
    private var uniqueLayers: [Int] { layers.indices.filter { layers[$0].countsForUniqueness } }

    /// The combinations of a configuration, told apart by some layers.
    func space(of configuration: Int, distinct: [Int]) throws(PlanningError) -> CombinationSpace {
        try CombinationSpace(of: configurations[configuration], in: self, rules: rules) { distinct.contains($0) }
    }

    /// Chooses every combination of the collection.
    ///
    /// Items are drawn by their weights, given the rules and that no two are equal. A plan of more items begins with the items
    /// of a shorter one, as long as the project is the same; exact counts are the exception, since they depend on how many items
    /// there are. Mixed configurations are mixed over the count that the project says.
    ///
    /// - Parameter count: How many items; nil as the project says.
    /// - Throws: Before anything is drawn when there are fewer combinations than items, with their number.
    public func plan(count: Int? = nil) throws(PlanningError) -> CollectionPlan {
        let slots = try slots(count: count)
        let needed = configurations.indices.map { index in slots.count { $0 == .combined(configuration: index) } }
        let constraints = [uniqueLayers] + strict
        var samplers: [(sampler: CombinationSampler, constraint: Int)?] = []
        var groups: [[Int]: Int] = [:]
        for (index, configuration) in configurations.enumerated() {
            guard needed[index] > 0 else {
                samplers.append(nil)
                continue
            }
            groups[configuration.layers.sorted(), default: 0] += needed[index]
            samplers.append(try sampler(of: index, asked: groups[configuration.layers.sorted()] ?? 0, constraints: constraints))
        }
        if layers.contains(where: \.hasQuota) { return try exactPlan(slots, constraints: constraints) }

        var plan = CollectionPlan(seed: seed, start: start, layerCount: layers.count)
        var used = [Set<[UInt16]>](repeating: [], count: constraints.count)
        var drawn = [Int](repeating: 0, count: configurations.count)
        for slot in slots {
            guard case .combined(let configuration) = slot else {
                if case .handMade(let index) = slot { plan.append(handMade: index) }
                continue
            }
            let bound = constraints.indices.filter { concerns(constraints[$0], at: $0, configuration) }
            var traits = [UInt16](repeating: CollectionPlan.none, count: layers.count)
            let options = samplers[configuration]?.sampler.space.options ?? []
            let choice = samplers[configuration]?.sampler.draw(index: drawn[configuration]) { choice in
                for (option, level) in zip(choice, options) { traits[level.layer] = level.traits[Int(option)] }
                return bound.allSatisfy { !used[$0].contains(constraints[$0].map { traits[$0] }) }
            }
            guard choice != nil else {
                if bound.count == 1 {
                    throw .configurationsOverlap(name: configurations[configuration].name, placed: plan.count, of: slots.count)
                }
                throw .strictSetsUnsolved(placed: plan.count, of: slots.count)
            }
            drawn[configuration] += 1
            for index in bound {
                used[index].insert(constraints[index].map { traits[$0] })
                for other in samplers.indices where samplers[other]?.constraint == index {
                    // Layers that the other configuration lacks must be empty, or its items differ from this one anyhow.
                    let lacking = constraints[index].filter { !configurations[other].layers.contains($0) }
                    guard lacking.allSatisfy({ traits[$0] == CollectionPlan.none }) else { continue }
                    samplers[other]?.sampler.use { traits[$0] }
                }
            }
            plan.append(traits, configuration: configuration)
        }
        return plan
    }

    /// A sampler by the set of layers that leaves the fewest combinations.
    private func sampler(
        of configuration: Int, asked: Int, constraints: [[Int]]
    ) throws(PlanningError) -> (sampler: CombinationSampler, constraint: Int) {
        var best: (space: CombinationSpace, constraint: Int)?
        for (index, layers) in constraints.enumerated() where concerns(layers, at: index, configuration) {
            let space = try space(of: configuration, distinct: layers)
            guard space.count >= BigNatural(UInt64(asked)) else {
                let name = configurations[configuration].name
                let subject =
                    index > 0
                    ? "the strict set " + layers.map { "'\(self.layers[$0].name)'" }.joined(separator: " + ") + " has"
                    : name.isEmpty ? "there are" : "the configuration '\(name)' has"
                throw .infeasible(asked: asked, combinations: space.count, of: subject)
            }
            if best.map({ space.count < $0.space.count }) ?? true { best = (space, index) }
        }
        guard let best else { preconditionFailure("the first set concerns every configuration") }
        return (CombinationSampler(best.space, seed: seed, part: configuration, in: self), best.constraint)
    }

    /// Whether a set of layers must differ between the items of a configuration: the unique layers always, a strict set where all are there.
    func concerns(_ constraint: [Int], at index: Int, _ configuration: Int) -> Bool {
        index == 0 || constraint.allSatisfy { configurations[configuration].layers.contains($0) }
    }

    /// Where every item comes from, in the order of numbers.
    private func slots(count asked: Int?) throws(PlanningError) -> [CollectionPlan.Item.Kind] {
        let last = configurations.count - 1
        let counts = configurations.map(\.count)
        let isOpen = counts[last] == nil
        let fixed = counts.reduce(0) { $0 + ($1 ?? 0) } + handMade.count
        let declared = self.count ?? (isOpen ? nil : fixed)
        guard let count = asked ?? declared else { throw .countMissing }
        guard (1...CollectionPlan.countLimit).contains(count), (declared ?? 1) <= CollectionPlan.countLimit else {
            throw .countOutOfRange(count)
        }
        let length = max(count, declared ?? count)
        guard isOpen || length <= fixed else { throw .countBeyondConfigurations(asked: count, provided: fixed) }

        var slots = [CollectionPlan.Item.Kind?](repeating: nil, count: length)
        try place(handMade: &slots, byLotBelow: declared ?? count)
        let places = slots.indices.filter { slots[$0] == nil }
        var kinds: [Int] = []
        for (configuration, number) in counts.enumerated() {
            kinds += repeatElement(configuration, count: min(number ?? .max, places.count - kinds.count))
        }
        if isShuffled {
            let generator = Philox(seed: seed, purpose: .shuffle)
            let mixed = places.count { $0 < declared ?? count }
            for place in stride(from: mixed - 1, to: 0, by: -1) {
                var stream = Philox.Stream(generator, index: UInt64(place), attempt: 0)
                kinds.swapAt(place, Int(stream.below(UInt64(place + 1))))
            }
        }
        for (place, kind) in zip(places, kinds) { slots[place] = .combined(configuration: kind) }
        return slots.prefix(count).compactMap { $0 }
    }

    /// Puts the pictures made by hand where their numbers say, the others where the lot falls.
    private func place(handMade slots: inout [CollectionPlan.Item.Kind?], byLotBelow limit: Int) throws(PlanningError) {
        for (index, picture) in handMade.enumerated() {
            guard let number = picture.number else { continue }
            guard slots.indices.contains(number - start) else {
                throw .badNumber(
                    name: picture.name, number: number, reason: "the collection has numbers \(start) to \(start + slots.count - 1)")
            }
            guard slots[number - start] == nil else {
                throw .badNumber(name: picture.name, number: number, reason: "another one has it already")
            }
            slots[number - start] = .handMade(index)
        }
        let generator = Philox(seed: seed, purpose: .place)
        for (index, picture) in handMade.enumerated() where picture.number == nil {
            let free = slots.indices.filter { $0 < limit && slots[$0] == nil }
            guard !free.isEmpty else {
                throw .badNumber(name: picture.name, number: start + limit, reason: "there is no place left for it")
            }
            var stream = Philox.Stream(generator, index: UInt64(index), attempt: 0)
            slots[free[Int(stream.below(UInt64(free.count)))]] = .handMade(index)
        }
    }
}
