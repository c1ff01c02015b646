import AtelierJSON
import AtelierMemo
import AtelierServing

extension ServiceState {
    /// Counts an answer and writes it down.
    func note(_ response: ServerResponse, to call: Call) {
        let took = monotonicNanoseconds() - call.began
        call.ticket.answered(status: response.status, nanoseconds: took)
        guard let log = configuration.log else { return }
        let trace = call.head.field("traceparent").flatMap(TraceParent.init)
        var count: Int?
        switch response.body {
        case .blob(let bytes): count = bytes.count
        case .prepared(let answer): count = answer.bytes.count
        case .file, .stream: break
        }
        log.note(
            "request",
            [
                "id": .string(call.id), "method": .string(String(call.head.method.prefix(16))),
                "path": .string(String(call.head.rawPath.prefix(200))), "route": call.template.isEmpty ? nil : .string(call.template),
                "status": .integer(response.status), "ms": .milliseconds(took), "received": call.head.declaredLength.map(JSON.integer),
                "sent": count.map(JSON.integer), "client": .string(call.head.client),
                "key": call.caller.client.kind == .key ? .string(call.caller.client.name) : nil,
                "cache": response.fields.first { $0.name == "Cache-Status" }.map { .string($0.value) },
                "trace": trace.map { .string($0.trace) }, "parent": trace.map { .string($0.parent) },
            ])
    }
}
