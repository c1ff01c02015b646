import AtelierGeometry

extension Resolver {
    /// Finds the winning value of every attribute and property of an element and leaves it in `values`.
    ///
    /// From weak to strong: presentation attributes, style sheets by layer, specificity and order, the `style` attribute,
    /// `!important` of style sheets, `!important` of the `style` attribute (CSS Cascade 4, 6; SVG 2, 6.4). Of the keywords that
    /// all properties have, only `initial` on inherited ones is left in `values`; `var()` is replaced.
    /// - Parameter parent: The style that it inherits custom properties from; nil for that of the nearest element above it in
    ///   the document that was cascaded.
    mutating func cascade(_ index: Int, under parent: Style? = nil) throws(SVG.ParseError) {
        let element = document.elements[index]
        present = AttributeSet()
        (hasWideKeyword, hasVariable) = (false, false)
        customDeclarations.removeAll(keepingCapacity: true)
        var styleAttribute = TextRange.missing
        for i in Int(element.firstAttribute)..<Int(element.firstAttribute + element.attributeCount) {
            let attribute = document.attributes[i]
            switch attribute.name {
            // Properties of CSS that have no presentation attribute.
            case .mixBlendMode, .isolation, .translate: continue
            default: set(attribute.name, reader.trimmed(attribute.value))
            }
            if attribute.name == .style { styleAttribute = attribute.value }
        }
        var hasImportant = false
        let matches = stylesheet.isEmpty ? [] : try matchingEntries(index)
        for match in matches {
            try step(index, count: stylesheet.entries[match].declarations.count >> 3)
            for declaration in stylesheet.declarations[stylesheet.entries[match].declarations] {
                if declaration.isImportant { hasImportant = true } else { set(declaration, index) }
            }
        }
        if !styleAttribute.isEmpty {
            readDeclarations(styleAttribute, in: reader.text) {
                if $0.isImportant { hasImportant = true } else { set($0, index) }
            }
        }
        if hasImportant {
            // What is important is so the other way round in layers: the first layer wins, what is in none loses.
            for match in stylesheet.hasLayers ? byStrength(matches, reversed: true) : matches {
                for declaration in stylesheet.declarations[stylesheet.entries[match].declarations] where declaration.isImportant {
                    set(declaration, index)
                }
            }
            if !styleAttribute.isEmpty {
                readDeclarations(styleAttribute, in: reader.text) { if $0.isImportant { set($0, index) } }
            }
        }
        if let made = document.made { try replaceVariables(index, parent, made) }
        if hasWideKeyword { try applyWideKeywords(index) }
    }

    private mutating func set(_ declaration: Declaration, _ index: Int) {
        switch declaration.target {
        case .custom(let name):
            if document.made != nil { customDeclarations.append((name, declaration.value)) }
        case .all:
            guard reader.keyword(declaration.value) != nil else { return }
            for name in AttributeName.allCases where name.isProperty { set(name, declaration.value) }
        case .property(let name):
            switch name {
            case .fill, .stroke, .color, .stopColor:
                // A colour of a later CSS often follows one that everybody knows: `fill: red; fill: device-cmyk(0 1 1 0)`.
                if value(name) != nil, reader.keyword(declaration.value) == nil, !reader.hasVariable(declaration.value),
                    reader.paint(declaration.value, current: .black) == nil
                {
                    return invalid(name, declaration.value, index)
                }
            case .font:
                if !setFont(declaration.value, { $0.set($1, $2) }) { invalid(.font, declaration.value, index) }
                return
            default: break
            }
            set(name, declaration.value)
            guard name == .marker else { return }
            for name in [AttributeName.markerStart, .markerMid, .markerEnd] { set(name, declaration.value) }
        }
    }

    private mutating func set(_ name: AttributeName, _ value: TextRange) {
        values[Int(name.rawValue)] = value
        present.insert(name)
        if !value.isEmpty {
            switch reader.text[Int(value.start)] | 0x20 {
            case UInt8(ascii: "i"), UInt8(ascii: "u"), UInt8(ascii: "r"):
                if name.isProperty, reader.keyword(value) != nil { hasWideKeyword = true }
            default: break
            }
            if document.made != nil, name.isProperty, reader.hasVariable(value) { hasVariable = true }
        }
    }

    /// Finds the element's custom properties and replaces `var()` by them. A value that cannot be replaced is as if it were not
    /// there (CSS Custom Properties 1, 3.1).
    private mutating func replaceVariables(_ index: Int, _ parent: Style?, _ made: MadeText) throws(SVG.ParseError) {
        var inherited = parent?.customProperties ?? 0
        if parent == nil {
            var ancestor = Int(document.elements[index].parent)
            while ancestor >= 0 {
                if let known = customProperties.setOfElement[ancestor] {
                    inherited = known
                    break
                }
                ancestor = Int(document.elements[ancestor].parent)
            }
        }
        guard let (own, cost) = customProperties.set(declaring: customDeclarations, under: inherited, reader, made) else {
            throw .tooComplex(limit: options.limits.expandedByteCount, line: Int(document.elements[index].line))
        }
        try step(index, count: cost)
        ownCustomProperties = own
        if own != inherited || customProperties.setOfElement[index] != nil || index == 0 { customProperties.setOfElement[index] = own }
        guard hasVariable else { return }
        for name in AttributeName.allCases where name.isProperty {
            guard let range = value(name), reader.hasVariable(range) else { continue }
            guard let (value, cost) = customProperties.replaced(range, in: own, reader, made) else {
                throw .tooComplex(limit: options.limits.expandedByteCount, line: Int(document.elements[index].line))
            }
            try step(index, count: cost)
            if value.isMissing || value.isEmpty {
                report(index, .invalid, "\(name.spelling) `\(quoted(range))` refers to a custom property without a value; it is left out")
                present.remove(name)
            } else {
                set(name, value)
            }
        }
    }

    /// Replaces `inherit`, `unset` and `revert` by what they mean, and `initial` on properties that are not inherited.
    private mutating func applyWideKeywords(_ index: Int) throws(SVG.ParseError) {
        var fromParent: [AttributeName] = []
        for name in AttributeName.allCases where name.isProperty {
            guard let range = value(name), let keyword = reader.keyword(range) else { continue }
            if name.isInherited {
                if keyword == .inherit { present.remove(name) }
            } else {
                present.remove(name)
                if reader.isText(range, "inherit") { fromParent.append(name) }
            }
        }
        let parent = Int(document.elements[index].parent)
        guard !fromParent.isEmpty, parent >= 0 else { return }
        let own = (values, present, ownCustomProperties)
        try step(index)
        try cascade(parent)
        let found = fromParent.map { ($0, value($0)) }
        (values, present, ownCustomProperties) = own
        for case (let name, let range?) in found { set(name, range) }
    }

    /// The entries of the style sheet whose selectors match an element, the strongest last.
    private mutating func matchingEntries(_ index: Int) throws(SVG.ParseError) -> [Int] {
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
        var found: [Int] = []
        for (i, candidate) in candidates.enumerated() where i == 0 || candidates[i - 1] != candidate {
            if try matches(stylesheet.entries[candidate].selector.compounds, 0, index) { found.append(candidate) }
        }
        return byStrength(found, reversed: false)
    }

    /// Entries from weak to strong: by layer, then by specificity, then in order.
    private func byStrength(_ entries: [Int], reversed: Bool) -> [Int] {
        entries.sorted {
            if stylesheet.hasLayers {
                let a = stylesheet.rank($0), b = stylesheet.rank($1)
                if a != b { return reversed ? a > b : a < b }
            }
            let a = stylesheet.entries[$0].selector.specificity, b = stylesheet.entries[$1].selector.specificity
            return a == b ? $0 < $1 : a < b
        }
    }

    /// Whether the compounds from `place` on hold for the element and what stands above and before it.
    private mutating func matches(_ compounds: [Selector.Compound], _ place: Int, _ index: Int) throws(SVG.ParseError) -> Bool {
        let classes = compounds[place].classes.isEmpty ? nil : document.attribute(.class, of: index)
        try step(index, count: 1 + (classes.map { Int($0.end - $0.start) >> 6 } ?? 0))
        guard try matches(compounds[place], index) else { return false }
        if place + 1 == compounds.count { return true }
        switch compounds[place].combinator {
        case .child:
            let parent = Int(document.elements[index].parent)
            return parent >= 0 ? try matches(compounds, place + 1, parent) : false
        case .descendant:
            var ancestor = Int(document.elements[index].parent)
            while ancestor >= 0 {
                if try matches(compounds, place + 1, ancestor) { return true }
                ancestor = Int(document.elements[ancestor].parent)
            }
            return false
        case .next:
            return try previous(index).map { sibling throws(SVG.ParseError) in try matches(compounds, place + 1, sibling) } ?? false
        case .later:
            var sibling = previous(index)
            while let other = sibling {
                if try matches(compounds, place + 1, other) { return true }
                sibling = previous(other)
            }
            return false
        }
    }

    private mutating func matches(_ compound: Selector.Compound, _ index: Int) throws(SVG.ParseError) -> Bool {
        if let type = compound.type {
            guard type == document.elements[index].name else { return false }
            if type == .unknown, !reader.isSameText(compound.typeName, document.elements[index].content) { return false }
        }
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
        for condition in compound.conditions {
            if try !holds(condition, index) { return false }
        }
        return true
    }

    private mutating func holds(_ condition: Selector.Condition, _ index: Int) throws(SVG.ParseError) -> Bool {
        switch condition {
        case .never: return false
        case .root: return index == 0
        case .empty: return Int(document.elements[index].end) == index + 1 && document.elements[index].content.isEmpty
        case .link: return document.elements[index].name == .a && document.attribute(.href, of: index) != nil
        case .attribute(let test):
            // Looking through a long value is work, too.
            if test.relation == .contains || test.relation == .hasWord { try step(index, count: attributeByteCount(index) >> 6) }
            return holds(test, index)
        case .place(let step, let offset, let fromEnd, let sameType):
            // The root has no siblings and is the first and the last.
            let place = 1 + (index == 0 ? 0 : siblings.count(index, fromEnd: fromEnd, sameType: sameType, document))
            let distance = place - offset
            return step == 0 ? distance == 0 : distance % step == 0 && distance / step >= 0
        case .anyOf(let selectors):
            for selector in selectors { if try matches(selector.compounds, 0, index) { return true } }
            return false
        case .scope: return scopes.last == index
        case .has(let selectors):
            scopes.append(index)
            defer { scopes.removeLast() }
            let end = Int(document.elements[index].end), parent = Int(document.elements[index].parent)
            for selector in selectors {
                let leading = selector.compounds[selector.compounds.count - 2].combinator
                let isAfter = leading == .next || leading == .later
                if isAfter, parent < 0 { continue }
                for other in isAfter ? end..<Int(document.elements[parent].end) : index + 1..<end
                where document.elements[other].name != .characters {
                    if try matches(selector.compounds, 0, other) { return true }
                }
            }
            return false
        case .noneOf(let selectors):
            for selector in selectors { if try matches(selector.compounds, 0, index) { return false } }
            return true
        }
    }

    private func holds(_ test: Selector.AttributeTest, _ index: Int) -> Bool {
        var found: TextRange?
        if let known = test.known {
            found = document.attribute(known, of: index)
        } else {
            var low = 0, high = document.otherAttributes.count
            while low < high {
                let middle = (low + high) / 2
                if document.otherAttributes[middle].element < Int32(index) { low = middle + 1 } else { high = middle }
            }
            while low < document.otherAttributes.count, document.otherAttributes[low].element == Int32(index), found == nil {
                if reader.isSameText(document.otherAttributes[low].name, test.name) { found = document.otherAttributes[low].value }
                low += 1
            }
        }
        guard let value = found else { return false }
        if test.relation == .exists { return true }
        let text = UnsafeBufferPointer(start: reader.text + Int(value.start), count: Int(value.end - value.start))
        let wanted = UnsafeBufferPointer(start: reader.text + Int(test.value.start), count: Int(test.value.end - test.value.start))
        func folded(_ byte: UInt8) -> UInt8 { test.ignoresCase && byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
        /// Whether the wanted text stands at a place, which leaves room for it.
        func stands(at place: Int) -> Bool {
            for i in 0..<wanted.count where folded(text[place + i]) != folded(wanted[i]) { return false }
            return true
        }
        let room = text.count - wanted.count
        switch test.relation {
        case .exists: return true
        case .equals: return room == 0 && stands(at: 0)
        case .hasWord:
            return room >= 0 && !wanted.isEmpty && !wanted.contains(where: isSpace)
                && (0...room).contains { place in
                    (place == 0 || isSpace(text[place - 1])) && (place == room || isSpace(text[place + wanted.count])) && stands(at: place)
                }
        case .isLanguage: return room >= 0 && stands(at: 0) && (room == 0 || text[wanted.count] == UInt8(ascii: "-"))
        case .begins: return room >= 0 && !wanted.isEmpty && stands(at: 0)
        case .ends: return room >= 0 && !wanted.isEmpty && stands(at: room)
        case .contains: return room >= 0 && !wanted.isEmpty && (0...room).contains { stands(at: $0) }
        }
    }

    private mutating func previous(_ index: Int) -> Int? {
        siblings.previous(index, document)
    }

    /// The value of an attribute or property of the element that was cascaded last.
    func value(_ name: AttributeName) -> TextRange? {
        present.contains(name) ? values[Int(name.rawValue)] : nil
    }
}

/// How elements stand among their siblings; found for a whole document at once when a style sheet first asks.
struct Siblings {
    private var before: [Int32] = [], after: [Int32] = [], sameBefore: [Int32] = [], sameAfter: [Int32] = []
    private var previous: [Int32] = []

    /// How many siblings stand before an element, or after it.
    mutating func count(_ index: Int, fromEnd: Bool, sameType: Bool, _ document: SVG.Document) -> Int {
        find(document)
        return Int((fromEnd ? (sameType ? sameAfter : after) : (sameType ? sameBefore : before))[index])
    }

    /// The sibling before an element.
    mutating func previous(_ index: Int, _ document: SVG.Document) -> Int? {
        find(document)
        return previous[index] < 0 ? nil : Int(previous[index])
    }

    private mutating func find(_ document: SVG.Document) {
        guard before.isEmpty else { return }
        let count = document.elements.count
        previous = Array(repeating: -1, count: count)
        (before, after) = (Array(repeating: 0, count: count), Array(repeating: 0, count: count))
        (sameBefore, sameAfter) = (before, after)
        var last = previous
        var ofType: [Int64: Int32] = [:]
        func kind(_ index: Int) -> Int64 { Int64(document.elements[index].parent) << 8 | Int64(document.elements[index].name.rawValue) }
        for index in 1..<max(count, 1) {
            let parent = Int(document.elements[index].parent)
            if last[parent] >= 0 {
                previous[index] = last[parent]
                before[index] = before[Int(last[parent])] + 1
            }
            last[parent] = Int32(index)
            sameBefore[index] = ofType[kind(index), default: 0]
            ofType[kind(index)] = sameBefore[index] + 1
        }
        for index in 1..<max(count, 1) {
            after[index] = before[Int(last[Int(document.elements[index].parent)])] - before[index]
            sameAfter[index] = ofType[kind(index), default: 1] - sameBefore[index] - 1
        }
    }
}
