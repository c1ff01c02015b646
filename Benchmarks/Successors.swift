import AtelierJSON
import AtelierMemo
import AtelierStages

extension Subcommand {
    static let successors = Subcommand(
        name: "successors", question: "would making what probably comes next pay?",
        usage: """
                --trace FILE [--capacity-percent 0.1,1,10,100] [--confidence 50]
                [--gate 50] [--idle 1]
                --trace       requests in order, "key size cost_us" a line; a fourth
                              word is the request's state, such as
                              "logo;colors=8;tolerance=30"
                --capacity-percent  of all bytes; 100 never lets anything go
                --confidence  least share of a context's successors, in percent
                --gate        prefetching rests while fewer of the last 64 paid, in percent
                --idle        prefetches there is time for between two requests

                A table from the last two requests to what followed them makes the
                likeliest successor ahead, into a cache with first-in-first-out
                eviction and a second chance. With states there is a second table,
                from the last two changes to the next: it can name what was never
                made. Precision: prefetches that were asked for before they were
                evicted. Profit: seconds not waited for a second of prefetching. What it
                showed is in docs/decisions/0016-no-prefetching.md.
            """
    ) { arguments in
        let requests = try read(try arguments.string("trace"))
        let confidence = Double(try arguments.integer("confidence", default: 50)) / 100
        let gate = Double(try arguments.integer("gate", default: 50)) / 100
        let idle = try arguments.integer("idle", default: 1)
        let percents = (try? arguments.string("capacity-percent")) ?? "0.1,1,10,100"  // the default when it is not given
        var sizes: [String: Int] = [:]
        for request in requests { sizes[request.key] = request.size }
        let footprint = sizes.values.reduce(0, +)
        var rows: [JSON] = []
        for percent in percents.split(separator: ",").compactMap({ Double($0) }) {
            let capacity = percent >= 100 ? Int.max : Int(Double(footprint) * percent / 100)
            for way in [Way.requests, .changes] where way == .requests || requests.contains(where: { !$0.state.isEmpty }) {
                var plain = Prefetching(capacity: capacity), ahead = plain
                for request in requests { plain.ask(request) }
                var table = Successors(way: way)
                for request in requests {
                    ahead.ask(request)
                    table.note(request)
                    for guess in table.guesses(confidence: confidence).prefix(idle) { ahead.prefetch(guess, gate: gate) }
                }
                rows.append(row(percent, way, plain, ahead, table))
            }
        }
        print(
            JSON.object(["bench": .string("successors"), "requests": .integer(requests.count), "rows": .array(rows)]).text)
        return 0
    }
}

/// What contexts and guesses are made of.
private enum Way: String { case requests, changes }

private struct TraceRequest {
    var key: String
    var size: Int
    /// Microseconds; 1 where unknown, so that seconds count requests.
    var cost: Double
    /// What it is about, then its settings; empty when the trace has none.
    var state: [Substring] = []
}

private func read(_ path: String) throws -> [TraceRequest] {
    let text = try Blob.reading(path: path, limit: 1 << 30).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    return try text.split(separator: "\n").map { line in
        let words = line.split(separator: " ")
        guard words.count >= 3, let size = Int(words[1]), let cost = Double(words[2]) else {
            throw Arguments.Problem(text: "'\(line)' is not a request")
        }
        let state = words.count > 3 ? words[3].split(separator: ";") : []
        return TraceRequest(key: state.isEmpty ? String(words[0]) : String(words[3]), size: size, cost: max(1, cost), state: state)
    }
}

/// A cache that may be filled ahead, and what that cost and saved.
private struct Prefetching {
    private struct Slot {
        var size: Int, cost: Double
        var wasHit = false, isGuess = false
    }
    private let capacity: Int
    private var slots: [String: Slot] = [:]
    private var queue: [String] = [], head = 0, bytes = 0
    private(set) var hits = 0, prefetches = 0, useful = 0
    private(set) var waited = 0.0, spent = 0.0, saved = 0.0
    /// Whether the latest guesses paid, also those not acted upon while prefetching rested.
    private var latest: [Bool] = []
    private var shadow: Set<String> = []

    init(capacity: Int) { self.capacity = capacity }

    mutating func ask(_ request: TraceRequest) {
        if shadow.remove(request.key) != nil { judge(true) }
        if var slot = slots[request.key] {
            hits += 1
            if slot.isGuess {
                useful += 1
                saved += request.cost
                judge(true)
            }
            (slot.wasHit, slot.isGuess) = (true, false)
            slots[request.key] = slot
        } else {
            waited += request.cost
            add(request, isGuess: false)
        }
    }

    mutating func prefetch(_ guess: TraceRequest, gate: Double) {
        if slots[guess.key] != nil { return }
        if latest.count >= 16, Double(latest.count(where: \.self)) < gate * Double(latest.count) {
            // It goes on guessing, and is let in again when guesses come true.
            if shadow.count >= 64 {
                shadow.remove(shadow.min()!)
                judge(false)
            }
            shadow.insert(guess.key)
            return
        }
        prefetches += 1
        spent += guess.cost
        add(guess, isGuess: true)
    }

    private mutating func judge(_ paid: Bool) {
        latest.append(paid)
        if latest.count > 64 { latest.removeFirst() }
    }

    private mutating func add(_ request: TraceRequest, isGuess: Bool) {
        guard request.size <= capacity else { return }
        while bytes > capacity - request.size, head < queue.count {
            let key = queue[head]
            head += 1
            guard var slot = slots[key] else { continue }
            if slot.wasHit {
                slot.wasHit = false
                slots[key] = slot
                queue.append(key)
            } else {
                bytes -= slot.size
                slots[key] = nil
                if slot.isGuess { judge(false) }
            }
        }
        slots[request.key] = Slot(size: request.size, cost: request.cost, isGuess: isGuess)
        queue.append(request.key)
        bytes += request.size
        if isGuess, capacity == .max { age() }
    }

    /// Where nothing is evicted a guess has failed when 64 later ones have come.
    private mutating func age() {
        guessed.append(queue[queue.count - 1])
        if guessed.count > 64, let slot = slots[guessed.removeFirst()], slot.isGuess { judge(false) }
    }
    private var guessed: [String] = []
}

/// What followed the last two requests, or changes, before.
private struct Successors {
    let way: Way
    private var table: [String: [String: Int]] = [:]
    private var context = ["", ""]
    private var last: TraceRequest?
    private var known: [String: TraceRequest] = [:]
    private var sum = 0.0, sizes = 0, count = 0
    private(set) var guesses = 0, right = 0
    private var guess: String?

    init(way: Way) { self.way = way }

    mutating func note(_ request: TraceRequest) {
        known[request.key] = request
        (sum, sizes, count) = (sum + request.cost, sizes + request.size, count + 1)
        if let guess, guess == request.key { right += 1 }
        let word = way == .requests ? request.key : change(from: last?.state ?? [], to: request.state)
        last = request
        var successors = table[context.joined(separator: " "), default: [:]]
        // Four successors; the rarest makes room.
        if successors[word] == nil, successors.count == 4 {
            let rarest = successors.min { ($0.value, $0.key) < ($1.value, $1.key) }!.key
            successors[rarest] = nil
        }
        successors[word, default: 0] += 1
        table[context.joined(separator: " ")] = successors
        context = [context[1], word]
    }

    /// The likeliest successors of what was noted last that are likely enough and were seen twice.
    mutating func guesses(confidence: Double) -> [TraceRequest] {
        guess = nil
        guard let last, let successors = table[context.joined(separator: " ")] else { return [] }
        let total = successors.values.reduce(0, +)
        let likely = successors.filter { $0.value >= 2 && Double($0.value) >= confidence * Double(total) }
        let found = likely.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.compactMap { successor -> TraceRequest? in
            if way == .requests { return known[successor.key] }
            guard let state = applying(successor.key, to: last.state) else { return nil }
            // What was never made is taken to cost what requests cost on the average.
            return known[state] ?? TraceRequest(key: state, size: sizes / count, cost: sum / Double(count))
        }
        if let first = found.first {
            guesses += 1
            guess = first.key
        }
        return found
    }
}

/// `colors+2`, or `new` when it is about something else or changes several settings.
private func change(from old: [Substring], to new: [Substring]) -> String {
    let differing = zip(old, new).filter { $0 != $1 }
    guard old.count == new.count, old.first == new.first, differing.count == 1,
        let before = setting(differing[0].0), let after = setting(differing[0].1), before.name == after.name
    else { return "new" }
    return "\(before.name)=\(after.value - before.value)"
}

/// The state after a change; nil for one that leads anywhere.
private func applying(_ change: String, to state: [Substring]) -> String? {
    guard let step = setting(change[...]) else { return nil }
    return state.map { part in
        guard let old = setting(part), old.name == step.name else { return String(part) }
        return "\(old.name)=\(old.value + step.value)"
    }.joined(separator: ";")
}

private func setting(_ text: Substring) -> (name: Substring, value: Int)? {
    let sides = text.split(separator: "=")
    guard sides.count == 2, let value = Int(sides[1]) else { return nil }
    return (sides[0], value)
}

private func row(_ percent: Double, _ way: Way, _ plain: Prefetching, _ ahead: Prefetching, _ table: Successors) -> JSON {
    func rounded(_ value: Double) -> JSON { .number((value * 1000).rounded() / 1000) }
    let spared = plain.waited - ahead.waited
    return .object([
        "capacity_percent": .number(percent), "from": .string(way.rawValue),
        "guesses": .integer(table.guesses), "guesses_right": rounded(Double(table.right) / Double(max(1, table.guesses))),
        "prefetches": .integer(ahead.prefetches),
        "precision": rounded(Double(ahead.useful) / Double(max(1, ahead.prefetches))),
        "waited_seconds_without": rounded(plain.waited * 1e-6), "spent_seconds": rounded(ahead.spent * 1e-6),
        "spared_seconds": rounded(spared * 1e-6), "profit": rounded(spared / max(1, ahead.spent)),
        "spared_share": rounded(spared / max(1, plain.waited)),
    ])
}
