#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import AtelierMemo
import AtelierSVG
import AtelierStages

/// Where the files lie that the pictures of one drawing refer to.
struct LinkFolder: Hashable, Sendable {
    /// Real paths of the folder that paths begin in, and of the one that they may not leave; `/` for the root, else without a last slash.
    let folder: String, root: String

    /// The folder of an input, which is its own root unless another is given. What comes through a pipe lies in the root that is given,
    /// without one nowhere: nil.
    init?(of input: Input, root: String?) {
        let isFile = !input.isStandardInput && kind(of: input.path) == .file
        let folder = !isFile ? root : input.path.lastIndex(of: "/").map { String(input.path[...$0]) } ?? "."
        guard let folder = folder.flatMap(realPath), let root = root.map(realPath) ?? folder else { return nil }
        (self.folder, self.root) = (folder, root)
    }

    /// The real path of the file that a path leads to, as `SVG.linkedFiles` gives it. A path that leaves the root is refused before
    /// anybody looks what is there, and one that does so through a symbolic link before it is opened.
    func file(at path: String) throws(SVG.LinkedFile.Refusal) -> String {
        var names = folder.split(separator: "/")
        for name in path.split(separator: "/") {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        let named = "/" + names.joined(separator: "/")
        guard holds(named) else { throw .outside }
        guard let real = realPath(named) else {
            throw errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable
        }
        guard holds(real) else { throw .outside }
        return real
    }

    private func holds(_ path: String) -> Bool { path.hasPrefix(root == "/" ? root : root + "/") }
}

/// A file that a drawing refers to, and where it lies when it was read.
struct LinkedInput {
    var source: LinkedSource
    var input: Input?
}

/// Most files that one drawing refers to, those of linked drawings included.
private let mostLinks = 1000

/// Reads what the pictures of a drawing refer to, and what those refer to that are drawings: each file once, none outside of the folder.
///
/// - Parameters:
///   - drawing: The bytes of the input; those that are no drawing refer to nothing.
///   - folder: Where the drawing lies; looked for only when it refers to files. Nil reads none.
///   - limit: Most bytes of a file, and of all together.
func linkedFiles(of drawing: Blob, in folder: @autoclosure () -> LinkFolder?, limits: SVG.Limits, limit: Int) -> [LinkedInput] {
    func paths(of drawing: Blob, at path: String) -> [String] {
        guard SVG.looksLikeMarkup(drawing.bytes.span) else { return [] }
        // What is wrong with a drawing is said when it is read.
        return (try? SVG.linkedFiles(of: drawing.bytes.span, at: path, limits: limits)) ?? []
    }
    var wanted = paths(of: drawing, at: ""), links: [LinkedInput] = [], known = Set(wanted), room = limit
    guard !wanted.isEmpty, let folder = folder() else { return [] }
    while links.count < min(wanted.count, mostLinks) {
        let path = wanted[links.count]
        do {
            let real = try folder.file(at: path), file = try Artifact.file(path: real, limit: room)
            room = max(0, room - fileSize(real))
            links.append(LinkedInput(source: LinkedSource(path: path, file: file), input: Input(path: real, relative: lastName(of: real))))
            // A drawing that cannot be read now cannot be read later, where that is said.
            if wanted.count < mostLinks, beginsAsMarkup(real), let inner = try? Blob.reading(path: real, limit: limits.byteCount) {
                wanted += paths(of: inner, at: path).filter { known.insert($0).inserted }
            }
        } catch {
            let reason: SVG.LinkedFile.Refusal =
                switch error {
                case let refusal as SVG.LinkedFile.Refusal: refusal
                case SourceError.unreadable(.tooLarge): .tooLarge
                case SourceError.unreadable(.notFound): .missing
                default: .unreadable
                }
            links.append(LinkedInput(source: LinkedSource(path: path, refused: reason), input: nil))
        }
    }
    return links
}

/// Whether a file may be a drawing, by its first bytes.
func beginsAsMarkup(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let bytes = [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in count = max(0, read(descriptor, buffer.baseAddress, 256)) }
    return SVG.looksLikeMarkup(bytes.span)
}

/// Bytes of a file; 0 when there is none.
func fileSize(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
}

/// A path from the root without links, `.` and `..`; nil, with `errno` set, when it leads nowhere.
private func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(validatingCString: real)
}
