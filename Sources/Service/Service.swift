// Service: the engine as an HTTP interface, and the studio. Routes stand in one table that serves and documents them; a request becomes
// a `Submission`, which becomes a `Request` of `Stages`, which the engine answers. It knows nothing of the command line. Start with
// `Service`, then `ServiceState` and `ServiceState+Routes.swift`.

package import AtelierMemo
import AtelierServing

/// A service that listens.
///
///     let service = try Service(engine: engine, configuration)
///     … service.port …
///     await service.drain(within: 30)
///     await service.stop()
package final class Service: Sendable {
    private let state: ServiceState, server: HTTPServer
    /// For `/metrics`, where that has a place of its own.
    private let metricsServer: HTTPServer?
    /// Sees to what is to be done from time to time, until the service stops.
    private let housekeeping: Task<Void, Never>

    /// Listens from now on.
    ///
    /// - Throws: Why nothing listens: `HTTPServer.StartError`, or the folder of uploads cannot be used.
    package init(engine: Engine, _ configuration: ServiceConfiguration) throws {
        let state = try ServiceState(configuration, engine: engine), table = RouteTable(state.routes)
        self.state = state
        state.restoreJobs()
        server = try HTTPServer(configuration.server) { head in state.admit(head, to: table) }
        metricsServer = try configuration.metrics.map { place in
            let table = RouteTable([state.metricsRoute(scope: .open)])
            return try HTTPServer(place) { head in state.admit(head, to: table) }
        }
        let pressure = PressureWatch(of: engine)
        housekeeping = Task {
            await withTaskGroup { group in
                group.addTask { await state.monitor.run() }
                group.addTask { await pressure.run() }
                group.addTask {
                    while !Task.isCancelled {
                        // Cancelled, it ends with the loop.
                        try? await Task.sleep(for: .seconds(10))
                        state.tidy()
                    }
                }
            }
        }
    }

    /// The port it listens on.
    package var port: UInt16 { server.port }

    /// Begins nothing new, and returns when what was begun is done, or after some seconds. What is left of jobs goes on with the next
    /// service over the same folder.
    package func drain(within seconds: Double) async {
        state.drain()
        let end = monotonicNanoseconds() + UInt64(seconds * 1e9)
        await server.drain(within: seconds)
        let now = monotonicNanoseconds(), tasks = state.jobs.tasks
        guard now < end, !tasks.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for task in tasks { await task.value } }
            // Cancelled when all have ended.
            group.addTask { try? await Task.sleep(nanoseconds: end - now) }
            await group.next()
            for task in tasks { task.cancel() }
            group.cancelAll()
        }
    }

    /// Ends every connection and all work.
    package func stop() async {
        state.drain()
        housekeeping.cancel()
        state.webhooks.stop()
        for task in state.jobs.tasks { task.cancel() }
        await server.stop()
        await metricsServer?.stop()
    }
}

extension ServiceState {
    /// What is done with a request: found in the table, let in, handled, and its answer completed.
    func admit(_ head: RequestHead, to table: RouteTable) -> Reception {
        var call = Call(head: head, id: makeID(), began: monotonicNanoseconds(), ticket: Ticket(monitor))
        do {
            let (route, values) = try table.find(head)
            call.template = route.template
            call.values = values
            try letIn(&call, by: route)
            if let declared = head.declaredLength, declared > configuration.bodyLimit { throw tooLarge(limit: configuration.bodyLimit) }
            switch try route.handle(call) {
            case .answer(let response): return .answer(completed(response, of: call))
            case .work(let taker, let then):
                let call = call, check = BodyCheck(head, before: taker)
                let sink = AnsweringSink(taker: check ?? taker) { [self] in completed($0.response(requestID: call.id), of: call) }
                return .receive(sink) { [self] in
                    do {
                        try check?.finish()
                        return completed(try await then(), of: call)
                    } catch {
                        return completed(Problem(error).response(requestID: call.id), of: call)
                    }
                }
            }
        } catch { return .answer(completed(Problem(error).response(requestID: call.id), of: call)) }
    }

    /// Whether a request may be handled: keys, scopes, rates. Says who asks. Throws `Problem`.
    private func letIn(_ call: inout Call, by route: Route) throws(Problem) {
        try access.letIn(&call.caller, asking: call.head, for: route.scope)
        if isDraining, route.scope == .convert {
            throw Problem(503, "draining", "the service is ending and takes no more work", hint: "ask again in a moment", retryAfter: 5)
        }
    }

    /// The answer as it is sent: with the fields that every answer has.
    private func completed(_ response: ServerResponse, of call: Call) -> ServerResponse {
        var response = response
        if let standing = call.caller.standing, response.status != 429 { response.fields += standing.fields }
        note(response, to: call)
        if case .prepared = response.body {} else { response.fields = Self.guarded(response.fields) }
        response.fields.append(("X-Request-Id", call.id))
        return response
    }

    /// An answer of bytes to be sent again and again, with the fields that every answer has but one; nil for others.
    func prepared(_ response: ServerResponse) -> PreparedResponse? {
        guard case .blob(let bytes) = response.body else { return nil }
        return PreparedResponse(status: response.status, fields: Self.guarded(response.fields), bytes: bytes)
    }

    /// The fields, and those that keep a browser from making more of an answer than it is.
    private static func guarded(_ fields: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var fields = fields
        fields.reserveCapacity(fields.count + 5)
        fields += protection
        if !fields.contains(where: { $0.name == "Content-Security-Policy" }) {
            fields.append(("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"))
        }
        return fields
    }

    private static let protection = [
        (name: "X-Content-Type-Options", value: "nosniff"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
}
