import AtelierGeometry

extension Resolver {
    /// Finds the winning value of every attribute and property of an element and leaves it in `values`.
    ///
    /// From weak to strong: presentation attributes, style sheets by specificity and order, the `style` attribute,
    /// `!important` of style sheets, `!important` of the `style` attribute (CSS 2.1, 6.4; SVG 2, 6.4).
    mutating func cascade(_ index: Int) throws(SVG.ParseError) {
        let element = document.elements[index]
        present = 0
        var styleAttribute = TextRange.missing
        for i in Int(element.firstAttribute)..<Int(element.firstAttribute + element.attributeCount) {
            let attribute = document.attributes[i]
            set(attribute.name, reader.trimmed(attribute.value))
            if attribute.name == .style { styleAttribute = attribute.value }
        }
        var hasImportant = false
        let matches = stylesheet.isEmpty ? [] : try matchingSelectors(index)
        for match in matches {
            try step(index, count: stylesheet.selectors[match].declarations.count >> 3)
            for declaration in stylesheet.declarations[stylesheet.selectors[match].declarations] where !declaration.isImportant {
                set(declaration, index)
            }
        }
        if !styleAttribute.isEmpty {
            readDeclarations(styleAttribute, in: reader.text) {
                if $0.isImportant { hasImportant = true } else { set($0, index) }
            }
        }
        for match in matches {
            for declaration in stylesheet.declarations[stylesheet.selectors[match].declarations] where declaration.isImportant {
                set(declaration, index)
            }
        }
        if hasImportant {
            readDeclarations(styleAttribute, in: reader.text) { if $0.isImportant { set($0, index) } }
        }
    }

    private mutating func set(_ declaration: Declaration, _ index: Int) {
        switch declaration.name {
        case .fill, .stroke, .color, .stopColor:
            // A colour of a later CSS often follows one that everybody knows: `fill: red; fill: lch(50% 90 40)`.
            if value(declaration.name) != nil, reader.keyword(declaration.value) == nil, reader.paint(declaration.value) == nil {
                return invalid(declaration.name, declaration.value, index)
            }
        default: break
        }
        set(declaration.name, declaration.value)
        guard declaration.name == .marker else { return }
        for name in [AttributeName.markerStart, .markerMid, .markerEnd] { set(name, declaration.value) }
    }

    private mutating func set(_ name: AttributeName, _ value: TextRange) {
        values[Int(name.rawValue)] = value
        present |= 1 << UInt128(name.rawValue)
    }

    /// The selectors that match an element, the strongest last.
    private mutating func matchingSelectors(_ index: Int) throws(SVG.ParseError) -> [Int] {
        var candidates = stylesheet.universal
        candidates += stylesheet.byType[document.elements[index].name] ?? []
        if !stylesheet.byID.isEmpty, let id = document.attribute(.id, of: index) {
            candidates += stylesheet.byID[document.string(id)] ?? []
        }
        if !stylesheet.byClass.isEmpty, let classes = document.attribute(.class, of: index) {
            reader.forEachWord(in: classes) { candidates += stylesheet.byClass[document.string($0)] ?? [] }
        }
        // A class written twice brings its rules twice.
        candidates.sort()
        var matches: [Int] = []
        for (i, candidate) in candidates.enumerated() where i == 0 || candidates[i - 1] != candidate {
            if try isMatched(candidate, index) { matches.append(candidate) }
        }
        return matches.sorted {
            let a = stylesheet.selectors[$0].specificity, b = stylesheet.selectors[$1].specificity
            return a == b ? $0 < $1 : a < b
        }
    }

    private mutating func isMatched(_ selector: Int, _ index: Int) throws(SVG.ParseError) -> Bool {
        let compounds = stylesheet.selectors[selector].compounds
        return try matches(compounds, 0, index)
    }

    /// Whether the compounds from `place` on hold for the element and what stands above it.
    private mutating func matches(_ compounds: [Stylesheet.Compound], _ place: Int, _ index: Int) throws(SVG.ParseError) -> Bool {
        let classes = compounds[place].classes.isEmpty ? nil : document.attribute(.class, of: index)
        try step(index, count: 1 + (classes.map { Int($0.end - $0.start) >> 6 } ?? 0))
        guard matches(compounds[place], index) else { return false }
        if place + 1 == compounds.count { return true }
        var ancestor = Int(document.elements[index].parent)
        if compounds[place].isChild {
            return ancestor >= 0 ? try matches(compounds, place + 1, ancestor) : false
        }
        while ancestor >= 0 {
            if try matches(compounds, place + 1, ancestor) { return true }
            ancestor = Int(document.elements[ancestor].parent)
        }
        return false
    }

    private func matches(_ compound: Stylesheet.Compound, _ index: Int) -> Bool {
        if let type = compound.type, type == .unknown || type != document.elements[index].name { return false }
        if !compound.ids.isEmpty {
            guard let id = document.attribute(.id, of: index) else { return false }
            for wanted in compound.ids where !reader.isSameText(wanted, id) { return false }
        }
        if !compound.classes.isEmpty {
            guard let classes = document.attribute(.class, of: index) else { return false }
            for wanted in compound.classes {
                var found = false
                reader.forEachWord(in: classes) { if reader.isSameText(wanted, $0) { found = true } }
                if !found { return false }
            }
        }
        return true
    }

    /// The value of an attribute or property of the element that was cascaded last.
    func value(_ name: AttributeName) -> TextRange? {
        present & 1 << UInt128(name.rawValue) != 0 ? values[Int(name.rawValue)] : nil
    }
}
