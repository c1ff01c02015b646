import AtelierJSON
import AtelierMemo
import AtelierStages

/// A request that is done while nobody has to wait, named by the digest of what it asks for.
struct ConversionJob: Sendable {
    /// How far a job, or one of its parts, is.
    enum Phase: String, CaseIterable, Sendable {
        case queued, running, done, failed, cancelled

        var isOver: Bool { self != .queued && self != .running }
    }

    /// What is asked for. Equal requests are one job.
    struct Request: Hashable, Sendable {
        var wishes: Wishes
        var inputs: [Submission.Input]
    }

    /// A part of a job: what becomes one result.
    struct Item: Sendable {
        /// Of the result.
        struct Result: Hashable, Sendable {
            var digest: Digest
            var byteCount: Int
            /// As an archive keeps it; nil of a job from before it was kept.
            var checksum: UInt32?
            /// Where it lay; nil when it was made.
            var level: String?
            /// Nanoseconds.
            var took: UInt64
        }

        var name: String
        var phase = Phase.queued
        var result: Result?
        var problem: Problem?
        /// The stage that ran when somebody last looked; nil while it waits.
        var stage: String?
        /// By what it was made; not kept over a restart.
        var steps: [MadeConversion.Step] = []
    }

    /// Something that happened to a job, for those who follow it.
    struct Entry: Sendable {
        var number: Int
        /// `progress`, `part` or `end`.
        var name: String
        /// Which part; nil for the job.
        var item: Int?
    }

    let id: Digest
    let request: Request
    var urgency: Urgency
    /// Who is to be told of its end and was not yet.
    var webhooks: Set<String> = []
    var phase = Phase.queued
    var items: [Item]
    /// Seconds since 1970.
    var created: Int64, ended: Int64?
    /// Who asked for it.
    var owners: Set<JobOwner>
    /// Those of them who cancelled it while others wait for it, and when, in seconds since 1970.
    var withdrawals: [JobOwner: Int64] = [:]
    /// Names that they gave to their wish for it.
    var names: Set<WishName> = []
    /// What happened lately, and the number of the last.
    var entries: [Entry] = [], lastEntry = 0
    /// Its place among all jobs by when they were asked for.
    var sequence = 0
    /// How often it was begun after it had ended: what an earlier attempt still tells does not count.
    var attempt = 0
    /// Who shares the queue with it.
    var client = ""

    private static let mostEntries = 64

    init(
        _ request: Request, of owner: JobOwner, urgency: Urgency, webhooks: Set<String> = [], defaults: ConversionOptions, at time: Int64
    ) {
        id = request.id(over: defaults)
        (self.request, owners, self.urgency, self.webhooks, created) = (request, [owner], urgency, webhooks, time)
        items = request.parts.map { Item(name: $0[0].name) }
    }

    /// Parts that are over.
    var doneCount: Int { items.count { $0.phase.isOver } }

    mutating func note(_ name: String, item: Int? = nil) {
        lastEntry += 1
        // How far a job is, is said once; only the last of two says something.
        if name == "progress", entries.last?.name == "progress" { entries.removeLast() }
        entries.append(Entry(number: lastEntry, name: name, item: item))
        if entries.count > Self.mostEntries { entries.removeFirst() }
    }
}

extension ConversionJob.Request {
    /// The files of each part: a drawing is made of one file, a presentation of all.
    var parts: [[Submission.Input]] { wishes.kind == .trace ? inputs.map { [$0] } : [inputs] }

    /// What is asked for, in one document; options as by default are left out.
    func json(over defaults: ConversionOptions) -> JSON {
        .object([
            "kind": .string(wishes.kind.rawValue),
            "settings": said(wishes, over: Wishes(wishes.kind, over: defaults), of: wishes.kind.options),
            "inputs": .array(
                inputs.map { input in
                    .object([
                        "digest": .string(input.digest.description), "name": .string(input.name),
                        "settings": input.wishes.map {
                            said($0, over: Wishes(wishes.kind, over: defaults), of: wishes.kind.options) ?? .object([])
                        },
                    ])
                }),
        ])
    }

    /// Names the request. Names of files count, because results are called by them.
    func id(over defaults: ConversionOptions) -> Digest { Digest(hashing: Blob(json(over: defaults).bytes), threads: 1) }

    /// Reads what `json(over:)` wrote; nil for anything else, such as options of another version.
    init?(reading json: JSON, over defaults: ConversionOptions) {
        guard let kind = json["kind"]?.string.flatMap(ConversionKind.init), case .array(let list)? = json["inputs"] else { return nil }
        wishes = Wishes(kind, over: defaults)
        // What cannot be read is no request of this version.
        if let settings = json["settings"], (try? wishes.take(settings)) == nil { return nil }
        inputs = list.compactMap { value in
            guard let digest = value["digest"]?.string.flatMap(Digest.init), let name = value["name"]?.string else { return nil }
            var own: Wishes?
            if let settings = value["settings"] {
                own = Wishes(kind, over: defaults)
                // Neither are those of one input.
                if (try? own?.take(settings)) == nil { return nil }
            }
            return .init(digest: digest, name: name, wishes: own)
        }
        guard inputs.count == list.count, !inputs.isEmpty else { return nil }
    }
}

// MARK: - On disk

extension ConversionJob {
    /// The job as it is kept.
    func record(over defaults: ConversionOptions) -> JSON {
        .object([
            "version": .integer(1),
            "request": request.json(over: defaults),
            "state": .string(phase.rawValue),
            "priority": .string(urgency.rawValue),
            "webhooks": webhooks.isEmpty ? nil : .array(webhooks.sorted().map(JSON.string)),
            "created": .integer(Int(created)),
            "ended": ended.map { .integer(Int($0)) },
            "owners": .array(owners.sorted().map { .string($0.name) }),
            "withdrawals": withdrawals.isEmpty
                ? nil
                : .array(
                    withdrawals.sorted { $0.key < $1.key }.map {
                        .object(["owner": .string($0.key.name), "ended": .integer(Int($0.value))])
                    }),
            "keys": names.isEmpty ? nil : .array(names.sorted().map(\.json)),
            "entries": .integer(lastEntry),
            "items": phase.isOver
                ? .array(
                    items.map { item in
                        .object([
                            "state": .string(item.phase.rawValue),
                            "digest": item.result.map { .string($0.digest.description) },
                            "bytes": item.result.map { .integer($0.byteCount) },
                            "checksum": item.result?.checksum.map { .integer(Int($0)) },
                            "cache": item.result?.level.map(JSON.string),
                            "took": item.result.map { .integer(Int($0.took)) },
                            "problem": item.problem?.json(requestID: nil),
                        ])
                    }) : nil,
        ])
    }

    /// Reads what `record(over:)` wrote; nil for anything else.
    init?(reading json: JSON, over defaults: ConversionOptions) {
        guard json["version"] == .integer(1), let request = json["request"].flatMap({ Request(reading: $0, over: defaults) }),
            let phase = json["state"]?.string.flatMap(Phase.init), case .integer(let created)? = json["created"],
            let urgency = json["priority"]?.string.flatMap(Urgency.init)
        else { return nil }
        self.init(request, of: .nobody, urgency: urgency, defaults: defaults, at: Int64(created))
        // One from before jobs had owners is nobody's.
        if case .array(let list)? = json["owners"] { owners = Set(list.compactMap(\.string).map(JobOwner.init(key:))) }
        if case .array(let list)? = json["withdrawals"] {
            for value in list {
                guard let owner = value["owner"]?.string, case .integer(let time)? = value["ended"] else { return nil }
                withdrawals[JobOwner(key: owner)] = Int64(time)
            }
        }
        if case .array(let list)? = json["webhooks"] { webhooks = Set(list.compactMap(\.string)) }
        if case .integer(let time)? = json["ended"] { ended = Int64(time) }
        if case .array(let list)? = json["keys"] { names = Set(list.compactMap(WishName.init)) }
        if case .integer(let count)? = json["entries"] { lastEntry = count }
        // What was under way is begun again; what it had made is found.
        self.phase = phase.isOver ? phase : .queued
        guard phase.isOver else { return }
        guard case .array(let list)? = json["items"], list.count == items.count else { return nil }
        for (index, value) in list.enumerated() {
            guard let phase = value["state"]?.string.flatMap(Phase.init) else { return nil }
            items[index].phase = phase
            items[index].problem = value["problem"].flatMap(Problem.init(reading:))
            if let digest = value["digest"]?.string.flatMap(Digest.init), case .integer(let count)? = value["bytes"],
                case .integer(let took)? = value["took"]
            {
                var checksum: UInt32?
                if case .integer(let number)? = value["checksum"] { checksum = UInt32(exactly: number) }
                items[index].result = .init(
                    digest: digest, byteCount: count, checksum: checksum, level: value["cache"]?.string, took: UInt64(max(0, took)))
            }
        }
    }
}
