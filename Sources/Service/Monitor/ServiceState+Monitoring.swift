import AtelierJSON
import AtelierMemo
import AtelierServing
import AtelierTelemetry

extension ServiceState {
    /// How the service does, in numbers and pictures.
    var monitoringRoutes: [Route] {
        let window = Route.Parameter(
            name: "window", summary: "How far back: seconds, or minutes as in 5m; an hour at most.",
            schema: .object([
                "type": "string", "pattern": "^([1-9][0-9]{0,2}s?|[12][0-9]{3}s?|3[0-5][0-9]{2}s?|3600s?|[1-5]?[1-9]m|[1-6]0m)$",
                "default": "5m",
            ]))
        var routes = [
            Route(
                method: "GET", template: "/v1/stats", summary: "All numbers of one moment; at most four such moments a second.",
                answers: [(200, ["application/json"])], answer: .ref("Snapshot")
            ) { [self] _ in .answer(.json(monitor.snapshot.json)) },
            Route(
                method: "GET", template: "/v1/stats/history", summary: "Numbers of the last seconds, a point a second.",
                parameters: [window], answers: [(200, ["application/json"])], problems: [422], answer: .ref("History")
            ) { [self] call in
                let seconds = try stretch(call.head.query("window") ?? "5m")
                return .answer(.json(monitor.history(seconds: seconds).json))
            },
            Route(
                method: "GET", template: "/v1/threads", summary: "What each thread did in the last seconds.",
                parameters: [lengthParameter(60, 10)],
                answers: [(200, ["application/json"])], problems: [422], answer: .ref("Threads")
            ) { call in
                let seconds = try number("seconds", of: call, usual: 10, most: 60)
                return .task { .json(Timeline.recent(seconds: seconds).lanesJSON()) }
            },
        ]
        if let write = configuration.profile { routes.append(profileRoute(write)) }
        if configuration.metrics == nil { routes.append(metricsRoute(scope: .read)) }
        return routes
    }

    private func profileRoute(_ write: @escaping @Sendable (Timeline, ProfileForm) -> [UInt8]) -> Route {
        Route(
            method: "POST", template: "/v1/profile", summary: "Records what the threads do from now on; one recording at a time.",
            scope: .admin,
            parameters: [
                lengthParameter(60, 5),
                .init(
                    name: "format", summary: "Stacks as lines, a drawing, or events for Perfetto.",
                    schema: .object([
                        "type": "string", "enum": .array(ProfileForm.allCases.map { .string($0.rawValue) }), "default": "svg",
                    ])),
            ],
            answers: [(200, ProfileForm.allCases.map(\.type))], problems: [409, 422]
        ) { call in
            let seconds = try number("seconds", of: call, usual: 5, most: 60), name = call.head.query("format") ?? "svg"
            guard let form = ProfileForm(rawValue: name) else {
                throw Problem(422, "bad-format", "a profile is one of \(ProfileForm.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return .task { try await recorded(seconds, form, write) }
        }
    }

    /// Prometheus asks here; without a key where it has a place of its own.
    func metricsRoute(scope: Scope) -> Route {
        Route(
            method: "GET", template: "/metrics", summary: "All numbers of one moment in Prometheus' text format.", scope: scope,
            answers: [(200, ["text/plain"])]
        ) { [self] _ in
            .answer(
                ServerResponse(
                    type: "text/plain; version=0.0.4; charset=utf-8", Blob(monitor.snapshot.prometheusText),
                    fields: [("Cache-Control", "no-store")]))
        }
    }
}

/// How long something takes, in the query.
private func lengthParameter(_ most: Int, _ usual: Int) -> Route.Parameter {
    .init(
        name: "seconds", summary: "How long.",
        schema: .object(["type": "number", "exclusiveMinimum": 0, "maximum": .integer(most), "default": .integer(usual)]))
}

/// What the threads do in the next seconds. Throws `Problem`, or `CancellationError`.
private func recorded(
    _ seconds: Double, _ form: ProfileForm, _ write: @Sendable (Timeline, ProfileForm) -> [UInt8]
) async throws -> ServerResponse {
    guard let recorder = ProfileRecorder() else {
        throw Problem(409, "profiling", "somebody records a profile already", hint: "ask again when that is over", retryAfter: 10)
    }
    // Cancelled, the recording ends at once, and nobody reads it.
    do { try await Task.sleep(for: .seconds(seconds)) } catch {
        _ = recorder.finish()
        throw error
    }
    let bytes = write(recorder.finish(), form)
    return ServerResponse(
        type: form.type, Blob(bytes),
        fields: [
            ("Cache-Control", "no-store"), ("Content-Disposition", "attachment; filename=\"profile.\(form.suffix)\""),
            ("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'"),
        ])
}

/// How a profile is written.
package enum ProfileForm: String, CaseIterable, Sendable {
    case svg, folded, perfetto

    var type: String {
        switch self {
        case .svg: "image/svg+xml"
        case .folded: "text/plain"
        case .perfetto: "application/json"
        }
    }

    fileprivate var suffix: String { self == .perfetto ? "json" : rawValue }
}

/// A number in the query above 0. Throws `Problem`.
func number(_ name: String, of call: Call, usual: Double, most: Double) throws(Problem) -> Double {
    guard let text = call.head.query(name) else { return usual }
    guard let number = Double(text), number > 0, number <= most else {
        throw Problem(422, "bad-\(name)", "'\(name)' is a number above 0 and at most \(Int(most))", limit: Int(most))
    }
    return number
}

/// `300`, `300s` or `5m` in seconds. Throws `Problem`.
private func stretch(_ text: String) throws(Problem) -> Int {
    let digits = text.prefix { $0.isASCII && $0.isNumber }, unit = text.dropFirst(digits.count)
    guard let count = Int(digits), count > 0, ["", "s", "m"].contains(unit), count * (unit == "m" ? 60 : 1) <= 3600 else {
        throw Problem(422, "bad-window", "'window' is a count of seconds, or of minutes as in 5m; an hour at most", limit: 3600)
    }
    return count * (unit == "m" ? 60 : 1)
}
