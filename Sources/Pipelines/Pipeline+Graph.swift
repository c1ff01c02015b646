import AtelierStages

// A picture of a pipeline, as text for a terminal and as SVG for everything else. Both show the same boxes.

extension Pipeline {
    /// The pipeline as lines of text: a box for each step, between them what goes along; what is inside of a step stands to its right.
    package var textGraph: String {
        let boxes = boxes
        let width = boxes.map { ($0.lines.map(\.count).max() ?? 0) + 4 * $0.depth }.max() ?? 0
        var text = ""
        for (index, box) in boxes.enumerated() {
            let margin = String(repeating: "    ", count: box.depth), width = width - 4 * box.depth
            if index > 0 { text += margin + (box.isBranch ? "  ╎\n" : "  │\n" + margin + "  ▼\n") }
            if box.isBranch {
                text += margin + "  " + box.lines[0] + "\n"
                continue
            }
            text += margin + "┌─" + String(repeating: "─", count: width) + "─┐\n"
            for line in box.lines { text += margin + "│ " + line + String(repeating: " ", count: width - line.count) + " │\n" }
            text += margin + "└─" + String(repeating: "─", count: width) + "─┘\n"
        }
        return text
    }

    /// The pipeline as an SVG document.
    package var svgGraph: String {
        let boxes = boxes, margin = 16.0, width = boxes.map(\.width).max() ?? 0
        var y = margin, shapes = ""
        for (index, box) in boxes.enumerated() {
            if index > 0 {
                shapes += box.arrow(from: y, margin: margin)
                y += Box.gap
            }
            shapes += box.shapes(at: y, margin: margin, width: width)
            y += box.height
        }
        let size = "width=\"\(width + 2 * margin)\" height=\"\(y + margin)\""
        return
            "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) font-family=\"monospace\" font-size=\"14\" fill=\"#123\">\n"
            + "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\(shapes)</svg>\n"
    }

    private struct Box {
        var lines: [String]
        var depth = 0
        var isStep = true
        /// Whether it is a line that says which parts go on below, and no step.
        var isBranch = false

        static let gap = 36.0, indent = 32.0, lineHeight = 20.0

        /// Up to its right edge, all boxes sharing one; a monospaced letter of 14 pixels is 8.4 wide.
        var width: Double { Double(lines.map(\.count).max() ?? 0) * 8.4 + 32 + left }
        var height: Double { Double(lines.count) * Self.lineHeight + (isBranch ? 4 : 16) }
        private var left: Double { Double(depth) * Self.indent }

        /// What leads to the box from above.
        func arrow(from y: Double, margin: Double) -> String {
            let x = margin + left + 24, dashes = isBranch ? " stroke-dasharray=\"3 3\"" : ""
            let line = "<path d=\"M\(x) \(y)v\(Self.gap - 8)\" stroke=\"#555\" stroke-width=\"1.5\"\(dashes)/>\n"
            return isBranch ? line : line + "<path d=\"M\(x - 5) \(y + Self.gap - 9)h10l-5 9z\" fill=\"#555\"/>\n"
        }

        func shapes(at y: Double, margin: Double, width: Double) -> String {
            let x = margin + left, fill = isStep ? "#e8eef7" : "#fff"
            var shapes = ""
            if !isBranch {
                let size = "width=\"\(width - left)\" height=\"\(height)\""
                shapes = "<rect x=\"\(x)\" y=\"\(y)\" \(size) rx=\"6\" fill=\"\(fill)\" stroke=\"#456\"/>\n"
            }
            for (row, line) in lines.enumerated() {
                let weight = row == 0 && isStep && !isBranch ? " font-weight=\"bold\"" : ""
                let baseline = y + (isBranch ? 14 : 23) + Double(row) * Self.lineHeight
                shapes += "<text x=\"\(x + 16)\" y=\"\(baseline)\"\(weight)>\(escaped(line))</text>\n"
            }
            return shapes
        }
    }

    private var boxes: [Box] {
        [Box(lines: ["inputs"], isStep: false)] + Self.boxes(steps, "", 0) + [Box(lines: ["outputs"], isStep: false)]
    }

    private static func boxes(_ steps: [Step], _ prefix: String, _ depth: Int) -> [Box] {
        steps.enumerated().flatMap { index, step -> [Box] in
            let number = "\(prefix)\(index + 1)"
            func branches(_ branches: [(String, [Step])]) -> [Box] {
                branches.enumerated().flatMap { branch, content in
                    [Box(lines: [content.0], depth: depth + 1, isBranch: true)]
                        + boxes(content.1, "\(number).\(branch + 1).", depth + 1)
                }
            }
            switch step {
            case .make(let making):
                let fallback = making.fallback.map { branches([("what fails", $0)]) } ?? []
                return [Box(lines: lines(of: making, number), depth: depth)] + fallback
            case .parallel(let list):
                let inner = list.enumerated().map { ("branch \($0 + 1)" + ($1.isEmpty ? ": as it is" : ""), $1) }
                return [Box(lines: ["\(number) parallel", "every part through \(list.count) branches"], depth: depth)] + branches(inner)
            case .choose(let cases, let rest):
                var inner = cases.map { ($0.sources.joined(separator: ", ") + ($0.steps.isEmpty ? ": as it is" : ""), $0.steps) }
                if let rest { inner.append(("others" + (rest.isEmpty ? ": as they are" : ""), rest)) }
                let others = rest == nil ? "; others pass" : ""
                return [Box(lines: ["\(number) switch", "the first that takes the type\(others)"], depth: depth)] + branches(inner)
            }
        }
    }

    private static func lines(of step: Making, _ number: String) -> [String] {
        let of = step.sources.joined(separator: ", ")
        let how = step.isPartByPart ? "each" : "all, held until the last"
        var lines = ["\(number) \(step.target.rawValue)", "of \(of) (\(how)); others pass"]
        if let title = step.title { lines.append("title \"\(title.text)\"") }
        if let name = step.name { lines.append("name \"\(name.text)\"") }
        if !step.said.isEmpty { lines.append(step.said.joined(separator: ", ")) }
        return lines
    }
}

extension Pipeline.Making {
    /// What its options say that is not as usual: `colors 12`.
    fileprivate var said: [String] {
        let usual = Pipeline.Making(target)
        return Self.options(of: target).compactMap { option in
            let value = option.read(self)
            guard value != option.read(usual) else { return nil }
            return switch value {
            case .absent: option.name + " " + (option.absence ?? "not set")
            case .flag(let on): on ? option.name : "no \(option.name)"
            case .integer(let number): "\(option.name) \(number)"
            case .number(let number): "\(option.name) \(number)"
            case .text(let text): "\(option.name) \(text)"
            }
        }
    }
}

/// A text as XML has it, without control characters.
private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case _ where scalar.properties.generalCategory == .control: result += " "
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
