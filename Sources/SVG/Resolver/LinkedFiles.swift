import AtelierGeometry

extension SVG {
    /// What came of reading a file that a drawing refers to.
    public enum LinkedFile: Hashable, Sendable {
        /// Its bytes.
        case bytes([UInt8])
        /// It was not read.
        case refused(Refusal)

        /// Why a file was not read.
        public enum Refusal: String, Error, Hashable, Codable, CaseIterable {
            /// There is none.
            case missing
            /// It lies outside the folder that files are read from, by its path or behind a symbolic link.
            case outside
            /// It is no regular file, or may not be read.
            case unreadable
            /// It, or all of them together, have more bytes than is allowed.
            case tooLarge
        }
    }

    /// The files that the pictures of a drawing refer to by relative paths (`href` of `image` and `feImage`), in document order, each
    /// once. Nothing is opened: who asks reads them, and gives them to `read`.
    ///
    ///     let paths = try SVG.linkedFiles(of: bytes.span)       // ["photo.png", "../icons/a.svg"]
    ///
    /// Percent-encoding is resolved, `.` and `..` behind a name are as well (RFC 3986, 5.2.4); what begins with `..` leads out of the
    /// folder. Addresses with a scheme, absolute paths and those with a query or fragment are not among them.
    /// - Parameter path: Where the drawing itself lies, when it is one of the files of another: paths are from that one's folder.
    /// - Throws: As `Document.init`. A drawing whose every address is data or of another scheme is only looked through.
    /// - Complexity: O(*n*)
    public static func linkedFiles(
        of bytes: Span<UInt8>, at path: String = "", limits: Limits = .init()
    ) throws(ParseError) -> [String] {
        mayLinkFiles(bytes) ? try Document(parsing: bytes, limits: limits).linkedFiles(at: path) : []
    }

    /// Whether an attribute that ends in `href` may have a path as its value.
    private static func mayLinkFiles(_ bytes: Span<UInt8>) -> Bool {
        // In UTF-16 letters are apart.
        if bytes.count > 1, bytes[0] >= 0xFE || bytes[0] == 0 || bytes[1] == 0 { return true }
        // Of four bytes the last tells how far `href` can be (Horspool, 1980).
        var last = 3
        while last < bytes.count {
            switch bytes[last] {
            case UInt8(ascii: "e"): last += 1
            case UInt8(ascii: "r"): last += 2
            case UInt8(ascii: "h"): last += 3
            case UInt8(ascii: "f"):
                if bytes[last - 1] == UInt8(ascii: "e"), bytes[last - 2] == UInt8(ascii: "r"), bytes[last - 3] == UInt8(ascii: "h"),
                    mayBePath(bytes, behind: last)
                {
                    return true
                }
                last += 4
            default: last += 4
            }
        }
        return false
    }

    private static func mayBePath(_ bytes: Span<UInt8>, behind name: Int) -> Bool {
        var position = name + 1
        func skipSpace() { while position < bytes.count, isSpace(bytes[position]) { position += 1 } }
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else { return false }
        position += 1
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'") else { return true }
        position += 1
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "#") { return false }
        let start = position
        while position < bytes.count, isSchemeLetter(bytes[position]) { position += 1 }
        return position >= bytes.count || position == start || bytes[position] != UInt8(ascii: ":")
    }
}

extension SVG.Document {
    /// The files that its pictures refer to; see `SVG.linkedFiles(of:at:limits:)`.
    public var linkedFiles: [String] { linkedFiles(at: "") }

    fileprivate func linkedFiles(at path: String) -> [String] {
        var paths: [String] = [], known: Set<String> = []
        for index in elements.indices where elements[index].name == .image || elements[index].name == .feImage {
            guard let reference = attribute(.href, of: index),
                case .file(let path) = Address(text[reference.bounds], from: folderPath(of: path))
            else { continue }
            if known.insert(path).inserted { paths.append(path) }
        }
        return paths
    }
}

/// What an address that is no data means for a drawing.
enum Address: Hashable {
    /// A file, by its path from the folder of the outermost drawing.
    case file(String)
    /// Nothing that is read, and why, as the end of a sentence.
    case other(String)

    /// - Parameter folder: Of the drawing with the address, empty or ending in `/`.
    init(_ text: ArraySlice<UInt8>, from folder: String) {
        var text = text
        while let first = text.first, isSpace(first) { text.removeFirst() }
        while let last = text.last, isSpace(last) { text.removeLast() }
        let scheme = text.prefix { isSchemeLetter($0) }
        if !scheme.isEmpty, scheme.endIndex < text.endIndex, text[scheme.endIndex] == UInt8(ascii: ":") {
            self = .other("addresses with a scheme are not followed, only paths from the drawing's folder")
        } else if text.starts(with: "//".utf8) {
            self = .other("addresses of other machines are not followed, only paths from the drawing's folder")
        } else if text.contains(where: { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "?") }) {
            self = .other("parts of files, behind # or ?, are not supported")
        } else {
            let decoded = percentDecoded(text)
            if decoded.first == UInt8(ascii: "/") {
                self = .other("its path is absolute, and only paths from the drawing's folder are followed")
            } else if let path = String(validating: decoded, as: UTF8.self).flatMap({ normalized(folder + $0) }) {
                self = .file(path)
            } else {
                self = .other("it names no file")
            }
        }
    }
}

/// A path without `.`, empty names and `..` behind a name; nil when no name is left, or one that no file has.
private func normalized(_ path: String) -> String? {
    guard path.utf8.count <= 4096, !path.utf8.contains(0) else { return nil }
    var names: [Substring] = []
    for name in path.split(separator: "/") where name != "." {
        if name == "..", let last = names.last, last != ".." { names.removeLast() } else { names.append(name) }
    }
    return names.isEmpty || names.last == ".." ? nil : names.joined(separator: "/")
}

/// A path up to and with its last slash; empty without one.
func folderPath(of path: String) -> String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }

/// What schemes are made of (RFC 3986, 3.1).
private func isSchemeLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
    default: false
    }
}

extension Resolver {
    /// The file that an address leads to, with the folder that its own addresses begin in (nil when it has none); nil, with a diagnostic,
    /// when it leads to none.
    mutating func file(_ reference: TextRange, _ index: Int) -> (bytes: [UInt8], folder: String?)? {
        let address = Array(UnsafeBufferPointer(start: reader.text + Int(reference.start), count: Int(reference.end - reference.start)))
        if let bytes = bytes(ofDataURI: address[...]) { return (bytes, nil) }
        if address.count >= 5, String(decoding: address.prefix(5), as: UTF8.self).lowercased() == "data:" {
            report(index, .invalid, "its data is not valid base64 and is left out")
            return nil
        }
        let outcome: SVG.Diagnostic.Outcome, reason: String
        switch Address(address[...], from: folder ?? "") {
        case .other(let words): (outcome, reason) = (.unsupported, words)
        case .file where folder == nil: (outcome, reason) = (.unsupported, "a drawing that is data itself has no folder to look in")
        case .file(let path):
            switch files[path] {
            case .bytes(let bytes): return (bytes, folderPath(of: path))
            case .refused(.missing): (outcome, reason) = (.invalid, "there is no such file")
            case .refused(.outside): (outcome, reason) = (.unsupported, "it lies outside the folder that files are read from")
            case .refused(.unreadable): (outcome, reason) = (.invalid, "it is no file that can be read")
            case .refused(.tooLarge): (outcome, reason) = (.unsupported, "it is larger than what is allowed for files of pictures")
            case nil where files.isEmpty: (outcome, reason) = (.unsupported, "there is no folder to look in")
            case nil: (outcome, reason) = (.unsupported, "the drawing refers to more files than are read")
            }
        }
        report(index, outcome, "the picture `\(quoted(reference))` is left out: \(reason)")
        return nil
    }
}
