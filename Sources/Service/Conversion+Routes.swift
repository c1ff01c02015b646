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
                        ]),
                bodies: kind == .compose
                    ? ["application/octet-stream", "multipart/form-data", "application/json"] : SubmissionReader.types,
                answers: [(200, [kind.type, "application/json"]), (202, ["application/json"])],
                problems: [404, 507], body: .ref("\(kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst())Request"),
                answer: .ref("Conversion")
            ) { [self] call in
                let reader = try SubmissionReader(call, kind, in: self)
                return .work(reader) { [self] in try await convert(try reader.finish(), call) }
            }
        }
    }

    /// The answer to one conversion: what it makes, or the job it becomes.
    private func convert(_ submission: Submission, _ call: Call) async throws -> ServerResponse {
        let kind = submission.wishes.kind, wantsJSON = prefersJSON(call.head, over: kind.type)
        guard kind != .trace || submission.inputs.count == 1 else {
            throw Problem(422, "too-many-inputs", "one file at a time becomes SVG here", hint: "POST /v1/jobs takes many", limit: 1)
        }
        let plan = try plan(submission.wishes, of: submission.inputs)
        if prefersJob(call.head) || expectedSeconds(of: plan, for: call.caller.name, submission.urgency) > configuration.syncLimit {
            return try await jobAnswer(to: submission, call)
        }
        try access.spend(cost(of: plan), by: call.caller)
        let made = try await make(
            plan, for: call.caller.name, submission.urgency, wantsJSON ? submission.depth : .brief, since: call.began,
            waiting: configuration.waitLimit)
        if wantsJSON {
            let command = plan.wishes.command(over: configuration.conversion, inputs: plan.inputs.map(\.nameOrDigest))
            return .json(made.json(command: command), fields: made.fields + [("Vary", "Accept")])
        }
        var delivery = Delivery(bytes: made.bytes, type: made.type, tag: made.digest.description, caching: "no-cache")
        delivery.fields = made.fields + protection(of: made.type, called: plan.inputs[0].name, kind.suffix)
        return delivery.response(to: call.head)
    }

    /// Seconds until a conversion that is asked for now is done, as far as the queue can tell.
    private func expectedSeconds(of plan: PlannedConversion, for client: String, _ urgency: Urgency) -> Double {
        let job = JobQueue.Job(client: client, place: urgency.place, cost: cost(of: plan))
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

/// Whether a client would rather have a document about the result than its bytes (RFC 9110, section 12.5.1).
func prefersJSON(_ head: RequestHead, over type: String) -> Bool {
    guard let accept = head.field("accept") else { return false }
    var json = 0.0, bytes = 0.0
    for part in accept.split(separator: ",") {
        let value = FieldValue(String(part.drop { $0 == " " })), quality = value["q"].flatMap(Double.init) ?? 1
        if value.value == "application/json" { json = max(json, quality) }
        if value.value == type || value.value == "*/*" || value.value == "\(type.prefix { $0 != "/" })/*" { bytes = max(bytes, quality) }
    }
    return json > 0 && json >= bytes
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
