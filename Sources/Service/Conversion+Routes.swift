import AtelierImageTracing
import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierServing

extension ServiceState {
    /// Conversions that are waited for.
    var conversionRoutes: [Route] {
        ConversionKind.allCases.map { kind in
            Route(
                method: "POST", template: "/v1/\(kind.rawValue)",
                summary: kind.summary, scope: .convert,
                parameters: [
                    .init(
                        name: "report", summary: "How much an answer in JSON tells.",
                        schema: .object(["type": "string", "enum": .array(Submission.Depth.allCases.map { .string($0.rawValue) })]))
                ]
                    + (kind == .compose
                        ? []
                        : [
                            .init(
                                name: "preset", summary: "Options for a kind of picture.",
                                schema: .word(TracePreset.allCases.map(\.rawValue)))
                        ])
                    + [.wishName],
                bodies: kind == .compose
                    ? ["application/octet-stream", "multipart/form-data", "application/json"] : SubmissionReader.types,
                answers: [(200, [kind.type, "application/json", "multipart/mixed"]), (202, ["application/json"])],
                problems: [404, 507], body: .ref("\(kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst())Request"),
                answer: .ref("Conversion")
            ) { [self] call in
                // A body that could only be refused is not read.
                if jobs.isFull, expectedSeconds(of: 0, for: call.caller.name, Urgency(call.head)) > configuration.syncLimit {
                    throw JobTable.isFullProblem
                }
                let reader = try SubmissionReader(call, kind, in: self)
                return .work(reader) { [self] in try await convert(try reader.finish(), call) }
            }
        }
    }

    /// The answer to one conversion: what it makes, or the job it becomes.
    private func convert(_ submission: Submission, _ call: Call) async throws -> ServerResponse {
        let kind = submission.wishes.kind, form = AnswerForm(call.head, over: kind.type)
        guard kind != .trace || submission.inputs.count == 1 else {
            throw Problem(422, "too-many-inputs", "one file at a time becomes SVG here", hint: "POST /v1/jobs takes many", limit: 1)
        }
        let plan = try plan(submission.wishes, of: submission.inputs)
        if try claim(submission, "", call) { return try await jobAnswer(to: submission, call) }
        if prefersJob(call.head) || expectedSeconds(of: cost(of: plan), for: call.caller.name, submission.urgency) > configuration.syncLimit
        {
            return try await jobAnswer(to: submission, call)
        }
        try access.spend(cost(of: plan), by: call.caller)
        let made = try await make(
            plan, for: call.caller.name, submission.urgency, form == .bytes ? .brief : submission.depth, since: call.began,
            waiting: configuration.waitLimit)
        let fields = made.fields + [("Vary", "Accept")]
        let command = plan.wishes.command(over: configuration.conversion, inputs: plan.inputs.map(\.nameOrDigest))
        let protection = protection(of: made.type, called: plan.inputs[0].name, kind.suffix)
        switch form {
        case .json: return .json(made.json(command: command, holdsText: true), fields: fields)
        case .mixed:
            return mixed(made, made.json(command: command, holdsText: false), fields, resultFields: protection)
        case .bytes:
            var delivery = Delivery(bytes: made.bytes, type: made.type, tag: made.digest.description, caching: "no-cache")
            delivery.fields = made.fields + protection
            return delivery.response(to: call.head)
        }
    }

    /// Makes the name that a client gives to a wish stand for it; whether it stands for the job that the wish became. Throws `Problem` when
    /// it stands for another wish.
    ///
    /// What is waited for is made again when it is asked for again, which gives the same, and who asks while it is made waits for the same
    /// run.
    ///
    /// - Parameter purpose: What is wanted of the files where that is not their result.
    func claim(_ submission: Submission, _ purpose: String, _ call: Call) throws(Problem) -> Bool {
        guard let name = try call.wishName else { return false }
        var wish = ConversionJob.Request(wishes: submission.wishes, inputs: submission.inputs).id(over: configuration.conversion)
        if !purpose.isEmpty { wish = Digest(hashing: Blob("\(purpose) \(wish)")) }
        switch jobs.claim(name, for: wish, at: systemSeconds()) {
        case .waited: return false
        case .job: return true
        case .otherName: throw Self.nameReused
        }
    }

    /// A document and the bytes it is about, in one answer (RFC 2046, section 5.1.3).
    private func mixed(
        _ made: MadeConversion, _ document: JSON, _ fields: [(name: String, value: String)], resultFields: [(name: String, value: String)]
    ) -> ServerResponse {
        // Bytes that hold their own digest would have to be found first.
        let boundary = "atelier-\(made.digest)"
        var body = Array("--\(boundary)\r\nContent-Type: application/json\r\n\r\n".utf8) + document.bytes
        body.reserveCapacity(body.count + made.bytes.count + 1024)
        let lines = [("Content-Type", made.type), ("ETag", "\"\(made.digest)\"")] + resultFields
        body += "\r\n--\(boundary)\r\n\(lines.map { "\($0.0): \($0.1)\r\n" }.joined())\r\n".utf8
        body += made.bytes.bytes
        body += "\r\n--\(boundary)--\r\n".utf8
        return ServerResponse(
            type: "multipart/mixed; boundary=\(boundary)", Blob(body), fields: [("Cache-Control", "no-store")] + fields)
    }

    /// Seconds until a conversion of some nanoseconds that is asked for now is done, as far as the queue can tell.
    private func expectedSeconds(of cost: UInt64, for client: String, _ urgency: Urgency) -> Double {
        let job = JobQueue.Job(client: client, place: urgency.place, cost: cost)
        return Double(admission.expectedTime(of: job)) * 1e-9
    }
}

/// Whether a client asks for a job (`Prefer: respond-async`, RFC 7240).
func prefersJob(_ head: RequestHead) -> Bool {
    head.fields.contains { field in
        field.name == "prefer"
            && field.value.split(separator: ",").contains { FieldValue(String($0.drop { $0 == " " })).value == "respond-async" }
    }
}

/// What a client would rather have (RFC 9110, section 12.5.1).
enum AnswerForm {
    /// What was made.
    case bytes
    /// A document about it.
    case json
    /// Both.
    case mixed

    /// - Parameter type: Of the bytes.
    init(_ head: RequestHead, over type: String) {
        var json = 0.0, bytes = 0.0, mixed = 0.0
        for part in (head.field("accept") ?? "*/*").split(separator: ",") {
            let value = FieldValue(String(part.drop { $0 == " " })), quality = value["q"].flatMap(Double.init) ?? 1
            if value.value == "application/json" { json = max(json, quality) }
            if value.value == "multipart/mixed" { mixed = max(mixed, quality) }
            if value.value == type || value.value == "*/*" || value.value == "\(type.prefix { $0 != "/" })/*" {
                bytes = max(bytes, quality)
            }
        }
        self = mixed > 0 && mixed >= max(json, bytes) ? .mixed : json > 0 && json >= bytes ? .json : .bytes
    }
}

/// What keeps bytes from a client from running in the page of another, and names them.
func protection(of type: String, called name: String, _ suffix: String?) -> [(name: String, value: String)] {
    let policy = (name: "Content-Security-Policy", value: "sandbox; default-src 'none'; style-src 'unsafe-inline'")
    if name.isEmpty, suffix == nil { return [policy, ("Content-Disposition", "attachment")] }
    var stem = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_. ".contains($0)) }
    if let suffix {
        if let dot = stem.lastIndex(of: ".") { stem = String(stem[..<dot]) }
        stem = (stem.isEmpty ? "result" : stem) + "." + suffix
    }
    let disposition = stem.isEmpty ? "attachment" : "attachment; filename=\"\(stem)\""
    return [policy, ("Content-Disposition", disposition)]
}
