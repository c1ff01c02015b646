import AtelierLayers
import AtelierTesting

/// A project from JSON in which `'` stands for `"`.
func project(_ text: String, files: [String]? = nil) throws -> Project {
    try Project(parsing: Array(text.map { $0 == "'" ? "\"" : String($0) }.joined().utf8), files: files)
}

/// A project of layers `L0`, `L1`, … with traits `t0`, `t1`, … of these weights.
func project(weights: [[String]], more: String = "") throws -> Project {
    let layers = weights.enumerated().map { layer, weights in
        let traits = weights.enumerated().map { "{'name':'t\($0)','weight':\($1)}" }
        return "{'name':'L\(layer)','traits':[\(traits.joined(separator: ","))]}"
    }
    return try project("{'name':'Sample','layers':[\(layers.joined(separator: ","))]\(more)}")
}

/// Three layers of four traits, skewed, of whose 64 combinations rules leave 47.
let tight = """
    {'name':'Tight','width':8,'height':8,'layers':[
      {'name':'A','traits':[{'name':'red','weight':97},{'name':'green','weight':1},{'name':'blue','weight':1},{'name':'yellow','weight':1}]},
      {'name':'B','traits':[{'name':'grin'},{'name':'plain'},{'name':'sad'},{'name':'wink'}]},
      {'name':'C','traits':[{'name':'star','weight':50},{'name':'alert','weight':30},{'name':'photo','weight':15},{'name':'gear','weight':5}]}],
     'rules':[{'kind':'exclude','a':['A','green'],'b':['B','sad']},
      {'kind':'require','a':['C','gear'],'b':['A',['blue','yellow']]},
      {'kind':'exclude','a':['B','wink'],'b':['C',['photo','gear']]}]}
    """

/// A project of random layers, optional ones among them, and random rules of every kind.
func randomProject(layers: Int, traits: ClosedRange<Int>, rules: Int, using random: inout SplitMix) throws -> Project {
    let sizes = (0..<layers).map { _ in random.int(in: traits.lowerBound..<traits.upperBound + 1) }
    let optional = sizes.map { _ in random.int(in: 0..<4) == 0 }
    func choice(_ layer: Int) -> String {
        var names = (0..<random.int(in: 1..<3)).map { _ in "'t\(random.int(in: 0..<sizes[layer]))'" }
        if optional[layer], random.int(in: 0..<4) == 0 { names.append("null") }
        return random.int(in: 0..<9) == 0 ? "['L\(layer)']" : "['L\(layer)',[\(names.joined(separator: ","))]]"
    }
    func side() -> String {
        let first = random.int(in: 0..<layers)
        return random.int(in: 0..<4) == 0 ? "[\(choice(first)),\(choice((first + 1) % layers))]" : choice(first)
    }
    func sides(_ count: Int) -> String { "[" + (0..<count).map { _ in side() }.joined(separator: ",") + "]" }
    let texts = (0..<rules).map { _ in
        switch random.int(in: 0..<8) {
        case 0, 1, 2: "{'kind':'exclude','a':\(side()),'b':\(side())}"
        case 3: "{'kind':'exclude','all':\(sides(3))}"
        case 4, 5: "{'kind':'require','a':\(side()),'b':\(side())}"
        case 6: "{'kind':'require','all':\(sides(2)),'any':\(sides(2))}"
        default:
            [
                "{'kind':'at-most','count':2,'of':\(sides(4))}", "{'kind':'together','of':\(sides(2))}",
                "{'kind':'at-least','count':1,'of':\(sides(3))}",
            ][
                random.int(in: 0..<3)]
        }
    }
    let all = sizes.indices.map { layer in
        let traits = (0..<sizes[layer]).map { "{'name':'t\($0)','weight':\(random.int(in: 1..<9))}" }
        return "{'name':'L\(layer)',\(optional[layer] ? "'probability':0.25," : "")'traits':[\(traits.joined(separator: ","))]}"
    }
    return try project("{'layers':[\(all.joined(separator: ","))],'rules':[\(texts.joined(separator: ","))]}")
}

/// Every combination of traits and none that keeps to the rules, with the product of its weights.
func allCombinations(of project: Project) -> [(choice: [UInt16], weight: Double)] {
    typealias Weighed = (choice: [UInt16], weight: Double)
    var found: [Weighed] = [([], 1)]
    for layer in project.layers {
        let weights: [Double] = layer.traits.map(\.weight.value)
        let sum: Double = weights.reduce(0, +), probability: Double = layer.probability?.value ?? 1
        var options: [(trait: UInt16, share: Double)] = []
        for (index, weight) in weights.enumerated() { options.append((UInt16(index), weight / sum * probability)) }
        if probability < 1 { options.append((CollectionPlan.none, 1 - probability)) }
        var longer: [Weighed] = []
        for item in found {
            for option in options { longer.append((item.choice + [option.trait], item.weight * option.share)) }
        }
        found = longer
    }
    return found.filter { item in item.weight > 0 && project.rules.allSatisfy { $0.isKept(by: item.choice[...]) } }
}

/// The items of a plan as arrays.
func choices(_ plan: CollectionPlan) -> [[UInt16]] { (0..<plan.count).map { Array(plan[$0].traits) } }

/// How improbable a deviation as large as this is, when counts follow `expected` (Wilson and Hilferty, 1931): the place of chi-square on
/// the normal distribution, in standard deviations.
func deviation(of counts: [Int], from expected: [Double]) -> Double {
    var squares = 0.0
    for (count, expected) in zip(counts, expected) where expected > 0 {
        let difference = Double(count) - expected
        squares += difference * difference / expected
    }
    let freedom = Double(expected.count { $0 > 0 } - 1), spread = 2 / (9 * freedom)
    // The cube root by Newton's method, so that tests need no library.
    var root = max(1, squares / freedom)
    for _ in 0..<60 { root -= (root * root * root - squares / freedom) / (3 * root * root) }
    return (root - (1 - spread)) / spread.squareRoot()
}
