import AtelierScheduling
import Synchronization

/// What a running stage sees: the values of its inputs, cancellation, progress.
///
/// It does not lead to the engine: a stage that could ask for more would hide a dependency from its key.
public struct Context: Sendable {
    private let inputs: [Node]
    private let values: [any Storable]
    /// Where each input stands, when there are too many to look through.
    private let positions: [Digest: Int]?
    private let cancellation: Cancellation
    private let workers: WorkerPool
    private let report: @Sendable (Double) -> Void

    init(
        inputs: [Node], values: [any Storable], cancellation: Cancellation, workers: WorkerPool,
        report: @escaping @Sendable (Double) -> Void
    ) {
        self.inputs = inputs
        self.values = values
        positions = inputs.count <= 8 ? nil : Dictionary(uniqueKeysWithValues: zip(inputs.lazy.map(\.digest), inputs.indices))
        self.cancellation = cancellation
        self.workers = workers
        self.report = report
    }

    /// The value of an input. Only artifacts that are stored properties of the stage (also inside arrays, optionals
    /// and option structs) can be asked for; anything else ends the program.
    public subscript<Value: Storable>(artifact: Artifact<Value>) -> Value {
        let digest = artifact.digest
        guard let index = positions.map({ $0[digest] }) ?? inputs.firstIndex(where: { $0.digest == digest }) else {
            preconditionFailure("a stage reads an artifact that is not among its stored properties")
        }
        guard let value = values[index] as? Value else {
            preconditionFailure("an input is a \(type(of: values[index])), not a \(Value.self): two stages share a name")
        }
        return value
    }

    /// Whether nobody waits for the output any more.
    public var isCancelled: Bool { cancellation.isCancelled }

    /// Throws when nobody waits for the output any more. Long stages ask between tiles, rows or pages.
    public func checkCancellation() throws(CancellationError) {
        if isCancelled { throw CancellationError() }
    }

    /// Calls a function once for every number from 0 up to `count`, here and on workers that have nothing else to do, and
    /// returns when all calls have returned. What a stage makes must not depend on who makes which part; calls shorter than
    /// some 50 µs gain nothing.
    public func concurrently(_ count: Int, _ body: @Sendable (Int) -> Void) { workers.concurrently(count, body) }

    /// Tells whoever listens to the engine's events how far the stage is, from 0 to 1.
    public func progress(_ fraction: Double) { report(fraction) }
}

/// Whether a run is still wanted. Set once, from any thread.
final class Cancellation: Sendable {
    private let flag = Atomic(false)
    private let task = Lock<Task<Void, Never>?>(nil)

    var isCancelled: Bool { flag.load(ordering: .acquiring) }

    func mark() { flag.store(true, ordering: .releasing) }

    /// Passes the mark on to the task.
    func cancelTask() { task.withLock { $0 }?.cancel() }

    /// The task that runs the stage, for stages that wait inside the Swift runtime.
    func attach(_ running: Task<Void, Never>) {
        task.withLock { $0 = running }
        if isCancelled { running.cancel() }
    }
}
