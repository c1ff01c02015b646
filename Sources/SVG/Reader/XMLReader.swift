import AtelierGeometry
import CAtelierExpat

extension SVG.Document {
    /// Reads the bytes of an SVG file: UTF-8, UTF-16, ISO-8859-1 or US-ASCII, by byte order mark or XML declaration.
    ///
    /// A document type is accepted, and entities that the file itself declares, as far as their references add up to no more than
    /// a limit; nothing outside the file is ever opened. A namespace prefix that is not declared is taken by its usual meaning. Files that
    /// gzip compressed (`.svgz`) are read as what they hold.
    /// - Complexity: O(*n*)
    public init(parsing bytes: Span<UInt8>, limits: SVG.Limits = .init()) throws(SVG.ParseError) {
        let result: Result<SVG.Document, SVG.ParseError> = bytes.withUnsafeBufferPointer { buffer in
            do throws(SVG.ParseError) {
                guard gunzippedByteCount(buffer) != nil else { return .success(try parse(buffer, limits, declaresPrefixes: true)) }
                let inflated = try gunzipped(buffer, limit: min(limits.byteCount, Int(Int32.max) / 2))
                return inflated.withUnsafeBufferPointer { inflated in
                    do throws(SVG.ParseError) {
                        return .success(try parse(inflated, limits, declaresPrefixes: true))
                    } catch {
                        return .failure(error)
                    }
                }
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }
}

private typealias Document = SVG.Document

/// The separator that expat puts between namespace and name; no namespace can contain it.
private let separator: UInt8 = 1

/// - Parameter declaresPrefixes: False for another go at a file that uses a namespace prefix without declaring it.
private func parse(
    _ bytes: UnsafeBufferPointer<UInt8>, _ limits: SVG.Limits, declaresPrefixes: Bool
) throws(SVG.ParseError) -> Document {
    guard bytes.count <= min(limits.byteCount, Int(Int32.max) / 2) else {
        throw .tooLarge(byteCount: bytes.count, limit: limits.byteCount)
    }
    // White space before the XML declaration is not XML, but common and harmless; its lines count.
    var start = 0, skippedLines = 0
    while start < bytes.count, bytes[start] == 0x20 || (bytes[start] >= 0x09 && bytes[start] <= 0x0D) {
        if bytes[start] == 0x0A { skippedLines += 1 }
        start += 1
    }
    guard let base = bytes.baseAddress, start < bytes.count else { throw .empty }
    guard let parser = declaresPrefixes ? XML_ParserCreateNS(nil, XML_Char(separator)) : XML_ParserCreate(nil) else {
        throw .malformed(reason: "out of memory", line: 0, column: 0)
    }
    defer { XML_ParserFree(parser) }
    // Beyond this many bytes, what entities stand for may at most double what the file has.
    _ = XML_SetBillionLaughsAttackProtectionActivationThreshold(parser, UInt64(max(limits.expandedByteCount, 0)))
    _ = XML_SetBillionLaughsAttackProtectionMaximumAmplification(parser, 2)

    let input = UnsafeBufferPointer(start: base + start, count: bytes.count - start)
    var builder = DocumentBuilder(parser: parser, input: input, limits: limits, skippedLines: skippedLines)
    builder.declaresPrefixes = declaresPrefixes
    let document: Document? = try withUnsafeMutablePointer(to: &builder) { builder throws(SVG.ParseError) in
        XML_SetUserData(parser, builder)
        XML_SetElementHandler(parser, elementDidStart, elementDidEnd)
        XML_SetCharacterDataHandler(parser, textDidArrive)
        XML_SetEntityDeclHandler(parser, entityWasDeclared)
        XML_SetSkippedEntityHandler(parser, entityWasSkipped)
        XML_SetUnknownEncodingHandler(parser, encodingWasUnknown, builder)
        XML_SetProcessingInstructionHandler(parser, instructionDidArrive)
        let status = input.withMemoryRebound(to: CChar.self) { XML_Parse(parser, $0.baseAddress, Int32($0.count), 1) }
        if let error = builder.pointee.error { throw error }
        if status != XML_STATUS_OK {
            let code = XML_GetErrorCode(parser)
            if code == XML_ERROR_AMPLIFICATION_LIMIT_BREACH {
                throw .entitiesTooLong(limit: limits.expandedByteCount, line: builder.pointee.line)
            }
            if code == XML_ERROR_UNBOUND_PREFIX, declaresPrefixes { return nil }
            let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "unknown error"
            throw .malformed(reason: reason, line: builder.pointee.line, column: builder.pointee.column)
        }
        return builder.pointee.document
    }
    if let document { return document }
    let line = builder.line
    var other = try parse(bytes, limits, declaresPrefixes: false)
    other.undeclaredPrefixLine = line
    return other
}

/// The namespaces that matter.
private enum Space {
    case none, svg, xlink, xml, inkscape, xhtml, other

    init(_ name: UnsafeBufferPointer<UInt8>) {
        if isNamespace(name, "http://www.w3.org/2000/svg") {
            self = .svg
        } else if isNamespace(name, "http://www.w3.org/1999/xlink") {
            self = .xlink
        } else if isNamespace(name, "http://www.w3.org/XML/1998/namespace") {
            self = .xml
        } else {
            self =
                isNamespace(name, "http://www.inkscape.org/namespaces/inkscape")
                ? .inkscape : isNamespace(name, "http://www.w3.org/1999/xhtml") ? .xhtml : .other
        }
    }
}

/// The document as far as it has been read. Expat's callbacks reach it through a pointer that lives as long as the parse.
private struct DocumentBuilder {
    let parser: XML_Parser
    let input: UnsafeBufferPointer<UInt8>
    let limits: SVG.Limits
    let skippedLines: Int
    let elementNames = ElementName.table
    let attributeNames = AttributeName.table

    var document = Document(elements: [], attributes: [], text: [], stylesheetInstructions: [])
    /// Indices of the open elements, outermost first.
    var open: [Int32] = []
    /// How many elements are open, those of other namespaces included.
    var depth = 0
    /// Depth of the outermost open element of another namespace; 0 when there is none.
    var foreignDepth = 0
    var elementCount = 0
    /// False when names come with their prefixes as written.
    var declaresPrefixes = true
    /// What prefixes stand for, as far as declared, when names come with them.
    var prefixes: [String: Space] = ["svg": .svg, "xlink": .xlink, "xml": .xml]
    /// Text of the open `title`, `desc` or `style`.
    var content: [UInt8] = []
    /// How many open elements are `text` or `foreignObject` or lie in one: their characters are kept.
    var textDepth = 0
    /// Characters inside `text` since the last tag.
    var characters: [UInt8] = []
    var error: SVG.ParseError?

    init(parser: XML_Parser, input: UnsafeBufferPointer<UInt8>, limits: SVG.Limits, skippedLines: Int) {
        self.parser = parser
        self.input = input
        self.limits = limits
        self.skippedLines = skippedLines
        document.text.reserveCapacity(input.count)
        document.elements.reserveCapacity(input.count / 128 + 1)
        document.attributes.reserveCapacity(input.count / 32 + 1)
    }

    var line: Int { Int(XML_GetCurrentLineNumber(parser)) + skippedLines }
    var column: Int { Int(XML_GetCurrentColumnNumber(parser)) + 1 }

    mutating func fail(_ failure: SVG.ParseError) {
        if error == nil { error = failure }
        XML_StopParser(parser, 0)
    }

    mutating func start(_ name: UnsafePointer<CChar>, _ values: UnsafeMutablePointer<UnsafePointer<CChar>?>) {
        // Expat may deliver what it had pending after a stop.
        if error != nil { return }
        depth += 1
        elementCount += 1
        guard depth <= limits.depth else { return fail(.tooDeep(limit: limits.depth, line: line, column: column)) }
        guard elementCount <= limits.elementCount else {
            return fail(.tooManyElements(limit: limits.elementCount, line: line, column: column))
        }
        if foreignDepth > 0 { return notePage(name, values) }
        if !declaresPrefixes { collectPrefixes(values) }
        let (space, local) = split(name)
        // Of web pages inside `foreignObject` the text is kept, with elements that have no meaning here but their names.
        let isPage = space == .xhtml && open.contains { document.elements[Int($0)].name == .foreignObject }
        guard space == .none || space == .svg || isPage else {
            if open.isEmpty { return fail(.notSVG(root: String(decoding: local, as: UTF8.self), line: line)) }
            foreignDepth = depth
            return
        }
        let known = isPage ? .unknown : elementNames.index(of: local).flatMap { ElementName(rawValue: $0) } ?? .unknown
        if open.isEmpty, known != .svg { return fail(.notSVG(root: String(decoding: local, as: UTF8.self), line: line)) }

        flushCharacters()
        let first = document.attributes.count
        let line = Int32(clamping: line)
        var next = 0
        while let attribute = values[next], let value = values[next + 1] {
            next += 2
            add(attribute, value, line)
        }
        let element = Document.Element(
            name: known, parent: open.last ?? -1, end: Int32(document.elements.count + 1), line: line,
            firstAttribute: Int32(first), attributeCount: Int32(document.attributes.count - first),
            content: known == .unknown ? store(local) : .missing)
        open.append(Int32(document.elements.count))
        document.elements.append(element)
        if textDepth > 0 || known == .text || known == .foreignObject { textDepth += 1 }
    }

    /// Keeps the characters since the last tag as a child of the open element.
    private mutating func flushCharacters() {
        guard !characters.isEmpty else { return }
        let range = characters.withUnsafeBufferPointer { store($0) }
        characters.removeAll(keepingCapacity: true)
        let element = Document.Element(
            name: .characters, parent: open.last ?? -1, end: Int32(document.elements.count + 1), line: Int32(clamping: line),
            firstAttribute: Int32(document.attributes.count), attributeCount: 0, content: range)
        document.elements.append(element)
    }

    private mutating func add(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>, _ line: Int32) {
        let (space, local) = split(name)
        guard space != .svg, space != .other else { return }
        guard let index = attributeNames.index(of: local), let attribute = AttributeName(rawValue: index),
            (space == .inkscape) == (attribute == .groupmode || attribute == .label)
        else {
            if space == .none { addOther(local, buffer(value), line) }
            return
        }
        if space == .xml {
            guard attribute == .space || attribute == .lang else { return }
        } else if space == .xlink {
            // Of XLink only `href` matters, and the one without a namespace goes first.
            guard attribute == .href else { return }
            for other in document.attributes[attributesOfOpenTag...] where other.name == .href { return }
        } else if attribute == .href {
            document.attributes[attributesOfOpenTag...].removeAll { $0.name == .href }
        }
        let bytes = buffer(value)
        guard bytes.count <= limits.attributeByteCount else {
            return fail(
                .attributeTooLong(
                    name: attribute.spelling, length: bytes.count, limit: limits.attributeByteCount, line: Int(line)))
        }
        let range = store(bytes)
        if attribute == .style { blankComments(range) }
        document.attributes.append(Document.Attribute(name: attribute, value: range))
    }

    private mutating func addOther(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, _ line: Int32) {
        guard value.count <= limits.attributeByteCount else {
            let name = String(decoding: name.prefix(40), as: UTF8.self)
            return fail(.attributeTooLong(name: name, length: value.count, limit: limits.attributeByteCount, line: Int(line)))
        }
        document.otherAttributes.append(
            Document.OtherAttribute(element: Int32(document.elements.count), name: store(name), value: store(value)))
    }

    /// Keeps the frame of an `inkscape:page`; of other foreign elements nothing.
    private mutating func notePage(_ name: UnsafePointer<CChar>, _ values: UnsafeMutablePointer<UnsafePointer<CChar>?>) {
        let (space, local) = split(name)
        guard space == .inkscape, isNamespace(local, "page"), document.pages.count < 1000 else { return }
        var page = SVG.Page(frame: Rect(x: 0, y: 0, width: 0, height: 0)), next = 0
        var numbers = (x: 0.0, y: 0.0, width: 0.0, height: 0.0)
        while let attribute = values[next], let value = values[next + 1] {
            next += 2
            let (space, local) = split(attribute), text = String(cString: value), number = Double(text) ?? 0
            if space == .inkscape, isNamespace(local, "label") { page.name = text }
            guard space == .none, number.isFinite else { continue }
            if isNamespace(local, "x") { numbers.x = number }
            if isNamespace(local, "y") { numbers.y = number }
            if isNamespace(local, "width") { numbers.width = number }
            if isNamespace(local, "height") { numbers.height = number }
        }
        guard numbers.width > 0, numbers.height > 0 else { return }
        page.frame = Rect(x: numbers.x, y: numbers.y, width: numbers.width, height: numbers.height)
        document.pages.append(page)
    }

    /// Where the attributes of the tag that is being read begin.
    private var attributesOfOpenTag: Int {
        guard let last = document.elements.last else { return 0 }
        return Int(last.firstAttribute + last.attributeCount)
    }

    mutating func end() {
        if error != nil { return }
        if foreignDepth > 0 {
            if foreignDepth == depth { foreignDepth = 0 }
            depth -= 1
            return
        }
        depth -= 1
        flushCharacters()
        guard let index = open.popLast() else { return }
        if textDepth > 0 { textDepth -= 1 }
        document.elements[Int(index)].end = Int32(document.elements.count)
        switch document.elements[Int(index)].name {
        case .title, .desc, .style:
            let range = content.withUnsafeBufferPointer { store($0) }
            if document.elements[Int(index)].name == .style { blankComments(range) }
            document.elements[Int(index)].content = range
            content.removeAll(keepingCapacity: true)
        default: break
        }
    }

    mutating func add(text: UnsafeBufferPointer<UInt8>) {
        if error != nil || foreignDepth > 0 { return }
        guard let index = open.last else { return }
        switch document.elements[Int(index)].name {
        case .title, .desc, .style: content.append(contentsOf: text)
        default: if textDepth > 0 { characters.append(contentsOf: text) }
        }
    }

    /// Accepts an entity whose text is in the file.
    mutating func declare(entity name: String, hasText: Bool, isParameter: Bool) {
        if error == nil, !hasText || isParameter { fail(.entityRefused(name: name, line: line, column: column)) }
    }

    /// A name from expat as its namespace and its local part.
    private func split(_ name: UnsafePointer<CChar>) -> (space: Space, local: UnsafeBufferPointer<UInt8>) {
        let whole = buffer(name)
        guard let place = whole.lastIndex(of: declaresPrefixes ? separator : UInt8(ascii: ":")) else { return (.none, whole) }
        let first = UnsafeBufferPointer(rebasing: whole[..<place]), local = UnsafeBufferPointer(rebasing: whole[(place + 1)...])
        return (declaresPrefixes ? Space(first) : prefixes[String(decoding: first, as: UTF8.self)] ?? .other, local)
    }

    /// Notes the declarations of prefixes among the attributes of a tag.
    private mutating func collectPrefixes(_ values: UnsafeMutablePointer<UnsafePointer<CChar>?>) {
        var next = 0
        while let attribute = values[next], let value = values[next + 1] {
            next += 2
            let name = buffer(attribute)
            guard name.starts(with: "xmlns:".utf8), prefixes.count < 1000 else { continue }
            prefixes[String(decoding: name.dropFirst(6), as: UTF8.self)] = Space(buffer(value))
        }
    }

    private mutating func store(_ bytes: UnsafeBufferPointer<UInt8>) -> Document.TextRange {
        // The input is at most half of Int32.max and entities add at most a limit, so offsets fit.
        let start = Int32(document.text.count)
        document.text.append(contentsOf: bytes)
        return Document.TextRange(start: start, end: Int32(document.text.count))
    }

    /// Replaces CSS comments by spaces, so that nobody downstream meets one. An open comment reaches to the end.
    private mutating func blankComments(_ range: Document.TextRange) {
        var i = Int(range.start)
        let end = Int(range.end)
        while i + 1 < end {
            guard document.text[i] == UInt8(ascii: "/"), document.text[i + 1] == UInt8(ascii: "*") else {
                i += 1
                continue
            }
            var close = i + 2
            while close < end, document.text[close] != UInt8(ascii: "/") || document.text[close - 1] != UInt8(ascii: "*") || close == i + 2
            {
                close += 1
            }
            for j in i..<min(close + 1, end) { document.text[j] = UInt8(ascii: " ") }
            i = close + 1
        }
    }
}

// Expat's callbacks: functions at file scope, so that they are nobody's isolated closures.
// `state` is the pointer to the `DocumentBuilder` of the running parse, set by `parse`.

private func builder(_ state: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<DocumentBuilder>? {
    state?.assumingMemoryBound(to: DocumentBuilder.self)
}

private func elementDidStart(
    state: UnsafeMutableRawPointer?, name: UnsafePointer<CChar>?, values: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) {
    guard let name, let values else { return }
    builder(state)?.pointee.start(name, values)
}

private func elementDidEnd(state: UnsafeMutableRawPointer?, name: UnsafePointer<CChar>?) {
    builder(state)?.pointee.end()
}

private func textDidArrive(state: UnsafeMutableRawPointer?, text: UnsafePointer<CChar>?, count: Int32) {
    guard let text else { return }
    text.withMemoryRebound(to: UInt8.self, capacity: Int(count)) {
        builder(state)?.pointee.add(text: UnsafeBufferPointer(start: $0, count: Int(count)))
    }
}

private func entityWasDeclared(
    state: UnsafeMutableRawPointer?, name: UnsafePointer<CChar>?, isParameter: Int32, value: UnsafePointer<CChar>?, count: Int32,
    base: UnsafePointer<CChar>?, systemId: UnsafePointer<CChar>?, publicId: UnsafePointer<CChar>?, notation: UnsafePointer<CChar>?
) {
    let name = name.map { String(cString: $0) } ?? ""
    builder(state)?.pointee.declare(entity: name, hasText: value != nil, isParameter: isParameter != 0)
}

private func entityWasSkipped(state: UnsafeMutableRawPointer?, name: UnsafePointer<CChar>?, isParameter: Int32) {
    guard let builder = builder(state) else { return }
    let name = name.map { String(cString: $0) } ?? ""
    builder.pointee.fail(.entityRefused(name: name, line: builder.pointee.line, column: builder.pointee.column))
}

private func encodingWasUnknown(
    state: UnsafeMutableRawPointer?, name: UnsafePointer<CChar>?, info: UnsafeMutablePointer<XML_Encoding>?
) -> Int32 {
    if let builder = builder(state), builder.pointee.error == nil {
        builder.pointee.error = .unknownEncoding(name.map { String(cString: $0) } ?? "")
    }
    return 0
}

private func instructionDidArrive(state: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, data: UnsafePointer<CChar>?) {
    guard let builder = builder(state), let target, String(cString: target) == "xml-stylesheet" else { return }
    if builder.pointee.document.stylesheetInstructions.count < 100 {
        builder.pointee.document.stylesheetInstructions.append(builder.pointee.line)
    }
}

// C strings as bytes.

private func buffer(_ text: UnsafePointer<CChar>) -> UnsafeBufferPointer<UInt8> {
    var count = 0
    while text[count] != 0 { count += 1 }
    return UnsafeBufferPointer(start: UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), count: count)
}

private func isNamespace(_ bytes: UnsafeBufferPointer<UInt8>, _ name: StaticString) -> Bool {
    guard bytes.count == name.utf8CodeUnitCount else { return false }
    for i in 0..<bytes.count where bytes[i] != name.utf8Start[i] { return false }
    return true
}
