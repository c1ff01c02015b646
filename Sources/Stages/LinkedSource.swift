public import AtelierMemo
public import AtelierSVG

/// A file that the pictures of a drawing refer to, or why there is none. The bytes are in the keys of what is made of the drawing, so
/// that another photo under the same name is another result.
public struct LinkedSource: Sendable, Encodable {
    /// Its path from the drawing's folder, as `SVG.linkedFiles(of:at:limits:)` gives it.
    public let path: String
    /// Its bytes; nil for a file that was not read.
    public let file: Artifact<Blob>?
    /// Why it was not read; nil for one that was.
    public let refusal: SVG.LinkedFile.Refusal?

    /// A file that was read.
    public init(path: String, file: Artifact<Blob>) {
        self.path = path
        self.file = file
        refusal = nil
    }

    /// A file that was not.
    public init(path: String, refused refusal: SVG.LinkedFile.Refusal) {
        self.path = path
        file = nil
        self.refusal = refusal
    }
}

extension [LinkedSource] {
    /// What the resolver asks for, by path.
    func contents(in context: Context) -> [String: SVG.LinkedFile] {
        var contents: [String: SVG.LinkedFile] = [:]
        for link in self {
            contents[link.path] = link.file.map { .bytes([UInt8](context[$0].bytes)) } ?? .refused(link.refusal ?? .missing)
        }
        return contents
    }
}
