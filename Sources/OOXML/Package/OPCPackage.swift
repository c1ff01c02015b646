internal import AtelierArchives

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An Open Packaging Conventions file in the making (ISO/IEC 29500-2): parts, their content types and relationships.
struct OPCPackage: ~Copyable {
    /// An arrow from one part (or the package) to another.
    struct Relationship {
        /// Unique within its source.
        var id: Int
        /// Last component of the type's URI under officeDocument's relationships, or the whole URI.
        var type: StaticString
        /// Path relative to the source's folder, or the address of something outside the package.
        var target: String
        /// Whether the target is outside; such relationships are named `link` and their number.
        var isLink = false
    }

    private let packer = Packer()
    private let known: [String: KnownPart]
    private var parts: [Member] = []
    private var overrides = XMLBuffer()
    /// Kinds of files of which there are any.
    private var mediaKinds: Set<Media.Kind> = []

    /// A part as many packages have it.
    struct KnownPart {
        var bytes: [UInt8]
        var packed: PackedBytes

        /// Whether it consists of these bytes. `==` compares one at a time.
        fileprivate func holds(_ other: [UInt8]) -> Bool { bytes.count == other.count && memcmp(bytes, other, bytes.count) == 0 }
    }

    /// An empty package.
    ///
    /// - Parameter known: Parts by their paths; one with the same bytes is not packed again.
    init(knowing known: [String: KnownPart] = [:]) { self.known = known }

    /// A member of the file.
    typealias Member = (path: String, body: PackedBytes)

    private func packed(_ path: String, _ xml: XMLBuffer) -> PackedBytes {
        if let part = known[path], part.holds(xml.bytes) { return part.packed }
        return packer.pack(xml.bytes)
    }

    /// Adds a part with markup.
    mutating func add(_ path: String, contentType: StaticString, _ xml: XMLBuffer) {
        add(path, contentType: contentType, packed(path, xml))
    }

    /// Adds a part that is packed already.
    mutating func add(_ path: String, contentType: StaticString, _ body: PackedBytes) {
        parts.append((path, body))
        overrides.markup("<Override PartName=\"/")
        overrides.text(path)
        overrides.markup("\" ContentType=\"")
        overrides.markup(contentType)
        overrides.markup("\"/>")
    }

    /// Adds a file that is no part of our own making; its name's extension says what it is.
    mutating func add(_ path: String, _ kind: Media.Kind, _ body: PackedBytes) {
        parts.append((path, body))
        mediaKinds.insert(kind)
    }

    /// Adds the relationships of the part at `path`; the package's own for an empty path.
    mutating func relate(_ path: String, _ relationships: [Relationship]) {
        let path = Self.relationshipsPath(of: path)
        parts.append((path, packed(path, Self.part(of: relationships))))
    }

    /// Where the relationships of a part lie.
    static func relationshipsPath(of path: String) -> String {
        let (folder, name) = split(path)
        return folder + "_rels/" + name + ".rels"
    }

    /// A part of relationships.
    static func part(of relationships: [Relationship]) -> XMLBuffer {
        var xml = XMLBuffer()
        xml.markup(xmlDeclaration)
        xml.markup("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">")
        for relationship in relationships { xml.relationship(relationship) }
        xml.markup("</Relationships>")
        return xml
    }

    private static let typesPath = "[Content_Types].xml"

    private func types() -> XMLBuffer {
        var types = XMLBuffer()
        types.markup(xmlDeclaration)
        types.markup("<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">")
        types.markup("<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>")
        types.markup("<Default Extension=\"xml\" ContentType=\"application/xml\"/>")
        for kind in mediaKinds.sorted(by: { $0.rawValue < $1.rawValue }) {
            types.markup("<Default Extension=\"")
            types.text(kind.rawValue)
            types.markup("\" ContentType=\"")
            types.markup(kind.contentType)
            types.markup("\"/>")
        }
        types.markup(overrides.bytes[...])
        types.markup("</Types>")
        return types
    }

    /// Content types first, then parts in the order they were added.
    consuming func members() -> [Member] { [(Self.typesPath, packed(Self.typesPath, types()))] + parts }

    /// The file of some members.
    static func file(of members: [Member]) throws(ZIPError) -> [UInt8] {
        var zip = ZIPWriter()
        zip.reserveCapacity(
            memberCount: members.count, byteCount: members.reduce(0) { $0 + $1.body.bytes.count + 2 * $1.path.utf8.count })
        for member in members { try zip.add(member.path, member.body) }
        return zip.finish()
    }

    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
        let start = path.utf8.index(after: slash)
        return (String(path[..<start]), String(path[start...]))
    }
}

let xmlDeclaration: StaticString = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

extension XMLBuffer {
    /// A relationship, in the namespace around it or one that is declared on it.
    mutating func relationship(_ relationship: OPCPackage.Relationship, declaring namespace: Bool = false) {
        markup("<Relationship")
        if namespace { markup(" xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"") }
        markup(relationship.isLink ? " TargetMode=\"External\" Id=\"link" : " Id=\"rId")
        number(relationship.id)
        markup("\" Type=\"")
        markup(relationship.type)
        markup("\" Target=\"")
        text(relationship.target)
        markup("\"/>")
    }
}

extension Media.Kind {
    var contentType: StaticString {
        switch self {
        case .png: "image/png"
        case .jpeg: "image/jpeg"
        case .svg: "image/svg+xml"
        case .gif: "image/gif"
        }
    }
}
