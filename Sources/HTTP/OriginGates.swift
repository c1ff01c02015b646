import AtelierScheduling

/// For each server, how many requests may wait for the heads of its answers.
final class OriginGates: Sendable {
    private struct State: Sendable {
        var gates: [String: (gate: ConcurrencyGate, users: Int)] = [:]
    }

    private let state = Lock(State())
    /// Beyond this many, servers nobody waits for are forgotten.
    private static let most = 256

    /// How many servers are remembered.
    var count: Int { state.withLock { $0.gates.count } }

    /// Sends a request when there is room, and learns from how long its head takes.
    func pass(
        to origin: String, _ send: () async throws -> (status: Int, headers: [HTTPHeader])
    ) async throws -> (status: Int, headers: [HTTPHeader]) {
        let gate = state.withLock { state in
            if state.gates.count >= Self.most, state.gates[origin] == nil { state.gates = state.gates.filter { $0.value.users > 0 } }
            let entry = state.gates[origin] ?? (ConcurrencyGate(AdaptiveLimit()), 0)
            state.gates[origin] = (entry.gate, entry.users + 1)
            return entry.gate
        }
        defer { state.withLock { $0.gates[origin]?.users -= 1 } }
        let pass = try await gate.enter()
        let begin = monotonicNanoseconds()
        do {
            let head = try await send()
            let isRefused = head.status == 429 || head.status == 503
            gate.leave(pass, isRefused ? .refused : .done(monotonicNanoseconds() - begin))
            return head
        } catch {
            if case HTTPError.timedOut = error { gate.leave(pass, .refused) } else { gate.leave(pass, .other) }
            throw error
        }
    }
}

extension HTTPRequest {
    /// The server of the URL: scheme, host and port, in small letters.
    var origin: String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let host = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return (url[..<scheme.upperBound] + (host.split(separator: "@").last ?? "")).lowercased()
    }
}
