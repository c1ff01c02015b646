import AtelierJSON
import AtelierLayers
import AtelierMemo
import AtelierProcessors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let processors = Subcommand(
        name: "processors", question: "how fast are streams of parts? (scenarios shared with the peer's harness)",
        usage: """
                list
                run SCENARIO [key=value …] [--repeats 3] [--warmup 1]

                `list` prints scenarios with their default parameters. `run` prints one
                JSON object: times, metrics of the fastest repeat, memory, and a digest
                of the output. Exit 3 when outputs of two repeats differ.
            """
    ) { arguments in
        guard let verb = arguments.words.first else { throw Arguments.Problem(text: "list or run?") }
        switch verb {
        case "list":
            print(JSON.object(Scenario.all.map { .init($0.name, .object($0.defaults.map { .init($0, $1) })) }).text)
            return 0
        case "run":
            guard arguments.words.count > 1, let scenario = Scenario.all.first(where: { $0.name == arguments.words[1] }) else {
                throw Arguments.Problem(text: "no such scenario; there are \(Scenario.all.map(\.name).joined(separator: ", "))")
            }
            return try scenario.measured(
                with: arguments.words.dropFirst(2), repeats: max(1, try arguments.integer("repeats", default: 3)),
                warmUp: max(0, try arguments.integer("warmup", default: 1)))
        default: throw Arguments.Problem(text: "list or run, not '\(verb)'")
        }
    }
}

/// Work that the peer's harness does too, described in its README.
struct Scenario: Sendable {
    /// Numbers and texts by name.
    struct Parameters: Sendable {
        fileprivate(set) var values: [(name: String, value: JSON)]

        func integer(_ name: String) -> Int {
            guard case .integer(let value)? = values.first(where: { $0.name == name })?.value else {
                preconditionFailure("no number \(name) among the defaults")
            }
            return value
        }

        func text(_ name: String) -> String {
            guard case .string(let value)? = values.first(where: { $0.name == name })?.value else {
                preconditionFailure("no text \(name) among the defaults")
            }
            return value
        }
    }

    /// What one repeat took and gave.
    struct Outcome: Sendable {
        var seconds: Double
        var metrics: KeyValuePairs<String, Double>
        var check: JSON
    }

    let name: String
    let defaults: KeyValuePairs<String, JSON>
    let run: @Sendable (Parameters) async throws -> Outcome

    static let all: [Scenario] = core + streams

    fileprivate func measured(with words: some Sequence<String>, repeats: Int, warmUp: Int) throws -> Int32 {
        var parameters = Parameters(values: defaults.map { ($0, $1) })
        for word in words {
            let pair = word.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let index = parameters.values.firstIndex(where: { $0.name == pair[0] }) else {
                throw Arguments.Problem(text: "\(name) has no parameter '\(word)'")
            }
            if case .integer = parameters.values[index].value {
                guard let number = Int(pair[1]), number >= 0 else { throw Arguments.Problem(text: "\(word): not a whole number") }
                parameters.values[index].value = .integer(number)
            } else {
                parameters.values[index].value = .string(String(pair[1]))
            }
        }
        let base = processMemory("VmHWM")
        var best: (outcome: Outcome, index: Int)?
        var walls: [Double] = [], processorTimes: [Double] = []
        var check: JSON?
        for round in 0..<warmUp + repeats {
            let before = processorSeconds()
            let given = parameters
            let outcome = try blocking { () async -> Result<Outcome, any Error> in
                do { return .success(try await run(given)) } catch { return .failure(error) }
            }.get()
            let used = processorSeconds() - before
            if let check, check != outcome.check {
                print(JSON.object(["outputs_differ": [check, outcome.check]]).text)
                return 3
            }
            check = outcome.check
            guard round >= warmUp else { continue }
            if best == nil || outcome.seconds < best!.outcome.seconds { best = (outcome, round) }
            walls.append(outcome.seconds)
            processorTimes.append(used)
        }
        walls.sort()
        print(
            JSON.object([
                "schema": "processors-bench/1", "impl": ["name": "atelier", "version": "main", "language": "swift 6.3"],
                "scenario": .string(name), "params": .object(parameters.values.map { .init($0.name, $0.value) }),
                "repeats": .integer(repeats), "warmup": .integer(warmUp),
                "wall_s": ["min": .number(walls[0]), "median": .number(walls[walls.count / 2]), "max": .number(walls[walls.count - 1])],
                "cpu_s": ["min": .number(processorTimes.min()!)],
                "metrics": .object(best!.outcome.metrics.map { .init($0, .number($1)) }),
                "memory": ["base_rss_kb": .integer(base), "peak_rss_kb": .integer(processMemory("VmHWM"))], "check": check!,
            ]).text)
        return 0
    }
}

/// Number, bytes and digest of parts in order: their first 64 bytes each, and a zero byte.
struct Fold {
    private var parts = 0, bytes = 0
    private var digest = SHA256()
    // What is still to be hashed, so that it is not done a few bytes at a time.
    private var heads: [UInt8] = []

    mutating func add(_ part: Part) {
        parts += 1
        switch part.payload {
        case .text(var text):
            bytes += text.utf8.count
            text.withUTF8 { heads.append(contentsOf: $0.prefix(64)) }
        default:
            let payload = part.bytes?.bytes ?? []
            bytes += payload.count
            heads.append(contentsOf: payload.prefix(64))
        }
        heads.append(0)
        if heads.count >= 4096 { hashHeads() }
    }

    private mutating func hashHeads() {
        let whole = heads
        digest.update(whole.span)
        heads = []
        heads.reserveCapacity(4200)
    }

    /// As the harness compares it, with the digest left out where order is free.
    mutating func check(isOrdered: Bool = true) -> JSON {
        hashHeads()
        return ["parts": .integer(parts), "bytes": .integer(bytes), "sha256": isOrdered ? .string(firstDigits) : ""]
    }

    private var firstDigits: String {
        digest.finish().prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

/// Seconds of processor time of the process so far.
private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// A figure of proc(5)'s `status` about this process, in KiB: `VmHWM` for the most memory it ever held, `VmRSS` for what it holds now.
func processMemory(_ field: String) -> Int {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix(field + ":") { return Int(text.split { $0 == " " || $0 == "\t" }[1]) ?? 0 }
    }
    return 0
}
