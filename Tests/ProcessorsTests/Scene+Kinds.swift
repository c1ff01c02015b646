import AtelierJSON
import AtelierMemo
import AtelierProcessors

// Cases that are not the run of a pipeline.

extension Scene {
    /// What does not hold, or nil when there is no such kind.
    func problems(ofKind kind: String, _ args: JSON, expecting expected: JSON) async throws -> [String]? {
        func check(_ got: JSON, _ wanted: JSON) -> [String] { got == wanted ? [] : ["got \(got.text), wanted \(wanted.text)"] }
        switch kind {
        case "merge_lists":
            let lists = args["streams"]!.elements.map(\.elements)
            let streams = lists.map { PartStream($0.map { Part($0.text) }) }
            let got = try await PartStream.merging(streams, limits: limits).gather().map { try $0.text }
            let keepsOrder = lists.allSatisfy { list in got.filter(list.map(\.text).contains) == list.map(\.text) }
            let holds = keepsOrder && got.sorted() == lists.joined().map(\.text).sorted() && .integer(got.count) == expected["count"]!
            return holds ? [] : ["got \(got)"]
        case "concat_lists":
            let streams = args["streams"]!.elements.map { PartStream($0.elements.map { Part($0.text) }) }
            let got = try await PartStream.concatenation(of: streams, limits: limits).gather().map { try $0.text }
            return got == expected["output"]!.elements.map(\.text) ? [] : ["got \(got)"]
        case "split":
            let source = PartStream(args["items"]!.elements.map { Part($0.text) })
            var got: [[String]] = []
            for branch in try source.split(into: args["n"]!.integer, limits: .unbounded) {
                got.append(try await branch.gather().map { try $0.text })
            }
            return got == expected["outputs"]!.elements.map { $0.elements.map(\.text) } ? [] : ["got \(got)"]
        case "split_invalid":
            do { _ = try PartStream([Part("1")]).split(into: 0) } catch { return [] }
            return ["no error"]
        case "mimetypes": return mimeTypeProblems(expected)
        case "equality":
            let parts = try args["parts"]!.elements.map(Scene.part)
            func pairs(_ name: String) throws -> [(Int, Int)] {
                try expected[name]?.elements.map { (try $0.elements[0].integer, try $0.elements[1].integer) } ?? []
            }
            return try pairs("equal").filter { parts[$0] != parts[$1] }.map { "\($0) are not equal" }
                + pairs("different").filter { parts[$0] == parts[$1] }.map { "\($0) are equal" }
        case "part_fields":
            let got = try args["parts"]!.elements.map(Scene.part).map { part -> JSON in
                .object([
                    .init("mimetype", .string(part.mimeType.text)),
                    .init("bytes", .string(part.bytes.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "")),
                    .init("text", (try? part.text).map { .string($0) } ?? .null),
                ])
            }
            return zip(got, expected["fields"]!.elements).flatMap { got, wanted in
                wanted.members.filter { got[$0.name] != $0.value }.map { "\($0.name): got \(got.text), wanted \(wanted.text)" }
            }
        case "part_invalid":
            return args["parts"]!.elements.compactMap { json in
                do { _ = try Scene.part(json) } catch { return nil }
                return "accepted \(json.text)"
            }
        case "match_of":
            let processor = try asPart(args["pipeline"]!)
            return check(.array(try args["parts"]!.elements.map { .bool(processor.match(try Scene.part($0))) }), expected["match"]!)
        case "text_of":
            let content = Content(try args["parts"]!.elements.map(Scene.part))
            let substream = try args["substream"].flatMap { $0 == .null ? nil : try $0.string }
            let text = try? content.text(substream: substream, strict: args["strict"] == true)
            return check(text.map { .string($0) } ?? .null, expected["text"]!)
        case "group_roles":
            let groups = Content(try args["parts"]!.elements.map(Scene.part)).byRole
            return check(.array(groups.map { [.string($0.role), .integer($0.content.count)] }), expected["groups"]!)
        case "stream_once":
            let stream = PartStream { output in try await output.emit(Part("a")) }
            let first = try await stream.text()
            do { _ = try await stream.text() } catch StreamError.alreadyRead { return first == "a" ? [] : [first] }
            return ["a second reading is allowed"]
        default: return try await laterProblems(ofKind: kind, args, expecting: expected)
        }
    }

    private func mimeTypeProblems(_ expected: JSON) -> [String] {
        let tests: [(name: String, holds: (MIMEType) -> Bool)] = [
            ("text", \.isText), ("json", \.isJSON), ("image", \.isImage), ("audio", \.isAudio), ("streaming_audio", \.isStreamingAudio),
            ("exception", \.isException),
        ]
        return [true, false].flatMap { wanted in
            (expected[wanted ? "true" : "false"]?.members ?? []).flatMap { name, types in
                types.elements.compactMap { type -> String? in
                    guard let test = tests.first(where: { $0.name == name }), case .string(let text) = type else {
                        return "unknown \(name)"
                    }
                    return test.holds(MIMEType(text)) == wanted ? nil : "\(text) is \(name): \(!wanted)"
                }
            }
        }
    }
}
