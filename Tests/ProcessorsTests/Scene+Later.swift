import AtelierJSON
import AtelierMemo
import AtelierProcessors
import AtelierScheduling

// Windows, events, caches, text and time.

extension Scene {
    func laterProcessor(_ name: String, _ args: JSON) throws -> any Processor {
        switch name {
        case "window":
            let concurrency = try args["max_concurrency"]?.integer ?? 0
            return Window(
                try processor(args["do"]!), keeping: try Scene.policy(args["compress"]), stride: try args["stride"]?.integer ?? 1,
                concurrency: concurrency > 0 ? concurrency : .max)
        case "live": return Live(try processor(args))
        case "text_match":
            let flush = try args["flush_metadata"]?.string
            var flushing: (@Sendable (Part) -> Bool)?
            if let flush { flushing = { Scene.isTrue($0.metadata[flush]) } }
            return TextMatch(
                try TextPattern(args["pattern"]!.string), into: try args["substream_output"]?.string ?? "",
                from: try args["substream_input"]?.string ?? "", removing: args["remove"] != false, flushing: flushing)
        case "url_extract": return TextMatch.urls()
        case "preamble": return Preamble(Content(try args.elements.map(Scene.part)))
        case "suffix": return Suffix(Content(try args.elements.map(Scene.part)))
        case "event_detection": return try eventDetection(args)
        case "cached":
            let cache = try Cache(entryLimit: args["max_items"]?.integer ?? 100)
            let inner = try processor(args["do"]!)
            if let inner = inner as? any PartProcessor { return inner.cached(in: cache, as: "case") }
            return inner.cached(in: cache, as: "case")
        default: throw Problem("unknown processor \(name)")
        }
    }

    private static func isTrue(_ json: JSON?) -> Bool {
        switch json {
        case nil, .null, .bool(false), .integer(0), .string(""): false
        default: true
        }
    }

    private static func policy(_ json: JSON?) throws -> HistoryPolicy {
        switch json {
        case nil, .null: return .all
        case .string("clear"): return .none
        case let json?: return .lastTurns(try json["keep_last_turns"]!.integer)
        }
    }

    private func eventDetection(_ args: JSON) throws -> any Processor {
        let answers = Lock(try args["answers"]!.elements.map { try $0.string })
        let detector = StreamFunction { input, output in
            try await input.drain()
            let answer = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let answer else { throw Problem("more questions than answers") }
            if answer == "!error" { throw Problem("backend failed") }
            try await output.emit(Part(answer))
        }
        func transition(_ json: JSON) throws -> EventDetection.Transition {
            let pair = json["from_to"]!.elements
            return EventDetection.Transition(from: try pair[0].string, to: try pair[1].string)
        }
        var outputs: [EventDetection.Transition: Content?] = [:], sensitivity: [EventDetection.Transition: Int] = [:]
        for json in args["transitions"]!.elements {
            let output: Content? = try json["output"]! == .null ? nil : Content(json["output"]!.string)
            outputs[try transition(json)] = .some(output)
        }
        for json in args["sensitivity"]?.elements ?? [] { sensitivity[try transition(json)] = try json["count"]!.integer }
        return EventDetection(detector, outputs, sensitivity: sensitivity)
    }

    /// What does not hold, or nil when there is no such kind.
    func laterProblems(ofKind kind: String, _ args: JSON, expecting expected: JSON) async throws -> [String]? {
        func check(_ got: JSON, _ wanted: JSON) -> [String] { got == wanted ? [] : ["got \(got.text), wanted \(wanted.text)"] }
        switch kind {
        case "hash_equal":
            let keys = try args["contents"]!.elements.map { ContentKey(of: try $0.elements.map(Scene.part)) }
            let equal = keys.map { key in JSON.array(keys.indices.filter { key != nil && keys[$0] == key }.map { .integer($0) }) }
            return check(.array(equal), expected["equal_to"]!)
        case "cache_ops": return check(try await lookups(args), expected["lookups"]!)
        case "cache_invalid":
            return try args["max_items"]!.elements.map { try $0.integer }.compactMap { count in
                do { _ = try Cache(entryLimit: count) } catch { return nil }
                return "accepted \(count)"
            }
        case "rolling": return check(try await prompts(args), expected["prompts"]!)
        case "turn_policy":
            let history = History(try args["history"]!.elements.map(Scene.part))
            let kept = try await HistoryPolicy.lastTurns(args["turns_to_keep"]!.integer).kept(of: history).parts.map(Shown.init)
            return try kept == expected["history"]!.elements.map(Shown.init) ? [] : ["got \(kept)"]
        case "audio_split":
            let bytes = Blob([UInt8](repeating: 0, count: try args["bytes"]!.integer))
            let pieces = AudioPacing.split(bytes, sampleRate: try args["sample_rate"]!.integer)
            return check(.array(pieces.map { .integer($0.count) }), expected["chunk_bytes"]!)
        case "rate_limit_order":
            let pacing = AudioPacing(sampleRate: try args["sample_rate"]!.integer, delaysOthers: args["delay_other_parts"] != false)
            let input = PartStream(try args["input"]!.elements.map(Scene.part))
            return try Expectation(expected).problems(with: try await pacing(input, limits: limits).gather().parts, nil)
        case "timestamp":
            let texts = try args["seconds"]!.elements.map { json -> JSON in
                let seconds = if case .number(let seconds) = json { seconds } else { Double(try json.integer) }
                return .string(timestamp(.seconds(1) * seconds, withMilliseconds: args["with_ms"] == true))
            }
            return check(.array(texts), expected["texts"]!)
        default: return nil
        }
    }

    private func lookups(_ args: JSON) async throws -> JSON {
        let cache = try Cache(entryLimit: args["max_items"]?.integer ?? 100)
        var found: [JSON] = []
        for step in args["ops"]!.elements {
            let prefix = try step["prefix"]?.string ?? ""
            let view = prefix.isEmpty ? cache : cache.partitioned(prefix)
            let query = Content([try Scene.part(step["key"]!)])
            switch try step["op"]!.string {
            case "put": await view.put(Content([try Scene.part(step["value"]!)]), for: query)
            case "get": found.append(await view.content(for: query).map { .string($0.text) } ?? .null)
            case "remove": await view.remove(query)
            case let name: throw Problem("unknown operation \(name)")
            }
        }
        return .array(found)
    }

    private func prompts(_ args: JSON) async throws -> JSON {
        let rolling = RollingPrompt(keeping: try args["keep_last_turns"].map { .lastTurns(try $0.integer) } ?? .all)
        var prompts: [JSON] = []
        for step in args["ops"]!.elements {
            let (name, value) = try step.onlyMember
            switch name {
            case "add": rolling.add(try Scene.part(value))
            case "stash": rolling.stash(try Scene.part(value))
            case "apply_stash": rolling.applyStash()
            case "finalize":
                let prompt = rolling.pending
                try await rolling.finalize()
                prompts.append(.string(try await prompt.text()))
            default: throw Problem("unknown operation \(name)")
            }
        }
        return .array(prompts)
    }
}
