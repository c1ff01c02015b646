import AtelierJSON
import AtelierTesting
import Foundation
import Testing

@testable import AtelierLayers

/// Checks documents against the published schema, as far as the schema goes.
private struct Schema {
    let root: JSON

    init() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../docs/formats/project.schema.json")
        root = try JSON(parsing: Array(Data(contentsOf: page)))
    }

    func accepts(_ value: JSON) -> Bool { accepts(value, root) }

    func properties(_ name: String) -> [String] {
        let schema = name == "project" ? root : root["$defs"]?[name]
        guard case .object(let members)? = schema?["properties"] else { return [] }
        return members.map(\.name)
    }

    var definitions: [String] {
        guard case .object(let members)? = root["$defs"] else { return [] }
        return members.map(\.name)
    }

    private func accepts(_ value: JSON, _ schema: JSON) -> Bool {
        guard case .object(let members) = schema else { return true }
        return members.allSatisfy { accepts(value, schema, keyword: $0.name, $0.value) }
    }

    private func accepts(_ value: JSON, _ schema: JSON, keyword: String, _ argument: JSON) -> Bool {
        switch (keyword, argument, value) {
        case ("$ref", .string(let path), _): return accepts(value, root["$defs"]?[String(path.dropFirst("#/$defs/".count))] ?? .null)
        case ("anyOf", .array(let choices), _): return choices.contains { accepts(value, $0) }
        case ("const", _, _): return value == argument
        case ("enum", .array(let choices), _): return choices.contains(value)
        case ("type", .array(let types), _): return types.contains { accepts(value, schema, keyword: "type", $0) }
        case ("type", .string(let type), _): return value.types.contains(type)
        case ("minimum", _, _): return value.number.map { $0 >= argument.number ?? 0 } ?? true
        case ("maximum", _, _): return value.number.map { $0 <= argument.number ?? 0 } ?? true
        case ("exclusiveMinimum", _, _): return value.number.map { $0 > argument.number ?? 0 } ?? true
        case ("minLength", .integer(let least), .string(let text)): return text.count >= least
        case ("minItems", .integer(let least), .array(let elements)): return elements.count >= least
        case ("maxItems", .integer(let most), .array(let elements)): return elements.count <= most
        case ("items", _, .array(let elements)): return elements.allSatisfy { accepts($0, argument) }
        case ("prefixItems", .array(let schemas), .array(let elements)): return zip(elements, schemas).allSatisfy { accepts($0, $1) }
        case ("required", .array(let names), .object(let members)):
            return names.allSatisfy { name in members.contains { JSON.string($0.name) == name } }
        case ("properties", _, .object(let members)):
            return members.allSatisfy { member in argument[member.name].map { accepts(member.value, $0) } ?? true }
        case ("additionalProperties", .bool(false), .object(let members)):
            return members.allSatisfy { schema["properties"]?[$0.name] != nil }
        case ("additionalProperties", _, .object(let members)): return members.allSatisfy { accepts($0.value, argument) }
        default: return true
        }
    }
}

extension JSON {
    fileprivate subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    fileprivate var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    fileprivate var types: [String] {
        switch self {
        case .null: ["null"]
        case .bool: ["boolean"]
        case .integer: ["integer", "number"]
        case .number: ["number"]
        case .string: ["string"]
        case .array: ["array"]
        case .object: ["object"]
        }
    }

    /// The document with one of its parts changed, removed or renamed.
    fileprivate func changed(using random: inout SplitMix) -> JSON {
        let others: [JSON] = [
            .null, .bool(true), .bool(false), .integer(-1), .integer(0), .integer(99_999_999_999), .number(0.5), .string(""), .string("A"),
            .array([]), .array([.string("A")]), .object([]),
        ]
        guard random.int(in: 0..<4) > 0 else { return others[random.int(in: 0..<others.count)] }
        switch self {
        case .array(var elements) where !elements.isEmpty:
            let place = random.int(in: 0..<elements.count)
            if random.int(in: 0..<8) == 0 { elements.remove(at: place) } else { elements[place] = elements[place].changed(using: &random) }
            return .array(elements)
        case .object(var members) where !members.isEmpty:
            let place = random.int(in: 0..<members.count)
            switch random.int(in: 0..<12) {
            case 0: members.remove(at: place)
            case 1: members[place].name += "x"
            default: members[place].value = members[place].value.changed(using: &random)
            }
            return .object(members)
        default: return others[random.int(in: 0..<others.count)]
        }
    }
}

private let everything = """
    {'$schema':'x','name':'All','description':'d','width':64,'height':32,'seed':9,'count':20,'start':0,'delimiter':'#','background':{'generate':true,'lightness':0.5},
     'shuffle':true,'exact':false,
     'layers':[{'name':'A','z':2.5,'blend':'color-dodge','opacity':0.25,'x':3,'y':-4,'probability':0.125,'exact':false,'unique':false,
       'display':'Shown','traits':[{'name':'t','file':'a/t.png','weight':0.01,'x':1,'y':2,'z':1,'blend':'multiply','hidden':true},
        {'name':'u','count':2,'x':1,'pieces':[{'file':'a/u.png','z':-1},{'file':'a/v.png','x':5,'y':1,'blend':'source-over'}]}]},
      {'name':'B','display':false,'traits':[{'name':'t'},{'name':'u'}]}],
     'sets':{'Both':[['A','t'],['B','u']]},
     'rules':[{'kind':'exclude','a':{'set':'Both'},'b':['A',['u',null]]},{'kind':'require','all':[['A','t'],['B',['t']]],'any':[['B']]},
      {'kind':'at-most','count':1,'of':[['A'],['B','t']]}],'strict':[['B','A']],
     'configurations':[{'name':'one','layers':['B'],'count':3},{}],
     'oneOfOnes':[{'name':'Gold','file':'g.png','number':4,'attributes':{'Kind':'rare'}}],
     'metadata':{'symbol':'S','baseURI':'b','externalURL':'e','sellerFeeBasisPoints':5,'creators':[{'address':'x','share':100}],'omitNone':true,
      'namePattern':'{number}','template':{'a':['{name}']}}}
    """.replacing("'", with: "\"")

@Suite("Schema of projects")
struct ProjectSchemaTests {
    @Test("The schema has the members that are read, no more and no fewer")
    func members() throws {
        let schema = try Schema()
        for (name, members) in Project.members { #expect(Set(schema.properties(name)) == Set(members), "\(name)") }
        #expect(Set(Project.members.keys).union(["selector", "choice"]) == Set(schema.definitions + ["project"]))
    }

    @Test("The schema accepts projects that are read, and what it refuses is refused; seeds 0 to 2999")
    func agreement() throws {
        let schema = try Schema()
        let whole = try JSON(parsing: Array(everything.utf8)), small = try JSON(parsing: Array(tight.replacing("'", with: "\"").utf8))
        for sample in [whole, small] {
            #expect(schema.accepts(sample))
            _ = try Project(parsing: sample.bytes, files: nil)
        }
        var refused = 0
        for seed in 0..<3000 {
            var random = SplitMix(seed: UInt64(seed))
            let changed = (seed % 3 == 0 ? small : whole).changed(using: &random)
            guard !schema.accepts(changed) else { continue }
            refused += 1
            #expect(throws: ProjectError.self, "seed \(seed): \(changed.text)") { try Project(parsing: changed.bytes, files: nil) }
        }
        #expect(refused > 1000)
    }
}
