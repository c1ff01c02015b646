import AtelierJSON

/// How often everything occurs in a planned collection, against how often it was asked for, and which items are rare by that.
///
/// Items made by hand are outside: each occurs once by itself, so they rank first and count in no frequency. That a layer has no trait is a
/// value of its own.
public struct Rarity: Sendable {
    /// A trait of a layer, or its absence.
    public struct Frequency: Hashable, Sendable {
        /// Index into `Project.layers`.
        public var layer: Int
        /// Index of the trait, `CollectionPlan.none` for none.
        public var trait: UInt16
        /// The share of items that weights or exact counts ask for, before rules.
        public var asked: Double
        /// The share that is left of it when the rules hold, by exact counting; nil where the rules cannot be counted.
        public var expected: Double?
        /// In how many items it is.
        public var count: Int
    }

    /// An item among the others.
    public struct Rank: Hashable, Sendable {
        /// Its place in the plan, from 0.
        public var index: Int
        /// 1 for the rarest; items as rare as each other share a rank.
        public var rank: Int
        /// The sum over layers of the number of items over the number that have the trait.
        public var score: Double
        /// The sum over layers of the bits that knowing the trait is worth, −log2 of its frequency (OpenRarity's measure); ranks follow it.
        public var information: Double
    }

    /// Every trait that could occur, layer by layer, none after the traits.
    public let frequencies: [Frequency]
    /// Every item in the order of the plan.
    public let ranks: [Rank]
    /// How many items were combined.
    public let combinedCount: Int

    /// The rarities of a plan.
    public init(of plan: CollectionPlan, in project: Project) {
        var counts = project.layers.map { [Int](repeating: 0, count: $0.traits.count + 1) }
        var owners = [Int](repeating: 0, count: project.configurations.count)
        for index in 0..<plan.count {
            guard case .combined(let configuration) = plan[index].kind else { continue }
            owners[configuration] += 1
            for (layer, trait) in plan[index].traits.enumerated() {
                counts[layer][trait == CollectionPlan.none ? counts[layer].count - 1 : Int(trait)] += 1
            }
        }
        combinedCount = owners.reduce(0, +)
        frequencies = Self.frequencies(counts, owners: owners, project)
        ranks = Self.ranks(plan, counts: counts, combinedCount: combinedCount)
    }

    private static func frequencies(_ counts: [[Int]], owners: [Int], _ project: Project) -> [Frequency] {
        let total = Double(max(1, owners.reduce(0, +)))
        var asked = counts.map { [Double](repeating: 0, count: $0.count) }, expected: [[Double]]? = asked
        for (configuration, owned) in owners.enumerated() where owned > 0 {
            let part = Double(owned) / total, layers = Set(project.configurations[configuration].layers)
            for index in project.layers.indices {
                guard layers.contains(index) else {
                    asked[index][counts[index].count - 1] += part
                    expected?[index][counts[index].count - 1] += part
                    continue
                }
                let options = LayerOptions(project.layers[index], index: index)
                for (trait, weight) in zip(options.traits, options.weights) {
                    asked[index][place(trait, counts[index])] += weight.ratio(to: options.total) * part
                }
            }
            let distinct = Array(project.layers.indices)
            // A plan read from elsewhere may be of a project whose rules cannot be counted; its frequencies can.
            guard let space = try? project.space(of: configuration, distinct: distinct) else {
                expected = nil
                continue
            }
            for (options, shares) in zip(space.options, space.shares()) {
                for (trait, share) in zip(options.traits, shares) {
                    expected?[options.layer][place(trait, counts[options.layer])] += share * part
                }
            }
        }
        var frequencies: [Frequency] = []
        for (index, layer) in project.layers.enumerated() {
            for trait in counts[index].indices {
                let isNone = trait == layer.traits.count
                if isNone, asked[index][trait] == 0, counts[index][trait] == 0 { continue }
                let fixed = isNone ? nil : layer.traits[trait].count.map { Double($0) / total }
                // What is dealt out exactly is what was asked for, but for what a file says otherwise.
                let dealt = layer.hasQuota ? fixed ?? Double(counts[index][trait]) / total : nil
                frequencies.append(
                    Frequency(
                        layer: index, trait: isNone ? CollectionPlan.none : UInt16(trait), asked: dealt ?? asked[index][trait],
                        expected: dealt ?? expected?[index][trait], count: counts[index][trait]))
            }
        }
        return frequencies
    }

    private static func place(_ trait: UInt16, _ counts: [Int]) -> Int { trait == CollectionPlan.none ? counts.count - 1 : Int(trait) }

    private static func ranks(_ plan: CollectionPlan, counts: [[Int]], combinedCount: Int) -> [Rank] {
        // The product of the counts orders items exactly as the sum of logarithms would, without rounding.
        var products: [BigNatural?] = [], ranks: [Rank] = []
        let whole = binaryLogarithm(UInt64(max(1, combinedCount)))
        let bits = counts.map { $0.map { whole - binaryLogarithm(UInt64(max(1, $0))) } }
        for index in 0..<plan.count {
            guard case .combined = plan[index].kind else {
                products.append(nil)
                ranks.append(Rank(index: index, rank: 0, score: Double(plan.count), information: binaryLogarithm(UInt64(plan.count))))
                continue
            }
            var product: BigNatural = 1, score = 0.0, information = 0.0
            for (layer, trait) in plan[index].traits.enumerated() {
                let count = counts[layer][place(trait, counts[layer])]
                product = product * BigNatural(UInt64(count))
                score += Double(combinedCount) / Double(count)
                information += bits[layer][place(trait, counts[layer])]
            }
            products.append(product)
            ranks.append(Rank(index: index, rank: 0, score: score, information: information))
        }
        let order = ranks.indices.sorted { a, b in
            switch (products[a], products[b]) {
            case (let x?, let y?): x == y ? a < b : x < y
            case (nil, nil): a < b
            case (nil, _?): true
            case (_?, nil): false
            }
        }
        for (place, index) in order.enumerated() {
            let isTied = place > 0 && products[order[place - 1]] == products[index]
            ranks[index].rank = isTied ? ranks[order[place - 1]].rank : place + 1
        }
        return ranks
    }
}

/// The logarithm to base 2 of a number from 1 up, to 40 binary places: its digits one by one, by squaring. The same on every machine,
/// which a mathematical library does not promise.
func binaryLogarithm(_ number: UInt64) -> Double {
    let whole = 63 - number.leadingZeroBitCount
    // 1 ≤ mantissa < 2 in units of 2^-62.
    var mantissa = (number << UInt64(63 - whole)) >> 1, fraction: UInt64 = 0
    for _ in 0..<40 {
        let (high, low) = mantissa.multipliedFullWidth(by: mantissa)
        fraction <<= 1
        // The square in units of 2^-62, halved when it reaches 2.
        if high >> 61 != 0 {
            fraction |= 1
            mantissa = high << 1 | low >> 63
        } else {
            mantissa = high << 2 | low >> 62
        }
    }
    return Double(whole) + Double(fraction) / Double(UInt64(1) << 40)
}

// MARK: - Reports

extension Rarity {
    /// What was asked for and what the collection has, as a table (RFC 4180): shares in percent with four decimals.
    public func tableBytes(for project: Project) -> [UInt8] {
        var text = "layer,trait,asked %,expected %,got %,items\r\n"
        for frequency in frequencies {
            let layer = project.layers[frequency.layer]
            let trait = frequency.trait == CollectionPlan.none ? "" : layer.traits[Int(frequency.trait)].name
            let got = Double(frequency.count) / Double(max(1, combinedCount))
            let cells = [
                layer.name, trait, percent(frequency.asked), frequency.expected.map(percent) ?? "", percent(got), String(frequency.count),
            ]
            text += cells.map(CollectionPlan.quoted).joined(separator: ",") + "\r\n"
        }
        return Array(text.utf8)
    }

    /// Everything as JSON: frequencies by layer, then every item's rank and scores.
    public func documentBytes(of plan: CollectionPlan, for project: Project) -> [UInt8] {
        var layers: [JSON] = []
        for (index, layer) in project.layers.enumerated() {
            let traits = frequencies.filter { $0.layer == index }.map { frequency in
                JSON.object([
                    "name": frequency.trait == CollectionPlan.none ? .null : .string(layer.traits[Int(frequency.trait)].name),
                    "items": .integer(frequency.count), "got": number(Double(frequency.count) / Double(max(1, combinedCount))),
                    "asked": number(frequency.asked), "expected": frequency.expected.map(number),
                ])
            }
            layers.append(.object(["layer": .string(layer.name), "traits": .array(traits)]))
        }
        var bytes = Array("{\"items\":\(plan.count),\"combined\":\(combinedCount),\"layers\":".utf8) + JSON.array(layers).bytes
        bytes += ",\n\"ranks\":[".utf8
        for (place, rank) in ranks.enumerated() {
            bytes += (place == 0 ? "\n" : ",\n").utf8
            let item = plan[rank.index]
            bytes +=
                JSON.object([
                    "number": .integer(item.number), "name": .string(project.name(of: item)), "rank": .integer(rank.rank),
                    "score": number(rank.score), "information": number(rank.information),
                ]).bytes
        }
        return bytes + "]}\n".utf8
    }

    /// Six decimals.
    private func number(_ value: Double) -> JSON { .number(Double(Int(value * 1_000_000 + 0.5)) / 1_000_000) }

    private func percent(_ share: Double) -> String {
        let units = Int(share * 1_000_000 + 0.5), fraction = String(units % 10_000)
        return "\(units / 10_000).\(String(repeating: "0", count: 4 - fraction.count))\(fraction)"
    }
}
