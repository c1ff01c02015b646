import AtelierGeometry

extension Resolver {
    /// Reports a clip path that is left out, unless what it clips lies inside it anyway: design programs put one round
    /// the whole picture of everything they export.
    ///
    /// - Parameters:
    ///   - clip: The value of `clip-path`.
    ///   - bounds: What is drawn, with strokes, in the coordinates that the clip path is in; nil for nothing.
    mutating func reportClip(_ clip: TextRange, of index: Int, around bounds: Rect?) {
        guard let bounds else { return }
        if let reference = reader.reference(clip), let target = element(withID: reference.id), let area = rectangle(ofClip: target) {
            let slack = 1e-6 * max(area.width, area.height)
            if bounds.minX >= area.minX - slack, bounds.minY >= area.minY - slack, bounds.maxX <= area.maxX + slack,
                bounds.maxY <= area.maxY + slack
            {
                return
            }
        }
        report(index, .approximated, "drawn without clipping `\(quoted(clip))`")
    }

    /// The rectangle of a clip path that is nothing but one, in the coordinates of the element clipped.
    private func rectangle(ofClip index: Int) -> Rect? {
        guard document.elements[index].name == .clipPath, stylesheet.isEmpty, has(index, only: [.id, .clipPathUnits]) else { return nil }
        if let units = document.attribute(.clipPathUnits, of: index), !reader.isText(reader.trimmed(units), "userspaceonuse") { return nil }
        let child = index + 1
        guard child < Int(document.elements[index].end), Int(document.elements[child].end) == Int(document.elements[index].end),
            document.elements[child].name == .rect, has(child, only: [.x, .y, .width, .height, .fill, .id])
        else { return nil }
        func value(_ name: AttributeName, _ axis: Axis) -> Double? {
            guard let range = document.attribute(name, of: child) else { return 0 }
            return reader.length(reader.trimmed(range), fontSize: reader.rootFontSize)?.pixels(in: viewport, along: axis)
        }
        guard let x = value(.x, .horizontal), let y = value(.y, .vertical), let width = value(.width, .horizontal),
            let height = value(.height, .vertical), width > 0, height > 0
        else { return nil }
        return Rect(x: x, y: y, width: width, height: height)
    }

    private func has(_ index: Int, only names: [AttributeName]) -> Bool {
        let element = document.elements[index]
        let range = Int(element.firstAttribute)..<Int(element.firstAttribute + element.attributeCount)
        return document.attributes[range].allSatisfy { names.contains($0.name) }
    }
}
