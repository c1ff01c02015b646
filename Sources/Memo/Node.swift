import AtelierScheduling

/// What an artifact is, without the type of its value: identity, inputs, tags and the work that makes it.
///
/// `inputs`, `duplicates` and `work` change in `deinit` alone, of nodes nobody else refers to; that makes the class
/// safe to share.
final class Node: @unchecked Sendable {
    let digest: Digest
    /// Sorted, without repetition; the node's own and those of all inputs.
    let tags: [String]
    /// Whose it is; empty for nobody's. What is built on several partitions is the first one's, in the order of the key.
    let partition: String
    /// Distinct by digest, in the order the key found them.
    private(set) var inputs: [Node]
    private var duplicates: [Node]
    private(set) var work: any Work
    /// What `work` says of itself, here because asking an existential copies the stage.
    let name: String, version: Int, retention: Retention, isPlan: Bool, isSource: Bool
    /// Stands for the name where it is compared often.
    let kind: ObjectIdentifier
    /// What making it, or finding it, has shown.
    let costs = Lock<Costs?>(nil)

    init(
        digest: Digest, work: any Work, inputs: [Node] = [], duplicates: [Node] = [], tags: [String] = [], partition: String = ""
    ) {
        self.digest = digest
        self.work = work
        (name, version, retention, isPlan, isSource) = (work.name, work.version, work.retention, work.isPlan, work.isSource)
        kind = ObjectIdentifier(type(of: work))
        self.inputs = inputs
        self.duplicates = duplicates
        self.tags = tags
        self.partition = partition
    }

    convenience init(key: Key, work: any Work) {
        // A chain shares one array of tags: the union is only built where they really differ.
        var tags = key.inputs.first { !$0.tags.isEmpty }?.tags ?? []
        let others = key.inputs.filter { !$0.tags.isEmpty && $0.tags != tags }
        if !others.isEmpty { tags = others.reduce(into: Set(tags)) { $0.formUnion($1.tags) }.sorted() }
        self.init(
            digest: key.digest, work: work, inputs: key.inputs, duplicates: key.duplicates, tags: tags,
            partition: key.inputs.first { !$0.partition.isEmpty }?.partition ?? "")
    }

    /// The same promise with more tags.
    func tagged(_ more: [String]) -> Node {
        Node(
            digest: digest, work: work, inputs: inputs, duplicates: duplicates, tags: Set(tags).union(more).sorted(),
            partition: partition)
    }

    /// The same work under another identity.
    func partitioned(_ name: String) -> Node {
        Node(
            digest: digest.partitioned(name), work: work, inputs: inputs, duplicates: duplicates, tags: tags, partition: name)
    }

    /// Digests of the node and of everything it is built on.
    func reach() -> Set<Digest> {
        var seen: Set<Digest> = [digest]
        var pending = [self]
        while let node = pending.popLast() {
            for input in node.inputs where seen.insert(input.digest).inserted { pending.append(input) }
        }
        return seen
    }

    /// Notes what running the node took, and adds up what it and its distinct inputs cost together.
    ///
    /// - Parameter target: Of a plan, the artifact it led to; it counts as an input.
    func record(_ own: UInt64, target: Node? = nil) -> Costs {
        let costs = Costs(own: own, chain: own &+ Node.chainCost(of: target.map { inputs + [$0] } ?? inputs))
        self.costs.withLock { $0 = costs }
        return costs
    }

    /// Sum over distinct nodes of what is known. A node whose inputs are unknown (it was found, so they were never
    /// asked for) counts with its recorded chain. Beyond 4096 nodes chains are summed as they are, which counts
    /// shared inputs twice: an upper bound instead of a walk over the whole graph at every step.
    private static func chainCost(of inputs: [Node]) -> UInt64 {
        if inputs.count == 1 { return inputs[0].knownCosts?.chain ?? 0 }
        var sum: UInt64 = 0
        var seen: Set<Digest> = []
        var pending = inputs
        while let node = pending.popLast() {
            guard seen.insert(node.digest).inserted, let costs = node.knownCosts else { continue }
            // Of a plan, what it led to costs most, and that is not among its inputs.
            if !node.isPlan, !node.inputs.isEmpty, seen.count < 4096, node.inputs.allSatisfy({ $0.knownCosts != nil }) {
                sum &+= costs.own
                pending += node.inputs
            } else {
                sum &+= costs.chain
            }
        }
        return sum
    }

    private var knownCosts: Costs? { isSource ? Costs(own: 0, chain: 0) : costs.withLock { $0 } }

    deinit {
        // Left to itself, releasing a chain of 10⁵ nodes would recurse 10⁵ deep: a node releases its stage, the
        // stage its artifacts, an artifact its node. So the last owner takes the chain apart in a loop, holding
        // the inputs of each node while the stage that also refers to them goes.
        if inputs.isEmpty { return }
        var pending = inputs
        pending += duplicates
        (inputs, duplicates) = ([], [])
        work = Released()
        while var node = pending.popLast() {
            guard !node.inputs.isEmpty, isKnownUniquelyReferenced(&node) else { continue }
            pending += node.inputs
            pending += node.duplicates
            (node.inputs, node.duplicates) = ([], [])
            node.work = Released()
        }
    }
}

/// What making a value has cost, in nanoseconds.
struct Costs: Sendable {
    var own: UInt64
    /// `own` plus that of all distinct inputs, direct and indirect.
    var chain: UInt64
}

/// How the value of a node comes about.
protocol Work: Sendable {
    associatedtype Output: Storable

    /// Name and version of the stage or plan; `source` and 0 for bytes from outside.
    var name: String { get }
    var version: Int { get }
    var retention: Retention { get }
    /// Whether running it gives another artifact instead of a value.
    var isPlan: Bool { get }
    /// Whether it stands for bytes from outside, which no level keeps and no event reports.
    var isSource: Bool { get }
    /// Failures it may keep, for reading them back.
    var failures: [any StorableFailure.Type] { get }
    /// The canonical bytes of the key, encoded anew; nil for bytes from outside.
    var keyBytes: [UInt8]? { get }
    func footprint(in context: Context) -> Int
    func run(in context: Context) async throws -> Product
}

/// What running gives.
enum Product: Sendable {
    case value(any Storable)
    /// The artifact that answers for a plan.
    case artifact(Node)

    /// Bytes of the value; 0 for an artifact.
    var byteCount: Int {
        switch self {
        case .value(let value): value.byteCount
        case .artifact: 0
        }
    }
}

extension Work {
    var isPlan: Bool { false }
    var isSource: Bool { false }
    var failures: [any StorableFailure.Type] { [] }
    var keyBytes: [UInt8]? { nil }
    func footprint(in context: Context) -> Int { 0 }

    /// Whether what an entry holds was written in `Output`'s format.
    func reads(_ header: EntryHeader) -> Bool {
        Output.format.map { header.format == $0.name && header.formatVersion == $0.version } ?? false
    }

    /// Reads a value that left memory in `Output`'s format; nil when it has none.
    func decode(_ blob: Blob) throws -> (any Storable)? { try Output.format?.decode(blob) }

    /// Name and version of the format values leave memory in; empty and 0 when they do not.
    var format: (name: String, version: Int) { Output.format.map { ($0.name, $0.version) } ?? ("", 0) }

    /// The value in its format; nil when it has none or is of another type.
    func encode(_ value: any Storable) -> Blob? {
        guard let format = Output.format, let value = value as? Output else { return nil }
        return format.encode(value)
    }
}

struct StageWork<S: Stage>: Work {
    typealias Output = S.Output
    let stage: S

    var name: String { S.name }
    var version: Int { S.version }
    var retention: Retention { stage.retention }
    var failures: [any StorableFailure.Type] { S.failures }
    var keyBytes: [UInt8]? { Key.bytes(of: stage, name: S.name, version: S.version, kind: .stage) }
    func footprint(in context: Context) -> Int { max(0, stage.footprint(in: context)) }
    func run(in context: Context) async throws -> Product { .value(try await stage.run(in: context)) }
}

struct PlanWork<P: Plan>: Work {
    typealias Output = P.Output
    let plan: P

    var name: String { P.name }
    var version: Int { P.version }
    var retention: Retention { P.Output.format == nil ? .memory : .everywhere }
    var failures: [any StorableFailure.Type] { P.failures }
    var isPlan: Bool { true }
    var keyBytes: [UInt8]? { Key.bytes(of: plan, name: P.name, version: P.version, kind: .plan) }
    func run(in context: Context) async throws -> Product { .artifact(try await plan.plan(in: context).node) }
}

struct BytesWork: Work {
    typealias Output = Blob
    let blob: Blob
    /// The file they were read from, when they were.
    var path: String?

    var name: String { "source" }
    var version: Int { 0 }
    var retention: Retention { .none }
    var isSource: Bool { true }
    func run(in context: Context) -> Product { .value(blob) }
}

struct FileWork: Work {
    typealias Output = Blob
    let file: SourceFile
    let digest: Digest

    var name: String { "source" }
    var version: Int { 0 }
    var retention: Retention { .none }
    var isSource: Bool { true }
    func footprint(in context: Context) -> Int { file.byteCount }
    func run(in context: Context) throws -> Product { .value(try file.read(expecting: digest)) }
}

/// Stands where the work of a node was that is being taken apart.
private struct Released: Work {
    typealias Output = Blob
    var name: String { "released" }
    var version: Int { 0 }
    var retention: Retention { .none }
    func run(in context: Context) -> Product { preconditionFailure("a released node cannot run") }
}

/// A value with what is known about how it came about.
struct Made: FlightValue {
    var value: any Storable
    var byteCount: Int
    var costs: Costs
    var validity: Validity

    init(value: any Storable, costs: Costs = Costs(own: 0, chain: 0), validity: Validity = Validity()) {
        self.init(value: value, byteCount: value.byteCount, costs: costs, validity: validity)
    }

    init(value: any Storable, byteCount: Int, costs: Costs, validity: Validity) {
        self.value = value
        self.byteCount = byteCount
        self.costs = costs
        self.validity = validity
    }
}

/// Until when a value is an answer: what it inherits from everything it is built on, also from what plans led to.
struct Validity: Sendable {
    /// The generations that were current when the making of the value, or of what it is built on, began.
    var tags: [TagGeneration] = []
    /// In the engine's steady seconds; nil for never.
    var expires: Int64?
    /// How many changes of tags were known when the tags were last seen to be current.
    var changes = UInt64.max

    /// What holds for a value that is built on both.
    func met(with other: Validity) -> Validity {
        Validity(
            tags: TagGeneration.merged(tags, other.tags),
            expires: expires.map { min($0, other.expires ?? $0) } ?? other.expires, changes: min(changes, other.changes))
    }
}
