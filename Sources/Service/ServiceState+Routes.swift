import AtelierImageCodecs
import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierSVG
import AtelierServing
import AtelierStages

extension ServiceState {
    /// Everything there is, in the order it is documented.
    var routes: [Route] {
        conversionRoutes + collectionRoutes + jobRoutes + blobRoutes + describingRoutes + monitoringRoutes + cacheRoutes + statusRoutes
            + studioRoutes
    }

    // MARK: Blobs

    private var blobRoutes: [Route] {
        let digest = Route.Parameter(
            name: "digest", place: .path, summary: "BLAKE3 of the bytes.",
            schema: .object(["type": "string", "pattern": "^[0-9a-f]{64}$"]))
        return [
            Route(
                method: "POST", template: "/v1/blobs", summary: "Keeps a file for conversions to name.", scope: .convert,
                bodies: ["application/octet-stream"], answers: [(201, ["application/json"])], problems: [507], answer: .ref("Blob")
            ) { [self] call in
                let upload = try uploads.begin(limit: configuration.bodyLimit)
                return .work(upload) { [self] in try kept(upload, expecting: nil) }
            },
            Route(
                method: "PUT", template: "/v1/blobs/{digest}", summary: "Keeps a file whose digest is known, whole or in parts.",
                scope: .convert,
                parameters: [
                    digest,
                    .init(
                        name: "Content-Range", place: .header,
                        summary: "Which part of the file the body is; with */LENGTH and no body: how much of it is here.",
                        schema: .object(["type": "string", "pattern": "^bytes ([0-9]+-[0-9]+|\\*)/[0-9]+$"])),
                ], bodies: ["application/octet-stream"], answers: [(200, ["application/json"]), (201, ["application/json"])],
                problems: [404, 409, 507], answer: .object(["anyOf": .array([.ref("Blob"), .ref("PartOfBlob")])])
            ) { [self] call in
                guard let digest = Digest(call.values["digest"]!) else { throw noSuchBlob(call.values["digest"]!) }
                if let field = call.head.field("content-range") { return try part(of: digest, field, call) }
                let upload = try uploads.begin(limit: configuration.bodyLimit)
                return .work(upload) { [self] in try kept(upload, expecting: digest) }
            },
            Route(
                method: "GET", template: "/v1/blobs/{digest}", summary: "The bytes of a file or a result.", parameters: [digest],
                answers: [(200, BlobContent.types), (206, BlobContent.types), (304, [])], problems: [404, 416]
            ) { [self] call in
                guard let digest = Digest(call.values["digest"]!) else { throw noSuchBlob(call.values["digest"]!) }
                let tag = digest.description, head = call.head
                // All who ask for the whole get the same answer.
                let isWhole = head.query.isEmpty && head.field("range") == nil && head.field("if-none-match") == nil
                let isPacked = isWhole && accepts("gzip", head.field("accept-encoding"))
                if isWhole, let answer = recent.answer(tag, isPacked: isPacked) { return .answer(ServerResponse(answer)) }
                guard let (bytes, type) = recent[tag] else { return .task { [self] in try await blob(digest, call) } }
                let delivery = delivery(bytes, type, tag, call)
                guard delivery.isQuick(for: head) else { return .task { delivery.response(to: head) } }
                let response = delivery.response(to: head)
                guard isWhole, let answer = prepared(response) else { return .answer(response) }
                recent.prepare(answer, tag, isPacked: isPacked)
                return .answer(ServerResponse(answer))
            },
        ]
    }

    /// Where a file lies that was sent. Throws `Problem` for one that is not here.
    func path(of digest: Digest) throws(Problem) -> String {
        guard let path = uploads.file(of: digest) else { throw noSuchBlob(digest.description) }
        return path
    }

    private func noSuchBlob(_ name: String) -> Problem {
        Problem(404, "no-such-blob", "there is no file \(name.prefix(80)) here", hint: "upload it with POST /v1/blobs")
    }

    /// Takes a part of a file, or says how much of it is here.
    private func part(of digest: Digest, _ field: String, _ call: Call) throws -> Handling {
        guard let range = ContentRange(field) else {
            throw Problem(
                400, "bad-range", "the Content-Range names no part",
                hint: "\"bytes 0-999/5000\" is one; \"bytes */5000\" asks how much is here")
        }
        guard range.total <= configuration.bodyLimit else { throw tooLarge(limit: configuration.bodyLimit) }
        let name = PartialUploads.Name(owner: call.caller.owner, digest: digest)
        guard let part = range.part else {
            if let count = uploads.byteCount(of: digest) {
                return .task { [self] in .json(try facts(of: UploadFolder.Source(digest: digest, byteCount: count))) }
            }
            return .answer(received(try partialUploads.received(name), of: range.total))
        }
        let taken = try partialUploads.next(name, part, of: range.total) { try uploads.begin(limit: range.total) }
        return .work(taken) { [self] in
            let count = taken.upload.byteCount, isWhole = count == range.total
            taken.hasEnded(forgets: isWhole)
            return isWhole ? try kept(taken.upload, expecting: digest) : received(count, of: range.total)
        }
    }

    private func received(_ count: Int, of total: Int) -> ServerResponse {
        .json(.object(["received": .integer(count), "bytes": .integer(total)]))
    }

    private func kept(_ upload: Upload, expecting expected: Digest?) throws -> ServerResponse {
        guard upload.byteCount > 0 else { throw Problem(422, "empty-body", "the body is empty", hint: "send the file's bytes") }
        if let expected, upload.digest != expected {
            throw Problem(422, "other-digest", "the body's digest is \(upload.digest), not that of the path")
        }
        let wasHere = uploads.file(of: upload.digest) != nil, source = try upload.finish()
        return .json(
            try facts(of: source), status: wasHere && expected != nil ? 200 : 201,
            fields: [("Location", "/v1/blobs/\(source.digest)")])
    }

    /// What a file is.
    private func facts(of source: UploadFolder.Source) throws -> JSON {
        let path = try path(of: source.digest)
        let content = BlobContent(of: try beginning(of: path))
        var size: (width: Int, height: Int)?
        let limits = configuration.conversion.image
        if content.kind == "picture", source.byteCount <= limits.maxFileBytes {
            let bytes = try Blob.reading(path: path, limit: limits.maxFileBytes)
            // What is broken or too large has no size.
            size = try? pictureSize(of: bytes.bytes.span, limits: limits)
        }
        return .object([
            "digest": .string(source.digest.description), "bytes": .integer(source.byteCount), "media_type": .string(content.type),
            "kind": .string(content.kind), "width": (size?.width).map(JSON.integer), "height": (size?.height).map(JSON.integer),
            "url": .string("/v1/blobs/\(source.digest)"),
        ])
    }

    private func delivery(_ bytes: Blob, _ type: String, _ tag: String, _ call: Call) -> Delivery {
        Delivery(
            bytes: bytes, type: type, tag: tag,
            fields: protection(of: type, called: call.head.query("name") ?? "", nil))
    }

    /// Larger files are sent from where they lie.
    private static let mostInMemory = 4 << 20

    private func blob(_ digest: Digest, _ call: Call) async throws -> ServerResponse {
        var bytes = Blob([]), type: String, file: (path: String, byteCount: Int)?
        if let path = uploads.file(of: digest), let count = uploads.byteCount(of: digest) {
            if count <= Self.mostInMemory {
                bytes = try Blob.reading(path: path, limit: Self.mostInMemory)
                type = BlobContent(of: bytes).type
            } else {
                file = (path, count)
                type = BlobContent(of: try beginning(of: path)).type
            }
        } else if let result = results[digest] {
            bytes = try await engine.value(of: result.output)
            type = result.type
        } else if let (job, item) = jobs.maker(of: digest) {
            bytes = try await result(of: job, item)
            type = job.request.wishes.kind.type
        } else {
            throw noSuchBlob(digest.description)
        }
        if file == nil { recent.note(digest.description, bytes, type: type) }
        var delivery = delivery(bytes, type, digest.description, call)
        delivery.file = file
        return delivery.response(to: call.head)
    }

    // MARK: What there is

    private var describingRoutes: [Route] {
        [
            Route(
                method: "GET", template: "/v1/presets", summary: "Named sets of options.", answers: [(200, ["application/json"])],
                answer: .ref("Presets")
            ) { [self] call in .answer(described(presets, call)) },
            Route(
                method: "GET", template: "/v1/schema/{name}", summary: "The settings of a conversion as JSON schema.",
                parameters: [
                    .init(
                        name: "name", place: .path, summary: "Which conversion.",
                        schema: .object(["type": "string", "enum": .array(ConversionKind.allCases.map { .string($0.rawValue) })]))
                ], answers: [(200, ["application/schema+json"])], problems: [404], answer: .ref("AnyDocument")
            ) { [self] call in
                guard let kind = ConversionKind(rawValue: call.values["name"]!) else {
                    throw Problem(404, "no-such-schema", "there is no schema of that name", hint: "trace, pptx and compose have one")
                }
                return .answer(described(schema(of: kind), call, type: "application/schema+json"))
            },
            Route(
                method: "GET", template: "/v1/capabilities", summary: "What is taken, what is made, and the limits.",
                answers: [(200, ["application/json"])], answer: .ref("Capabilities")
            ) { [self] call in .answer(described(capabilities, call)) },
        ]
    }

    /// A document that holds as long as the service runs.
    private func described(_ json: JSON, _ call: Call, type: String = "application/json") -> ServerResponse {
        let bytes = Blob(json.bytes)
        return Delivery(bytes: bytes, type: type, tag: Digest(hashing: bytes, threads: 1).description, caching: "no-cache")
            .response(to: call.head)
    }

    private var capabilities: JSON {
        let limits = configuration.conversion
        return .object([
            "version": .string(configuration.version),
            "kinds": .array(ConversionKind.allCases.map { .object(["name": .string($0.rawValue), "media_type": .string($0.type)]) }),
            "inputs": .array(["image/png", "image/jpeg", "image/webp", "image/svg+xml"]),
            "limits": .object([
                "body_bytes": .integer(configuration.bodyLimit), "inputs": .integer(SubmissionReader.mostInputs),
                "pixels": .integer(limits.image.maxPixels), "svg_bytes": .integer(limits.svg.limits.byteCount),
                "sync_seconds": .number(configuration.syncLimit),
            ]),
            "workers": .integer(engine.configuration.workers),
            "priorities": .array(Urgency.allCases.map { .string($0.rawValue) }),
        ])
    }

    // MARK: How it is

    private var statusRoutes: [Route] {
        [
            Route(
                method: "GET", template: "/healthz", summary: "Whether the process answers.", scope: .open, answers: [(200, ["text/plain"])]
            ) {
                _ in .answer(ServerResponse(type: "text/plain", Blob("ok\n"), fields: [("Cache-Control", "no-store")]))
            },
            Route(
                method: "GET", template: "/readyz", summary: "Whether work is taken.", scope: .open, answers: [(200, ["text/plain"])],
                problems: [503]
            ) { [self] _ in
                if isDraining { throw Problem(503, "draining", "the service is ending and takes no more work", retryAfter: 5) }
                if admission.load.waiting >= configuration.queue {
                    throw Problem(503, "queue-full", "as many requests wait as may", retryAfter: 1)
                }
                return .answer(ServerResponse(type: "text/plain", Blob("ready\n"), fields: [("Cache-Control", "no-store")]))
            },
            Route(
                method: "GET", template: "/version", summary: "Which version this is.", scope: .open,
                answers: [(200, ["application/json"])],
                answer: .ref("Version")
            ) { [self] _ in .answer(.json(.object(["name": "atelier", "version": .string(configuration.version)]))) },
            Route(
                method: "GET", template: "/openapi.json", summary: "This interface as OpenAPI 3.1.", scope: .open,
                answers: [(200, ["application/json"])], answer: .ref("AnyDocument")
            ) { [self] call in .answer(described(openAPI, call)) },
            Route(
                method: "GET", template: "/docs", summary: "This interface as a page.", scope: .open, answers: [(200, ["text/html"])]
            ) { [self] call in
                let page = Blob(DocsPage(routes, requestSchemas, version: configuration.version).html)
                var delivery = Delivery(
                    bytes: page, type: "text/html; charset=utf-8", tag: Digest(hashing: page, threads: 1).description, caching: "no-cache")
                delivery.fields = [("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")]
                return .answer(delivery.response(to: call.head))
            },
        ]
    }

    private var openAPI: JSON {
        RouteTable(routes).openAPI(version: configuration.version, schemas: requestSchemas) { access.proof(for: $0) }
    }

    /// What requests for conversions look like.
    private var requestSchemas: [JSON.Member] { ConversionKind.allCases.flatMap { APISchemas.request($0, settings: schema(of: $0)) } }

    // MARK: The studio

    private var studioRoutes: [Route] {
        [
            Route(method: "GET", template: "/", summary: "The studio.", scope: .open, answers: [(200, ["text/html"])]) { [self] call in
                .answer(try asset("index.html", call, isPage: true))
            },
            Route(
                method: "GET", template: "/assets/{tag}/{name}", summary: "A file of the studio.", scope: .open,
                parameters: [
                    .init(name: "tag", place: .path, summary: "Digest of all files.", schema: .object(["type": "string"])),
                    .init(name: "name", place: .path, summary: "The file's name.", schema: .object(["type": "string"])),
                ], answers: [(200, ["text/javascript", "text/css"])], problems: [404]
            ) { [self] call in
                guard call.values["tag"] == studio.tag else {
                    throw Problem(404, "no-such-file", "these files are of another version", hint: "load the page again")
                }
                return .answer(try asset(call.values["name"]!, call, isPage: false))
            },
        ]
    }

    private func asset(_ name: String, _ call: Call, isPage: Bool) throws(Problem) -> ServerResponse {
        guard let bytes = studio.file(name) else { throw Problem(404, "no-such-file", "the studio has no such file") }
        let tag = Digest(hashing: bytes, threads: 1).description
        var delivery = Delivery(bytes: bytes, type: Studio.type(of: name), tag: tag)
        if isPage || !studio.isFixed { delivery.caching = "no-cache" }
        delivery.fields = [
            ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Embedder-Policy", "require-corp"),
            (
                "Content-Security-Policy",
                "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src 'self' blob: data:; "
                    + "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
        ]
        return delivery.response(to: call.head)
    }
}

/// What a file from a client is, by its first bytes.
struct BlobContent {
    let type: String
    /// What can be done with it.
    let kind: String

    /// Media types that files and results have.
    static let types = [
        "image/png", "image/jpeg", "image/webp", "image/svg+xml", "application/zip", ConversionKind.pptx.type, "text/plain",
        "application/octet-stream",
    ]

    /// - Parameter bytes: The first of a file, or all of it.
    init(of bytes: Blob) {
        (type, kind) =
            if bytes.bytes.starts(with: Array("PK\u{3}\u{4}".utf8)) {
                bytes.bytes.firstRange(of: Array("ppt/".utf8)) == nil
                    ? ("application/zip", "archive") : (ConversionKind.pptx.type, "presentation")
            } else {
                switch try? SourceFormat.sniff(bytes) {  // what is none of them is looked at below
                case .png: ("image/png", "picture")
                case .jpeg: ("image/jpeg", "picture")
                case .svg: ("image/svg+xml", "drawing")
                case .webp: ("image/webp", "picture")
                case nil:
                    String(validating: bytes.bytes, as: UTF8.self) != nil
                        ? ("text/plain; charset=utf-8", "text") : ("application/octet-stream", "unknown")
                }
            }
    }
}
