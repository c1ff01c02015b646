import AtelierJSON
import AtelierMemo
import AtelierModels
import AtelierScheduling
import AtelierServing
import AtelierStages
import Synchronization

/// Everything that handlers share and that tells how the service is.
final class ServiceState: Sendable {
    let configuration: ServiceConfiguration
    let engine: Engine
    /// Whose turn it is.
    let admission: Admission
    let uploads: UploadFolder
    /// Files that come in parts.
    let partialUploads = PartialUploads(clock: monotonicNanoseconds)
    /// What the engine did lately.
    let notes: StepNotes
    /// Which request made which bytes.
    let results: ResultTable
    let jobs = JobTable()
    /// Where jobs are kept.
    let folder: JobFolder
    /// Where parts of jobs wait before they ask for a turn: any number, so that a job that was taken up is not refused.
    let jobLine: Admission
    let webhooks: Webhooks
    /// Bytes that were asked for lately, by their digest.
    let recent = BlobCache(capacity: 128 << 20)
    let studio: Studio
    /// Who is let in.
    let access: Access
    /// What is said of how it is.
    let monitor: Monitor
    /// What conversions are predicted to take.
    let costs = CostTable()
    let housekeeping = Housekeeping()
    /// What uploaded files are.
    let formats = FormatTable()
    /// What names of its requests begin with: the moment it began.
    private let name = String(monotonicNanoseconds() / 1_000_000 & 0xFFFF_FFFF, radix: 36) + "-"
    private let drains = Atomic(false)
    private let nextID = Atomic<UInt64>(0)

    /// Whether it ends: nothing new is begun.
    var isDraining: Bool { drains.load(ordering: .acquiring) }

    init(_ configuration: ServiceConfiguration, engine: Engine) throws {
        self.configuration = configuration
        self.engine = engine
        uploads = try UploadFolder(
            path: configuration.folder + "/blobs", capacity: configuration.storeLimit,
            mostUnderWay: room(forConnections: configuration.server.limits.connections).bodies, now: systemSeconds)
        folder = try JobFolder(path: configuration.folder + "/jobs", defaults: configuration.conversion)
        let classes = Urgency.allCases.map { JobQueue.Class(name: $0.rawValue, patience: $0.patience) }
        admission = Admission(
            JobQueue.Limits(
                slots: configuration.slots, capacity: configuration.queue, bytes: configuration.byteBudget, classes: classes))
        jobLine = Admission(JobQueue.Limits(slots: 2 * configuration.slots, capacity: .max, bytes: .max, classes: classes))
        webhooks = Webhooks(configuration.webhooks)
        let keys = try KeyRing(
            KeyFile(path: configuration.folder + "/keys.json"), now: { Double(monotonicNanoseconds()) * 1e-9 },
            warn: { [log = configuration.log] failure in log?.note("keys", ["problem": .string(failure.description)]) })
        access = Access(configuration.access, keys: keys, host: configuration.server.host, clock: monotonicNanoseconds)
        monitor = Monitor(
            .init(
                statistics: { engine.statistics },
                contents: { Dictionary(engine.levels.map { ($0.name, $0.contents) }) { first, _ in first } },
                queue: { [admission] in Snapshot.Queue(admission) }, jobs: { [jobs] in Snapshot.Jobs(jobs.counts) },
                models: {
                    TracingModel.shelf.usage.models.map {
                        Snapshot.Model(name: $0.name, isLoaded: $0.isLoaded, byteCount: $0.byteCount, uses: $0.uses)
                    }
                }, workerCount: engine.configuration.workers, memoryLimit: MemoryGauge().limit))
        notes = StepNotes(of: engine)
        results = ResultTable()
        studio = try Studio(folder: configuration.studioFolder)
    }

    /// Nothing new is begun from now on, and who follows something is let go.
    func drain() {
        drains.store(true, ordering: .releasing)
        jobLine.close()
        jobs.ringAll()
    }

    /// A name for a request that no other has had since the service began.
    func makeID() -> String {
        let number = nextID.add(1, ordering: .relaxed).newValue
        return name + String(number, radix: 36)
    }
}

/// Classes of service (`Priority` in RFC 9218, or the field `priority` of a request).
enum Urgency: String, CaseIterable, Sendable {
    /// Somebody looks at the screen.
    case interactive
    /// The default.
    case normal
    /// Whenever there is time.
    case batch

    var place: Int { Self.allCases.firstIndex(of: self)! }

    /// For the engine.
    var priority: Priority {
        switch self {
        case .interactive: .interactive
        case .normal: .normal
        case .batch: .background
        }
    }

    /// For how long others may go first, in nanoseconds.
    var patience: UInt64 { priority.patience }

    /// What a request says: `Priority: u=1` is interactive, from `u=5` on it is a batch; 3 is the default of the field.
    init(_ head: RequestHead) {
        let word = head.field("priority")?.split(separator: ",").lazy.compactMap { part -> Int? in
            let part = part.filter { $0 != " " }
            return part.hasPrefix("u=") ? Int(part.dropFirst(2)) : nil
        }.first
        switch word {
        case .some(...2): self = .interactive
        case .some(5...): self = .batch
        default: self = .normal
        }
    }
}
