public import AtelierSVG

/// What became of one element of a drawing on a slide.
public struct Decision: Hashable, Sendable {
    /// What became of it.
    public enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// It stands there as shapes, as drawn.
        case native
        /// It stands there as shapes that are off by something.
        case approximated
        /// It is a picture, or part of one.
        case picture
        /// Nothing of it stands there.
        case omitted
    }

    /// The element's name, with its id when it has one: `rect#logo`.
    public var element: String
    /// Its line in the source, from 1; 0 when there is none.
    public var line: Int
    /// Whether it holds other elements.
    public var isGroup: Bool
    /// What became of it.
    public var outcome: Outcome
    /// What was written for it alone. An element that became part of another's picture has nothing of its own.
    public var contents: SlideContents
    /// Why it is not there as drawn.
    public var findings: [SVG.Diagnostic]

    /// A decision from its parts.
    public init(
        element: String, line: Int, isGroup: Bool, outcome: Outcome, contents: SlideContents, findings: [SVG.Diagnostic]
    ) {
        self.element = element
        self.line = line
        self.isGroup = isGroup
        self.outcome = outcome
        self.contents = contents
        self.findings = findings
    }
}

/// How much of each kind stands on a slide.
public struct SlideContents: Hashable, Sendable {
    /// Shapes and lines (`p:sp`, `p:cxnSp`).
    public var shapes = 0
    /// Pictures (`p:pic`).
    public var pictures = 0
    /// Groups (`p:grpSp`).
    public var groups = 0

    /// Counts of each kind.
    public init(shapes: Int = 0, pictures: Int = 0, groups: Int = 0) {
        self.shapes = shapes
        self.pictures = pictures
        self.groups = groups
    }

    /// Sums of each kind.
    public static func + (a: SlideContents, b: SlideContents) -> SlideContents {
        SlideContents(shapes: a.shapes + b.shapes, pictures: a.pictures + b.pictures, groups: a.groups + b.groups)
    }

    static func - (a: SlideContents, b: SlideContents) -> SlideContents {
        SlideContents(shapes: a.shapes - b.shapes, pictures: a.pictures - b.pictures, groups: a.groups - b.groups)
    }
}

extension Slide {
    /// Says something of consecutive nodes of the tree, counted from 0 for the root in the order in which they are drawn, each before
    /// its children. Of what nobody says anything, paths and texts are one shape each and groups leave no trace.
    struct Entry: Hashable, Sendable {
        var place: Int
        var nodeCount: Int
        var outcome: Decision.Outcome
        /// What was written for all of them, apart from entries of their own.
        var contents: SlideContents
    }

    /// Visits what became of every element of the drawing that the slide was mapped from, in drawing order, each before its children.
    ///
    /// Their contents add up to those of the slide.
    ///
    /// - Complexity: linear in the count of elements.
    public func visitDecisions(on tree: SVG.Tree, _ visit: (Decision) -> Void) {
        var findings: [Int: [SVG.Diagnostic]] = [:]
        for (place, finding) in zip(findingPlaces, diagnostics) { findings[place, default: []].append(finding) }
        visitOutcomes(on: tree) { node, place, outcome, contents in
            let origin = node.origin
            visit(
                Decision(
                    element: origin.shown, line: origin.line, isGroup: node.children != nil, outcome: outcome, contents: contents,
                    findings: findings[place] ?? []))
        }
    }

    /// How many elements that are drawn themselves (not groups) had each outcome, in the order of `Decision.Outcome.allCases`.
    ///
    /// - Complexity: linear in the count of elements.
    public func outcomeCounts(on tree: SVG.Tree) -> [Int] {
        var (native, approximated, picture, omitted) = (0, 0, 0, 0)
        visitOutcomes(on: tree) { node, _, outcome, _ in
            if node.children != nil { return }
            switch outcome {
            case .native: native += 1
            case .approximated: approximated += 1
            case .picture: picture += 1
            case .omitted: omitted += 1
            }
        }
        return Decision.Outcome.allCases.map { outcome in
            switch outcome {
            case .native: native
            case .approximated: approximated
            case .picture: picture
            case .omitted: omitted
            }
        }
    }

    private func visitOutcomes(
        on tree: SVG.Tree, _ visit: (_ node: SVG.Node, _ place: Int, Decision.Outcome, SlideContents) -> Void
    ) {
        var entries = entries[...], place = 0, covered = 0, outcome = Decision.Outcome.native
        var pending: [SVG.Node] = [.group(tree.root)]
        while let node = pending.popLast() {
            var contents = SlideContents()
            if covered > 0 {
                covered -= 1
            } else if let entry = entries.first, entry.place == place {
                entries.removeFirst()
                (outcome, contents, covered) = (entry.outcome, entry.contents, entry.nodeCount - 1)
            } else {
                outcome = .native
                if node.children == nil { contents.shapes = 1 }
            }
            visit(node, place, outcome, contents)
            place += 1
            if let children = node.children { pending += children.reversed() }
        }
    }
}

/// Collects what became of the nodes of a tree while they are mapped.
struct DecisionRecord {
    private(set) var entries: [Slide.Entry] = []
    /// The place of the next node.
    private(set) var next = 0
    /// Places of nodes that hold the ones to come, outermost first.
    private var open: [Int] = []
    /// Whether what is mapped are no nodes of the tree but what one of them was taken apart into; they say nothing.
    var isSilent = false
    /// The node that findings are about.
    var place: Int { open.last ?? 0 }

    /// Begins a node, which ends before the one that holds it.
    mutating func begin() {
        if isSilent { return }
        open.append(next)
        next += 1
    }

    /// Ends a node of which there is something to say.
    ///
    /// - Parameter nodeCount: Of it and of nodes below it that were not begun.
    mutating func end(_ outcome: Decision.Outcome, _ contents: SlideContents, nodeCount: Int = 1) {
        if isSilent { return }
        let place = open.removeLast()
        next = max(next, place + nodeCount)
        entries.append(Slide.Entry(place: place, nodeCount: nodeCount, outcome: outcome, contents: contents))
    }

    /// Ends a node that is what nobody says anything of.
    mutating func end() { if !isSilent { open.removeLast() } }

    /// The entries in the order of their places. Groups are said after what they hold.
    var sorted: [Slide.Entry] { entries.sorted { $0.place < $1.place } }

    /// Forgets what was said since there were `count` entries, also of what is inside the innermost open node.
    mutating func restore(_ count: Int) {
        entries.removeSubrange(count...)
        next = place + 1
    }
}

extension SVG.Origin {
    /// Its name in reports: `rect#logo`.
    var shown: String { id.map { "\(element)#\($0)" } ?? element }
}

extension SVG.Node {
    /// What a group holds; nil for what is drawn itself.
    var children: [SVG.Node]? {
        if case .group(let group) = self { group.children } else { nil }
    }

    /// Whether it is made of pixels itself.
    var isImage: Bool {
        if case .image = self { true } else { false }
    }

    /// How many nodes there are of it and below it. Depth costs memory, not stack.
    var nodeCount: Int {
        var count = 0
        var pending = [self]
        while let node = pending.popLast() {
            count += 1
            if let children = node.children { pending += children }
        }
        return count
    }
}
