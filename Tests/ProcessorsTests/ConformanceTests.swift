import AtelierJSON
import AtelierMemo
import AtelierProcessors
import Foundation
import Testing

/// Behaviour that was checked against the peer, as cases in a file. Another file of the same form is taken from
/// `ATELIER_CONFORMANCE`.
@Suite("Conformance", .timeLimit(.minutes(20)))
struct ConformanceTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var id: String
        var json: JSON
        var testDescription: String { id }
    }

    static let cases: [Case] = {
        let path =
            ProcessInfo.processInfo.environment["ATELIER_CONFORMANCE"]
            ?? Bundle.module.url(forResource: "processors", withExtension: "json", subdirectory: "Samples")!.path
        guard let data = FileManager.default.contents(atPath: path) else { fatalError("\(path): cannot be read") }
        do {
            return try JSON(parsing: Array(data))["cases"]!.elements.map { Case(id: try $0["id"]!.string, json: $0) }
        } catch { fatalError("\(path): \(error)") }
    }()

    @Test("The file holds cases")
    func fileHoldsCases() { #expect(!ConformanceTests.cases.isEmpty) }

    @Test("Cases", arguments: cases, Flavor.allCases)
    func conforms(_ case: Case, flavor: Flavor) async throws {
        // Pauses must be long enough for all pending work to finish, and a machine may be busy with other things.
        var problems: [String] = []
        for pause in [Duration.milliseconds(50), .seconds(2)] {
            problems = try await self.problems(of: `case`.json, in: Scene(flavor: flavor), pause: pause)
            if problems.isEmpty || `case`.json["spaced_input"] != true { break }
        }
        #expect(problems == [], "\(`case`.id), \(flavor)")
    }

    private func problems(of json: JSON, in scene: Scene, pause: Duration) async throws -> [String] {
        let kind = try json["kind"]!.string
        if kind == "stream" { return try await streamProblems(of: json, in: scene, pause: pause) }
        let args = json["args"]!, expected = json["expect"]!
        if let problems = try await scene.problems(ofKind: kind, args, expecting: expected) { return problems }
        return ["no such kind of case: \(kind)"]
    }

    private func streamProblems(of json: JSON, in scene: Scene, pause: Duration) async throws -> [String] {
        let processor = try scene.processor(json["pipeline"]!)
        let inputs = json["inputs_list"]?.elements ?? [json["input"]!]
        let reserved = try json["reserved"].map { ReservedSubstreams(try $0.elements.map { try $0.string }) } ?? .current
        let expected = json["expect"]!
        var problems: [String] = []
        for (index, input) in inputs.enumerated() {
            let parts = try input.elements.map(Scene.part)
            let isSpaced = json["spaced_input"] == true
            let stream = isSpaced ? PartStream.spaced(parts, by: pause) : PartStream(parts)
            var output: [Part] = []
            var failure: (any Error)?
            do {
                try await ReservedSubstreams.reserving(reserved) {
                    for try await part in processor(stream, limits: scene.limits) { output.append(part) }
                }
            } catch { failure = error }
            problems += try Expectation(expected["runs"]?.elements[index] ?? expected).problems(with: output, failure)
        }
        let log = scene.log.lines
        if let wanted = try expected["log"]?.elements.map({ try $0.string }), wanted != log {
            problems.append("log \(log), wanted \(wanted)")
        }
        if let wanted = try expected["log_unordered"]?.elements.map({ try $0.string }), wanted.sorted() != log.sorted() {
            problems.append("log \(log), wanted in any order \(wanted)")
        }
        return problems
    }
}

/// What the output of one run must be.
struct Expectation {
    let json: JSON

    init(_ json: JSON) { self.json = json }

    func problems(with output: [Part], _ failure: (any Error)?) throws -> [String] {
        var problems: [String] = []
        let got = output.map(Shown.init)
        func expect(_ holds: Bool, _ wanted: JSON) {
            if !holds { problems.append("got \(got) with \(failure.map { "error \($0)" } ?? "no error"), wanted \(wanted.text)") }
        }
        func shown(_ list: JSON) throws -> [Shown] { try list.elements.map(Shown.init) }

        if let wanted = json["error"] {
            expect(try failure.map { "\($0)".contains(try wanted.string) } ?? false, wanted)
        } else if let failure {
            problems.append("unexpected error \(failure)")
        }
        for (name, wanted) in json.members {
            switch name {
            case "error", "log", "log_unordered", "runs": break
            case "output": expect(try got == shown(wanted), wanted)
            case "output_text": expect(try Content(output.filter { $0.substream.isEmpty }).text == wanted.string, wanted)
            case "output_unordered": expect(try Shown.sorted(got) == Shown.sorted(shown(wanted)), wanted)
            case "per_substream":
                for (substream, texts) in wanted.members {
                    expect(
                        try output.filter { $0.substream == substream }.map { try $0.text } == texts.elements.map { try $0.string }, wanted)
                }
            case "before":
                for pair in wanted.elements {
                    let pair = try shown(pair)
                    guard let first = got.firstIndex(of: pair[0]), let second = got.firstIndex(of: pair[1]) else {
                        expect(false, wanted)
                        continue
                    }
                    expect(first <= second, wanted)
                }
            case "count": expect(.integer(got.count) == wanted, wanted)
            case "not_contains": expect(try shown(wanted).allSatisfy { !got.contains($0) }, wanted)
            default: problems.append("unknown expectation \(name)")
            }
        }
        return problems
    }
}

/// A part as the files write outputs: fields that have their default value are left out.
struct Shown: Hashable, CustomStringConvertible {
    var text: String?
    var bytes: Int?
    var mimeType = "text/plain"
    var substream = ""
    var role = ""
    var isEndOfTurn = false

    init(_ part: Part) {
        if part.isText { text = try? part.text } else { bytes = part.bytes?.count }
        mimeType = part.mimeType.text
        substream = part.substream
        role = part.role
        isEndOfTurn = part.isEndOfTurn
    }

    init(_ json: JSON) throws {
        if case .string(let text) = json {
            self.text = text
            return
        }
        for (name, value) in json.members {
            switch name {
            case "text": text = try value.string
            case "bytes": bytes = try value.integer
            case "mimetype": mimeType = try value.string
            case "substream": substream = try value.string
            case "role": role = try value.string
            case "end_of_turn": isEndOfTurn = value == true
            default: throw Scene.Problem("unknown field \(name) of a shown part")
            }
        }
    }

    var description: String {
        "\(text ?? "\(bytes ?? 0) bytes")"
            + [mimeType == "text/plain" ? "" : mimeType, substream, role, isEndOfTurn ? "end" : ""].filter { !$0.isEmpty }
            .map { " " + $0 }.joined()
    }

    static func sorted(_ parts: [Shown]) -> [String] { parts.map(\.description).sorted() }
}
