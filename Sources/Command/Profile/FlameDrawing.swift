import AtelierGeometry
import AtelierSVG
import AtelierTelemetry

/// A flame graph as a drawing: boxes on boxes, the outermost below, each with its numbers as a title that browsers show under the pointer.
///
/// The ground is transparent, and what stands on it is a grey that is read on white and on black; text in boxes is dark on light colours.
/// Colours mean something: blue boxes are spans, all others are functions, warm and told apart by the room they belong to.
struct FlameDrawing {
    private let graph: FlameGraph
    private let heading: String
    private let unit: String

    private static let width = 1200.0, margin = 12.0, rowHeight = 18.0, top = 44.0, fontSize = 12.0
    /// Of a monospaced letter, in parts of its size.
    private static let letterWidth = 0.602
    /// Boxes narrower than this are left out; what stands on them is as narrow.
    private static let leastWidth = 0.3

    /// - Parameters:
    ///   - heading: What was profiled.
    ///   - unit: Of weights, such as `samples`.
    init(_ graph: FlameGraph, heading: String, unit: String) { (self.graph, self.heading, self.unit) = (graph, heading, unit) }

    /// The drawing.
    var tree: SVG.Tree {
        let height = Self.top + Double(max(1, graph.depth)) * Self.rowHeight + Self.margin
        let note = graph.total == 0 ? "nothing was recorded" : "\(graph.total) \(unit); blue: spans, others: functions; width: share"
        var nodes = [
            text(heading, at: Point(Self.margin, 20), size: 14, color: .grey),
            text(note, at: Point(Self.margin, 36), color: .grey),
        ]
        let scale = (Self.width - 2 * Self.margin) / Double(max(1, graph.total))
        for box in graph.boxes {
            let rect = Rect(
                x: Self.margin + Double(box.start) * scale,
                y: height - Self.margin - Double(box.depth + 1) * Self.rowHeight, width: Double(box.weight) * scale,
                height: Self.rowHeight - 1)
            guard rect.width >= Self.leastWidth else { continue }
            nodes.append(.group(group(box, rect)))
        }
        return SVG.Tree(
            size: Size(Self.width, height), root: SVG.Group(origin: SVG.Origin(element: "svg"), children: nodes),
            title: heading)
    }

    private func group(_ box: FlameGraph.Box, _ rect: Rect) -> SVG.Group {
        let own = box.own == 0 || box.own == box.weight ? "" : ", \(share(box.own)) in itself"
        let inner = Rect(x: rect.minX, y: rect.minY, width: max(Self.leastWidth, rect.width - 0.5), height: rect.height)
        var children: [SVG.Node] = [
            .path(
                SVG.Path(
                    origin: SVG.Origin(element: "rect"), geometry: BezierPath(inner), shape: .rect(inner, rx: 0, ry: 0),
                    fill: SVG.Fill(paint: .color(color(of: box)))))
        ]
        let room = Int((rect.width - 6) / (Self.fontSize * Self.letterWidth))
        if room >= 3 {
            let label = box.name.count <= room ? box.name : box.name.prefix(room - 1) + "…"
            children.append(text(label, at: Point(rect.minX + 3, rect.minY + 13), color: .ink))
        }
        return SVG.Group(
            origin: SVG.Origin(element: "g", title: "\(box.name): \(box.weight) \(unit), \(share(box.weight))\(own)"), children: children)
    }

    private func share(_ weight: UInt64) -> String { "\(decimal(100 * Double(weight) / Double(max(1, graph.total)), 1)) %" }

    private func text(_ words: String, at place: Point, size: Double = FlameDrawing.fontSize, color: SVG.Color) -> SVG.Node {
        let font = SVG.Text.Font(
            families: ["monospace"], family: nil, isFound: false, isComplete: false, foundWeight: 400, isFoundItalic: false, ascent: 0.8,
            descent: 0.2, lineGap: 0)
        let advance = Double(words.count) * size * Self.letterWidth
        let span = SVG.Text.Span(
            text: words, font: font, size: size, fill: SVG.Fill(paint: .color(color)), start: place, advance: advance, glyphs: [],
            box: Rect(x: place.x, y: place.y - size, width: advance, height: size))
        return .text(
            SVG.Text(
                origin: SVG.Origin(element: "text"), chunks: [SVG.Text.Chunk(anchor: .start, place: place, advance: advance, spans: [span])]
            ))
    }

    /// The same name has the same colour everywhere; functions of one room share its hue.
    private func color(of box: FlameGraph.Box) -> SVG.Color {
        if box.isSpan { return SVG.Color(red: 150, green: 186, blue: UInt8(226 + spread(box.name) % 24)) }
        let room = box.name.prefix { $0 != "." && $0 != "(" }
        let hue = spread(String(room)) % 60, light = spread(box.name) % 16
        // From a light red over orange to yellow.
        return SVG.Color(red: UInt8(232 + light), green: UInt8(154 + hue), blue: UInt8(110 + hue / 2))
    }

    /// A number that depends on nothing but the text (FNV-1a).
    private func spread(_ text: String) -> UInt32 {
        text.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 } >> 8
    }
}

extension SVG.Color {
    /// Contrast 4.5 on white and 4.6 on black (WCAG 2.1, 1.4.3).
    fileprivate static let grey = SVG.Color(red: 0x76, green: 0x76, blue: 0x76)
    fileprivate static let ink = SVG.Color(red: 0x1A, green: 0x1A, blue: 0x1A)
}
