import AtelierTelemetry
import AtelierTesting

@testable import AtelierScheduling

/// Drives a `JobQueue` through random schedules of asking, cancelling, ending and passing time, with a naive model beside it.
struct JobQueueExplorer {
    private struct Waiting {
        var id: UInt64, job: JobQueue.Job, arrival: UInt64
    }

    /// What one client has waiting in one class, in order.
    private struct Line {
        var waiting: [Waiting] = []
        /// When the one before the front began, and who was overdue when the line came.
        var taken: UInt64 = 0, behind: UInt64?
        /// How much more cost it has had than other lines of the class since both have had somebody waiting.
        var leads = [Int](repeating: 0, count: clientCount)

        var since: UInt64 { max(waiting[0].arrival, taken) }
    }

    private static let clientCount = 6

    private var random: SplitMix
    private var queue: JobQueue
    private var now: UInt64 = 1_000
    private var nextID: UInt64 = 0
    /// By class and client, and where each waits.
    private var lines: [[Line]]
    private var places: [UInt64: (place: Int, client: Int)] = [:]
    private var running: [UInt64: JobQueue.Job] = [:]
    private var refused = 0, cancelled = 0, asked = 0, started = 0
    private var isClosed = false
    private var finding: String?
    private let largestCost = 20

    private init(seed: UInt64) {
        random = SplitMix(seed: seed)
        let patiences = [UInt64(random.int(in: 0..<20)), UInt64(random.int(in: 10..<60)), UInt64(random.int(in: 30..<300))]
        let classes = patiences[..<random.int(in: 1..<4)].map { JobQueue.Class(name: "\($0)", patience: $0) }
        queue = JobQueue(
            JobQueue.Limits(
                slots: random.int(in: 1..<4), capacity: random.int(in: 0..<24), bytes: random.int(in: 1..<50), classes: classes,
                sheddingInterval: random.int(in: 0..<3) == 0 ? UInt64(random.int(in: 1..<80)) : nil))
        lines = Array(repeating: Array(repeating: Line(), count: Self.clientCount), count: classes.count)
    }

    /// What was violated first; nil when nothing was.
    static func explore(seed: UInt64) -> String? {
        var explorer = JobQueueExplorer(seed: seed)
        for _ in 0..<explorer.random.int(in: 10..<120) where explorer.finding == nil { explorer.step() }
        var steps = 0
        while explorer.finding == nil, !explorer.running.isEmpty || !explorer.places.isEmpty {
            explorer.end()
            explorer.now += 1
            steps += 1
            if steps > 1_000 { return "it does not end" }
        }
        return explorer.finding ?? explorer.remains
    }

    private mutating func step() {
        now += UInt64(random.int(in: 0..<6))
        switch random.int(in: 0..<20) {
        case 0..<10: add()
        case 10..<12:
            if let id = places.keys.sorted().randomElement(using: &random) { cancel(id) }
        case 12: if nextID > 0 { cancel(UInt64(random.int(in: 0..<Int(nextID)))) }
        case 13: change { $0.advance(now: $1, &$2) }
        case 14: if random.int(in: 0..<10) == 0 { resize() }
        case 15: if random.int(in: 0..<40) == 0 { close() }
        default: end()
        }
    }

    // MARK: Steps

    private mutating func add() {
        change { $0.advance(now: $1, &$2) }  // what time has brought comes before who asks now
        guard finding == nil else { return }
        let id = nextID
        nextID += 1
        asked += 1
        // One client asks for half of everything.
        let client = max(0, random.int(in: 0..<2 * Self.clientCount) - Self.clientCount)
        let deadline = random.int(in: 0..<4) == 0 ? now + UInt64(random.int(in: 0..<120)) : nil
        let job = JobQueue.Job(
            client: "\(client)", place: random.int(in: 0..<lines.count), cost: UInt64(random.int(in: 0..<largestCost + 1)),
            bytes: random.int(in: 0..<40), deadline: deadline)
        if lines[job.place][client].waiting.isEmpty {
            lines[job.place][client].behind = oldest(in: job.place).flatMap { oldest in
                now > oldest.since + queue.limits.classes[job.place].patience ? oldest.waiting[0].id : nil
            }
        }
        lines[job.place][client].waiting.append(Waiting(id: id, job: job, arrival: now))
        places[id] = (job.place, client)
        change { $0.add(id, job, now: $1, &$2) }
        if places.count > queue.limits.capacity { finding = "\(places.count) wait where \(queue.limits.capacity) may" }
    }

    private mutating func cancel(_ id: UInt64) {
        let wasWaiting = leave(id) != nil
        if wasWaiting { cancelled += 1 }
        var said = false
        change { said = $0.cancel(id, now: $1, &$2) }
        if said != wasWaiting { finding = "job \(id) was waiting: \(wasWaiting), and the queue says \(said)" }
    }

    private mutating func end() {
        guard let id = running.keys.sorted().randomElement(using: &random) else { return change { $0.advance(now: $1, &$2) } }
        running[id] = nil
        let isCancelled = random.int(in: 0..<5) == 0
        change { $0.end(id, isCancelled: isCancelled, now: $1, &$2) }
    }

    private mutating func resize() {
        let bytes = random.int(in: 1..<50)
        change { $0.resize(bytes: bytes, now: $1, &$2) }
    }

    private mutating func close() {
        isClosed = true
        change { $0.close(now: $1, &$2) }
        if !places.isEmpty { finding = "\(places.count) wait in a closed queue" }
    }

    // MARK: What must hold

    private mutating func change(_ body: (inout JobQueue, UInt64, inout [JobQueue.Action]) -> Void) {
        var actions: [JobQueue.Action] = []
        body(&queue, now, &actions)
        for action in actions where finding == nil {
            switch action {
            case .begin(let id): start(id)
            case .refuse(let id, let refusal): refuse(id, refusal)
            }
        }
        guard finding == nil else { return }
        if queue.counts.waiting != places.count || queue.counts.running != running.count { finding = "the counts are wrong" }
        if running.count < queue.limits.slots, let next = expected, queue.budget.admits(next.job.bytes) {
            finding = "job \(next.id) waits and nothing is in its way"
        }
        if let moment = queue.nextMoment, moment <= now { finding = "a deadline was missed at \(moment), and it is \(now)" }
    }

    private mutating func start(_ id: UInt64) {
        guard let (place, client) = places[id] else { return finding = "job \(id) begins and does not wait" }
        let line = lines[place][client], job = line.waiting[0].job
        if line.waiting[0].id != id { return finding = "job \(id) begins before an older one of its client" }
        if let deadline = job.deadline, deadline < now { finding = "job \(id) begins after its deadline" }
        if expectedClass != place { finding = "job \(id) of class \(place) begins, class \(expectedClass ?? -1) is due" }
        if let other = line.behind, places[other] != nil { finding = "job \(id) came when job \(other) was overdue, and overtakes" }
        // Shares of cost among those who wait all the while differ by less than two jobs (Goyal, Vin, Cheng, theorem 1).
        for other in 0..<Self.clientCount where other != client && !lines[place][other].waiting.isEmpty {
            lines[place][client].leads[other] += Int(job.cost)
            lines[place][other].leads[client] -= Int(job.cost)
            if lines[place][client].leads[other] > 2 * largestCost { finding = "client \(client) gets more than its share" }
        }
        started += 1
        lines[place][client].taken = now
        leave(id)
        let bytes = running.values.reduce(job.bytes) { $0 + $1.bytes }
        if bytes > queue.budget.limit, !running.isEmpty { finding = "\(bytes) bytes are held" }
        running[id] = job
        if running.count > queue.limits.slots { finding = "\(running.count) run at a time" }
    }

    private mutating func refuse(_ id: UInt64, _ refusal: JobQueue.Refusal) {
        guard let (place, client) = places[id] else { return finding = "job \(id) is refused and does not wait" }
        refused += 1
        let line = lines[place][client].waiting, largest = lines.joined().map(\.waiting.count).max() ?? 0
        switch refusal {
        case .full: if line.count < largest || id != nextID - 1 { finding = "job \(id) is refused for the crowd of another client" }
        case .shed:
            if line.count < largest { finding = "job \(id) is shed for the crowd of another client" }
            if line.last!.id != id { finding = "job \(id) is shed and is not the newest" }
        case .late: if line.first(where: { $0.id == id })!.job.deadline == nil { finding = "job \(id) is late and has no deadline" }
        case .closed: if !isClosed { finding = "job \(id) finds an open queue closed" }
        }
        leave(id)
    }

    private var remains: String? {
        if queue.budget.used != 0 || queue.budget.runningCount != 0 { return "\(queue.budget.used) bytes are never given back" }
        let classes = queue.statistics.classes
        let told = classes.reduce(0) { $0 + $1.full + $1.late + $1.shed + $1.closed }
        if told != refused { return "\(refused) were refused, and \(told) counted" }
        if classes.reduce(0, { $0 + $1.asked }) != asked || classes.reduce(0, { $0 + Int($1.wait.count) }) != started {
            return "\(asked) asked and \(started) began, and others were counted"
        }
        return asked == started + refused + cancelled ? nil : "somebody was never told"
    }

    // MARK: The model

    private func oldest(in place: Int) -> Line? {
        lines[place].lazy.filter { !$0.waiting.isEmpty }.min { ($0.since, $0.waiting[0].id) < ($1.since, $1.waiting[0].id) }
    }

    /// The class whose longest at the front is due first.
    private var expectedClass: Int? {
        let due = lines.indices.lazy.compactMap { place in
            oldest(in: place).map { (place: place, due: $0.since + queue.limits.classes[place].patience) }
        }
        return due.min { ($0.due, $0.place) < ($1.due, $1.place) }?.place
    }

    /// Who is next where that needs no tags: the only line of the class that is due.
    private var expected: Waiting? {
        guard let waiting = expectedClass.map({ place in lines[place].filter { !$0.waiting.isEmpty } }) else { return nil }
        return waiting.count == 1 ? waiting[0].waiting[0] : nil
    }

    @discardableResult
    private mutating func leave(_ id: UInt64) -> Waiting? {
        guard let (place, client) = places.removeValue(forKey: id) else { return nil }
        let index = lines[place][client].waiting.firstIndex { $0.id == id }!
        let entry = lines[place][client].waiting.remove(at: index)
        if lines[place][client].waiting.isEmpty {
            lines[place][client] = Line()
            for other in 0..<Self.clientCount { lines[place][other].leads[client] = 0 }
        }
        return entry
    }
}
