package import AtelierJSON
import AtelierMemo
import AtelierScheduling
import AtelierTelemetry

extension Snapshot {
    /// All of it, as the panel reads it; `snapshotSchema` describes it.
    package var json: JSON {
        .object([
            "number": .integer(number), "time_ms": .integer(Int(time)), "uptime_ms": .integer(Int(uptime)),
            "requests": .object([
                "total": .integer(requests.total), "under_way": .integer(requests.underWay),
                "errors": .integer(requests.faulty + requests.refused + requests.failed), "rejected": .integer(requests.refused),
                "failed": .integer(requests.failed), "per_second": rounded(requests.perSecond),
            ]),
            "latency_ms": .object([
                "p50": .milliseconds(requests.recentLatency.quantile(0.5)), "p95": .milliseconds(requests.recentLatency.quantile(0.95)),
                "p99": .milliseconds(requests.recentLatency.quantile(0.99)),
            ]),
            "queue": queue.json, "jobs": jobs.json, "cache": cacheJSON, "workers": workersJSON,
            "threads": .array(
                threads.map { .object(["name": .string($0.name), "busy_share": rounded($0.busyShare)]) }),
            "memory": memoryJSON,
            "models": .array(
                models.map {
                    .object([
                        "name": .string($0.name), "state": .string($0.isLoaded ? "loaded" : "idle"), "bytes": .integer($0.byteCount),
                        "uses": .integer($0.uses),
                    ])
                }),
            "flame": flame.json,
        ])
    }

    /// Of the levels and stages.
    package var cacheJSON: JSON {
        .object([
            "levels": .array(
                cache.levels.map { level in
                    let held = contents[level.name]
                    return .object([
                        "name": .string(level.name), "hits": .integer(level.hits), "misses": .integer(level.allMisses),
                        "bytes": .integer(held?.bytes ?? 0), "limit": held?.byteLimit.map(JSON.integer) ?? .null,
                        "entries": .integer(held?.entries ?? 0), "evictions": .integer(level.evictions),
                    ])
                }),
            "stages": .array(
                cache.stages.usage.sorted { ($1.value.nanosecondsSpent, $0.key) < ($0.value.nanosecondsSpent, $1.key) }.map { name, usage in
                    .object([
                        "stage": .string(name), "runs": .integer(usage.runs), "hits": .integer(usage.hits),
                        "self_ms": .milliseconds(usage.nanosecondsSpent),
                    ])
                }),
        ])
    }

    /// What there is to work with.
    package var poolJSON: JSON { .object(["workers": workersJSON, "memory": memoryJSON]) }

    private var workersJSON: JSON { .object(["count": .integer(workerCount), "busy": .integer(busyWorkerCount)]) }

    private var memoryJSON: JSON {
        .object(["rss": .integer(memory), "limit": memoryLimit.map(JSON.integer) ?? .null, "cpu_ms": .milliseconds(processor)])
    }
}

extension Snapshot.Queue {
    /// As the panel reads it.
    package var json: JSON {
        .object([
            "classes": .array(
                classes.map { one in
                    let statistics = one.statistics
                    return .object([
                        "name": .string(statistics.name), "waiting": .integer(one.waiting), "running": .integer(one.running),
                        "asked": .integer(statistics.asked), "done": .integer(Int(statistics.work.count)),
                        "refused": .integer(statistics.refused), "cancelled": .integer(statistics.cancelled),
                        "wait_ms": .object([
                            "p50": .milliseconds(statistics.wait.quantile(0.5)), "p95": .milliseconds(statistics.wait.quantile(0.95)),
                        ]),
                    ])
                }),
            "slots": .integer(slots), "capacity": .integer(capacity), "bytes_used": .integer(bytesUsed),
            "bytes_limit": .integer(bytesLimit),
        ])
    }
}

extension Snapshot.Jobs {
    /// As the panel reads it.
    package var json: JSON {
        .object([
            "queued": .integer(queued), "running": .integer(running), "done": .integer(done), "failed": .integer(failed),
            "cancelled": .integer(cancelled),
        ])
    }
}

extension Snapshot.Flame {
    fileprivate var json: JSON {
        .object([
            "seconds": rounded(seconds),
            "frames": .array(
                frames.map { frame in
                    .object([
                        "name": .string(frame.name), "depth": .integer(frame.depth), "start": share(frame.start),
                        "width": share(frame.width), "kind": .string(String(frame.name.prefix { $0 != "." })),
                    ])
                }),
        ])
    }
}

private func rounded(_ number: Double) -> JSON { .number((number * 1000).rounded() / 1000) }
private func share(_ number: Double) -> JSON { .number((number * 1e6).rounded() / 1e6) }
