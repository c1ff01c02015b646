import AtelierScheduling
import Synchronization

/// A bounded queue between tasks whose elements have a place before they are there.
///
/// It is a tree in the order of output: the root belongs to the task that reads the input, and every task that processes
/// one part has a branch, put in its place when the part is taken. The reader walks it depth first and waits at the first
/// branch that has more to come. A stream stage is a root without branches, and then the reader takes all that is there at
/// once.
///
/// What a branch holds is behind a lock of its own, so that ten thousand tasks that end at once do not meet: they touch what they
/// share only when the reader waits for them, or for room. Whoever needs both locks takes the outlet's first.
final class Outlet: @unchecked Sendable {
    // Sendable: all but atomics is touched under `lock`, and the root with it.
    let limits: QueueLimits
    private let lock = Lock(())
    private var path: [Branch] = []
    private var reserved: [Part] = []
    // Of parts that wait. Grows under any lock, and shrinks under the outlet's only, so that who waits for room misses none.
    private let bytes = Atomic(0)
    // Elements of the root that the reader has not passed yet: what is under way or waits.
    private var open = 0
    private var reader: UnsafeContinuation<Void, Never>?
    // In the order they came, with the part that waits to be put, or none where one waits before the next.
    private var writers: [(branch: Branch, part: Part?, continuation: UnsafeContinuation<Void, Never>)] = [] {
        didSet { hasWriters.store(!writers.isEmpty, ordering: .relaxed) }
    }
    private let hasWriters = Atomic(false), cancelled = Atomic(false)

    private var isCancelled: Bool {
        get { cancelled.load(ordering: .relaxed) }
        set { cancelled.store(newValue, ordering: .relaxed) }
    }

    enum Element {
        case part(Part)
        case branch(Branch)
        case failure(any Error)
        case taken
    }

    init(limits: QueueLimits) { self.limits = limits }

    /// The root, whose task is about to begin.
    func begin(run: Run) -> Branch {
        let root = Branch(run: run, outlet: self, isRoot: true)
        path = [root]
        return root
    }

    // MARK: Writing

    /// Puts a part whether there is room or not.
    fileprivate func put(_ part: Part, in branch: Branch) {
        write(in: branch) {
            if isCancelled || branch.hasFailed {
                branch.mustWait = true  // which tells the writer to stop
                return false
            }
            place(part, in: branch)
            // What the reader waits for has more room, which is seen when it asks to wait.
            branch.mustWait = !(branch.isRoot ? hasRoom(for: branch) : branch.waitingParts < limits.parts && hasBytes(for: nil))
            return true
        }
    }

    /// Keeps everybody else from what the branch holds, and tells the reader if it waits there for what `body` says it has written.
    private func write(in branch: Branch, _ body: () -> Bool) {
        let woken =
            branch.isRoot
            ? lock.withLock { _ in body() && path.last === branch ? takeReader() : nil }
            : branch.lock.withLock({ _ in body() && branch.takeAwaited() }) ? lock.withLock { _ in takeReader() } : nil
        woken?.resume()
    }

    // Counts the bytes of a part unless they are too many.
    private func countBytes(of part: Part) -> Bool {
        let added = part.footprint
        var count = bytes.load(ordering: .relaxed)
        while count <= limits.bytes - added {
            let (isDone, seen) = bytes.weakCompareExchange(expected: count, desired: count + added, ordering: .relaxed)
            if isDone { return true }
            count = seen
        }
        return false
    }

    private func place(_ part: Part, in branch: Branch, isCounted: Bool = false) {
        branch.elements.append(.part(part))
        branch.waitingParts += 1
        if !isCounted { bytes.wrappingAdd(part.footprint, ordering: .relaxed) }
        if branch.isRoot { open += 1 }
    }

    /// Puts parts, as many as there is room for while nobody waits for the bytes, and says how many.
    fileprivate func offer(_ parts: some Collection<Part>, in branch: Branch) -> Int {
        var count = 0
        if branch.isRoot || !hasWriters.load(ordering: .relaxed) {
            write(in: branch) {
                if isCancelled || branch.hasFailed || branch.isRoot && path.last !== branch && isHeldBack { return false }
                for part in parts {
                    if branch.isRoot {
                        guard hasRoom(for: branch, adding: part) else { break }
                        place(part, in: branch)
                    } else {
                        guard branch.waitingParts < limits.parts, countBytes(of: part) else { break }
                        place(part, in: branch, isCounted: true)
                    }
                    count += 1
                }
                return count > 0
            }
        }
        return count
    }

    /// Puts a part when there is room, after those who waited before.
    fileprivate nonisolated(nonsending) func putWhenThereIsRoom(_ part: Part, in branch: Branch) async throws {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let (goesOn, woken) = lock.withLock { _ -> (Bool, UnsafeContinuation<Void, Never>?) in
                if isCancelled || branch.hasFailed { return (true, nil) }
                let isFirst = path.last === branch
                // There may be room since it was offered.
                if isFirst || !isHeldBack, placeIfThereIsRoom(part, in: branch) { return (true, isFirst ? takeReader() : nil) }
                writers.append((branch, part, continuation))
                return (false, nil)
            }
            woken?.resume()
            if goesOn { continuation.resume() }
        }
        try stopIfUnwanted(branch)
    }

    private func stopIfUnwanted(_ branch: Branch) throws {
        if lock.withLock({ _ in isCancelled || branch.hasFailed }) { throw CancellationError() }
        try Task.checkCancellation()
    }

    // Under the outlet's lock.
    private func placeIfThereIsRoom(_ part: Part, in branch: Branch) -> Bool {
        branch.withOwnLock {
            guard hasRoom(for: branch, adding: part) else { return false }
            place(part, in: branch)
            return true
        }
    }

    fileprivate func add(_ child: Branch, to branch: Branch) {
        lock.withLock { _ in
            if isCancelled {
                branch.mustWait = true
                return
            }
            if reader != nil, path.last === branch {
                // It waits for whatever comes next here, so it waits in the child from now on.
                child.isAwaited = true
                path.append(child)
                branch.withOwnLock { (branch.hasBranches, branch.isAwaited) = (true, false) }
            } else {
                branch.withOwnLock {
                    branch.elements.append(.branch(child))
                    branch.hasBranches = true
                }
            }
            if branch.isRoot { open += 1 }
            branch.mustWait = !branch.withOwnLock { hasRoom(for: branch) }
        }
    }

    fileprivate func attach(_ task: Task<Void, Never>, to branch: Branch) {
        write(in: branch) {
            if !branch.isDone { branch.task = task }
            return false
        }
        // One that cancels has said so before it looks for tasks.
        if isCancelled { task.cancel() }
    }

    fileprivate func fail(_ error: any Error, in branch: Branch) {
        let woken = lock.withLock { _ -> UnsafeContinuation<Void, Never>? in
            if isCancelled || branch.hasFailed { return nil }
            // The source is asked for no more.
            path.first?.hasFailed = true
            branch.hasFailed = true
            branch.withOwnLock { branch.elements.append(.failure(error)) }
            return path.last === branch ? takeReader() : nil
        }
        woken?.resume()
    }

    fileprivate func finish(_ branch: Branch) {
        write(in: branch) {
            branch.isDone = true
            branch.task = nil
            return true
        }
    }

    /// A reserved part, which overtakes all others.
    func deliver(reserved part: Part) {
        let woken = lock.withLock { _ -> UnsafeContinuation<Void, Never>? in
            if isCancelled { return nil }
            reserved.append(part)
            return takeReader()
        }
        woken?.resume()
    }

    private func takeReader() -> UnsafeContinuation<Void, Never>? {
        defer { reader = nil }
        return reader
    }

    private func hasBytes(for part: Part?) -> Bool { bytes.load(ordering: .relaxed) <= limits.bytes - (part?.footprint ?? 1) }

    // The root counts what is under way, a branch what it holds. What the reader waits for always has room for one part.
    // Under both locks.
    private func hasRoom(for branch: Branch, adding part: Part? = nil) -> Bool {
        let isWithinBytes = hasBytes(for: part)
        if branch.isRoot { return open == 0 || open < limits.parts && isWithinBytes }
        return branch.waitingParts < limits.parts && isWithinBytes || path.last === branch && branch.waitingParts == 0
    }

    fileprivate nonisolated(nonsending) func waitForRoom(in branch: Branch) async throws {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let goesOn = lock.withLock { _ -> Bool in
                if isCancelled || branch.hasFailed || branch.withOwnLock({ hasRoom(for: branch) }) { return true }
                writers.append((branch, nil, continuation))
                return false
            }
            if goesOn { continuation.resume() }
        }
        branch.mustWait = false
        try stopIfUnwanted(branch)
    }

    // Whether a writer waits for bytes, and others behind it.
    private var isHeldBack: Bool { writers.contains { $0.part.map { !hasBytes(for: $0) } ?? false } }

    // Serves writers in the order they came. One that waits for bytes holds back all after it but those that the reader waits for,
    // so that small parts do not keep a large one waiting.
    private func takeWriters() -> [UnsafeContinuation<Void, Never>] {
        if writers.isEmpty { return [] }
        var served: [UnsafeContinuation<Void, Never>] = []
        var isHeld = false
        writers.removeAll { branch, part, continuation in
            let isServed =
                (!isHeld || path.last === branch)
                && (part.map { placeIfThereIsRoom($0, in: branch) } ?? branch.withOwnLock { hasRoom(for: branch) })
            guard isServed else {
                isHeld = isHeld || part.map { !hasBytes(for: $0) } ?? false
                return false
            }
            served.append(continuation)
            return true
        }
        return served
    }

    // MARK: Reading

    /// Fills `ready` with what can be read now, waiting until there is something; it stays empty at the end.
    nonisolated(nonsending) func read(into ready: inout [Element]) async throws {
        while true {
            try Task.checkCancellation()
            ready.removeAll(keepingCapacity: true)
            let (hasEnded, woken) = lock.withLock { _ in collect(into: &ready) }
            for writer in woken { writer.resume() }
            if !ready.isEmpty || hasEnded { return }
            await withTaskCancellationHandler {
                await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                    let goesOn = lock.withLock { _ -> Bool in
                        if isCancelled || !reserved.isEmpty || path.isEmpty || path.last!.hasNewsOrIsAwaited() { return true }
                        reader = continuation
                        return false
                    }
                    if goesOn { continuation.resume() }
                }
            } onCancel: {
                cancel()
            }
        }
    }

    private func collect(into ready: inout [Element]) -> (hasEnded: Bool, [UnsafeContinuation<Void, Never>]) {
        if isCancelled { return (true, []) }
        if !reserved.isEmpty {
            ready = reserved.map { .part($0) }
            reserved.removeAll()
        }
        if let root = path.first, path.count == 1, !root.hasBranches, root.head == 0, ready.isEmpty {
            swap(&ready, &root.elements)
            root.waitingParts = 0
            bytes.store(0, ordering: .relaxed)
            open = 0
            if root.isDone { path = [] }
            return (path.isEmpty, takeWriters())
        }
        while let branch = path.last, ready.count < 64 {
            let (next, isDone) = branch.withOwnLock { (branch.takeElement(), branch.isDone) }
            if let element = next {
                switch element {
                case .branch(let child): path.append(child)
                case .part(let part):
                    bytes.wrappingSubtract(part.footprint, ordering: .relaxed)
                    if branch.isRoot { open -= 1 }
                    ready.append(element)
                case .failure, .taken:
                    ready.append(element)
                }
            } else if isDone {
                path.removeLast()
                if path.count == 1 { open -= 1 }
            } else {
                break
            }
        }
        return (path.isEmpty, takeWriters())
    }

    /// Nobody reads any more: cancels every task, lets writers go on to find that out, and forgets what was kept.
    func cancel() {
        let (tasks, woken) = lock.withLock { _ -> ([Task<Void, Never>], [UnsafeContinuation<Void, Never>]) in
            if isCancelled { return ([], []) }
            isCancelled = true
            var woken = writers.map(\.continuation)
            if let reader = takeReader() { woken.append(reader) }
            writers = []
            reserved = []
            var tasks: [Task<Void, Never>] = []
            for branch in path { branch.clear(tasks: &tasks) }
            path = []
            return (tasks, woken)
        }
        for task in tasks { task.cancel() }
        for continuation in woken { continuation.resume() }
    }
}

/// The outputs of one task in their place.
final class Branch: Sink, @unchecked Sendable {
    // Sendable: what is not constant belongs to `lock`, that of a root to the outlet's.
    private let outlet: Outlet
    fileprivate let isRoot: Bool
    fileprivate let lock = Lock(())
    fileprivate var elements: [Outlet.Element] = []
    // Elements before it are taken.
    fileprivate var head = 0
    fileprivate var waitingParts = 0
    fileprivate var hasBranches = false
    fileprivate var isDone = false
    // Whether the reader waits for what comes here. Not kept of a root, which has the outlet's lock and sees the path.
    fileprivate var isAwaited = false
    fileprivate var task: Task<Void, Never>?
    private let waits = Atomic(false)
    private let failed = Atomic(false)

    fileprivate init(run: Run, outlet: Outlet, isRoot: Bool) {
        self.outlet = outlet
        self.isRoot = isRoot
        super.init(run: run)
    }

    /// Whether whoever writes has to wait before the next part.
    fileprivate(set) var mustWait: Bool {
        get { waits.load(ordering: .relaxed) }
        set { waits.store(newValue, ordering: .relaxed) }
    }

    override fileprivate(set) var hasFailed: Bool {
        get { failed.load(ordering: .relaxed) }
        set { failed.store(newValue, ordering: .relaxed) }
    }

    /// Keeps everybody else from what it holds, for those who have the outlet's lock.
    fileprivate func withOwnLock<Result: Sendable>(_ body: () -> Result) -> Result { isRoot ? body() : lock.withLock { _ in body() } }

    /// Whether there is something to read; if not, whoever writes next wakes the reader.
    fileprivate func hasNewsOrIsAwaited() -> Bool {
        withOwnLock {
            let hasNews = head < elements.count || isDone
            isAwaited = !hasNews
            return hasNews
        }
    }

    /// Whether the reader waits for what comes here; asked once, it does no more.
    fileprivate func takeAwaited() -> Bool {
        defer { isAwaited = false }
        return isAwaited
    }

    fileprivate func takeElement() -> Outlet.Element? {
        guard head < elements.count else { return nil }
        var element = Outlet.Element.taken
        swap(&element, &elements[head])
        if case .part = element { waitingParts -= 1 }
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 256 {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    fileprivate func clear(tasks: inout [Task<Void, Never>]) {
        let (task, elements) = withOwnLock { () -> (Task<Void, Never>?, [Outlet.Element]) in
            defer { (self.elements, head) = ([], 0) }
            return (self.task.take(), self.elements)
        }
        if let task { tasks.append(task) }
        for case .branch(let child) in elements { child.clear(tasks: &tasks) }
    }

    override func put(_ part: Part) { outlet.put(part, in: self) }

    override func fail(_ error: any Error) { outlet.fail(error, in: self) }

    func finish() { outlet.finish(self) }

    nonisolated(nonsending) func waitForRoom() async throws { try await outlet.waitForRoom(in: self) }

    func offer(_ parts: some Collection<Part>) -> Int { outlet.offer(parts, in: self) }

    nonisolated(nonsending) func putWhenThereIsRoom(_ part: Part) async throws { try await outlet.putWhenThereIsRoom(part, in: self) }

    override func makeBranch() -> Branch {
        let child = Branch(run: run, outlet: outlet, isRoot: false)
        outlet.add(child, to: self)
        return child
    }

    override func start(_ step: AwaitingStep, on part: Part, under invocation: Invocation?) {
        let child = makeBranch()
        invocation?.enter()
        let output = Output(branch: child, next: step.next, invocation: invocation)
        let body: @Sendable () async -> Void = {
            do { try await step.processor.process(part, into: output) } catch { child.fail(error) }
            child.finish()
            invocation?.leave()
            RunningTasks.end()
        }
        RunningTasks.begin()
        // From the root, parts spread over the cores. Below it, a processor that does not wait is done when this returns,
        // and one that waits must not hold up the task that emitted its part.
        outlet.attach(isRoot ? Task(operation: body) : Task.immediate(operation: body), to: child)
    }

    /// Runs a function in a task of its own; what it emits stands in this place.
    func start(before next: Step?, _ body: @escaping @Sendable (Output) async throws -> Void) {
        let child = makeBranch()
        let output = Output(branch: child, next: next, invocation: nil)
        RunningTasks.begin()
        let task = Task {
            do { try await body(output) } catch { child.fail(error) }
            child.finish()
            RunningTasks.end()
        }
        outlet.attach(task, to: child)
    }

    /// Runs the task that the root belongs to.
    func run(_ body: @escaping @Sendable () async throws -> Void) {
        RunningTasks.begin()
        let task = Task {
            do { try await body() } catch { fail(error) }
            finish()
            RunningTasks.end()
        }
        outlet.attach(task, to: self)
    }
}

/// How many tasks of all runs are under way: nothing may be left when runs have ended.
package enum RunningTasks {
    private static let tasks = Atomic(0)

    /// Tasks that have begun and not ended.
    package static var count: Int { tasks.load(ordering: .acquiring) }

    static func begin() { tasks.wrappingAdd(1, ordering: .relaxed) }
    static func end() { tasks.wrappingSubtract(1, ordering: .releasing) }
}
