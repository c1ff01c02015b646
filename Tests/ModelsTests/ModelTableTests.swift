import AtelierTesting
import Testing

@testable import AtelierModels

/// Drives `ModelTable` through random schedules of asking, loading, failing, giving back, trimming and waiting, with a model of
/// what must hold beside it.
@Suite("Model table")
struct ModelTableTests {
    @Test("In 20,000 random schedules nothing in use is unloaded, one load runs per model, the budget holds, nobody is forgotten")
    func explore() async {
        let findings = await exploreSchedules(20_000) { seed in
            var explorer = Explorer(seed: seed)
            return explorer.explore()
        }
        #expect(findings.isEmpty)
    }

    @Test("What is dear to load for its bytes stays, what is cheap goes first; use brings a model back up")
    func ranks() {
        var table = ModelTable(limits: .init(bytes: 100, age: 1e9)), actions: [ModelTable.Action] = []
        for (number, (name, seconds)) in [("dear", 8.0), ("cheap", 0.1)].enumerated() {
            table.register(name, digest: "", expectedBytes: 40)
            table.ask(name, waiter: UInt64(number), holds: false, now: 0, &actions)
            table.loaded(name, bytes: 40, seconds: seconds, now: 0, &actions)
            table.giveBack(name, now: 0, &actions)
        }
        table.register("new", digest: "", expectedBytes: 40)
        actions = []
        table.ask("new", waiter: 9, holds: false, now: 1, &actions)
        #expect(actions == [.unload(model: "cheap"), .load(waiter: 9, model: "new")])
    }

    @Test("A model idle for its age goes; one that is missed soon after may be idle twice as long")
    func hysteresis() {
        var table = ModelTable(limits: .init(bytes: 100, age: 10)), actions: [ModelTable.Action] = []
        table.register("a", digest: "", expectedBytes: 1)
        func use(_ now: Double) {
            table.ask("a", waiter: 0, holds: false, now: now, &actions)
            if actions.contains(.load(waiter: 0, model: "a")) { table.loaded("a", bytes: 1, seconds: 1, now: now, &actions) }
            table.giveBack("a", now: now, &actions)
            actions = []
        }
        use(0)
        table.unloadAged(10, &actions)
        #expect(actions.isEmpty)
        table.unloadAged(11, &actions)
        #expect(actions == [.unload(model: "a")])
        actions = []
        use(15)
        table.unloadAged(30, &actions)
        #expect(actions.isEmpty)
        table.unloadAged(36, &actions)
        #expect(actions == [.unload(model: "a")])
        actions = []
        use(200)
        table.unloadAged(211, &actions)
        #expect(actions == [.unload(model: "a")])
    }

    @Test("A model that cannot be loaded is refused without trying for 1, 2, 4 … 300 seconds, and told to all who waited")
    func backOff() {
        var table = ModelTable(limits: .init(bytes: 100, age: 10)), now = 0.0, pauses: [Double] = []
        table.register("a", digest: "", expectedBytes: 1)
        for _ in 0..<11 {
            var actions: [ModelTable.Action] = []
            table.ask("a", waiter: 0, holds: false, now: now, &actions)
            #expect(actions == [.load(waiter: 0, model: "a")])
            table.ask("a", waiter: 1, holds: false, now: now, &actions)
            actions = []
            table.failed("a", reason: "no file", now: now, &actions)
            guard case .refuse(0, let failure)? = actions.first, actions.count == 2, case .refuse(1, failure) = actions[1] else {
                Issue.record("\(actions)")
                return
            }
            actions = []
            table.ask("a", waiter: 2, holds: false, now: failure.retryAt - 0.001, &actions)
            #expect(actions == [.refuse(waiter: 2, failure)])
            pauses.append(failure.retryAt - now)
            now = failure.retryAt
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
        #expect(table.bytes == 0)
    }

    @Test("Who uses a model already goes beyond the budget rather than wait; others wait for room and are let in in order")
    func room() {
        var table = ModelTable(limits: .init(bytes: 100, age: 1e9)), actions: [ModelTable.Action] = []
        for name in ["a", "b", "c"] { table.register(name, digest: "", expectedBytes: 60) }
        table.ask("a", waiter: 0, holds: false, now: 0, &actions)
        table.loaded("a", bytes: 60, seconds: 1, now: 0, &actions)
        actions = []
        table.ask("b", waiter: 1, holds: false, now: 0, &actions)
        #expect(actions.isEmpty)
        table.ask("c", waiter: 2, holds: true, now: 0, &actions)
        #expect(actions == [.load(waiter: 2, model: "c")])
        #expect(table.overdrafts == 1)
        table.loaded("c", bytes: 60, seconds: 1, now: 0, &actions)
        table.giveBack("c", now: 0, &actions)
        actions = []
        table.giveBack("a", now: 0, &actions)
        #expect(actions == [.unload(model: "a"), .load(waiter: 1, model: "b")] || actions == [.load(waiter: 1, model: "b")])
        #expect(table.bytes <= 100)
    }
}

private struct Explorer {
    private var random: SplitMix
    private var table: ModelTable
    private let limit: Int, sizes: [Int]
    private var now = 0.0
    private var asked: UInt64 = 0
    private var pending: Set<UInt64> = []
    private var loading: [String] = []
    /// Models in use, one entry a use.
    private var held: [(model: String, isBeyond: Bool)] = []
    private var inMemory: Set<String> = []
    private var beyond: Set<UInt64> = []
    private var finding: String?

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        sizes = (0..<random.int(in: 1..<6)).map { _ in 0 }
        limit = random.int(in: 5..<60)
        table = ModelTable(limits: .init(bytes: limit, age: 5))
        for number in sizes.indices { table.register("\(number)", digest: "", expectedBytes: random.int(in: 0..<2) * bytes("\(number)")) }
    }

    private func bytes(_ model: String) -> Int { 5 + Int(model)! * 7 % 23 }

    mutating func explore() -> String? {
        for _ in 0..<random.int(in: 5..<60) where finding == nil { step() }
        var steps = 0
        while finding == nil, !pending.isEmpty || !held.isEmpty {
            if loading.isEmpty && held.isEmpty { return "\(pending.count) wait and nothing is under way" }
            if random.int(in: 0..<2) == 0 { endLoad() } else { giveBack() }
            steps += 1
            if steps > 10_000 { return "it does not end" }
        }
        if finding == nil {
            change { table, actions, _ in table.trim(to: 0, &actions) }
            if table.bytes != 0 || !inMemory.isEmpty { return "\(table.bytes) bytes are never given back" }
            if table.waitingCount != 0 { return "waiters are left" }
        }
        return finding
    }

    private mutating func step() {
        now += Double(random.int(in: 0..<4))
        switch random.int(in: 0..<8) {
        case 0..<3:
            let model = "\(random.int(in: 0..<sizes.count))", waiter = asked
            asked += 1
            pending.insert(waiter)
            let holds = !held.isEmpty && random.int(in: 0..<4) == 0
            if holds { beyond.insert(waiter) }
            change { $0.ask(model, waiter: waiter, holds: holds, now: $2, &$1) }
        case 3..<5: endLoad()
        case 5: change { $0.unloadAged($2, &$1) }
        case 6:
            let most = random.int(in: 0..<limit)
            change { table, actions, _ in table.trim(to: most, &actions) }
        default: giveBack()
        }
    }

    private mutating func endLoad() {
        guard !loading.isEmpty else { return }
        let model = loading.remove(at: random.int(in: 0..<loading.count)), size = bytes(model)
        if random.int(in: 0..<5) == 0 {
            change { $0.failed(model, reason: "broken", now: $2, &$1) }
        } else {
            inMemory.insert(model)
            change { $0.loaded(model, bytes: size, seconds: 1, now: $2, &$1) }
        }
    }

    private mutating func giveBack() {
        guard !held.isEmpty else { return }
        let model = held.remove(at: random.int(in: 0..<held.count)).model
        change { $0.giveBack(model, now: $2, &$1) }
    }

    private mutating func change(_ body: (inout ModelTable, inout [ModelTable.Action], Double) -> Void) {
        var actions: [ModelTable.Action] = []
        body(&table, &actions, now)
        for action in actions {
            switch action {
            case .load(let waiter, let model):
                if loading.contains(model) || inMemory.contains(model) { finding = "\(model) is loaded twice" }
                if !pending.contains(waiter) { finding = "\(model) is loaded for nobody" }
                loading.append(model)
            case .grant(let waiter, let model):
                if pending.remove(waiter) == nil { finding = "waiter \(waiter) is answered twice" }
                if !inMemory.contains(model) { finding = "\(model) is granted and not there" }
                held.append((model, beyond.contains(waiter)))
            case .refuse(let waiter, let failure):
                if pending.remove(waiter) == nil { finding = "waiter \(waiter) is answered twice" }
                if failure.retryAt <= now { finding = "a failure that is over is told" }
            case .unload(let model):
                if held.contains(where: { $0.model == model }) { finding = "\(model) is unloaded in use" }
                if inMemory.remove(model) == nil { finding = "\(model) is unloaded and not there" }
            }
        }
        if finding != nil { return }
        // Beyond the limit is only what is in use or being loaded: what is idle goes first.
        let used = Set(held.map(\.model)).union(loading)
        let idle = inMemory.filter { !used.contains($0) }
        let measured = inMemory.reduce(0) { $0 + bytes($1) }
        if measured > limit, !idle.isEmpty, loading.isEmpty {
            finding = "\(measured) of \(limit) bytes are held and \(idle.count) models are idle"
        }
    }
}
