/// All combinations of a configuration that keep to the rules, counted and weighed without listing them.
///
/// Layers are taken one after another. What the rules still ask of the layers to come is the state; choices that leave the
/// same state behind have the same completions, so a level of the elimination has one node for each state, not for each
/// prefix (bucket elimination: Dechter, "Bucket elimination: a unifying framework for reasoning", 1999; the levels are a
/// multi-valued decision diagram). The order of layers keeps few rules open at once.
///
/// Counts are of combinations that differ in the *distinct* layers; these come first in the order.
struct CombinationSpace: Sendable {
    /// The options of every level.
    let options: [LayerOptions]
    /// How many levels, from the first, tell combinations apart.
    let distinctDepth: Int
    /// How many combinations there are.
    var count: BigNatural { levels[0].counts.first ?? 0 }
    /// The sum over all combinations of the product of their weights.
    var weight: BigNatural { levels[0].weights.first ?? 0 }

    /// A level's nodes; the level after the last has the end alone.
    private struct Level: Sendable {
        /// Of each option; options of one class do the same to every rule.
        var classes: [Int] = []
        var classCount = 0
        /// For each node and class the node of the next level, −1 when a rule is broken.
        var next: [Int32] = []
        /// How many completions that differ in distinct layers, and the sum of their weights, for each node.
        var counts: [BigNatural] = []
        var weights: [BigNatural] = []
    }

    private var levels: [Level]

    /// The most nodes of a space.
    static let nodeLimit = 1 << 20

    /// - Parameters:
    ///   - distinct: Whether the layer of an index tells combinations apart.
    /// - Throws: When the rules tie so many layers together that there are more than `nodeLimit` states.
    init(
        of configuration: Configuration, in project: Project, rules: [Rule], distinct: (Int) -> Bool
    ) throws(PlanningError) {
        let tables = RuleTables(rules, layers: configuration.layers, in: project)
        let order = tables.order(distinct: distinct)
        options = order.map { LayerOptions(project.layers[$0], index: $0) }
        distinctDepth = order.count { distinct($0) }
        levels = []
        try eliminate(tables.steps(along: options), project: project)
        weigh()
    }

    /// Finds the nodes of every level, from the first on.
    private mutating func eliminate(_ steps: RuleTables.Steps, project: Project) throws(PlanningError) {
        var states: [[UInt8]] = steps.start.map { [$0] } ?? []
        var nodeCount = 0
        for (depth, step) in steps.levels.enumerated() {
            var level = Level(), found: [[UInt8]: Int32] = [:], after: [[UInt8]] = []
            level.classes = step.classes
            level.classCount = step.effects.count
            for state in states {
                for effect in step.effects {
                    guard let next = step.apply(effect, to: state) else {
                        level.next.append(-1)
                        continue
                    }
                    if let node = found[next] {
                        level.next.append(node)
                    } else {
                        found[next] = Int32(after.count)
                        level.next.append(Int32(after.count))
                        after.append(next)
                    }
                }
                guard nodeCount + after.count <= Self.nodeLimit else {
                    throw .rulesTooEntangled(layers: options[0...depth].map { project.layers[$0.layer].name })
                }
            }
            nodeCount += after.count
            levels.append(level)
            states = after
        }
        levels.append(Level())
        levels[levels.count - 1].counts = [BigNatural](repeating: 1, count: states.count)
        levels[levels.count - 1].weights = [BigNatural](repeating: 1, count: states.count)
    }

    /// Counts and weighs completions, from the last level back.
    private mutating func weigh() {
        for depth in options.indices.reversed() {
            let level = levels[depth], after = levels[depth + 1]
            var sizes = [UInt64](repeating: 0, count: level.classCount)
            var classWeights = [BigNatural](repeating: 0, count: level.classCount)
            for (option, kind) in level.classes.enumerated() {
                sizes[kind] += 1
                classWeights[kind] += options[depth].weights[option]
            }
            let nodeCount = level.classCount == 0 ? 0 : level.next.count / level.classCount
            for node in 0..<nodeCount {
                var count: BigNatural = 0, weight: BigNatural = 0
                for kind in 0..<level.classCount {
                    let next = Int(level.next[node * level.classCount + kind])
                    guard next >= 0, !after.weights[next].isZero else { continue }
                    count += after.counts[next] * BigNatural(sizes[kind])
                    weight += after.weights[next] * classWeights[kind]
                }
                if depth >= distinctDepth, !count.isZero { count = 1 }
                levels[depth].counts.append(count)
                levels[depth].weights.append(weight)
            }
        }
    }

    /// The node after an option, −1 when a rule is broken.
    func node(after option: Int, from node: Int, depth: Int) -> Int {
        Int(levels[depth].next[node * levels[depth].classCount + levels[depth].classes[option]])
    }

    /// The summed weight of the completions of a node; the end of the last level weighs 1.
    func weight(of node: Int, depth: Int) -> BigNatural { levels[depth].weights[node] }

    /// The share of each option of each level among all combinations by their weights: what the rules leave of the rarity asked for.
    func shares() -> [[Double]] {
        sums(of: levels.map(\.weights)) { options[$0].weights[$1] }.map { $0.map { weight.isZero ? 0 : $0.ratio(to: weight) } }
    }

    /// In how many combinations each option of each distinct level is.
    func optionCounts() -> [[BigNatural]] {
        Array(sums(of: levels.map(\.counts)) { _, _ in 1 }.prefix(distinctDepth))
    }

    /// For each option of each level the sum of a measure over all combinations with it: what is before it times what comes after it.
    private func sums(of after: [[BigNatural]], weight: (Int, Int) -> BigNatural) -> [[BigNatural]] {
        var before = [BigNatural](repeating: 1, count: min(1, after[0].count))
        return options.indices.map { depth in
            let level = levels[depth]
            var next = [BigNatural](repeating: 0, count: after[depth + 1].count)
            // By class first: its options differ in nothing but their own weight.
            var classSums = [BigNatural](repeating: 0, count: level.classCount)
            var classWeights = classSums
            for (option, kind) in level.classes.enumerated() { classWeights[kind] += weight(depth, option) }
            for node in before.indices where !before[node].isZero {
                for kind in 0..<level.classCount {
                    let child = Int(level.next[node * level.classCount + kind])
                    guard child >= 0 else { continue }
                    classSums[kind] += before[node] * after[depth + 1][child]
                    next[child] += before[node] * classWeights[kind]
                }
            }
            before = next
            return level.classes.enumerated().map { option, kind in classSums[kind] * weight(depth, option) }
        }
    }
}
