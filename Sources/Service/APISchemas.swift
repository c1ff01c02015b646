import AtelierImageTracing
import AtelierJSON

/// What documents of this interface look like, by name: `components.schemas` of OpenAPI. A test holds answers against them.
enum APISchemas {
    /// Every one that routes refer to.
    static let all: [JSON.Member] = [
        .init("Problem", problem), .init("PartProblem", partProblem), .init("Blob", blob), .init("PartOfBlob", partOfBlob),
        .init("Conversion", conversion),
        .init("Job", job), .init("JobRequest", jobRequest), .init("JobPage", jobPage), .init("JobItems", jobItems),
        .init("JobReport", jobReport), .init("CollectionPlan", collectionPlan), .init("Presets", presets),
        .init("Capabilities", capabilities), .init("Version", version), .init("AnyDocument", anyDocument),
        .init("Snapshot", snapshot), .init("Cache", cache), .init("CacheAction", cacheAction), .init("History", history),
        .init("Threads", threads),
    ]

    private static let problem = problem(optional: ["hint", "limit", "retry_after"])

    /// Of a part of a job, which no request names.
    private static let partProblem = problem(optional: ["hint", "limit", "retry_after", "request_id"])

    private static func problem(optional: Set<String>) -> JSON {
        .record(
            [
                "type": .characters, "title": .characters, "status": .count, "detail": .characters, "code": .characters,
                "hint": .characters, "limit": .count, "retry_after": .count, "request_id": .characters,
            ], optional: optional)
    }

    private static let partOfBlob = JSON.record(["received": .count, "bytes": .count])

    private static let blob = JSON.record(
        [
            "digest": .digest, "bytes": .count, "media_type": .characters,
            "kind": .word(["picture", "drawing", "archive", "presentation", "text", "unknown"]), "width": .count, "height": .count,
            "url": .characters,
        ], optional: ["width", "height"])

    private static let result = JSON.record(
        ["digest": .digest, "bytes": .count, "gzip_bytes": .count, "media_type": .characters, "url": .characters], optional: ["gzip_bytes"])

    private static let step = JSON.record(["stage": .characters, "label": .characters, "cache": .nullable("string"), "ms": .measure])

    /// The stage that runs for a job or a part of one.
    private static let stepUnderWay = JSON.record(["stage": .characters, "label": .characters])

    private static let conversion = JSON.record(
        [
            "result": result, "svg": .characters, "report": .object(["type": "object"]), "slides": .list(.object(["type": "object"])),
            "steps": .list(step), "cache": .word(["hit", "miss"]), "ms": .measure, "command": .characters,
            "inputs": .list(.record(["digest": .digest, "name": .characters], optional: ["name"])),
        ], optional: ["svg", "report", "slides"])

    private static let conversionProperties: [JSON.Member] = [
        .init(
            "inputs",
            .object([
                "type": "array", "minItems": 1, "maxItems": .integer(SubmissionReader.mostInputs),
                "items": .object(["anyOf": [.digest, .record(["digest": .digest, "name": .characters], optional: ["name"])]]),
            ])), .init("settings", .object(["type": "object", "description": "Options by name, as /v1/schema/{name} describes them."])),
        .init("preset", .word(TracePreset.allCases.map(\.rawValue))), .init("priority", .word(Urgency.allCases.map(\.rawValue))),
        .init("report", .word(Submission.Depth.allCases.map(\.rawValue))),
    ]

    /// What a request for a conversion says in JSON; `settings` are those of its kind.
    static func request(_ kind: ConversionKind, settings: JSON) -> [JSON.Member] {
        guard case .object(let members) = settings else { return [] }
        let name = kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst()
        var properties = conversionProperties
        if kind == .compose {
            properties.removeAll { $0.name == "preset" }
            properties.append(.init("project", .object(["type": "object"])))
        }
        for index in properties.indices {
            if properties[index].name == "settings" { properties[index].value = .ref("\(name)Settings") }
            if kind == .trace, properties[index].name == "inputs", case .object(let inputs) = properties[index].value {
                properties[index].value = .object(inputs.map { $0.name == "maxItems" ? .init("maxItems", 1) : $0 })
            }
        }
        return [
            // Where it stands is not where it is served.
            .init("\(name)Settings", .object(members.filter { $0.name != "$schema" && $0.name != "$id" })),
            .init(
                "\(name)Request",
                .object(["type": "object", "required": ["inputs"], "properties": .object(properties), "additionalProperties": false])),
        ]
    }

    // MARK: Jobs

    private static let states = JSON.word(["queued", "running", "done", "failed", "cancelled"])

    private static let item = JSON.record(
        [
            "n": .count, "name": .characters, "state": states, "step": stepUnderWay,
            "result": .record([
                "digest": .digest, "bytes": .count, "media_type": .characters, "cache": .word(["hit", "miss"]), "ms": .measure,
                "url": .characters,
            ]), "error": .ref("PartProblem"),
        ], optional: ["step", "result", "error"])

    private static let job = JSON.record(
        [
            "id": .digest, "kind": .word(ConversionKind.allCases.map(\.rawValue)), "state": states,
            "priority": .word(Urgency.allCases.map(\.rawValue)), "created": .characters, "ended": .characters, "done": .count,
            "total": .count, "failed": .count, "position": .count, "eta_ms": .measure, "step": stepUnderWay,
            "steps": .list(step), "items": .list(item), "error": .ref("PartProblem"),
            "links": .record([
                "self": .characters, "events": .characters, "result": .characters, "results": .characters, "archive": .characters,
                "report": .characters, "cancel": .characters,
            ]),
        ], optional: ["ended", "position", "eta_ms", "step", "steps", "items", "error"])

    private static let jobRequest = JSON.object([
        "type": "object", "required": ["inputs"],
        "properties": .object(
            conversionProperties + [
                .init("kind", .word(ConversionKind.allCases.map(\.rawValue)))
            ]), "additionalProperties": false,
    ])

    private static let jobPage = JSON.record(["jobs": .list(.ref("Job")), "next": .characters], optional: ["next"])

    private static let jobItems = JSON.record(["items": .list(item)])

    private static let jobReport = JSON.record([
        "id": .digest,
        "items": .list(
            .record(
                ["n": .count, "name": .characters, "state": states, "report": .object(["type": "object"]), "error": .ref("PartProblem")],
                optional: ["report", "error"])),
    ])

    private static let trait = JSON.record(
        [
            "name": .nullable("string"), "weight": .measure, "asked": .share, "expected": .measure, "got": .share, "count": .count,
        ], optional: ["weight", "expected"])

    private static let collectionPlan = JSON.record(
        [
            "plan": .digest, "name": .characters, "count": .count, "start": .count, "possible": .nullable("string"),
            "size": .record(["width": .count, "height": .count]),
            "layers": .list(.record(["name": .characters, "probability": .measure, "traits": .list(trait)], optional: ["probability"])),
            "rules": .list(.characters), "project": .object([]), "inputs": .list(.record(["digest": .digest, "name": .characters])),
            "traits": .characters, "ranks": .characters, "ms": .measure,
        ], optional: ["project"])

    private static let presets = JSON.list(.record(["name": .characters, "title": .characters, "settings": .object(["type": "object"])]))

    private static let capabilities = JSON.object(["type": "object", "required": ["version", "kinds", "inputs", "limits"]])

    private static let version = JSON.record(["name": .characters, "version": .characters])

    private static let anyDocument = JSON.object(["type": "object"])

    // MARK: Numbers

    private static let level = JSON.record([
        "name": .characters, "hits": .count, "misses": .count, "bytes": .count, "limit": .nullable("integer"), "entries": .count,
        "evictions": .count,
    ])

    private static let cache = JSON.record([
        "levels": .list(level), "stages": .list(.record(["stage": .characters, "runs": .count, "hits": .count, "self_ms": .measure])),
    ])

    private static let queue = JSON.record([
        "classes": .list(
            .record([
                "name": .characters, "waiting": .count, "running": .count, "asked": .count, "done": .count, "refused": .count,
                "cancelled": .count,
                "wait_ms": .record(["p50": .measure, "p95": .measure]),
            ])), "slots": .count, "capacity": .count, "bytes_used": .count, "bytes_limit": .count,
    ])

    private static let snapshot = JSON.record([
        "number": .count, "time_ms": .count, "uptime_ms": .count,
        "requests": .record([
            "total": .count, "under_way": .count, "errors": .count, "rejected": .count, "failed": .count, "per_second": .measure,
        ]), "latency_ms": .record(["p50": .measure, "p95": .measure, "p99": .measure]), "queue": queue,
        "jobs": .record(["queued": .count, "running": .count, "done": .count, "failed": .count, "cancelled": .count]),
        "cache": .ref("Cache"),
        "workers": .record(["count": .count, "busy": .count]), "threads": .list(.record(["name": .characters, "busy_share": .share])),
        "memory": .record(["rss": .count, "limit": .nullable("integer"), "cpu_ms": .measure]),
        "models": .list(.record(["name": .characters, "state": .word(["loaded", "idle"]), "bytes": .count, "uses": .count])),
        "flame": .record([
            "seconds": .measure,
            "frames": .list(.record(["name": .characters, "depth": .count, "start": .share, "width": .share, "kind": .characters])),
        ]),
    ])

    private static let history = JSON.record([
        "interval_ms": .count,
        "series": .object([
            "type": "object", "required": ["time_ms", "per_second", "p50", "p95", "p99", "rss", "busy"],
            "additionalProperties": .object(["type": "array", "items": .object(["type": ["number", "null"]])]),
        ]),
    ])

    private static let threads = JSON.record([
        "seconds": .measure, "lost": .count,
        "threads": .list(
            .record([
                "name": .characters, "slices": .list(.record(["name": .characters, "start": .share, "width": .share, "depth": .count])),
            ])),
    ])

    private static let cacheAction = JSON.object([
        "type": "object", "required": ["action", "dry_run"],
        "properties": .object(["action": .word(["invalidate", "warm", "verify", "empty"]), "dry_run": .flag, "entries": .count]),
    ])
}

extension JSON {
    /// A text.
    static let characters = JSON.object(["type": "string"])
    /// BLAKE3 of some bytes, in hexadecimal.
    static let digest = JSON.object(["type": "string", "pattern": "^[0-9a-f]{64}$"])
    /// True or false.
    static let flag = JSON.object(["type": "boolean"])
    /// A whole number from 0 on.
    static let count = JSON.object(["type": "integer", "minimum": 0])
    /// A number from 0 on, such as milliseconds.
    static let measure = JSON.object(["type": "number", "minimum": 0])
    /// A part of a whole.
    static let share = JSON.object(["type": "number", "minimum": 0, "maximum": 1.000001])

    /// One of some words.
    static func word(_ words: [String]) -> JSON { .object(["type": "string", "enum": .array(words.map(JSON.string))]) }

    /// Something of a type, or null.
    static func nullable(_ type: String) -> JSON { .object(["type": .array([.string(type), "null"])]) }

    /// Any number of something.
    static func list(_ items: JSON) -> JSON { .object(["type": "array", "items": items]) }

    /// An object with these members; all are there but for the optional ones.
    static func record(_ properties: KeyValuePairs<String, JSON>, optional: Set<String> = []) -> JSON {
        .object([
            "type": "object", "required": .array(properties.filter { !optional.contains($0.key) }.map { .string($0.key) }),
            "properties": .object(properties.map { Member($0, $1) }),
        ])
    }

    /// A named schema.
    static func ref(_ name: String) -> JSON { .object(["$ref": .string("#/components/schemas/\(name)")]) }
}
