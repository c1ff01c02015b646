import AtelierArchives
import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import Testing

// Small pictures, and slides as text, for the tests of this room.

let black = SVG.Color(red: 0, green: 0, blue: 0)

func origin(_ element: String, id: String? = nil, title: String? = nil, summary: String? = nil) -> SVG.Origin {
    SVG.Origin(element: element, id: id, title: title, summary: summary, line: 7)
}

func fill(_ color: SVG.Color = black, opacity: Double = 1, rule: FillRule = .nonzero) -> SVG.Fill {
    SVG.Fill(paint: .color(color), opacity: opacity, rule: rule)
}

func stroke(
    _ width: Double = 2, opacity: Double = 1, cap: SVG.Stroke.Cap = .butt, join: SVG.Stroke.Join = .miter, dashes: [Double] = [],
    offset: Double = 0
) -> SVG.Stroke {
    SVG.Stroke(paint: .color(black), opacity: opacity, width: width, cap: cap, join: join, dashes: dashes, dashOffset: offset)
}

func polygon(_ points: [(Double, Double)], closed: Bool = true) -> BezierPath {
    var path = BezierPath()
    path.move(to: Point(points[0].0, points[0].1))
    for point in points.dropFirst() { path.line(to: Point(point.0, point.1)) }
    if closed { path.close() }
    return path
}

func square(_ x: Double, _ y: Double, _ side: Double, clockwise: Bool = true) -> BezierPath {
    let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    return polygon(clockwise ? corners : corners.reversed())
}

func path(
    _ geometry: BezierPath, _ origin: SVG.Origin = origin("path"), transform: AffineTransform = .identity, opacity: Double = 1,
    fill: SVG.Fill? = fill(), stroke: SVG.Stroke? = nil
) -> SVG.Node {
    .path(SVG.Path(origin: origin, geometry: geometry, transform: transform, opacity: opacity, fill: fill, stroke: stroke))
}

func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, rx: Double = 0, ry: Double? = nil,
    _ origin: SVG.Origin = origin("rect"), transform: AffineTransform = .identity, opacity: Double = 1,
    fill: SVG.Fill? = fill(), stroke: SVG.Stroke? = nil
) -> SVG.Node {
    .path(
        SVG.Path(
            origin: origin, geometry: polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)]),
            shape: .rect(Rect(x: x, y: y, width: width, height: height), rx: rx, ry: ry ?? rx), transform: transform,
            opacity: opacity, fill: fill, stroke: stroke))
}

func ellipse(
    _ cx: Double, _ cy: Double, _ rx: Double, _ ry: Double, transform: AffineTransform = .identity, fill: SVG.Fill? = fill(),
    stroke: SVG.Stroke? = nil
) -> SVG.Node {
    return .path(
        SVG.Path(
            origin: origin("ellipse"), geometry: BezierPath(ellipseAt: Point(cx, cy), rx: rx, ry: ry),
            shape: .ellipse(center: Point(cx, cy), rx: rx, ry: ry),
            transform: transform, fill: fill, stroke: stroke))
}

func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, transform: AffineTransform = .identity, stroke: SVG.Stroke) -> SVG.Node {
    .path(
        SVG.Path(
            origin: origin("line"), geometry: polygon([(x1, y1), (x2, y2)], closed: false),
            shape: .line(Point(x1, y1), Point(x2, y2)), transform: transform, fill: fill(), stroke: stroke))
}

func grouped(
    _ children: [SVG.Node], _ origin: SVG.Origin = origin("g"), transform: AffineTransform = .identity, opacity: Double = 1
) -> SVG.Node {
    .group(SVG.Group(origin: origin, transform: transform, opacity: opacity, children: children))
}

/// A picture of 200 × 100 pixels: 1 905 000 × 952 500 EMU, legal as it is.
func picture(_ nodes: [SVG.Node], size: Size = Size(200, 100), title: String? = nil) -> SVG.Tree {
    SVG.Tree(size: size, root: SVG.Group(origin: origin("svg"), children: nodes), title: title)
}

/// Turning clockwise about a point.
func turn(_ degrees: Double, about center: Point) -> AffineTransform {
    AffineTransform.translation(-center.x, -center.y).followed(by: .rotation(Angle(degrees: degrees)))
        .followed(by: .translation(center.x, center.y))
}

extension Slide {
    /// The part as text. Whatever a test looks at is held against the rules for packages first, but for parts of many megabytes, which
    /// would take a debug build a minute.
    var text: String {
        if part.originalByteCount < 4_000_000 {
            do {
                let findings = try checkPresentation(packPresentation([self]))
                #expect(findings == [])
            } catch { Issue.record("\(error)") }
        }
        return String(decoding: part.unpacked()!, as: UTF8.self)
    }

    /// What stands between the root's properties and the end of the shape tree.
    var shapes: String {
        let text = text
        let start = text.firstRange(of: "</p:grpSpPr>")!.upperBound
        return String(text[start..<text.firstRange(of: "</p:spTree>")!.lowerBound])
    }

    var messages: [String] { diagnostics.map(\.message) }
}

/// The shapes of a slide made from nodes alone.
func shapes(_ nodes: SVG.Node...) -> String { mapSlide(picture(nodes)).shapes }

/// The members of an archive as this project writes it, by name; nil when it is not one.
func unzipped(_ file: [UInt8]) -> [String: [UInt8]]? {
    var members: [String: [UInt8]] = [:], position = 0
    func number(_ offset: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(file[position + offset + $1]) << (8 * $1) } }
    while position + 30 <= file.count, number(0, 4) == 0x0403_4B50 {
        let (packed, original, nameCount) = (number(18, 4), number(22, 4), number(26, 2))
        guard let method = PackedBytes.Method(rawValue: UInt16(number(8, 2))) else { return nil }
        let start = position + 30 + nameCount, crc = UInt32(number(14, 4))
        guard start + packed <= file.count else { return nil }
        let body = PackedBytes(method: method, crc32: crc, originalByteCount: original, bytes: Array(file[start..<start + packed]))
        members[String(decoding: file[position + 30..<start], as: UTF8.self)] = body.unpacked()
        position = start + packed
    }
    return members.isEmpty ? nil : members
}
