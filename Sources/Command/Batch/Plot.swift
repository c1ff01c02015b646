import AtelierGeometry
import AtelierSVG

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A plot of a page: shapes as SVG, and beside them lines of HTML that take the colours of the page.
struct Plot {
    private let title: String, caption: String
    private let shapes: BezierPath
    /// Labels of the grid, with their places from 0 (top, left) to 1.
    private var rows: [(place: Double, label: String)] = [], columns: [(place: Double, label: String)] = []

    /// Extent of the drawing in pixels of its own, which are stretched to the page.
    private static let width = 480.0, height = 176.0
    /// Most bars; of more values, these are taken evenly.
    private static let mostBars = 240

    /// Values as bars, the largest first, on a logarithmic scale; nil for fewer than two.
    init?(falling values: [Double], titled title: String, shown: (Double) -> String) {
        guard values.count > 1, let scale = LogScale(of: values) else { return nil }
        let sorted = values.sorted(by: >)
        self.init(bars: sorted.map(scale.place), title, Self.caption(sorted.reversed(), shown))
        rows = scale.marks.map { (1 - $0.place, shown($0.value)) }
    }

    /// Values up to 1 as bars, the smallest first, on a scale that begins below the smallest; nil for fewer than two.
    init?(rising values: [Double], titled title: String, shown: (Double) -> String) {
        guard values.count > 1, let least = values.min() else { return nil }
        let sorted = values.sorted(), floor = max(0, ((least - 0.01) * 20).rounded(.down) / 20)
        self.init(bars: sorted.map { max(0, ($0 - floor) / (1 - floor)) }, title, Self.caption(sorted, shown))
        rows = (0...4).map { (1 - Double($0) / 4, decimal(floor + (1 - floor) * Double($0) / 4, 3)) }
    }

    /// Sizes before and after as points, both on a logarithmic scale; nil for fewer than two.
    init?(sizes: [(before: Int, after: Int)], titled title: String, shown: (Int) -> String) {
        let sizes = sizes.filter { $0.before > 0 && $0.after > 0 }
        guard sizes.count > 1, let across = LogScale(of: sizes.map { Double($0.before) }),
            let up = LogScale(of: sizes.map { Double($0.after) })
        else { return nil }
        var points = BezierPath()
        let side = sizes.count < 100 ? 7.0 : 4
        for size in sizes {
            let x = across.place(Double(size.before)) * Self.width, y = (1 - up.place(Double(size.after))) * Self.height
            points.addBox(Rect(x: x - side / 2, y: y - side / 2, width: side, height: side))
        }
        let gain = sizes.map { Double($0.after) / Double($0.before) }.median ?? 1
        (self.title, shapes) = (title, points)
        caption =
            "a point for each output, in across and out upwards; the median output has \(decimal(gain, 2)) times the bytes of its input"
        rows = up.marks.map { (1 - $0.place, shown(Int($0.value))) }
        columns = across.marks.map { ($0.place, shown(Int($0.value))) }
    }

    private init(bars: [Double], _ title: String, _ caption: String) {
        let count = min(bars.count, Self.mostBars), step = Self.width / Double(count)
        var path = BezierPath()
        for bar in 0..<count {
            let value = bars[count > 1 ? bar * (bars.count - 1) / (count - 1) : 0], height = max(1, value * Self.height)
            path.addBox(
                Rect(x: Double(bar) * step, y: Self.height - height, width: step * (count > 60 ? 1 : 0.8), height: height))
        }
        (self.title, self.caption, shapes) = (title, caption, path)
    }

    private static func caption(_ rising: [Double], _ shown: (Double) -> String) -> String {
        let count = rising.count
        return "least \(shown(rising[0])), median \(shown(rising[count / 2])), 95 % \(shown(rising[(count * 95 - 1) / 100])), "
            + "most \(shown(rising[count - 1]))"
    }

    /// The plot as a figure.
    var html: String {
        let labels =
            rows.map { "<span class=\"y\" style=\"top:\(decimal($0.place * 100, 2))%\">\(escaped($0.label))</span>" }
            + columns.map { "<span class=\"x\" style=\"left:\(decimal($0.place * 100, 2))%\">\(escaped($0.label))</span>" }
        return "<figure>\n<figcaption>\(escaped(title))<small>\(escaped(caption))</small></figcaption>\n"
            + "<div class=\"plot\">\(svg)<div>\(labels.joined())</div></div>\n</figure>\n"
    }

    /// Grid and shapes, in colours that are seen on light and dark.
    private var svg: String {
        var grid = BezierPath()
        for row in rows {
            grid.move(to: Point(0, row.place * Self.height))
            grid.line(to: Point(Self.width, row.place * Self.height))
        }
        for column in columns {
            grid.move(to: Point(column.place * Self.width, 0))
            grid.line(to: Point(column.place * Self.width, Self.height))
        }
        let grey = SVG.Paint.color(SVG.Color(red: 128, green: 128, blue: 128)),
            blue = SVG.Paint.color(SVG.Color(red: 58, green: 132, blue: 208))
        let origin = SVG.Origin(element: "path")
        var nodes: [SVG.Node] = []
        if !grid.isEmpty {
            nodes.append(
                .path(SVG.Path(origin: origin, geometry: grid, fill: nil, stroke: SVG.Stroke(paint: grey, opacity: 0.4, width: 1))))
        }
        nodes.append(.path(SVG.Path(origin: origin, geometry: shapes, fill: SVG.Fill(paint: blue, opacity: columns.isEmpty ? 1 : 0.7))))
        let root = SVG.Group(origin: SVG.Origin(element: "svg"), children: nodes)
        let text = String(decoding: SVG.write(SVG.Tree(size: Size(Self.width, Self.height), root: root)), as: UTF8.self)
        // The page is wider or narrower than the drawing.
        return text.replacing(
            "<svg ", with: "<svg preserveAspectRatio=\"none\" role=\"img\" aria-label=\"\(escaped(title))\" ", maxReplacements: 1)
    }
}

/// A logarithmic scale over positive values, from 1, 2 or 5 times a power of ten to another of these.
private struct LogScale {
    /// All such numbers from one end to the other.
    private let steps: [Double]

    /// Nil without positive values.
    init?(of values: [Double]) {
        guard let least = values.filter({ $0 > 0 }).min(), let most = values.max() else { return nil }
        let tens = Int(log10(least).rounded(.down))...Int(log10(most).rounded(.down)) + 1
        let all = tens.flatMap { ten in [1.0, 2, 5].map { $0 * pow(10, Double(ten)) } }
        let first = all.lastIndex { $0 <= least } ?? 0, last = all.firstIndex { $0 >= most } ?? all.count - 1
        steps = Array(all[first...max(last, first + 1)])
    }

    /// From 0 to 1.
    func place(_ value: Double) -> Double {
        let low = log10(steps[0]), high = log10(steps[steps.count - 1])
        return max(0, min(1, (log10(max(value, 1e-300)) - low) / (high - low)))
    }

    /// Where lines are drawn: at most seven of the steps, evenly, the powers of ten before others.
    var marks: [(place: Double, value: Double)] {
        let stride = steps.count <= 7 ? 1 : (steps.count + 17) / 18 * 3
        let ten = steps.firstIndex { step in (log10(step) - log10(step).rounded()).magnitude < 1e-9 } ?? 0
        return steps.enumerated().filter { ($0.offset - ten) % stride == 0 }.map { (place($0.element), $0.element) }
    }
}

extension BezierPath {
    fileprivate mutating func addBox(_ box: Rect) {
        move(to: Point(box.minX, box.minY))
        line(to: Point(box.maxX, box.minY))
        line(to: Point(box.maxX, box.maxY))
        line(to: Point(box.minX, box.maxY))
        close()
    }
}
