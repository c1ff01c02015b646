import AtelierJSON
import AtelierMemo
import AtelierServing
import AtelierStages

extension ServiceState {
    /// What is kept, and what administrators can do about it.
    var cacheRoutes: [Route] {
        let dry = Route.Parameter(
            name: "dry_run", summary: "Whether it is only said what would be done.", schema: .object(["type": "boolean", "default": false]))
        func action(_ name: String, _ summary: String, _ body: JSON, _ act: @escaping @Sendable (JSON) async throws -> JSON) -> Route {
            Route(
                method: "POST", template: "/v1/cache/\(name)", summary: summary, scope: .admin, bodies: ["application/json"],
                answers: [(200, ["application/json"])], problems: [409], body: body, answer: .ref("CacheAction")
            ) { call in
                let body = ShortBody(limit: 64 << 10)
                return .work(body) {
                    let wanted = try JSON(reading: body.bytes, called: "body")
                    guard case .object = wanted else { throw Problem(422, "bad-request", "the body is an object") }
                    return .json(try await act(wanted))
                }
            }
        }
        return [
            Route(
                method: "GET", template: "/v1/cache", summary: "What levels and stages have answered, and what levels hold.",
                answers: [(200, ["application/json"])], answer: .ref("Cache")
            ) { [self] _ in .answer(.json(monitor.snapshot.cacheJSON)) },
            action(
                "invalidate", "Makes what has a tag, or one result, count as absent.",
                .object([
                    "type": "object",
                    "properties": .object([
                        "tag": .object(["type": "string", "minLength": 1, "maxLength": 50]), "digest": .digest, "dry_run": .flag,
                    ]), "oneOf": [.object(["required": ["tag"]]), .object(["required": ["digest"]])], "additionalProperties": false,
                ])
            ) { [self] in try invalidate($0) },
            action(
                "warm", "Brings what is asked for most into every level, while nobody else asks.",
                .object([
                    "type": "object",
                    "properties": .object([
                        "seconds": .object(["type": "number", "exclusiveMinimum": 0, "maximum": 3600]),
                        "limit": .object(["type": "integer", "minimum": 1, "maximum": 1_000_000_000]), "dry_run": .flag,
                    ]), "additionalProperties": false,
                ])
            ) { [self] in try await warmUp($0) },
            action(
                "verify", "Reads every entry on disk and removes the damaged ones.",
                .object(["type": "object", "properties": .object(["dry_run": .flag]), "additionalProperties": false])
            ) { [self] in try await verify($0) },
            Route(
                method: "DELETE", template: "/v1/cache/{level}", summary: "Empties a level.", scope: .admin,
                parameters: [
                    .init(
                        name: "level", place: .path, summary: "Which.",
                        schema: .object(["type": "string", "enum": .array(engine.levels.map { .string($0.name) })])), dry,
                ], answers: [(200, ["application/json"])], problems: [404, 409, 422], answer: .ref("CacheAction")
            ) { [self] call in
                let name = call.values["level"]!
                guard let level = engine.levels.first(where: { $0.name == name }) else {
                    throw Problem(404, "no-such-level", "there is no level \(name.prefix(40))", hint: "GET /v1/cache lists them")
                }
                let text = call.head.query("dry_run") ?? "false"
                guard let isDry = ["true": true, "1": true, "false": false, "0": false][text] else {
                    throw Problem(422, "bad-dry_run", "'dry_run' is true or false")
                }
                return .task { [self] in .json(try await empty(level, isDry: isDry)) }
            },
        ]
    }

    private func invalidate(_ wanted: JSON) throws(Problem) -> JSON {
        try wanted.allow(["tag", "digest", "dry_run"])
        let isDry = try wanted.flag("dry_run"), tag = try wanted.text("tag"), digest = try wanted.text("digest")
        switch (tag, digest) {
        case (let tag?, nil):
            guard !tag.isEmpty, tag.unicodeScalars.count <= 50 else {
                throw Problem(422, "bad-tag", "a tag has 1 to 50 letters", limit: 50)
            }
            if !isDry { engine.invalidate(tag: tag) }
            return .object(["action": "invalidate", "dry_run": .bool(isDry), "tag": .string(tag)])
        case (nil, let text?):
            guard let digest = Digest(text) else { throw Problem(422, "bad-digest", "a digest has 64 hexadecimal digits") }
            // The name of its bytes, or of its artifact.
            let key = results[digest]?.output.digest ?? digest
            let places = engine.levels.filter { $0.peek(key) != nil }
            if !isDry { for level in places { level.evict(key) } }
            return .object([
                "action": "invalidate", "dry_run": .bool(isDry), "digest": .string(text), "entries": .integer(places.count),
                "levels": .array(places.map { .string($0.name) }),
            ])
        default: throw Problem(422, "bad-request", "what is invalidated is either a 'tag' or a 'digest'")
        }
    }

    private func warmUp(_ wanted: JSON) async throws -> JSON {
        try wanted.allow(["seconds", "limit", "dry_run"])
        let isDry = try wanted.flag("dry_run")
        let seconds = try wanted.number("seconds", in: 0...3600) ?? 30, limit = try wanted.number("limit", in: 1...1e9) ?? 1e9
        guard let log = requestLog else { throw noDisk }
        return try await housekeeping.run { [self] in
            let plan = WarmPlan(log.requests(), in: engine, filling: .all, now: systemSeconds())
            var members: [JSON.Member] = [
                .init("action", "warm"), .init("dry_run", .bool(isDry)), .init("entries", .integer(min(Int(limit), plan.steps.count))),
                .init("already_there", .integer(plan.alreadyThere)),
            ]
            if !isDry {
                let report = await AtelierStages.warm(engine, by: plan, budget: .seconds(seconds), limit: Int(limit))
                members += [
                    .init("made", .integer(report.count { $0 == .made })), .init("loaded", .integer(report.count { $0 == .loaded })),
                    .init("left", .integer(report.count { $0 == .left })), .init("ending", .string(report.ending.rawValue)),
                ]
            }
            return .object(members)
        }
    }

    private func verify(_ wanted: JSON) async throws -> JSON {
        try wanted.allow(["dry_run"])
        let isDry = try wanted.flag("dry_run")
        guard let disk = engine.levels.lazy.compactMap({ $0 as? DiskStore }).first else { throw noDisk }
        return try await housekeeping.run {
            if isDry {
                let contents = disk.contents
                return .object([
                    "action": "verify", "dry_run": true, "entries": .integer(contents.entries), "bytes": .integer(contents.bytes),
                ])
            }
            let report = disk.verify()
            return .object([
                "action": "verify", "dry_run": false, "entries": .integer(report.intact), "bytes": .integer(report.intactBytes),
                "damaged": .integer(report.damaged.count), "foreign": .integer(report.foreign), "unreadable": .integer(report.unreadable),
            ])
        }
    }

    private func empty(_ level: any Store, isDry: Bool) async throws -> JSON {
        try await housekeeping.run {
            var contents = level.contents
            if !isDry {
                switch level {
                case let disk as DiskStore: contents = disk.clear()
                case let memory as MemoryStore:
                    let limit = memory.byteLimit
                    memory.resize(byteLimit: 0)
                    memory.resize(byteLimit: limit)
                default:
                    throw Problem(
                        422, "shared-level", "\(level.name) is shared with others and not emptied from here",
                        hint: "invalidate a tag instead")
                }
            }
            return .object([
                "action": "empty", "dry_run": .bool(isDry), "level": .string(level.name), "entries": .integer(contents.entries),
                "bytes": .integer(contents.bytes),
            ])
        }
    }

    private var noDisk: Problem { Problem(409, "no-disk", "this service keeps nothing on disk", hint: "start it with --disk") }

    /// Where conversions are noted, for warming; nil without a level on disk.
    var requestLog: RequestLog? {
        engine.levels.lazy.compactMap { $0 as? DiskStore }.first.map { RequestLog(in: $0.directory.path) }
    }
}

/// Actions that read or empty whole levels: one at a time.
actor Housekeeping {
    private var isBusy = false

    func run(_ body: @escaping @Sendable () async throws -> JSON) async throws -> JSON {
        guard !isBusy else {
            throw Problem(409, "housekeeping", "another such action is under way", hint: "ask again when it is over", retryAfter: 5)
        }
        isBusy = true
        defer { isBusy = false }
        return try await body()
    }
}

extension JSON {
    /// Throws `Problem` for a member of another name.
    fileprivate func allow(_ names: [String]) throws(Problem) {
        guard case .object(let members) = self else { return }
        if let other = members.first(where: { !names.contains($0.name) }) {
            throw Problem(
                422, "bad-request", "there is no member \"\(other.name.prefix(40))\"", hint: "known are \(names.joined(separator: ", "))")
        }
    }

    fileprivate func flag(_ name: String) throws(Problem) -> Bool {
        guard let value = self[name] else { return false }
        guard case .bool(let flag) = value else { throw Problem(422, "bad-\(name)", "'\(name)' is true or false") }
        return flag
    }

    fileprivate func text(_ name: String) throws(Problem) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else { throw Problem(422, "bad-\(name)", "'\(name)' is a text") }
        return text
    }

    fileprivate func number(_ name: String, in range: ClosedRange<Double>) throws(Problem) -> Double? {
        let number: Double
        switch self[name] {
        case nil: return nil
        case .integer(let whole): number = Double(whole)
        case .number(let any): number = any
        default: throw Problem(422, "bad-\(name)", "'\(name)' is a number")
        }
        guard range.contains(number), number > 0 else {
            throw Problem(422, "bad-\(name)", "'\(name)' is above 0 and at most \(Int(range.upperBound))", limit: Int(range.upperBound))
        }
        return number
    }
}
