import AtelierSVG

/// A drawing read and written again, without the enclosing `svg`: what the resolver understood, in SVG's own words.
func rewritten(_ content: String, attributes: String = "viewBox='0 0 100 100'") throws -> String {
    let lines = try written(content, attributes: attributes).split(separator: "\n")
    return lines.dropFirst().dropLast().joined(separator: "\n")
}

/// The same with the enclosing `svg`.
func written(_ content: String, attributes: String = "viewBox='0 0 100 100'") throws -> String {
    String(decoding: SVG.write(try tree(content, attributes: attributes)), as: UTF8.self)
}

/// The tree of a drawing.
func tree(_ content: String, attributes: String = "viewBox='0 0 100 100'", stepCount: Int? = nil) throws -> SVG.Tree {
    let text =
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' \(attributes)>\(content)</svg>"
    var options = SVG.ReadOptions()
    if let stepCount { options.limits.stepCount = stepCount }
    return try SVG.read(Array(text.utf8).span, options: options)
}

/// The diagnostics of a drawing: `outcome element: message`.
func diagnostics(_ content: String, attributes: String = "viewBox='0 0 100 100'") throws -> [String] {
    try tree(content, attributes: attributes).diagnostics.map { "\($0.outcome) \($0.element): \($0.message)" }
}
