import AtelierHTTP
import AtelierJSON
import AtelierLayers
import AtelierMemo
import AtelierScheduling

/// Whom clients may have told that a job has ended, and how those can know who tells them.
package struct WebhookRules: Sendable {
    /// Hosts that may be told, in lower case; `*.example.org` stands for all below it. Without any, none is.
    package var hosts: [String] = []
    /// What messages are signed with.
    package var secret: [UInt8] = []
    /// Whether hosts may be in private networks, and spoken to without TLS.
    package var allowsPrivate = false

    package init() {}

    /// Why a URL is not told; nil for one that may be.
    func refusal(of url: String) -> Problem? {
        func problem(_ detail: String, _ hint: String) -> Problem { Problem(422, "bad-webhook", detail, hint: hint) }
        if hosts.isEmpty || secret.isEmpty { return problem("this service calls nobody back", "follow the events of the job instead") }
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard scheme == "https" || scheme == "http" && allowsPrivate, url.dropFirst(scheme.count).hasPrefix("://") else {
            return problem("a webhook is an https URL", "https://host/path")
        }
        let authority = url.dropFirst(scheme.count + 3).prefix { !"/?#".contains($0) }
        guard !authority.contains("@"), !authority.isEmpty, url.utf8.count <= 2000, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return problem("a webhook has a host, no user, and at most 2000 plain characters", "https://host/path")
        }
        let host = (authority.hasPrefix("[") ? authority.prefix { $0 != "]" }.dropFirst() : authority.prefix { $0 != ":" }).lowercased()
        let isKnown = hosts.contains { pattern in
            pattern.hasPrefix("*.") ? host.hasSuffix(pattern.dropFirst()) && host.count > pattern.count - 1 : host == pattern
        }
        return isKnown ? nil : problem("this service does not call \(host)", "the operator says which hosts it calls")
    }
}

/// Tells hosts that jobs have ended: at least once each, unless they stay away for hours.
final class Webhooks: Sendable {
    private let rules: WebhookRules
    /// One for these alone: its connections are those of its rules.
    private let client = HTTPClient()
    private let state = Lock((tasks: [Int: Task<Void, Never>](), next: 0, isStopped: false))

    init(_ rules: WebhookRules) { self.rules = rules }

    /// How often it is tried: over some four hours.
    private static let attempts = 16

    /// Tells a URL, again and again until it answers with success. `done` is called when it has, or when it is given up.
    func tell(_ url: String, _ body: [UInt8], named id: String, done: @escaping @Sendable (_ isTold: Bool) async -> Void) {
        state.withLock { state in
            guard !state.isStopped else { return }
            let number = state.next
            state.next += 1
            // Owned by this table, cancelled by `stop`: what was not told then is told by the next service.
            state.tasks[number] = Task {
                for attempt in 0..<Self.attempts {
                    if await self.isTold(url, body, named: id) {
                        await done(true)
                        break
                    }
                    if attempt == Self.attempts - 1 { await done(false) }
                    // 1, 2, 4 … seconds, at most 20 minutes.
                    do { try await Task.sleep(for: .seconds(min(1200, 1 << attempt))) } catch { break }
                }
                self.state.withLock { _ = $0.tasks.removeValue(forKey: number) }
            }
        }
    }

    private func isTold(_ url: String, _ body: [UInt8], named id: String) async -> Bool {
        let time = "\(systemSeconds())"
        let signature = authenticationCode(of: Array("\(time).".utf8) + body, key: rules.secret)
        var request = HTTPRequest(
            url, method: "POST",
            headers: [
                .init("Content-Type", "application/json"), .init("Atelier-Delivery", id), .init("Atelier-Timestamp", time),
                .init("Atelier-Signature", "v1=\(hexadecimal(signature))"),
            ], body: body, limits: HTTPLimits(idle: .seconds(30), total: .seconds(60), byteCount: 64 << 10))
        request.isPublicOnly = !rules.allowsPrivate
        // Whatever went wrong, it is tried again.
        guard let answer = try? await client.send(request) else { return false }
        return 200..<300 ~= answer.status
    }

    func stop() {
        let tasks = state.withLock { state in
            state.isStopped = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }
}

/// HMAC with SHA-256 (RFC 2104): shows that whoever wrote a message knows a key.
func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    func hash(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes.span)
        return hash.finish()
    }
    var key = key.count > 64 ? hash(key) : key
    key += repeatElement(0, count: 64 - key.count)
    return hash(key.map { $0 ^ 0x5C } + hash(key.map { $0 ^ 0x36 } + message))
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

extension ServiceState {
    /// Tells whoever wants to know that a job has ended.
    func tell(of job: ConversionJob) {
        for url in job.webhooks {
            let body = JSON.object([
                "event": .string("job.\(job.phase.rawValue)"), "delivery": .string(job.id.description), "job": json(of: job, items: false),
            ])
            webhooks.tell(url, body.bytes, named: job.id.description) { [self] isTold in
                if !isTold { configuration.tell("nobody could be told of job \(job.id) in hours") }
                jobs.forgetWebhook(url, of: job.id)
                // Kept as it was, the next service tells once more, which "at least once" allows.
                do { try await keep(job.id) } catch { configuration.tell("a job could not be kept: \(Problem(error).detail)") }
            }
        }
    }
}
