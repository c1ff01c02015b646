import AtelierJSON
import AtelierMemo
import AtelierProcessors
import AtelierScheduling

/// How part processors of a case are made: as functions that only compute where that is possible, or as ones that may wait.
enum Flavor: CaseIterable, Sendable { case synchronous, awaiting }

/// What the processors of one case share, and how they are made from their declarative form.
struct Scene: Sendable {
    let flavor: Flavor
    let log = Log()
    let gates = Gates()

    /// Small ones where nothing in a case needs to run far ahead.
    var limits: QueueLimits { flavor == .synchronous ? .balanced : .lowLatency }

    struct Problem: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }

    /// Lines in the order they were written.
    final class Log: Sendable {
        private let kept = Lock<[String]>([])
        var lines: [String] { kept.withLock { $0 } }
        func append(_ line: String) { kept.withLock { $0.append(line) } }
    }

    /// Doors that open once.
    final class Gates: Sendable {
        private let open = Lock<Set<String>>([])

        func open(_ name: String) { open.withLock { _ = $0.insert(name) } }

        func wait(for name: String) async throws {
            while !open.withLock({ $0.contains(name) }) { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    // MARK: Parts and conditions

    static func part(_ json: JSON) throws -> Part {
        if case .string(let text) = json { return Part(text) }
        if json["end_of_turn"] != nil { return .endOfTurn() }
        let role = try json["role"]?.string ?? "", substream = try json["substream"]?.string ?? ""
        let type = try json["mimetype"].map { MIMEType(try $0.string) }
        var metadata = Metadata()
        for (name, value) in json["metadata"]?.members ?? [] { metadata[name] = value }
        let bytes =
            try json["bytes_utf8"].map { Blob(try $0.string) } ?? json["zeros"].map { Blob([UInt8](repeating: 0, count: try $0.integer)) }
        if let bytes {
            guard let type else { throw Problem("bytes need a MIME type") }
            return try Part(bytes: bytes, mimeType: type, role: role, substream: substream, metadata: metadata)
        }
        guard let text = json["text"] else { throw Problem("a part without content") }
        return Part(try text.string, role: role, substream: substream, mimeType: type, metadata: metadata)
    }

    static func condition(_ json: JSON) throws -> @Sendable (Part) throws -> Bool {
        let (name, value) = try json.onlyMember
        let text = try name == "never" ? "" : value.string
        switch name {
        case "text_starts": return { try $0.text.utf8.starts(with: text.utf8) }
        case "text_is": return { try $0.text == text }
        case "text_is_not": return { try $0.text != text }
        case "mimetype_starts": return { $0.mimeType.text.utf8.starts(with: text.utf8) }
        case "never": return { _ in false }
        default: throw Problem("unknown condition \(name)")
        }
    }

    // MARK: Processors

    func processor(_ json: JSON) throws -> any Processor {
        if case .string("passthrough") = json { return passThrough }
        let (name, value) = try json.onlyMember
        switch name {
        case "part": return try partProcessor(value)
        case "stream": return try streamProcessor(value)
        case "chain":
            let members = try value.elements.map(processor)
            let parts = members.compactMap { $0 as? any PartProcessor }
            return parts.count == members.count ? PartChain(parts) : Chain(members)
        case "parallel":
            let markers: [JSON] = ["passthrough_fallback", "passthrough_always"]
            let members = try value.elements.filter { !markers.contains($0) }.map(asPart)
            let passing: Parallel.Passing =
                value.elements.contains(markers[1]) ? .always : value.elements.contains(markers[0]) ? .unlessOutput : .never
            return Parallel(members, passing: passing)
        case "filter": return filter(try Scene.condition(value))
        case "part_switch":
            let cases = try value["cases"]!.elements.map { json in
                PartSwitch.Case(when: try Scene.condition(json["when"]!), try asPart(json["do"]!))
            }
            return PartSwitch(cases, default: try value["default"].map(asPart))
        case "switch":
            let cases = try value["cases"]!.elements.map { json in
                Switch.Case(when: try Scene.condition(json["when"]!), try processor(json["do"]!))
            }
            return Switch(cases, default: try value["default"].map(processor))
        case "as_stream":
            let part = try processor(value)
            return StreamFunction { [limits] input, output in try await output.emit(contentsOf: part(input, limits: limits)) }
        case "parallel_concat": return ParallelConcatenation(try value.elements.map(processor))
        default: return try laterProcessor(name, value)
        }
    }

    func asPart(_ json: JSON) throws -> any PartProcessor {
        guard let processor = try processor(json) as? any PartProcessor else { throw Problem("a part processor is needed: \(json.text)") }
        return processor
    }

    private func partProcessor(_ json: JSON) throws -> any PartProcessor {
        let condition = try json["match"].map(Scene.condition)
        var matching: (@Sendable (Part) -> Bool)?
        if let condition { matching = { part in (try? condition(part)) ?? false } }
        let only = try json["only"].map(Scene.condition)
        let entry = try json["log"]?.string
        let steps = try json["emit"]!.elements.map(EmitStep.init)
        let enter = { @Sendable [log] (part: Part) throws -> Bool in
            if let entry { log.append("\(entry):\(part.isText ? try part.text : part.mimeType.text)") }
            return try only?(part) ?? true
        }
        let catches = json["errors_as_parts"] == true
        if flavor == .synchronous, steps.allSatisfy(\.isSynchronous) {
            let function = PartFunction(matching: matching) { [log, gates] part, emitter in
                guard try enter(part) else { return }
                for step in steps { if let output = try step.run(on: part, log: log, gates: gates) { emitter.emit(output) } }
            }
            return catches ? function.exceptionsAsParts() : function
        }
        let function = AsyncPartFunction(matching: matching) { [log, gates] part, output in
            guard try enter(part) else { return }
            for step in steps {
                try await step.wait(on: part, gates: gates)
                if let part = try step.run(on: part, log: log, gates: gates) { try await output.emit(part) }
            }
        }
        return catches ? function.exceptionsAsParts() : function
    }

    private func streamProcessor(_ json: JSON) throws -> any Processor {
        func texts(_ name: String) throws -> String? { try json[name]?.string }
        let prefix = try texts("prefix"), suffix = try texts("suffix"), endWrap = try texts("end_wrap")
        let entry = try texts("log"), call = try texts("log_call")
        let steps = try json["each"]?.elements.map(EmitStep.init) ?? []
        return StreamFunction { [log, gates] input, output in
            if let prefix { try await output.emit(Part(prefix)) }
            var all = ""
            for try await part in input {
                if part.isText { all += try part.text }
                if let entry { log.append("\(entry):\(try part.text)") }
                for step in steps {
                    try await step.wait(on: part, gates: gates)
                    if let part = try step.run(on: part, log: log, gates: gates) { try await output.emit(part) }
                }
            }
            if let call { log.append("\(call):\(all)") }
            if let endWrap { try await output.emit(Part("\(endWrap)(\(all))")) }
            if let suffix { try await output.emit(Part(suffix)) }
        }
    }
}

/// One step of an emit list.
struct EmitStep: Sendable {
    let name: String
    let value: JSON
    private let constant: Part?

    init(_ json: JSON) throws {
        (name, value) = try json.onlyMember
        constant = name == "const" ? try Scene.part(value) : nil
    }

    /// Whether it never waits.
    var isSynchronous: Bool { name != "wait_if" && name != "open_if" && name != "yield_turns" }

    func wait(on part: Part, gates: Scene.Gates) async throws {
        switch name {
        case "wait_if": if try part.text == value["text"]!.string { try await gates.wait(for: value["gate"]!.string) }
        case "yield_turns": for _ in 0..<(try value.integer) { try await Task.sleep(for: .milliseconds(10)) }
        default: break
        }
    }

    func run(on part: Part, log: Scene.Log, gates: Scene.Gates) throws -> Part? {
        switch name {
        case "input": return part
        case "const": return constant
        case "append": return Part(try part.text + value.string)
        case "wrap": return Part("\(try value.string)(\(try part.text))")
        case "status": return .status(try value.string)
        case "debug": return .debug(try value.string)
        case "mime_or_text": return part.isText ? part : Part("[\(part.mimeType)]")
        case "fail_if":
            if try part.text == value.string { throw Scene.Problem("bad \(try value.string)") }
            return nil
        case "open_if":
            if try part.text == value["text"]!.string { gates.open(try value["gate"]!.string) }
            return nil
        case "log":
            log.append("\(try value.string):\(try part.text)")
            return nil
        case "wait_if", "yield_turns": return nil
        default: throw Scene.Problem("unknown step \(name)")
        }
    }
}

// MARK: - Reading JSON that is known to be of a form

extension JSON {
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    var members: [(name: String, value: JSON)] {
        guard case .object(let members) = self else { return [] }
        return members.map { ($0.name, $0.value) }
    }

    var elements: [JSON] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    var string: String {
        get throws {
            guard case .string(let text) = self else { throw Scene.Problem("a text is needed: \(self.text)") }
            return text
        }
    }

    var integer: Int {
        get throws {
            guard case .integer(let value) = self else { throw Scene.Problem("a whole number is needed: \(text)") }
            return value
        }
    }

    var onlyMember: (name: String, value: JSON) {
        get throws {
            guard members.count == 1 else { throw Scene.Problem("one member is needed: \(text)") }
            return members[0]
        }
    }
}
