package import AtelierJSON
package import AtelierOOXML
import AtelierSVG

extension SlideSummary {
    /// Elements that are drawn themselves by outcome, and what stands in the package.
    package var json: JSON {
        .object(
            [.init("elements", .integer(outcomes.reduce(0, +)))]
                + Decision.Outcome.allCases.map { .init($0.rawValue, .integer(count(of: $0))) } + [.init("contents", contents.json)])
    }
}

extension SlideContents {
    package var json: JSON {
        .object(["shapes": .integer(shapes), "pictures": .integer(pictures), "groups": .integer(groups)])
    }
}

extension Decision {
    /// Why nothing of an element stands there, when nothing was noted.
    private static let unseen = JSON.object(["message": .string("nothing of it is seen")])

    package var json: JSON { json(at: nil) }

    /// The same with the element's place in drawing order, when there is one.
    func json(at place: Int?) -> JSON {
        var reasons = findings.map { finding in
            JSON.object([
                "message": .string(finding.message), "deviation": finding.deviation.map(JSON.number),
            ])
        }
        if outcome == .omitted, reasons.isEmpty { reasons = [Self.unseen] }
        return .object([
            "node": place.map { .integer($0) }, "element": .string(element), "line": .integer(line), "group": isGroup ? .bool(true) : nil,
            "outcome": .string(outcome.rawValue),
            "contents": contents == SlideContents() ? nil : contents.json,
            "because": reasons.isEmpty ? nil : .array(reasons),
        ])
    }
}
