import AtelierArchives
import AtelierJSON
import AtelierMemo
import AtelierServing
import AtelierStages

extension ServiceState {
    /// Jobs, what they make, and streams of what happens.
    var jobRoutes: [Route] {
        let id = Route.Parameter(
            name: "id", place: .path, summary: "The job's name, the digest of what it asks for.",
            schema: .object(["type": "string", "pattern": "^[0-9a-f]{64}$"]))
        let number = Route.Parameter(
            name: "n", place: .path, summary: "Which part, from 0.", schema: .object(["type": "integer", "minimum": 0]))
        return [
            Route(
                method: "POST", template: "/v1/jobs", summary: "Asks for up to 1000 files to be converted, without waiting.",
                scope: .convert,
                parameters: [
                    .init(
                        name: "kind", summary: "What is made, where the body does not say it.",
                        schema: .object(["type": "string", "enum": .array(ConversionKind.allCases.map { .string($0.rawValue) })])),
                    .wishName,
                ], bodies: SubmissionReader.types, answers: [(202, ["application/json"]), (200, ["application/json"])],
                problems: [404, 507], body: .ref("JobRequest"), answer: .ref("Job")
            ) { [self] call in
                let reader = try SubmissionReader(call, nil, in: self)
                return .work(reader) { [self] in try await jobAnswer(to: try reader.finish(), call) }
            },
            Route(
                method: "GET", template: "/v1/jobs", summary: "Jobs, the newest first.",
                parameters: [
                    .init(
                        name: "state", summary: "Only those in this state.",
                        schema: .object([
                            "type": "string", "enum": .array(ConversionJob.Phase.allCases.map { .string($0.rawValue) }),
                        ])),
                    .init(
                        name: "kind", summary: "Only those that make this.",
                        schema: .object(["type": "string", "enum": .array(ConversionKind.allCases.map { .string($0.rawValue) })])),
                    .init(
                        name: "after", summary: "Where the page before ended.",
                        schema: .object(["type": "integer", "minimum": 1, "maximum": .integer(Int(Int32.max))])),
                    .init(
                        name: "limit", summary: "How many.",
                        schema: .object(["type": "integer", "minimum": 1, "maximum": 1000, "default": 100])),
                ], answers: [(200, ["application/json"])], problems: [422], answer: .ref("JobPage")
            ) { [self] call in .answer(try jobPage(call)) },
            Route(
                method: "GET", template: "/v1/jobs/{id}", summary: "How far a job is.",
                parameters: [
                    id,
                    .init(
                        name: "wait", summary: "Seconds to wait for its end.",
                        schema: .object(["type": "integer", "minimum": 0, "maximum": 60])),
                ], answers: [(200, ["application/json"])], problems: [404, 422], answer: .ref("Job")
            ) { [self] call in try answer(onJob: call) },
            Route(
                method: "DELETE", template: "/v1/jobs/{id}", summary: "Cancels and forgets a job.", scope: .convert, parameters: [id],
                answers: [(204, [])], problems: [404]
            ) { [self] call in
                let job = try job(call)
                return .task { [self] in
                    try await forget(job.id, for: call.caller)
                    return ServerResponse(status: 204, fields: [("Cache-Control", "no-store")])
                }
            },
            Route(
                method: "POST", template: "/v1/jobs/{id}/cancel", summary: "Ends a job that is under way.", scope: .convert,
                parameters: [id], answers: [(202, ["application/json"])], problems: [404, 409], answer: .ref("Job")
            ) { [self] call in
                let job = try job(call)
                return .task { [self] in
                    guard let cancelled = try await cancel(job.id, for: call.caller) else {
                        throw Problem(409, "over", "the job is \(job.phase.rawValue) already")
                    }
                    return .json(json(of: cancelled.seen(by: call.caller), items: true), status: 202)
                }
            },
            Route(
                method: "GET", template: "/v1/jobs/{id}/events", summary: "What happens to a job, as server-sent events.",
                parameters: [id], answers: [(200, ["text/event-stream"])], problems: [404]
            ) { [self] call in
                let feed = JobFeed(service: self, id: try job(call).id, caller: call.caller, last: call.lastEvent ?? 0)
                return .task { eventStream(feed) }
            },
            Route(
                method: "GET", template: "/v1/jobs/{id}/result", summary: "What a job made: its only result, or all in an archive.",
                parameters: [id], answers: [(200, ["image/svg+xml", ConversionKind.pptx.type, "application/zip"]), (206, []), (304, [])],
                problems: [404, 409, 416]
            ) { [self] call in
                let job = try job(call)
                return job.items.count == 1 ? try deliver(0, of: job, call) : .answer(try archive(of: job, call))
            },
            Route(
                method: "GET", template: "/v1/jobs/{id}/results", summary: "The parts of a job.", parameters: [id],
                answers: [(200, ["application/json"])], problems: [404], answer: .ref("JobItems")
            ) { [self] call in
                let job = try job(call)
                return .answer(.json(.object(["items": .array(job.items.indices.map { json(of: job, item: $0) })])))
            },
            Route(
                method: "GET", template: "/v1/jobs/{id}/results/{n}", summary: "What one part of a job made.", parameters: [id, number],
                answers: [(200, ["image/svg+xml", ConversionKind.pptx.type]), (206, []), (304, [])], problems: [404, 409, 416]
            ) { [self] call in
                let job = try job(call)
                guard let number = Int(call.values["n"]!), job.items.indices.contains(number) else {
                    throw Problem(404, "no-such-part", "the job has \(job.items.count) parts, numbered from 0")
                }
                return try deliver(number, of: job, call)
            },
            Route(
                method: "GET", template: "/v1/jobs/{id}/archive.zip", summary: "Everything a job made, in one archive.", parameters: [id],
                answers: [(200, ["application/zip"]), (206, ["application/zip"]), (304, [])], problems: [404, 409, 416]
            ) { [self] call in .answer(try archive(of: try job(call), call)) },
            Route(
                method: "GET", template: "/v1/jobs/{id}/report", summary: "What the results are like, and what could not be carried over.",
                parameters: [id], answers: [(200, ["application/json"])], problems: [404, 409], answer: .ref("JobReport")
            ) { [self] call in
                let job = try job(call)
                return .task { [self] in try await report(on: job, call) }
            },
            Route(
                method: "GET", template: "/v1/events", summary: "All jobs, and how the service is, as server-sent events.",
                parameters: [
                    .init(
                        name: "topics", summary: "Which, with commas between them: \(Self.topics.joined(separator: ", ")).",
                        schema: .object([
                            "type": "string", "default": "jobs",
                            "pattern": .string("^(\(Self.topics.joined(separator: "|")))(,(\(Self.topics.joined(separator: "|"))))*$"),
                        ])),
                    .init(
                        name: "hz", summary: "How often in a second.",
                        schema: .object(["type": "number", "minimum": 0.1, "maximum": 10, "default": 4])),
                ], answers: [(200, ["text/event-stream"])], problems: [422]
            ) { [self] call in try topicStream(call) },
        ]
    }

    /// The answer to a wish for a job.
    func jobAnswer(to submission: Submission, _ call: Call) async throws -> ServerResponse {
        let (job, isKnown) = try await submit(submission, named: try call.wishName, from: call.caller)
        let isOver = job.phase.isOver
        var fields = [("Location", "/v1/jobs/\(job.id)")]
        fields.append(("Cache-Status", isKnown && isOver ? "atelier; hit; detail=job" : "atelier; fwd=miss"))
        if prefersJob(call.head) { fields.append(("Preference-Applied", "respond-async")) }
        return .json(json(of: job, items: true), status: isOver ? 200 : 202, fields: fields)
    }

    /// A job as a caller sees it; nil for one that is not there for them.
    func job(_ id: Digest, for caller: Caller) -> ConversionJob? {
        guard let job = jobs[id], job.isSeen(by: caller) else { return nil }
        return job.seen(by: caller)
    }

    private func job(_ call: Call) throws(Problem) -> ConversionJob {
        guard let id = Digest(call.values["id"]!), let job = job(id, for: call.caller) else {
            throw Problem(404, "no-such-job", "there is no job of this name", hint: "jobs are kept for 24 hours after their end")
        }
        return job
    }

    private func jobPage(_ call: Call) throws(Problem) -> ServerResponse {
        func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String) throws(Problem) -> Word? {
            guard let text = call.head.query(name) else { return nil }
            guard let word = Word(rawValue: text) else {
                throw Problem(422, "bad-\(name)", "'\(name)' is one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return word
        }
        let phase: ConversionJob.Phase? = try word("state"), kind: ConversionKind? = try word("kind")
        let limit = try call.number("limit", 1...1000) ?? 100, after = try call.number("after", 1...Int(Int32.max))
        let found = jobs.page(before: after, most: limit + 1) { job in
            job.isSeen(by: call.caller) && (phase == nil || job.seen(by: call.caller).phase == phase)
                && (kind == nil || job.request.wishes.kind == kind)
        }
        let page = found.prefix(limit)
        var fields: [(String, String)] = [], next: String?
        if found.count > limit, let last = page.last {
            let others = ["state", "kind"].compactMap { name in call.head.query(name).map { "\(name)=\($0)&" } }.joined()
            next = "/v1/jobs?\(others)limit=\(limit)&after=\(last.sequence)"
            fields.append(("Link", "<\(next!)>; rel=\"next\""))
        }
        return .json(
            .object(["jobs": .array(page.map { json(of: $0.seen(by: call.caller), items: false) }), "next": next.map(JSON.string)]),
            fields: fields)
    }

    private func answer(onJob call: Call) throws -> Handling {
        let job = try job(call)
        guard let seconds = try call.number("wait", 0...60), seconds > 0, !job.phase.isOver else {
            return .answer(.json(json(of: job, items: true)))
        }
        return .task { [self] in
            await wait(for: job.id, call.caller, seconds: seconds)
            return .json(json(of: try self.job(call), items: true))
        }
    }

    /// Returns when a job is over or has gone, when the time is over, or when the service ends.
    private func wait(for id: Digest, _ caller: Caller, seconds: Int) async {
        let bells = jobs.follow(id)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                for await _ in bells where job(id, for: caller)?.phase.isOver ?? true || isDraining { return }
            }
            // Cancelled when the job is over.
            group.addTask { try? await Task.sleep(for: .seconds(seconds)) }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: What jobs make

    /// The bytes that a part of a job made, found or made again.
    func result(of job: ConversionJob, _ index: Int) async throws -> Blob {
        let plan = try plan(job.request.wishes, of: job.request.parts[index])
        return try await engine.value(of: plan.conversion.output, priority: .interactive)
    }

    /// What a part has made; throws why it has nothing.
    private func made(_ index: Int, of job: ConversionJob) throws(Problem) -> ConversionJob.Item.Result {
        let item = job.items[index]
        if let result = item.result { return result }
        if let problem = item.problem { throw problem.ofJob }
        guard !item.phase.isOver else { throw Problem(409, "cancelled", "the job was cancelled before this was made") }
        throw Problem(
            409, "not-done", "this is not made yet", hint: "wait for it with ?wait=20 at the job, or follow its events", retryAfter: 1)
    }

    /// At once where the bytes are at hand, or known to the client.
    private func deliver(_ index: Int, of job: ConversionJob, _ call: Call) throws -> Handling {
        let made = try made(index, of: job), kind = job.request.wishes.kind
        let fields =
            [
                ("Cache-Status", made.level.map { "atelier; hit; detail=\($0)" } ?? "atelier; fwd=miss; stored"),
                ("Server-Timing", "total;dur=\(JSON.milliseconds(made.took).text)"),
            ] + protection(of: kind.type, called: job.items[index].name, kind.suffix)
        let delivery = Delivery(type: kind.type, tag: made.digest.description, caching: "no-cache", fields: fields)
        if delivery.isKnown(to: call.head) { return .answer(delivery.response(to: call.head)) }
        if let (bytes, _) = recent[delivery.tag] {
            var delivery = delivery
            delivery.bytes = bytes
            if delivery.isQuick(for: call.head) { return .answer(delivery.response(to: call.head)) }
        }
        return .task { [self] in
            var delivery = delivery
            delivery.bytes = try await result(of: job, index)
            recent.note(delivery.tag, delivery.bytes, type: kind.type)
            return delivery.response(to: call.head)
        }
    }

    /// All results in one archive, which is written while it is made: one result at a time is in memory.
    private func archive(of job: ConversionJob, _ call: Call) throws(Problem) -> ServerResponse {
        guard job.phase.isOver else {
            throw Problem(409, "not-done", "the job is \(job.phase.rawValue)", hint: "wait for its end", retryAfter: 1)
        }
        let made = job.items.indices.filter { job.items[$0].result != nil }
        guard !made.isEmpty else {
            throw job.items[0].problem?.ofJob ?? Problem(409, "cancelled", "the job was cancelled before anything was made")
        }
        let names = job.resultNames
        var hasher = DigestHasher()
        for index in made { Blob("\(names[index])/\(job.items[index].result!.digest);").withUnsafeBytes { hasher.update($0, threads: 1) } }
        var delivery = Delivery(
            type: "application/zip", tag: hasher.finalize().description, caching: "no-cache",
            fields: [("Content-Disposition", "attachment; filename=\"\(job.id.description.prefix(12)).zip\"")])
        var zip = ZIPStream()
        do throws(ZIPError) {
            for index in made { try zip.resume(names[index], byteCount: job.items[index].result!.byteCount, crc32: 0) }
        } catch { throw Problem(409, "no-archive", error.description, hint: "fetch the results one by one, under /results") }
        delivery.pieces = (
            zip.byteCount + zip.end().count,
            { [self] range in ArchiveFeed(service: self, job: job, items: made, names: names, range: range) }
        )
        return delivery.response(to: call.head)
    }

    private func report(on job: ConversionJob, _ call: Call) async throws -> ServerResponse {
        guard job.phase.isOver else {
            throw Problem(409, "not-done", "the job is \(job.phase.rawValue)", hint: "wait for its end", retryAfter: 1)
        }
        var items: [JSON] = []
        for (index, item) in job.items.enumerated() {
            var report: JSON?
            if item.result != nil {
                let plan = try plan(job.request.wishes, of: job.request.parts[index])
                report = try await make(plan, for: call.caller.name, .normal, .full, since: call.began).report
            }
            items.append(
                .object([
                    "n": .integer(index), "name": .string(item.name), "state": .string(item.phase.rawValue), "report": report,
                    "error": item.problem?.json(requestID: nil),
                ]))
        }
        return .json(.object(["id": .string(job.id.description), "items": .array(items)]))
    }

    private func topicStream(_ call: Call) throws(Problem) -> Handling {
        let topics = (call.head.query("topics") ?? "jobs").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if let unknown = topics.first(where: { !Self.topics.contains($0) }) {
            throw Problem(422, "bad-topics", "there is no topic \(unknown)", hint: "there are \(Self.topics.joined(separator: ", "))")
        }
        var hertz = 4.0
        if let text = call.head.query("hz") {
            guard let number = Double(text), 0.1...10 ~= number else { throw Problem(422, "bad-hz", "'hz' is a number from 0.1 to 10") }
            hertz = number
        }
        let feed = TopicFeed(service: self, caller: call.caller, topics: topics, pause: UInt64(1e9 / hertz), last: call.lastEvent)
        return .task { eventStream(feed) }
    }
}

/// An answer with server-sent events.
private func eventStream(_ feed: any AsyncSequence<[UInt8], any Error> & Sendable) -> ServerResponse {
    ServerResponse(
        status: 200,
        // A proxy in between passes on what it gets (nginx: X-Accel-Buffering).
        fields: [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")], body: .stream(feed))
}

extension Route.Parameter {
    /// What a client calls its wish.
    static let wishName = Route.Parameter(
        name: "Idempotency-Key", place: .header,
        summary: "A name for what is asked: the same name with the same request is answered alike, with another one it is refused.",
        schema: .object(["type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[!-~]+$"]))
}

extension Call {
    /// The number of the last event that the client has.
    var lastEvent: Int? { (head.field("last-event-id") ?? head.query("last_event_id")).flatMap { Int($0) } }

    /// What the client calls its wish (`Idempotency-Key`, draft-ietf-httpapi-idempotency-key-header).
    var wishName: WishName? {
        get throws(Problem) {
            guard let text = head.field("idempotency-key") else { return nil }
            guard 1...256 ~= text.utf8.count, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
                throw Problem(422, "bad-key", "an Idempotency-Key has 1 to 256 printable ASCII characters and no blank", limit: 256)
            }
            return WishName(text, of: caller.owner)
        }
    }

    /// A whole number of the query.
    func number(_ name: String, _ range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = head.query(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(422, "bad-\(name)", "'\(name)' is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension ConversionJob {
    /// What its results are called in an archive: like their files, each once.
    var resultNames: [String] {
        var known: Set<String> = []
        return items.enumerated().map { index, item in
            var stem = item.name.isEmpty ? "\(index)" : item.name
            if let dot = stem.lastIndex(of: "."), dot != stem.startIndex { stem = String(stem[..<dot]) }
            let suffix = "." + request.wishes.kind.suffix
            var name = stem + suffix, number = 2
            while !known.insert(name).inserted {
                name = "\(stem) \(number)\(suffix)"
                number += 1
            }
            return name
        }
    }
}
