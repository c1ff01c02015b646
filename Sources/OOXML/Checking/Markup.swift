internal import CAtelierExpat

/// Namespaces with the prefixes that everybody gives them; names of other namespaces are written `{uri}name`.
private let knownNamespaces: [String: String] = [
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "p",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.openxmlformats.org/package/2006/content-types": "ct",
    "http://schemas.microsoft.com/office/drawing/2016/SVG/main": "asvg",
    "http://www.w3.org/XML/1998/namespace": "xml",
]

/// What reads along while a part is parsed.
protocol MarkupReader {
    /// An element begins. Names carry the usual prefix of their namespace, whatever the file calls it.
    mutating func start(_ name: String, _ attributes: [(name: String, value: String)], at place: MarkupPlace)
    /// The element that began last, of those that have not ended, ends; the place of an element without content is empty.
    mutating func end(at place: MarkupPlace)
    /// Text that is not white space.
    mutating func text(line: Int)
    /// A prefix is given to a namespace for the element that begins next.
    mutating func declare(prefix: String, namespace: String)
}

/// Where a tag stands.
struct MarkupPlace: Equatable {
    /// From 1.
    var line: Int
    /// In the part.
    var bytes: Range<Int>
}

/// XML that cannot be read on.
struct MarkupError: Error, Equatable {
    var line: Int
    var reason: String
}

extension MarkupReader {
    /// Parses a part and shows it to this reader. Document types are refused, as packages must not have them (ISO/IEC 29500-2, 7.2.2).
    ///
    /// - Complexity: O(*n*)
    mutating func read(_ bytes: [UInt8]) throws(MarkupError) {
        guard bytes.count <= Int(Int32.max) / 2 else { throw MarkupError(line: 0, reason: "the part is larger than 1 GiB") }
        guard let parser = XML_ParserCreateNS(nil, XML_Char(separator)) else { throw MarkupError(line: 0, reason: "out of memory") }
        defer { XML_ParserFree(parser) }
        let session = Session(self, parser)
        XML_SetUserData(parser, Unmanaged.passUnretained(session).toOpaque())
        XML_SetElementHandler(parser, elementDidStart, elementDidEnd)
        XML_SetCharacterDataHandler(parser, textDidArrive)
        XML_SetStartDoctypeDeclHandler(parser, documentTypeDidStart)
        XML_SetNamespaceDeclHandler(parser, namespaceDidStart, nil)
        let status = bytes.withUnsafeBytes { XML_Parse(parser, $0.bindMemory(to: CChar.self).baseAddress, Int32($0.count), 1) }
        self = session.reader as! Self  // the session was made with it
        if let error = session.error { throw error }
        guard status == XML_STATUS_OK else {
            let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "unknown error"
            throw MarkupError(line: session.line, reason: reason)
        }
    }
}

/// A character that no namespace can contain, between namespace and name.
private let separator: UInt8 = 1

/// Deepest nesting of elements. Nothing here recurses; the limit is for memory.
private let deepest = 10_000

/// What expat's callbacks reach through their pointer. It outlives the parse, which one thread runs.
private final class Session {
    var reader: any MarkupReader
    let parser: XML_Parser
    var error: MarkupError?
    var depth = 0
    /// Names already put together.
    var names: [String: String] = [:]

    init(_ reader: some MarkupReader, _ parser: XML_Parser) {
        self.reader = reader
        self.parser = parser
    }

    var line: Int { Int(XML_GetCurrentLineNumber(parser)) }

    var place: MarkupPlace {
        let start = Int(XML_GetCurrentByteIndex(parser))
        return MarkupPlace(line: line, bytes: start..<start + Int(XML_GetCurrentByteCount(parser)))
    }

    func fail(_ reason: String) {
        if error == nil { error = MarkupError(line: line, reason: reason) }
        XML_StopParser(parser, 0)
    }

    func name(_ raw: UnsafePointer<CChar>) -> String {
        let whole = String(cString: raw)
        if let name = names[whole] { return name }
        var name = whole
        if let place = whole.utf8.lastIndex(of: separator) {
            let namespace = String(whole[..<place]), local = whole[whole.utf8.index(after: place)...]
            name = knownNamespaces[namespace].map { "\($0):\(local)" } ?? "{\(namespace)}\(local)"
        }
        names[whole] = name
        return name
    }
}

// Expat's callbacks: functions at file scope, so that they are nobody's isolated closures.

private func session(_ state: UnsafeMutableRawPointer?) -> Session? {
    state.map { Unmanaged<Session>.fromOpaque($0).takeUnretainedValue() }
}

private func elementDidStart(
    state: UnsafeMutableRawPointer?, name: UnsafePointer<CChar>?, values: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) {
    guard let session = session(state), session.error == nil, let name, let values else { return }
    session.depth += 1
    if session.depth > deepest { return session.fail("elements are nested deeper than \(deepest) levels") }
    var attributes: [(name: String, value: String)] = []
    var next = 0
    while let attribute = values[next], let value = values[next + 1] {
        attributes.append((session.name(attribute), String(cString: value)))
        next += 2
    }
    session.reader.start(session.name(name), attributes, at: session.place)
}

private func elementDidEnd(state: UnsafeMutableRawPointer?, name: UnsafePointer<CChar>?) {
    guard let session = session(state), session.error == nil else { return }
    session.depth -= 1
    session.reader.end(at: session.place)
}

private func textDidArrive(state: UnsafeMutableRawPointer?, text: UnsafePointer<CChar>?, count: Int32) {
    guard let session = session(state), session.error == nil, let text else { return }
    for index in 0..<Int(count) where ![0x20, 0x09, 0x0A, 0x0D].contains(text[index]) { return session.reader.text(line: session.line) }
}

private func documentTypeDidStart(
    state: UnsafeMutableRawPointer?, name: UnsafePointer<CChar>?, systemID: UnsafePointer<CChar>?, publicID: UnsafePointer<CChar>?,
    hasSubset: Int32
) {
    session(state)?.fail("a document type is not allowed in a package")
}

private func namespaceDidStart(state: UnsafeMutableRawPointer?, prefix: UnsafePointer<CChar>?, uri: UnsafePointer<CChar>?) {
    session(state)?.reader.declare(prefix: prefix.map { String(cString: $0) } ?? "", namespace: uri.map { String(cString: $0) } ?? "")
}

/// The attributes of every element of one kind, such as the relationships of a part.
struct ElementList: MarkupReader {
    /// Which elements are kept.
    let name: String
    private(set) var elements: [(attributes: [String: String], line: Int)] = []
    /// The root's name.
    private(set) var root: String?

    init(of name: String) { self.name = name }

    mutating func start(_ name: String, _ attributes: [(name: String, value: String)], at place: MarkupPlace) {
        root = root ?? name
        if name == self.name { elements.append((Dictionary(attributes.map { ($0.name, $0.value) }) { first, _ in first }, place.line)) }
    }

    mutating func end(at place: MarkupPlace) {}
    mutating func text(line: Int) {}
    mutating func declare(prefix: String, namespace: String) {}
}
