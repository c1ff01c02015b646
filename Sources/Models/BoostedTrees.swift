// Models: what a picture is like in numbers, models that say what to expect of it, and a shelf that loads such models when they
// are first used and lets go of them when nobody does. It knows nothing of stages or files: who registers a model says how its
// bytes are come by. Start with `PictureFeatures`, then `BoostedTrees`, then `ModelShelf`.

public import AtelierJSON

/// Gradient-boosted decision trees, read from a model that XGBoost saved as JSON and evaluated as XGBoost does, bit for bit.
///
///     let model = try BoostedTrees(parsing: bytes)
///     let margin = model.margins(of: features.values)[0]
///
/// Read are boosters of the kind `gbtree` with numeric splits, from versions 1.0 to 3.x. A margin is the sum, in 32 bits and in
/// the order of the trees, of one leaf of each tree and the base score; a value less than a node's condition goes to the left,
/// and one that is missing (NaN) to the side that the node says. For classes there is a margin each, and their trees take turns.
///
/// Source: XGBoost's "Introduction to Model IO" and its JSON schema (`doc/model.schema`).
public struct BoostedTrees: Sendable {
    /// One node: a split, or a leaf where `right` is 0.
    struct Node: Sendable {
        /// The number of the feature that is compared.
        var feature: Int32
        /// Where lesser values go, and others; from the start of all nodes. The root of a tree is nobody's child, so 0 is none.
        var left: Int32, right: Int32
        /// Where missing values go.
        var missing: Int32
        /// What the feature is compared with; the value of a leaf.
        var value: Float
    }

    /// The nodes of all trees, and where each tree begins.
    private(set) var nodes: [Node] = []
    private(set) var roots: [Int32] = []
    /// Which margin each tree adds to.
    private(set) var groups: [Int32] = []
    private(set) var baseMargins: [Float] = []
    /// How many numbers are looked at.
    public private(set) var featureCount = 0
    /// How the model was trained, such as `reg:squarederror`.
    public private(set) var objective = ""

    /// How many margins there are: one, or one for each class.
    public var groupCount: Int { baseMargins.count }
    /// Bytes held.
    public var byteCount: Int { nodes.count * MemoryLayout<Node>.stride + (roots.count + groups.count + baseMargins.count) * 4 }

    /// The sums of leaves for one row of numbers.
    ///
    /// - Parameter features: `featureCount` numbers; NaN for one that is missing.
    /// - Returns: `groupCount` margins, before any link such as the logistic.
    /// - Complexity: O(trees × depth).
    public func margins(of features: [Float]) -> [Float] {
        precondition(features.count == featureCount, "a row has a number for every feature")
        var sums = baseMargins
        features.withUnsafeBufferPointer { add($0, to: &sums) }
        return sums
    }

    /// The margins of many rows, one row after the other in `features` and in the result.
    public func margins(ofRows features: [Float]) -> [Float] {
        precondition(featureCount > 0 && features.count % featureCount == 0, "rows have a number for every feature")
        var result: [Float] = [], sums = baseMargins
        result.reserveCapacity(features.count / featureCount * groupCount)
        features.withUnsafeBufferPointer { all in
            for start in stride(from: 0, to: all.count, by: featureCount) {
                sums = baseMargins
                add(UnsafeBufferPointer(rebasing: all[start..<start + featureCount]), to: &sums)
                result += sums
            }
        }
        return result
    }

    private func add(_ row: UnsafeBufferPointer<Float>, to sums: inout [Float]) {
        nodes.withUnsafeBufferPointer { nodes in
            for (root, group) in zip(roots, groups) {
                var node = nodes[Int(root)]
                while node.right != 0 {
                    let value = row[Int(node.feature)]
                    node = nodes[Int(value < node.value ? node.left : value.isNaN ? node.missing : node.right)]
                }
                sums[Int(group)] += node.value
            }
        }
    }
}

/// Why a file is no model that can be evaluated here.
public struct ModelFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence: what, where, and what would help.
    public var description: String

    init(_ description: String) { self.description = description }
}

// MARK: - Reading

extension BoostedTrees {
    /// What is read at most: bytes of the file, nodes of all trees, features, margins.
    static let mostBytes = 32 << 20, mostNodes = 1 << 20, mostFeatures = 1 << 16, mostGroups = 1024

    /// Reads a model as `Booster.save_model("model.json")` writes it.
    ///
    /// Every child must exist and have one parent only, so that no way through a tree is endless.
    public init(parsing bytes: [UInt8]) throws(ModelFileError) {
        guard bytes.count <= Self.mostBytes else {
            throw ModelFileError("the model has \(bytes.count) bytes, more than \(Self.mostBytes); train it with fewer or smaller trees")
        }
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch {
            throw ModelFileError("the model is no JSON: \(error); save it with Booster.save_model(\"model.json\")")
        }
        try self.init(json)
    }

    /// Reads a model that is part of a document.
    public init(_ json: JSON) throws(ModelFileError) {
        let learner = try json.member("learner", in: "the model")
        let booster = try learner.member("gradient_booster", in: "learner")
        guard case .string(let name) = try booster.member("name", in: "gradient_booster"), name == "gbtree" else {
            throw ModelFileError("the booster is not gbtree; train the model with booster=\"gbtree\"")
        }
        let model = try booster.member("model", in: "gradient_booster")
        if case .string(let name)? = learner["objective"]?["name"] { objective = name }
        let parameters = try learner.member("learner_model_param", in: "learner")
        featureCount = try parameters.count("num_feature", in: "learner_model_param", most: Self.mostFeatures)
        let classes = try parameters.count("num_class", in: "learner_model_param", most: Self.mostGroups)
        if parameters["num_target"] != nil {
            guard try parameters.count("num_target", in: "learner_model_param", most: Self.mostGroups) <= 1 else {
                throw ModelFileError("the model has several targets; train one model for each")
            }
        }
        guard featureCount > 0 else { throw ModelFileError("the model has no features") }
        baseMargins = try Self.baseMargins(parameters, count: max(1, classes), objective: objective)

        let trees = try model.array("trees", in: "model"), groups = try model.integers("tree_info", in: "model")
        guard trees.count == groups.count else {
            throw ModelFileError("tree_info has \(groups.count) entries for \(trees.count) trees; the file is damaged")
        }
        for (number, tree) in trees.enumerated() {
            guard baseMargins.indices.contains(groups[number]) else {
                throw ModelFileError("tree \(number) belongs to class \(groups[number]), of \(baseMargins.count); the file is damaged")
            }
            self.groups.append(Int32(groups[number]))
            try append(tree, number: number)
        }
    }

    /// `base_score` is a text with one number, or with one for each margin in brackets, before the link of the objective.
    private static func baseMargins(_ parameters: JSON, count: Int, objective: String) throws(ModelFileError) -> [Float] {
        guard case .string(let text) = try parameters.member("base_score", in: "learner_model_param") else {
            throw ModelFileError("base_score is no text; the file is damaged")
        }
        let inner = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text[...]
        var scores: [Float] = []
        for part in inner.split(separator: ",") {
            guard let score = Float(part.filter { $0 != " " }), score.isFinite else {
                throw ModelFileError("base_score is \"\(text.prefix(40))\", which is no number; the file is damaged")
            }
            scores.append(score)
        }
        if scores.count == 1 { scores = [Float](repeating: scores[0], count: count) }
        guard scores.count == count else {
            throw ModelFileError("base_score has \(scores.count) numbers for \(count) margins; the file is damaged")
        }
        switch objective {
        case "binary:logistic", "reg:logistic", "binary:logitraw":
            guard scores.allSatisfy({ $0 > 0 && $0 < 1 }) else {
                throw ModelFileError("base_score is \"\(text.prefix(40))\" where \(objective) needs a number between 0 and 1")
            }
            return scores.map { -Float(logarithm(Double(1 / $0 - 1))) }
        case "reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror", "multi:softprob", "multi:softmax",
            "rank:ndcg", "rank:pairwise", "rank:map", "binary:hinge":
            return scores
        default:
            throw ModelFileError(
                "the objective is \"\(objective.prefix(40))\", whose base score is not known here; use reg:squarederror, binary:logistic or multi:softprob"
            )
        }
    }

    private mutating func append(_ tree: JSON, number: Int) throws(ModelFileError) {
        let place = "tree \(number)"
        let left = try tree.integers("left_children", in: place), right = try tree.integers("right_children", in: place)
        let features = try tree.integers("split_indices", in: place), values = try tree.floats("split_conditions", in: place)
        let defaults = try tree.integers("default_left", in: place)
        let count = left.count
        guard count > 0, [right.count, features.count, values.count, defaults.count].allSatisfy({ $0 == count }) else {
            throw ModelFileError("\(place) has lists of different lengths; the file is damaged")
        }
        guard nodes.count + count <= Self.mostNodes else {
            throw ModelFileError("the model has more than \(Self.mostNodes) nodes; train it with fewer or smaller trees")
        }
        if tree["split_type"] != nil, try tree.integers("split_type", in: place).contains(where: { $0 != 0 }) {
            throw ModelFileError("\(place) splits by categories; train the model with numeric features")
        }
        if case .string(let size)? = tree["tree_param"]?["size_leaf_vector"], let size = Int(size), size > 1 {
            throw ModelFileError("\(place) has leaves with \(size) values; train the model with multi_strategy=\"one_output_per_tree\"")
        }
        let base = nodes.count
        var hasParent = [Bool](repeating: false, count: count)
        hasParent[0] = true
        roots.append(Int32(base))
        for i in 0..<count {
            if left[i] == -1 {
                nodes.append(Node(feature: 0, left: 0, right: 0, missing: 0, value: values[i]))
                continue
            }
            for child in [left[i], right[i]] {
                guard (0..<count).contains(child) else {
                    throw ModelFileError("\(place), node \(i): its child \(child) is none of \(count) nodes; the file is damaged")
                }
                guard !hasParent[child] else {
                    throw ModelFileError("\(place), node \(i): its child \(child) is the root or has another parent; the file is damaged")
                }
                hasParent[child] = true
            }
            guard (0..<featureCount).contains(features[i]) else {
                throw ModelFileError("\(place), node \(i): feature \(features[i]) is none of \(featureCount); the file is damaged")
            }
            nodes.append(
                Node(
                    feature: Int32(features[i]), left: Int32(base + left[i]), right: Int32(base + right[i]),
                    missing: Int32(base + (defaults[i] != 0 ? left[i] : right[i])), value: values[i]))
        }
    }
}

/// The natural logarithm of a positive number, the same on every machine: ln(m × 2ᵉ) by the series of artanh.
func logarithm(_ x: Double) -> Double {
    var mantissa = x.significand, exponent = Double(x.exponent)
    if mantissa > 1.414_213_562_373_095_1 {
        mantissa /= 2
        exponent += 1
    }
    let t = (mantissa - 1) / (mantissa + 1), square = t * t
    var sum = 0.0
    // |t| ≤ 0.172: what follows the term of t²³ is below 2⁻⁵⁶.
    for k in stride(from: 23, through: 1, by: -2) { sum = sum * square + 1 / Double(k) }
    return 2 * t * sum + exponent * 0.693_147_180_559_945_3
}

extension JSON {
    fileprivate subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    fileprivate func member(_ name: String, in place: String) throws(ModelFileError) -> JSON {
        guard let value = self[name] else {
            throw ModelFileError("\(place) has no \"\(name)\"; save the model with Booster.save_model(\"model.json\")")
        }
        return value
    }

    fileprivate func array(_ name: String, in place: String) throws(ModelFileError) -> [JSON] {
        guard case .array(let values) = try member(name, in: place) else {
            throw ModelFileError("\(place): \"\(name)\" is no list; the file is damaged")
        }
        return values
    }

    /// Whole numbers; flags count as 0 and 1, as older versions write them.
    fileprivate func integers(_ name: String, in place: String) throws(ModelFileError) -> [Int] {
        var result: [Int] = []
        for value in try array(name, in: place) {
            switch value {
            case .integer(let number): result.append(number)
            case .bool(let flag): result.append(flag ? 1 : 0)
            default: throw ModelFileError("\(place): \"\(name)\" has something else than whole numbers; the file is damaged")
            }
        }
        return result
    }

    fileprivate func floats(_ name: String, in place: String) throws(ModelFileError) -> [Float] {
        var result: [Float] = []
        for value in try array(name, in: place) {
            let number: Float =
                switch value {
                case .integer(let number): Float(number)
                case .number(let number): Float(number)
                default: .nan
                }
            guard number.isFinite else {
                throw ModelFileError("\(place): \"\(name)\" has something else than numbers of 32 bits; the file is damaged")
            }
            result.append(number)
        }
        return result
    }

    /// A count, which XGBoost writes as a text.
    fileprivate func count(_ name: String, in place: String, most: Int) throws(ModelFileError) -> Int {
        let number: Int? =
            switch try member(name, in: place) {
            case .string(let text): Int(text)
            case .integer(let number): number
            default: nil
            }
        guard let number, (0...most).contains(number) else {
            throw ModelFileError("\(place): \"\(name)\" is no number from 0 to \(most); the file is damaged")
        }
        return number
    }
}
