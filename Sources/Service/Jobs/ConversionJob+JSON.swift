import AtelierJSON
import AtelierMemo

extension ServiceState {
    /// A job as clients see it; `items` lists its parts.
    func json(of job: ConversionJob, items: Bool) -> JSON {
        let path = "/v1/jobs/\(job.id)", only = job.items.count == 1 ? job.items[0] : nil
        let ahead = jobs.position(of: job)
        return .object([
            "id": .string(job.id.description), "kind": .string(job.request.wishes.kind.rawValue), "state": .string(job.phase.rawValue),
            "priority": .string(job.urgency.rawValue),
            "created": .string(utc(job.created)), "ended": job.ended.map { .string(utc($0)) },
            "done": .integer(job.doneCount), "total": .integer(job.items.count),
            "failed": .integer(job.items.count { $0.phase == .failed }),
            "position": ahead.map(JSON.integer), "eta_ms": eta(of: job).map(JSON.milliseconds),
            "step": job.items.lazy.compactMap(step).first, "steps": only.flatMap { $0.steps.isEmpty ? nil : .array($0.steps.map(\.json)) },
            "items": items ? .array(job.items.indices.map { json(of: job, item: $0) }) : nil,
            "error": only?.problem?.json(requestID: nil),
            "links": .object([
                "self": .string(path), "events": .string(path + "/events"), "result": .string(path + "/result"),
                "results": .string(path + "/results"), "archive": .string(path + "/archive.zip"), "report": .string(path + "/report"),
                "cancel": .string(path + "/cancel"),
            ]),
        ])
    }

    /// A part of a job.
    func json(of job: ConversionJob, item index: Int) -> JSON {
        let item = job.items[index]
        return .object([
            "n": .integer(index), "name": .string(item.name), "state": .string(item.phase.rawValue), "step": step(of: item),
            "result": item.result.map { result in
                .object([
                    "digest": .string(result.digest.description), "bytes": .integer(result.byteCount),
                    "media_type": .string(job.request.wishes.kind.type), "cache": .string(result.level == nil ? "miss" : "hit"),
                    "ms": .milliseconds(result.took), "url": .string("/v1/jobs/\(job.id)/results/\(index)"),
                ])
            },
            "error": item.problem?.json(requestID: nil),
        ])
    }

    /// The stage that runs for a part.
    private func step(of item: ConversionJob.Item) -> JSON? {
        guard item.phase == .running else { return nil }
        return item.stage.map { .object(["stage": .string($0), "label": .string(label(ofStage: $0))]) }
    }

    /// Nanoseconds until a job is expected to be done; nil for one that is over or of which nothing is known.
    private func eta(of job: ConversionJob) -> UInt64? {
        guard !job.phase.isOver else { return nil }
        let took = job.items.compactMap { $0.result?.took }
        guard !took.isEmpty else { return nil }
        let mean = took.reduce(0, +) / UInt64(took.count)
        return mean * UInt64(job.items.count - job.doneCount) / UInt64(configuration.slots)
    }
}
