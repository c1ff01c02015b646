import AtelierMemoTesting
import AtelierTesting
import Testing

@testable import AtelierMemo

/// One of everything a stage may hold.
private struct Everything: Stage {
    enum Mode: String, Codable, CaseIterable { case stacked, cutout }
    enum Shape: Codable { case dot(radius: Double), line(width: Double), nothing }
    struct Options: Codable {
        var depth = 3, tolerance = 0.5, title: String? = nil, isOn = false
        var inner = Inner()
    }
    struct Inner: Codable { var small: UInt8 = 1, wide: Int64 = -1, ratio: Float = 0.25 }

    static let name = "test.everything", version = 4
    var source: Artifact<Blob>
    var optional: Artifact<Number>? = nil
    var terms: [Artifact<Number>] = []
    var mode = Mode.stacked
    var shape = Shape.dot(radius: 1)
    var options = Options()
    var names: Set<String> = ["a", "b"]
    var table: [String: Int] = ["x": 1]
    var limit: Int? = nil
    var points: [Double] = [1, 2]

    func run(in context: Context) -> Number { Number(0) }
}

/// Leaves one property out of its key.
private struct Forgetful: Stage {
    static let name = "test.forgetful", version = 1
    var count = 1
    var seed = 2

    enum CodingKeys: CodingKey { case count }
    func run(in context: Context) -> Number { Number(seed) }
}

private struct Holder<Value: Encodable & Sendable>: Stage {
    static var name: String { "test.holder" }
    static var version: Int { 1 }
    var value: Value
    func run(in context: Context) -> Number { Number(0) }
}

private func key<Value: Encodable & Sendable>(_ value: Value) -> Digest { Artifact(Holder(value: value)).digest }

@Suite("Keys")
struct KeyTests {
    private let source = Artifact.bytes([1])

    @Test("Changing any stored property changes the digest")
    func coverage() {
        #expect(keyProblems(of: Everything(source: source), changing: ["shape": { $0.shape = .line(width: 1) }]) == [])
    }

    @Test("A property left out of the key is found")
    func coverageCanFail() {
        #expect(
            keyProblems(of: Forgetful()) == [
                "seed is stored and not encoded", "changing seed gives the digest of changing nothing",
            ])
        #expect(
            keyProblems(of: Everything(source: source)) == ["shape has no other value this could try: say one under `changing`"])
    }

    @Test("Name, version, and being a plan or a stage are part of the key")
    func header() {
        struct Renamed: Stage {
            static let name = "test.renamed", version = 1
            var count = 1
            func run(in context: Context) -> Number { Number(0) }
        }
        struct Raised: Stage {
            static let name = "test.renamed", version = 2
            var count = 1
            func run(in context: Context) -> Number { Number(0) }
        }
        struct Planned: Plan {
            static let name = "test.renamed", version = 1
            var count = 1
            func plan(in context: Context) -> Artifact<Number> { Artifact(Constant(value: 0)) }
        }
        struct Same: Stage {
            static let name = "test.same", version = 1
            var count = 1
            func run(in context: Context) -> Number { Number(0) }
        }
        let digests = [Artifact(Renamed()).digest, Artifact(Raised()).digest, Artifact(Planned()).digest, Artifact(Same()).digest]
        #expect(Set(digests).count == 4)
    }

    @Test("Values that only look alike have keys of their own")
    func framing() {
        let digests = [
            key(["ab", "c"]), key(["a", "bc"]), key([["a"], ["b"]]), key([["a", "b"], []]), key([["a", "b"]]), key("ab"), key([String]()),
            key(Int?.none), key(Int?.some(0)), key(Int??.some(nil)), key([Int?.none]), key(1), key(1.0), key(true), key("1"),
            key(UInt(1)), key(Float(1)), key([1]), key(Set([1])), key([1: 1]), key([[1, 1]]), key(Everything.Shape.dot(radius: 1)),
            key(Everything.Shape.line(width: 1)), key(Everything.Shape.nothing), key(Everything.Options()), key([Everything.Inner()]),
            key(Int128(1)), key(UInt128(1)), key(Int128(1) << 64),
        ]
        #expect(Set(digests).count == digests.count)
    }

    @Test("Equal numbers are one key: −0 is 0, a NaN is a NaN, whatever the width of an integer")
    func numbers() {
        #expect(key(-0.0) == key(0.0))
        #expect(key(Float(-0.0)) == key(Float(0.0)))
        #expect(key(Double.nan) == key(-Double.nan))
        #expect(key(Double.nan) == key(Double.signalingNaN))
        #expect(key(Double.nan) == key(Double(nan: 7, signaling: false)))
        #expect(key(Double.infinity) != key(-Double.infinity))
        #expect(key(Int8(5)) == key(Int64(5)))
        #expect(key(0.1 + 0.2) != key(0.3))
    }

    @Test("Sets and dictionaries are ordered by their elements, however they were filled")
    func unordered() {
        var random = SplitMix(seed: 5)
        let words = (0..<200).map { "word \($0)" }
        let set = Set(words), table = Dictionary(uniqueKeysWithValues: words.map { ($0, Set([$0, "x"])) })
        for _ in 0..<20 {
            let shuffled = words.shuffled(using: &random)
            var other = Set<String>(minimumCapacity: Int.random(in: 0..<2000, using: &random)), otherTable: [String: Set<String>] = [:]
            for word in shuffled {
                other.insert(word)
                otherTable[word] = Set(["x", word])
            }
            #expect(key(other) == key(set))
            #expect(key(otherTable) == key(table))
        }
    }

    @Test("Keys stay what they are")
    func golden() {
        var everything = Everything(source: source)
        everything.optional = Artifact(Constant(value: 7))
        everything.names = Set((0..<50).map { "name \($0)" })
        everything.table = Dictionary(uniqueKeysWithValues: (0..<50).map { ("key \($0)", $0) })
        // Made by another process, under another hash seed. Who changes how keys are written raises `Key.schema`.
        #expect(Artifact(Constant(value: 7)).digest.description == "87d944e2a49d8a536a059cf8967089375dc374d4ac82bfe2859c3b54f6bbcdc5")
        #expect(Artifact(everything).digest.description == "f913961c09438d75b51c88b62b91f1883d8ea9977576054e38658cce3d2835fb")
    }

    @Test("A key whose bytes are uploaded as a file is another artifact")
    func keyAsSource() {
        let stage = Constant(value: 7)
        let record = KeyRecord(of: stage)
        #expect(Artifact.bytes(record.bytes).digest != Artifact(stage).digest)
    }

    @Test("Inputs are found in properties, arrays, optionals, sets, dictionaries and structs, each once")
    func inputs() {
        struct Nest: Codable, Hashable { var depth = 1 }
        struct Pair: Encodable, Sendable { var a: Artifact<Number>, b: [String: Artifact<Number>] }
        struct Many: Stage {
            static let name = "test.many", version = 1
            var one: Artifact<Blob>
            var some: Artifact<Number>?
            var array: [Artifact<Number>]
            var pair: Pair
            func run(in context: Context) -> Number { Number(0) }
        }
        let numbers = (0..<4).map { Artifact(Constant(value: $0)) }
        let many = Many(one: source, some: numbers[0], array: [numbers[1], numbers[0]], pair: Pair(a: numbers[2], b: ["x": numbers[3]]))
        #expect(KeyRecord(of: many).inputs.count == 6)
        #expect(Artifact(many).node.inputs.map(\.digest) == [source.digest] + [0, 1, 2, 3].map { numbers[$0].digest })
    }
}
