public import AtelierGeometry
public import AtelierSVG

/// Work on outlines that may take long, as a value: it can be done elsewhere, at the same time as other work, and be remembered.
public struct OutlineWork: Hashable, Sendable {
    /// What is to be found out.
    public enum Question: UInt8, Hashable, Sendable {
        /// The region that the nonzero rule fills, as an outline for even-odd; nothing when that is the path as it is.
        case nonzeroRegion
        /// What lies in both regions.
        case intersection
        /// What lies in the first region and not in the second.
        case difference
    }

    /// What is to be found out.
    public var question: Question
    /// The outline in question.
    public var outline: BezierPath
    /// Its rule.
    public var rule: FillRule
    /// The other region; empty for a question about one.
    public var other: BezierPath

    /// A question about one or two outlines; the second one's contours do not cross.
    public init(_ question: Question, _ outline: BezierPath, rule: FillRule = .nonzero, other: BezierPath = BezierPath()) {
        self.question = question
        self.outline = outline
        self.rule = rule
        self.other = other
    }

    /// Answers.
    ///
    /// - Complexity: as `BezierPath.combined`, ending at half of `BezierPath.usualWork`: then two outlines give the first as it is.
    public func answer() -> OutlineAnswer { answer(atMost: Self.most) }

    /// Most comparisons that one question may take.
    fileprivate static let most = BezierPath.usualWork / 2

    /// Answers beforehand, with no more work than outlines of so many segments usually take; what takes more is left to who maps the
    /// slide, and to the budget of that slide.
    public func answerBeforehand() -> OutlineAnswer {
        let answer = answer(atMost: workBeforehand)
        return answer.work < workBeforehand || answer.isGivenUp ? answer : OutlineAnswer(outline: nil, work: OutlineAnswer.leftOpen)
    }

    private func answer(atMost limit: Int) -> OutlineAnswer {
        var work = limit
        let region =
            switch question {
            case .nonzeroRegion: outline.nonzeroRegionForEvenOdd(work: &work)
            case .intersection: outline.combined(.intersection, with: other, rule: rule, work: &work) ?? outline
            case .difference: outline.combined(.difference, with: other, rule: rule, work: &work) ?? outline
            }
        return OutlineAnswer(outline: region, work: limit - max(work, 0))
    }

    /// Some tens of what outlines of 100 to 10,000 segments were measured to take.
    fileprivate var workBeforehand: Int { min(Self.most, 4096 * (outline.elements.count + other.elements.count)) }

    /// Whether an answer takes a millisecond or more, as far as that can be told without one.
    ///
    /// Measured on outlines of 100 to 10,000 segments: 7 µs for a curve, 1 µs for a line, growing faster than linearly only
    /// where many overlap.
    var isCostly: Bool {
        let count = outline.elements.count + other.elements.count
        guard count >= Self.fewestCostlySegments else { return false }
        if question == .nonzeroRegion, !outline.mayWindTwice { return false }
        return outline.microseconds + other.microseconds >= Self.leastCost
    }

    /// Less than these are never costly.
    private static let fewestCostlySegments = 140
    /// A millisecond.
    fileprivate static let leastCost = 1000
}

/// What was found out about outlines.
public struct OutlineAnswer: Hashable, Sendable {
    /// The outline; nil for "nothing".
    public var outline: BezierPath?
    /// What it took of the work a slide may take.
    public var work: Int

    /// An answer from its parts.
    public init(outline: BezierPath?, work: Int = 0) {
        self.outline = outline
        self.work = work
    }

    /// Stands for the work of an answer that was not found beforehand.
    fileprivate static let leftOpen = Int.max

    /// Whether it took more than one question may.
    var isGivenUp: Bool { work >= OutlineWork.most && work < Self.leftOpen }
}

/// Costly work of one slide: what is known of it, and what was missed.
struct OutlineDesk {
    /// Finds answers that are known already.
    var known: (OutlineWork) -> OutlineAnswer? = { _ in nil }
    /// Most pieces put down at a time; what a slide may take is counted where it is done.
    private static let mostPieces = 1024
    /// Whether costly work is put down instead of done.
    private(set) var isCollecting = false
    /// Work put down. What builds on its answers is not known before them.
    private(set) var missing: [OutlineWork] = []
    /// Whether what is mapped now builds on an answer that is missing.
    var isBlocked = false
    /// How many comparisons everything that looks at outlines may still take, 0.6 seconds of them for a slide: clips, fill rules, soft
    /// edges, flat areas. Of 262 test drawings the one that takes most takes a fiftieth. Finding out what to ask beforehand is worth an eighth.
    var workLeft = BezierPath.usualWork
    /// What may still be put down.
    private var workToPutDown = BezierPath.usualWork
    /// How many clips were not applied because they would take more, and are not noted where they are missing.
    var unappliedClips = 0

    /// The answer to a question: known, found out now, or, while collecting, a stand-in. With no work left it is given up: nothing
    /// is said of one region, and of two the first as it is.
    mutating func answer(_ work: OutlineWork) -> OutlineAnswer {
        let isAboutOne = work.question == .nonzeroRegion
        if workLeft <= 0, isCollecting {
            isBlocked = true
            return OutlineAnswer(outline: isAboutOne ? nil : work.outline)
        }
        if workLeft <= 0 {
            if !isAboutOne { unappliedClips += 1 }
            return OutlineAnswer(outline: isAboutOne ? nil : work.outline, work: OutlineWork.most)
        }
        let answer = find(work)
        if answer.isGivenUp, !isAboutOne { unappliedClips += 1 }
        return answer
    }

    /// A region in contours on which both fill rules agree; nil where that takes more work than is left.
    mutating func resolved(_ outline: BezierPath) -> BezierPath? {
        spending { outline.resolved(.nonzero, work: &$0) }
    }

    /// Does something that takes comparisons off what it is given, and takes them off what is left.
    mutating func spending<Result>(atMost limit: Int = OutlineWork.most, _ body: (inout Int) -> Result) -> Result {
        let most = max(0, min(limit, workLeft))
        var work = most
        defer { workLeft -= most - max(work, 0) }
        return body(&work)
    }

    /// Begins to put work down instead of doing it.
    mutating func collect() {
        isCollecting = true
        workLeft = BezierPath.usualWork / 8
    }

    private mutating func find(_ work: OutlineWork) -> OutlineAnswer {
        let answer = work.isCostly ? known(work) : nil
        // What was known beforehand costs the slide as much as if it were found out now, or results would depend on what is known.
        if let answer, answer.work < OutlineAnswer.leftOpen {
            if !isCollecting { workLeft -= answer.work }
            return answer
        }
        guard isCollecting, work.isCostly else {
            let answer = work.answer()
            workLeft -= answer.work
            return answer
        }
        if answer == nil, !isBlocked, missing.count < Self.mostPieces, workToPutDown > 0 {
            missing.append(work)
            workToPutDown -= work.workBeforehand
        }
        isBlocked = true
        return OutlineAnswer(outline: work.outline)
    }
}

/// Work on outlines of a millisecond or more that mapping a drawing asks for, as far as it can be told from what is known.
///
/// Mapping asks again for what builds on these answers; without further questions the result is empty.
/// - Complexity: as `mapSlide` without that work.
public func costlyWork(
    of tree: SVG.Tree, _ options: SlideOptions = .init(), knowing known: @escaping (OutlineWork) -> OutlineAnswer? = { _ in nil }
) -> [OutlineWork] {
    guard tree.root.mayAskCostlyQuestions else { return [] }
    var mapper = SlideMapper(title: nil, profile: options.profile)
    mapper.text = options.text
    mapper.outlines.known = known
    mapper.outlines.collect()
    _ = mapper.map(tree, options)
    return mapper.outlines.missing
}

extension BezierPath {
    /// What working on it takes, see `OutlineWork.isCostly`.
    fileprivate var microseconds: Int {
        var sum = 0
        for element in elements { if case .cubic = element { sum += 7 } else { sum += 1 } }
        return sum
    }
}

extension SVG.Group {
    /// Whether an outline in it is so long that a question about it, with the clips around it, could be costly. Looking at the whole drawing
    /// to put questions down takes as long as mapping it, so this looks first. Depth costs memory, not stack.
    fileprivate var mayAskCostlyQuestions: Bool {
        var pending = [(group: self, clips: 0)]
        while let (group, around) = pending.popLast() {
            let clips = around + (group.clip?.microseconds ?? 0)
            if clips >= OutlineWork.leastCost { return true }
            for child in group.children {
                switch child {
                case .group(let group): pending.append((group, clips))
                case .path(let path) where clips == 0:
                    if path.fill?.rule == .nonzero, path.geometry.microseconds >= OutlineWork.leastCost, path.geometry.mayWindTwice {
                        return true
                    }
                case .path(let path):
                    // The region of a stroke has some times the segments of its line.
                    let strokes = path.stroke == nil ? 1 : 4
                    if clips + path.geometry.microseconds * strokes >= OutlineWork.leastCost { return true }
                // Glyphs have some tens of curves each.
                case .text: if clips > 0 { return true }
                case .image: break
                }
            }
        }
        return false
    }
}
