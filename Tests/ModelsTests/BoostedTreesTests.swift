import AtelierJSON
import AtelierTesting
import Foundation
import Testing

@testable import AtelierModels

/// Models of XGBoost with rows and the bits of the margins that XGBoost made of them, by `tools/train-selector/margins.py`.
private struct Fixture {
    var models: [(model: JSON, rows: [[Float]], margins: [[UInt32]])] = []

    init(_ file: URL) throws {
        guard case .array(let cases) = try JSON(parsing: [UInt8](Data(contentsOf: file))) else { return }
        for item in cases {
            guard let model = item["model"], case .array(let rows)? = item["rows"], case .array(let margins)? = item["margins"] else {
                continue
            }
            models.append((model, rows.map { numbers($0).map { Float($0) } }, margins.map { numbers($0).map { UInt32($0) } }))
        }
    }
}

private func numbers(_ json: JSON) -> [Double] {
    guard case .array(let values) = json else { return [] }
    return values.map {
        switch $0 {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: .nan
        }
    }
}

extension JSON {
    fileprivate subscript(name: String) -> JSON? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.name == name }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            members.removeAll { $0.name == name }
            if let newValue { members.append(Member(name, newValue)) }
            self = .object(members)
        }
    }
}

/// One tree with a root, a left leaf and a right leaf, with something changed.
private func model(_ changes: [String: JSON] = [:], parameters: [String: JSON] = [:]) -> JSON {
    var tree: JSON = [
        "left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [1, 0, 0],
        "split_conditions": [0.5, -1.25, 2], "default_left": [1, 0, 0],
    ]
    for (name, value) in changes { tree[name] = value }
    var learner: JSON = ["base_score": "5E-1", "num_class": "0", "num_feature": "2"]
    for (name, value) in parameters { learner[name] = value }
    return [
        "learner": [
            "learner_model_param": learner, "objective": ["name": "reg:squarederror"],
            "gradient_booster": ["name": "gbtree", "model": ["trees": [tree], "tree_info": [0]]],
        ]
    ]
}

@Suite("Boosted trees")
struct BoostedTreesTests {
    @Test("Margins have the bits that XGBoost gave them: one value, classes, logistic, values on a split, values missing")
    func margins() throws {
        let fixture = try Fixture(#require(Bundle.module.url(forResource: "Samples/margins", withExtension: "json")))
        #expect(fixture.models.count == 6)
        for (number, item) in fixture.models.enumerated() {
            let trees = try BoostedTrees(item.model)
            let found = item.rows.map { trees.margins(of: $0).map(\.bitPattern) }
            #expect(found == item.margins, "model \(number)")
            #expect(trees.margins(ofRows: item.rows.flatMap(\.self)).map(\.bitPattern) == found.flatMap(\.self))
        }
    }

    @Test("The same for a thousand rows a model, where ATELIER_MARGINS names the file of tools/train-selector/margins.py")
    func manyMargins() throws {
        guard let path = ProcessInfo.processInfo.environment["ATELIER_MARGINS"] else { return }
        for item in try Fixture(URL(fileURLWithPath: path)).models {
            let trees = try BoostedTrees(item.model)
            #expect(item.rows.count >= 1000)
            #expect(item.rows.map { trees.margins(of: $0).map(\.bitPattern) } == item.margins)
        }
    }

    @Test("Less goes left, equal and more go right, missing goes where the node says")
    func sides() throws {
        let left = try BoostedTrees(model()), right = try BoostedTrees(model(["default_left": [false, false, false]]))
        #expect(left.margins(of: [0, 0.25]) == [-0.75])
        #expect(left.margins(of: [0, 0.5]) == [2.5])
        #expect(left.margins(of: [0, .nan]) == [-0.75])
        #expect(right.margins(of: [0, .nan]) == [2.5])
    }

    @Test(
        "Damaged and foreign models are refused with a sentence",
        arguments: [
            (model(["left_children": [0, -1, -1]]), "tree 0, node 0: its child 0 is the root or has another parent"),
            (model(["left_children": [1, 0, -1], "right_children": [2, 2, -1]]), "tree 0, node 1: its child 0 is the root"),
            (model(["right_children": [1, -1, -1]]), "tree 0, node 0: its child 1 is the root or has another parent"),
            (model(["right_children": [3, -1, -1]]), "tree 0, node 0: its child 3 is none of 3 nodes"),
            (model(["right_children": [-7, -1, -1]]), "tree 0, node 0: its child -7 is none of 3 nodes"),
            (model(["left_children": [9_223_372_036_854_775_807, -1, -1]]), "its child 9223372036854775807 is none of 3"),
            (model(["split_indices": [2, 0, 0]]), "tree 0, node 0: feature 2 is none of 2"),
            (model(["split_indices": [1, 0]]), "tree 0 has lists of different lengths"),
            (model(["split_conditions": [0.5, 1e300, 2]]), "something else than numbers of 32 bits"),
            (model(["split_conditions": [0.5, "nan", 2]]), "something else than numbers of 32 bits"),
            (model(["left_children": [1.5, -1, -1]]), "something else than whole numbers"),
            (model(["split_type": [1, 0, 0]]), "splits by categories"),
            (model(parameters: ["num_feature": "70000"]), "\"num_feature\" is no number from 0 to 65536"),
            (model(parameters: ["num_feature": "0"]), "no features"),
            (model(parameters: ["num_class": "-1"]), "\"num_class\" is no number"),
            (model(parameters: ["base_score": "[1E0,2E0]"]), "base_score has 2 numbers for 1 margins"),
            (model(parameters: ["base_score": "inf"]), "base_score is \"inf\""),
            (["learner": ["gradient_booster": ["name": "dart"]]], "the booster is not gbtree"),
            ([], "the model has no \"learner\""),
        ] as [(JSON, String)])
    func refusals(model: JSON, sentence: String) {
        let error = #expect(throws: ModelFileError.self) { try BoostedTrees(parsing: model.bytes) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }

    @Test("What is no JSON and what is too large is refused")
    func noJSON() {
        #expect(throws: ModelFileError.self) { try BoostedTrees(parsing: Array("binf".utf8)) }
        #expect(throws: ModelFileError.self) { try BoostedTrees(parsing: [UInt8](repeating: 32, count: BoostedTrees.mostBytes + 1)) }
    }

    @Test("Random damage to a model makes an error or a model that comes to an end", arguments: [1, 2, 3, 4] as [UInt64])
    func damage(seed: UInt64) {
        var random = SplitMix(seed: seed), refused = 0
        let bytes = model().bytes
        for _ in 0..<2_000 {
            var damaged = bytes
            for _ in 0..<Int(random.next() % 3 + 1) {
                let place = Int(random.next() % UInt64(damaged.count))
                damaged[place] = Array("0123456789-[]{},.\"e".utf8)[Int(random.next() % 19)]
            }
            do {
                let trees = try BoostedTrees(parsing: damaged)
                #expect(trees.margins(of: [Float](repeating: 1, count: trees.featureCount)).count == trees.groupCount)
            } catch { refused += 1 }
        }
        #expect(refused > 1_000)
    }

    @Test("Logarithms are those of the C library to the last bits")
    func logarithms() {
        for x in [1e-9, 0.3, 0.5, 0.999, 1, 1.5, 2, 2.3333, 1e6] { #expect(abs(logarithm(x) - log(x)) <= 4e-16 * max(1, abs(log(x)))) }
    }
}
