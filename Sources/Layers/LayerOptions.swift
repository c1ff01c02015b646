/// What a layer can be, and the exact chances: whole numbers in the proportion of the weights.
struct LayerOptions: Sendable {
    /// Index into `Project.layers`.
    let layer: Int
    /// Trait indices with a weight over 0, and `CollectionPlan.none` at the end where the layer is optional.
    let traits: [UInt16]
    /// In proportion to how often each is chosen, without a common factor where they fit into words.
    let weights: [BigNatural]
    /// The sum of the weights.
    let total: BigNatural
    /// Sums of the weights up to and with each, where the total fits into a word.
    private let sums: [UInt64]

    /// The options of the layer of an index; none when no weight is over 0.
    init(_ layer: Layer, index: Int) {
        self.layer = index
        let chosen = layer.traits.indices.filter { layer.traits[$0].weight.coefficient > 0 }
        var traits = chosen.map { UInt16($0) }
        let least = chosen.map { layer.traits[$0].weight.exponent }.min() ?? 0
        var weights = chosen.map { index in
            let weight = layer.traits[index].weight
            return BigNatural(weight.coefficient) * BigNatural.powerOfTen(weight.exponent - least)
        }
        if let probability = layer.probability, probability != Weight(1) {
            // Present in `part` of `whole` cases: the others share what is left.
            let part = BigNatural(probability.coefficient), whole = BigNatural.powerOfTen(-probability.exponent)
            let absent = weights.reduce(0, +) * (whole - part)
            weights = weights.map { $0 * part } + [absent]
            traits.append(CollectionPlan.none)
        }
        weights = Self.reduced(weights)
        self.traits = traits
        self.weights = weights
        total = weights.reduce(0, +)
        var sums: [UInt64] = []
        if total.wordValue != nil {
            for weight in weights { sums.append((sums.last ?? 0) + (weight.wordValue ?? 0)) }
        }
        self.sums = sums
    }

    /// Divides by the greatest common factor, where all fit into words.
    private static func reduced(_ weights: [BigNatural]) -> [BigNatural] {
        var factor: UInt64 = 0
        for weight in weights {
            guard var b = weight.wordValue else { return weights }
            while b != 0 { (factor, b) = (b, factor % b) }
        }
        return factor > 1 ? weights.map { $0.dividedByWord(factor).quotient } : weights
    }

    /// One of the options by its weight.
    func pick(from stream: inout Philox.Stream) -> Int {
        if let all = sums.last {
            let place = stream.below(all)
            return sums.firstIndex { place < $0 } ?? 0
        }
        var place = total.random(from: &stream)
        for (index, weight) in weights.enumerated() {
            if place < weight { return index }
            place = place - weight
        }
        preconditionFailure("a place below the total lies in one of the weights")
    }

    /// Divides `count` items among the options that `takesPart`, by their weights: whole shares first, then one each for the largest
    /// remainders, the earlier option first among equals (Hamilton's method).
    func shares(of count: Int, takesPart: (UInt16) -> Bool) -> [Int] {
        let taking = traits.indices.filter { takesPart(traits[$0]) }
        let sum = taking.reduce(BigNatural(0)) { $0 + weights[$1] }
        var shares = [Int](repeating: 0, count: traits.count)
        guard !sum.isZero else { return shares }
        var remainders: [(remainder: BigNatural, option: Int)] = []
        for option in taking {
            let part = weights[option] * BigNatural(UInt64(count))
            // The largest share whose product does not pass the part.
            var low = 0, high = count
            while low < high {
                let middle = (low + high + 1) / 2
                if sum * BigNatural(UInt64(middle)) <= part { low = middle } else { high = middle - 1 }
            }
            shares[option] = low
            remainders.append((part - sum * BigNatural(UInt64(low)), option))
        }
        remainders.sort { $0.remainder == $1.remainder ? $0.option < $1.option : $0.remainder > $1.remainder }
        for (_, option) in remainders.prefix(count - shares.reduce(0, +)) { shares[option] += 1 }
        return shares
    }
}
