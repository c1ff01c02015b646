import AtelierMemo
import AtelierScheduling
import AtelierTelemetry

extension Snapshot {
    /// All of it in Prometheus' text format, the frames of the flame apart.
    package var prometheusText: String {
        var text = PrometheusText()
        text.family("atelier_snapshot_number", .gauge, "Number of the snapshot these values are of; the panel shows the same.")
        text.sample(number)
        text.family("atelier_uptime_seconds", .gauge, "Seconds since the service began.")
        text.sample(Double(uptime) / 1000)
        add(requests, to: &text)
        add(queue, to: &text)
        text.family("atelier_jobs", .gauge, "Jobs by state.")
        for (state, count) in [
            ("queued", jobs.queued), ("running", jobs.running), ("done", jobs.done), ("failed", jobs.failed), ("cancelled", jobs.cancelled),
        ] { text.sample(count, ["state": state]) }
        text.family("atelier_workers", .gauge, "Threads that run stages.")
        text.sample(workerCount)
        text.family("atelier_workers_busy", .gauge, "Threads that were inside a stage.")
        text.sample(busyWorkerCount)
        text.family("atelier_thread_busy_share", .gauge, "Part of the last seconds in which a thread was inside a span, from 0 to 1.")
        for thread in threads { text.sample(thread.busyShare, ["thread": thread.name]) }
        text.family("atelier_memory_resident_bytes", .gauge, "Memory of the process.")
        text.sample(memory)
        if let memoryLimit {
            text.family("atelier_memory_limit_bytes", .gauge, "Memory the process may have.")
            text.sample(memoryLimit)
        }
        text.family("atelier_processor_seconds_total", .counter, "Processor time of the process.")
        text.sample(Double(processor) * 1e-9)
        text.family("atelier_model_loaded", .gauge, "Whether a model is loaded.")
        for model in models { text.sample(model.isLoaded ? 1 : 0, ["model": model.name]) }
        text.family("atelier_model_uses_total", .counter, "How often a model was used.")
        for model in models { text.sample(model.uses, ["model": model.name]) }
        return text.text + cache.prometheusText(contents: contents)
    }

    private func add(_ requests: Requests, to text: inout PrometheusText) {
        text.family("atelier_http_requests_total", .counter, "Requests answered.")
        text.sample(requests.total)
        text.family("atelier_http_requests_under_way", .gauge, "Requests being received or answered.")
        text.sample(requests.underWay)
        text.family("atelier_http_errors_total", .counter, "Requests answered with an error: 4xx, 429, 5xx.")
        text.sample(requests.faulty, ["kind": "client"])
        text.sample(requests.refused, ["kind": "refused"])
        text.sample(requests.failed, ["kind": "server"])
        text.family("atelier_http_requests_per_second", .gauge, "Requests answered in a second, over the last seconds.")
        text.sample(requests.perSecond)
        text.family("atelier_http_request_seconds", .histogram, "From the head of a request to that of its answer.")
        text.sample(requests.latency)
        text.family("atelier_http_recent_latency_seconds", .gauge, "Quantiles of the same, over the last minute.")
        for (name, share) in [("0.5", 0.5), ("0.95", 0.95), ("0.99", 0.99)] {
            text.sample(Double(requests.recentLatency.quantile(share)) * 1e-9, ["quantile": name])
        }
    }

    private func add(_ queue: Queue, to text: inout PrometheusText) {
        text.family("atelier_queue_waiting", .gauge, "Jobs that wait, by class.")
        for one in queue.classes { text.sample(one.waiting, ["class": one.statistics.name]) }
        text.family("atelier_queue_running", .gauge, "Jobs that run, by class.")
        for one in queue.classes { text.sample(one.running, ["class": one.statistics.name]) }
        text.family("atelier_queue_asked_total", .counter, "Jobs asked for, by class.")
        for one in queue.classes { text.sample(one.statistics.asked, ["class": one.statistics.name]) }
        text.family("atelier_queue_refused_total", .counter, "Jobs refused, by class and reason.")
        for one in queue.classes {
            for (reason, count) in [
                ("full", one.statistics.full), ("late", one.statistics.late), ("shed", one.statistics.shed),
                ("closed", one.statistics.closed),
            ] { text.sample(count, ["class": one.statistics.name, "reason": reason]) }
        }
        text.family("atelier_queue_cancelled_total", .counter, "Jobs cancelled while they waited or ran, by class.")
        for one in queue.classes { text.sample(one.statistics.cancelled, ["class": one.statistics.name]) }
        text.family("atelier_queue_wait_seconds", .histogram, "From asking to beginning, by class.")
        for one in queue.classes { text.sample(one.statistics.wait, ["class": one.statistics.name]) }
        text.family("atelier_queue_work_seconds", .histogram, "From beginning to end, by class.")
        for one in queue.classes { text.sample(one.statistics.work, ["class": one.statistics.name]) }
        text.family("atelier_queue_slots", .gauge, "Jobs that may run at a time.")
        text.sample(queue.slots)
        text.family("atelier_queue_capacity", .gauge, "Jobs that may wait.")
        text.sample(queue.capacity)
        text.family("atelier_queue_bytes", .gauge, "Bytes that running jobs are predicted to hold.")
        text.sample(queue.bytesUsed)
        text.family("atelier_queue_limit_bytes", .gauge, "Bytes that running jobs may hold.")
        text.sample(queue.bytesLimit)
    }
}
