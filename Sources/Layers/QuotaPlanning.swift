extension Project {
    /// A plan in which traits occur exactly as often as asked for.
    ///
    /// Every layer with counts deals them out at random; then items that break a rule or equal another one exchange choices with others
    /// until none is left, which changes no count. Layers without counts are drawn again instead.
    func exactPlan(_ slots: [CollectionPlan.Item.Kind], constraints: [[Int]]) throws(PlanningError) -> CollectionPlan {
        let owners = slots.compactMap { slot -> Int? in
            if case .combined(let configuration) = slot { configuration } else { nil }
        }
        var repair = QuotaRepair(project: self, owners: owners, constraints: constraints)
        for index in layers.indices {
            let items = owners.indices.filter { configurations[owners[$0]].layers.contains(index) }
            if layers[index].hasQuota {
                try repair.deal(quotas(of: index, items: items.count), to: items, layer: index)
            } else {
                repair.draw(layer: index, for: items)
            }
        }
        try checkQuotas(against: repair)
        if configurations.count == 1 { try checkRoom(for: repair) }
        try repair.run()

        var plan = CollectionPlan(seed: seed, start: start, layerCount: layers.count), next = 0
        for slot in slots {
            switch slot {
            case .handMade(let index): plan.append(handMade: index)
            case .combined(let configuration):
                plan.append(repair.choice(of: next), configuration: configuration)
                next += 1
            }
        }
        return plan
    }

    /// In how many items each trait of a layer occurs, and none at the end.
    private func quotas(of index: Int, items: Int) throws(PlanningError) -> [Int] {
        let layer = layers[index], options = LayerOptions(layer, index: index)
        var quotas = layer.traits.map { $0.count ?? 0 } + [0]
        let fixed = quotas.reduce(0, +), sharesRest = options.traits.contains { isWeighed($0, in: layer) }
        guard fixed <= items, fixed == items || sharesRest else {
            throw .quotaMismatch(layer: layer.name, counts: fixed, items: items)
        }
        let shares = options.shares(of: items - fixed) { isWeighed($0, in: layer) }
        for (trait, share) in zip(options.traits, shares) where share > 0 {
            quotas[trait == CollectionPlan.none ? layer.traits.count : Int(trait)] += share
        }
        return quotas
    }

    /// Whether an option gets its share by weight, because no count is given for it.
    private func isWeighed(_ trait: UInt16, in layer: Layer) -> Bool {
        trait == CollectionPlan.none || layer.traits[Int(trait)].count == nil
    }

    /// Refuses counts that break a rule however they are dealt: over all items, the conditions that hold are a fixed sum, which must lie
    /// between the least and the most that the rule allows.
    private func checkQuotas(against repair: QuotaRepair) throws(PlanningError) {
        for rule in rules where rule.conditions.allSatisfy({ layers[$0.layer].hasQuota }) {
            let sum = repair.metConditions(of: rule)
            let least = rule.allowedCounts.trailingZeroBitCount * repair.itemCount
            let allowed = rule.allowedCounts & ((1 << UInt64(rule.conditions.count + 1)) - 1)
            let most = (63 - allowed.leadingZeroBitCount) * repair.itemCount
            guard allowed == 0 || sum < least || sum > most else { continue }
            throw .quotaAgainstRule(
                rule: rule.text,
                reason: sum > most
                    ? "its choices are to occur \(sum) times in \(repair.itemCount) items, at most \(most) go together"
                    : "its conditions hold \(sum) times in \(repair.itemCount) items, at least \(least) are needed")
        }
    }
}

extension Project {
    /// Refuses counts of traits that are in fewer different combinations, among the traits that occur at all.
    private func checkRoom(for repair: QuotaRepair) throws(PlanningError) {
        var occurring = self
        for index in layers.indices where layers[index].hasQuota {
            for trait in layers[index].traits.indices where repair.occurrences(of: UInt16(trait), layer: index) == 0 {
                occurring.layers[index].traits[trait].weight = Weight(0)
            }
        }
        let unique = layers.indices.filter { layers[$0].countsForUniqueness }
        let space = try occurring.space(of: 0, distinct: unique)
        for (options, counts) in zip(space.options, space.optionCounts()) where layers[options.layer].hasQuota {
            for (trait, count) in zip(options.traits, counts) {
                let wanted = repair.occurrences(of: trait, layer: options.layer)
                guard count < BigNatural(UInt64(wanted)) else { continue }
                let layer = layers[options.layer], name = trait == CollectionPlan.none ? "nothing" : layer.traits[Int(trait)].name
                throw .infeasible(asked: wanted, combinations: count, of: "'\(layer.name): \(name)' is in")
            }
        }
    }
}

/// Choices whose counts are right, on the way to keeping the rules too.
private struct QuotaRepair {
    private let project: Project
    /// The configuration of every item.
    private let owners: [Int]
    private let constraints: [[Int]]
    private var traits: [UInt16]
    /// How many items have the same choices in the layers of a constraint.
    private var uses: [[[UInt16]: Int]]
    private var stream: Philox.Stream
    private let generator: Philox
    /// Exchanges that were tried since there were the fewest conflicts, and items that took part in one.
    private var tries = 0, touched: [Int] = []

    /// How many exchanges are tried in vain: a second or two.
    private static let tryLimit = 1_000_000

    init(project: Project, owners: [Int], constraints: [[Int]]) {
        self.project = project
        self.owners = owners
        self.constraints = constraints
        traits = [UInt16](repeating: CollectionPlan.none, count: owners.count * project.layers.count)
        uses = [[[UInt16]: Int]](repeating: [:], count: constraints.count)
        generator = Philox(seed: project.seed, purpose: .quota)
        stream = Philox.Stream(generator, index: .max, attempt: 0)
    }

    var itemCount: Int { owners.count }

    func choice(of item: Int) -> ArraySlice<UInt16> { traits[item * project.layers.count..<(item + 1) * project.layers.count] }

    /// Gives every trait to as many items as its quota says.
    mutating func deal(_ quotas: [Int], to items: [Int], layer: Int) {
        var deck: [UInt16] = []
        for (trait, quota) in quotas.enumerated() {
            deck += repeatElement(trait == quotas.count - 1 ? CollectionPlan.none : UInt16(trait), count: quota)
        }
        var stream = Philox.Stream(generator, index: UInt64(layer), attempt: 1)
        for place in stride(from: deck.count - 1, to: 0, by: -1) { deck.swapAt(place, Int(stream.below(UInt64(place + 1)))) }
        for (item, trait) in zip(items, deck) { traits[item * project.layers.count + layer] = trait }
    }

    /// Picks a layer by its weights.
    mutating func draw(layer: Int, for items: [Int]) {
        let options = LayerOptions(project.layers[layer], index: layer)
        var stream = Philox.Stream(generator, index: UInt64(layer), attempt: 2)
        for item in items { traits[item * project.layers.count + layer] = options.traits[options.pick(from: &stream)] }
    }

    /// In how many items a layer has a trait.
    func occurrences(of trait: UInt16, layer: Int) -> Int {
        owners.indices.count { traits[$0 * project.layers.count + layer] == trait }
    }

    /// How often conditions of a rule hold, over all items.
    func metConditions(of rule: Rule) -> Int {
        owners.indices.reduce(0) { $0 + rule.metCount(by: choice(of: $1)) }
    }

    /// Exchanges choices until no item is in conflict.
    mutating func run() throws(PlanningError) {
        for item in owners.indices { _ = count(item, by: 1) }
        let options = project.layers.indices.map { LayerOptions(project.layers[$0], index: $0) }
        var conflicts = owners.indices.filter { conflictCount(of: $0) > 0 }, least = conflicts.count
        while !conflicts.isEmpty {
            guard tries < Self.tryLimit else {
                let item = conflicts[0], rule = project.rules.first { !$0.isKept(by: choice(of: item)) }
                throw .quotaUnsolved(
                    conflicts: conflicts.count, of: itemCount, example: rule.map { "break the rule '\($0.text)'" } ?? "equal another one")
            }
            for item in conflicts { mend(item, options) }
            // Items that were equal to a moved one are in conflict with what is still in the list.
            conflicts = Set(conflicts + touched).sorted().filter { conflictCount(of: $0) > 0 }
            touched = []
            if conflicts.count < least { (least, tries) = (conflicts.count, 0) }
        }
    }

    /// Tries exchanges for an item until it has fewer conflicts, a hundred at most. What makes nothing worse is kept: the way out of a
    /// conflict often leads over others as bad.
    private mutating func mend(_ item: Int, _ options: [LayerOptions]) {
        let before = conflictCount(of: item), layers = project.configurations[owners[item]].layers
        for _ in 0..<100 where conflictCount(of: item) >= before && before > 0 {
            tries += 1
            let layer = layers[Int(stream.below(UInt64(layers.count)))]
            if project.layers[layer].hasQuota {
                let partner = Int(stream.below(UInt64(itemCount)))
                guard project.configurations[owners[partner]].layers.contains(layer) else { continue }
                exchange(layer, item, partner)
            } else {
                let trait = options[layer].traits[options[layer].pick(from: &stream)]
                replace(layer, of: item, by: trait)
            }
        }
    }

    private mutating func exchange(_ layer: Int, _ a: Int, _ b: Int) {
        let places = (a * project.layers.count + layer, b * project.layers.count + layer)
        guard traits[places.0] != traits[places.1] else { return }
        func broken() -> Int { brokenRules(of: a) + brokenRules(of: b) }
        var change = -broken() + count(a, by: -1) + count(b, by: -1)
        traits.swapAt(places.0, places.1)
        change += broken() + count(a, by: 1) + count(b, by: 1)
        guard change > 0 else {
            touched += [a, b]
            return
        }
        _ = count(a, by: -1) + count(b, by: -1)
        traits.swapAt(places.0, places.1)
        _ = count(a, by: 1) + count(b, by: 1)
    }

    private mutating func replace(_ layer: Int, of item: Int, by trait: UInt16) {
        let place = item * project.layers.count + layer, old = traits[place]
        guard old != trait else { return }
        var change = -brokenRules(of: item) + count(item, by: -1)
        traits[place] = trait
        change += brokenRules(of: item) + count(item, by: 1)
        guard change > 0 else { return }
        _ = count(item, by: -1)
        traits[place] = old
        _ = count(item, by: 1)
    }

    private func brokenRules(of item: Int) -> Int {
        let choice = choice(of: item)
        return project.rules.count { !$0.isKept(by: choice) }
    }

    private func conflictCount(of item: Int) -> Int {
        brokenRules(of: item) + constraints.indices.count { index in key(item, index).map { uses[index][$0, default: 0] > 1 } ?? false }
    }

    /// An item's choices in the layers of a constraint, nil where it does not concern it.
    private func key(_ item: Int, _ constraint: Int) -> [UInt16]? {
        guard project.concerns(constraints[constraint], at: constraint, owners[item]) else { return nil }
        return constraints[constraint].map { traits[item * project.layers.count + $0] }
    }

    /// Adds an item to those that were counted, or takes it out. Returns by how much the number of equal items changes.
    private mutating func count(_ item: Int, by step: Int) -> Int {
        var change = 0
        for index in constraints.indices {
            guard let key = key(item, index) else { continue }
            let old = uses[index][key, default: 0]
            uses[index][key] = old + step == 0 ? nil : old + step
            change += max(0, old + step - 1) - max(0, old - 1)
        }
        return change
    }
}
