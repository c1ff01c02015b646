import AtelierStages

// A picture of a pipeline, as text for a terminal and as SVG for everything else. Both show the same boxes.

extension Pipeline {
    /// The pipeline as lines of text: a box for each step, between them what goes along.
    package var textGraph: String {
        let boxes = boxes
        let width = boxes.flatMap(\.lines).map(\.count).max() ?? 0
        var text = ""
        for (index, box) in boxes.enumerated() {
            if index > 0 { text += "  │\n  ▼\n" }
            text += "┌─" + String(repeating: "─", count: width) + "─┐\n"
            for line in box.lines { text += "│ " + line + String(repeating: " ", count: width - line.count) + " │\n" }
            text += "└─" + String(repeating: "─", count: width) + "─┘\n"
        }
        return text
    }

    /// The pipeline as an SVG document.
    package var svgGraph: String {
        let boxes = boxes, lineHeight = 20.0, gap = 36.0, margin = 16.0
        // A monospaced letter of 14 pixels is 8.4 wide.
        let width = Double(boxes.flatMap(\.lines).map(\.count).max() ?? 0) * 8.4 + 32
        var y = margin, shapes = ""
        for (index, box) in boxes.enumerated() {
            let middle = margin + width / 2
            if index > 0 {
                shapes += "<path d=\"M\(middle) \(y)v\(gap - 8)\" stroke=\"#555\" stroke-width=\"1.5\"/>\n"
                shapes += "<path d=\"M\(middle - 5) \(y + gap - 9)h10l-5 9z\" fill=\"#555\"/>\n"
                y += gap
            }
            let height = Double(box.lines.count) * lineHeight + 16
            let fill = box.isStep ? "#e8eef7" : "#fff"
            shapes +=
                "<rect x=\"\(margin)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\" rx=\"6\" fill=\"\(fill)\" stroke=\"#456\"/>\n"
            for (row, line) in box.lines.enumerated() {
                let weight = row == 0 && box.isStep ? " font-weight=\"bold\"" : ""
                shapes += "<text x=\"\(margin + 16)\" y=\"\(y + 23 + Double(row) * lineHeight)\"\(weight)>\(escaped(line))</text>\n"
            }
            y += height
        }
        let size = "width=\"\(width + 2 * margin)\" height=\"\(y + margin)\""
        return
            "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) font-family=\"monospace\" font-size=\"14\" fill=\"#123\">\n"
            + "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\(shapes)</svg>\n"
    }

    private struct Box {
        var lines: [String]
        var isStep = true
    }

    private var boxes: [Box] {
        [Box(lines: ["inputs"], isStep: false)]
            + steps.enumerated().map { index, step in
                let of = step.sources.joined(separator: ", ")
                let how = step.isPartByPart ? "each" : "all, held until the last"
                var lines = ["\(index + 1) \(step.target.rawValue)", "of \(of) (\(how)); others pass"]
                if let title = step.title { lines.append("title \"\(title)\"") }
                if !step.said.isEmpty { lines.append(step.said.joined(separator: ", ")) }
                return Box(lines: lines)
            } + [Box(lines: ["outputs"], isStep: false)]
    }
}

extension Pipeline.Step {
    /// What its options say that is not as usual: `colors 12`.
    fileprivate var said: [String] {
        let usual = Pipeline.Step(target)
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
