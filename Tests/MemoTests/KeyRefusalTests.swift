import Foundation
import Testing

@testable import AtelierMemo

private struct Holder<Value: Encodable & Sendable>: Stage {
    static var name: String { "test.holder" }
    static var version: Int { 1 }
    var value: Value
    func run(in context: Context) -> Number { Number(0) }
}

/// Writes two containers in turns, which a sink that writes straight through cannot frame.
private struct InTurns: Encodable, Sendable {
    enum Keys: CodingKey { case a, b, c }
    func encode(to encoder: any Encoder) throws {
        var outer = encoder.container(keyedBy: Keys.self)
        var inner = outer.nestedUnkeyedContainer(forKey: .a)
        try outer.encode(1, forKey: .b)
        try inner.encode(2)
    }
}

private struct Unencodable: Encodable, Sendable {
    func encode(to encoder: any Encoder) throws { throw NotANumber() }
}

private struct Reader: Stage {
    static let name = "test.reader", version = 1
    var number: Artifact<Number>
    func run(in context: Context) -> Number { context[Artifact(Constant(value: 2))] }
}

@Suite("Keys: what is refused, and other processes")
struct KeyRefusalTests {
    @Test("Data, URL and Date do not belong into a key, wherever they stand")
    func foundation() async {
        await #expect(processExitsWith: .failure) { _ = Artifact(Holder(value: Data([1]))) }
        await #expect(processExitsWith: .failure) { _ = Artifact(Holder(value: URL(filePath: "/tmp"))) }
        await #expect(processExitsWith: .failure) { _ = Artifact(Holder(value: ["a": [Date?.some(.distantPast)]])) }
        await #expect(processExitsWith: .success) { _ = Artifact(Holder(value: ["a": [UUID?.none]])) }
    }

    @Test("A type whose encoding throws or writes containers in turns cannot be a property")
    func encoding() async {
        await #expect(processExitsWith: .failure) { _ = Artifact(Holder(value: InTurns())) }
        await #expect(processExitsWith: .failure) { _ = Artifact(Holder(value: Unencodable())) }
    }

    @Test("A stage that reads an artifact it does not store ends the program instead of hiding a dependency")
    func hiddenInput() async {
        await #expect(processExitsWith: .failure) {
            _ = try await Engine(levels: []).value(of: Artifact(Reader(number: Artifact(Constant(value: 1)))))
        }
    }

    @Test("Two other processes, under other hash seeds and locales, find the same keys")
    func otherProcesses() async {
        await #expect(processExitsWith: .success) {
            setenv("LC_ALL", "tr_TR.UTF-8", 1)
            setlocale(LC_ALL, "")
            precondition(unordered().digest.description == expected)
        }
        await #expect(processExitsWith: .success) { precondition(unordered().digest.description == expected) }
        #expect(unordered().digest.description == expected)
    }
}

private let expected = "2e02a46ca011d63598ebbdec29c4b3c94f072cd91b621f06a7f906f9cecf7cf4"

private func unordered() -> Artifact<Number> {
    let names = (0..<100).map { "İnput \($0)" }
    return Artifact(Holder(value: Dictionary(uniqueKeysWithValues: names.map { ($0, Set([$0, "x", "ß"])) })))
}
