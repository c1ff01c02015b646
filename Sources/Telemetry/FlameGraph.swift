/// Stacks added up into boxes, each as wide as what happened inside it.
///
///     let graph = FlameGraph(timeline.stacks)
///     for box in graph.boxes { draw(box) }
///
/// Boxes that stand on the same one are in the order of their names: two graphs of the same program can be laid side by side (Gregg,
/// "The Flame Graph", CACM 59 (6), 2016).
public struct FlameGraph: Sendable, Equatable {
    /// One function or span, with everything that called it the same way.
    public struct Box: Sendable, Equatable {
        /// What it is called.
        public var name: String
        /// How many boxes lie under it.
        public var depth: Int
        /// Where it begins and how wide it is, in the unit of the stacks.
        public var start: UInt64, weight: UInt64
        /// Of its width, what lies under no box above it.
        public var own: UInt64
        /// Whether it is a span, not a function.
        public var isSpan: Bool
    }

    /// By depth and then from left to right.
    public private(set) var boxes: [Box] = []
    /// The width of everything.
    public private(set) var total: UInt64 = 0
    /// How many boxes lie on one another at most.
    public var depth: Int { (boxes.last?.depth ?? -1) + 1 }

    private final class Node {
        var children: [String: Node] = [:]
        var weight: UInt64 = 0, own: UInt64 = 0, isSpan = true
    }

    /// The graph of some stacks.
    ///
    /// - Complexity: O(*n*) for *n* names in all stacks, and sorting siblings.
    public init(_ stacks: [FoldedStack]) {
        let root = Node()
        for stack in stacks {
            var node = root
            node.weight += stack.weight
            for (depth, name) in stack.names.enumerated() {
                let child = node.children[name] ?? Node()
                child.isSpan = child.isSpan && depth < stack.spanCount
                node.children[name] = child
                child.weight += stack.weight
                node = child
            }
            node.own += stack.weight
        }
        total = root.weight
        // A level at a time, so that deep stacks take no stack here.
        var level: [(node: Node, start: UInt64)] = [(root, 0)], depth = 0
        while !level.isEmpty {
            var next: [(node: Node, start: UInt64)] = []
            for (node, start) in level {
                var start = start
                for (name, child) in node.children.sorted(by: { $0.key < $1.key }) {
                    boxes.append(
                        Box(name: name, depth: depth, start: start, weight: child.weight, own: child.own, isSpan: child.isSpan))
                    next.append((child, start))
                    start += child.weight
                }
            }
            level = next
            depth += 1
        }
    }
}

/// A stack that occurred, and how often or how long.
public struct FoldedStack: Sendable, Equatable {
    /// The outermost first.
    public var names: [String]
    /// How many of them are spans; the others are functions.
    public var spanCount: Int
    /// Samples, or microseconds.
    public var weight: UInt64

    /// A stack from its parts.
    public init(_ names: [String], spanCount: Int, weight: UInt64) {
        (self.names, self.spanCount, self.weight) = (names, spanCount, weight)
    }
}

extension Timeline {
    /// The stacks of all samples, equal ones together, in the order of their names; weights are samples.
    public var stacksOfSamples: [FoldedStack] {
        folded(samples.map { FoldedStack($0.stack.isEmpty ? ["outside of spans"] : $0.stack, spanCount: $0.spanCount, weight: 1) })
    }

    /// The stacks of all spans, equal ones together, in the order of their names; weights are microseconds that belong to no span inside.
    public var stacksOfSpans: [FoldedStack] {
        folded(
            lanes.flatMap { lane in
                var stacks: [FoldedStack] = []
                eachWithOwnTime(of: lane) { path, own in
                    stacks.append(FoldedStack(path.map(\.name), spanCount: path.count, weight: own / 1000))
                }
                return stacks
            }
        ).filter { $0.weight > 0 }
    }

    /// Those of samples where there are any, else those of spans.
    public var stacks: [FoldedStack] { samples.isEmpty ? stacksOfSpans : stacksOfSamples }

    /// Calls a function with every span of a lane below those that contain it, and with the time that no span inside it took.
    func eachWithOwnTime(of lane: Lane, _ body: ([Span], UInt64) -> Void) {
        var path: [(span: Span, own: UInt64)] = []
        func leave() {
            body(path.map(\.span), path[path.count - 1].own)
            path.removeLast()
        }
        for span in lane.spans {
            // Who has ended when it begins, or lies as deep, does not contain it.
            while let last = path.last, last.span.end <= span.begin || last.span.depth >= span.depth { leave() }
            if let last = path.last { path[path.count - 1].own = last.own > span.nanoseconds ? last.own - span.nanoseconds : 0 }
            path.append((span, span.nanoseconds))
        }
        while !path.isEmpty { leave() }
    }
}

/// Equal stacks as one, in the order of their names.
private func folded(_ stacks: [FoldedStack]) -> [FoldedStack] {
    var sums: [[String]: FoldedStack] = [:]
    for stack in stacks {
        sums[stack.names, default: FoldedStack(stack.names, spanCount: stack.spanCount, weight: 0)].weight += stack.weight
    }
    return sums.values.sorted { $0.names.lexicographicallyPrecedes($1.names) }
}
