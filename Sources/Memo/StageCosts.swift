import AtelierScheduling

/// What stages have cost lately, by name: for what was never measured itself.
///
/// A median, because one run on a busy machine, or of one huge picture, says little of the next. It does not correct what
/// was measured: the runs of one stage differ a thousandfold by what they are given, the load of a machine tenfold at most.
final class StageCosts: Sendable {
    private static let remembered = 9

    /// The latest chain costs, the next to be replaced at `next`.
    private struct Recent: Sendable {
        var costs: [UInt64] = []
        var next = 0
    }
    private let stages = Lock<[String: Recent]>([:])
    /// What running one alone has cost, the latest counting an eighth; by the kind of node.
    private let runs = Lock<[ObjectIdentifier: UInt64]>([:])

    /// What is done in less is not worth waking a thread for, in nanoseconds.
    private static let briefest: UInt64 = 50_000
    /// What has more to look at, in bytes, may well take longer than it did lately.
    private static let littleInput = 64 << 10

    /// Notes a run; O(1).
    func note(_ chain: UInt64, of stage: String) {
        stages.withLock { stages in
            var recent = stages.removeValue(forKey: stage) ?? Recent()
            if recent.costs.count < Self.remembered {
                recent.costs.append(chain)
            } else {
                recent.costs[recent.next] = chain
            }
            recent.next = (recent.next + 1) % Self.remembered
            stages[stage] = recent
        }
    }

    /// Nanoseconds that an output of a stage has lately cost with everything it is built on; nil before the first run.
    func typical(of stage: String) -> UInt64? {
        let costs = stages.withLock { $0[stage]?.costs ?? [] }
        return costs.isEmpty ? nil : costs.sorted()[costs.count / 2]
    }

    /// Notes what running a node took, without what it is built on.
    func note(run cost: UInt64, of node: Node) {
        runs.withLock { runs in
            let known = runs[node.kind] ?? cost
            runs[node.kind] = known - known / 8 + cost / 8
        }
    }

    /// Whether running a node is expected to take less than waking a thread for it: what it did lately and has little to look at.
    /// A plan that never ran is, too: most only look at something.
    func isBrief(_ node: Node, inputByteCount: Int) -> Bool {
        if inputByteCount > Self.littleInput { return false }
        guard let cost = runs.withLock({ $0[node.kind] }) else { return node.isPlan }
        return cost <= Self.briefest
    }
}
