import AtelierImageCodecs
import AtelierLayers
import AtelierMemo
import AtelierPixels
import AtelierStages

/// Where a project and its pictures are read from.
struct CollectionSource {
    /// A picture of the project.
    struct File: Sendable {
        /// Its path as the project names it, and as it is opened.
        var name: String, path: String
        /// The file, named by the digest of its bytes.
        var source: Artifact<Blob>

        var isWebP: Bool { name.lowercased().hasSuffix(".webp") }
    }

    /// What says what a folder holds: a project file, or the script of a folder made for HashLips.
    private static let projectFiles = ["project.json", "src/config.js", "config.js"]
    /// Endings of files that people take for traits: to be told that they are none, and not to miss them in a collection.
    private static let otherPictures = [
        "gif", "apng", "bmp", "tif", "tiff", "svg", "psd", "xcf", "kra", "avif", "heic", "tga", "mp4", "webm", "mov",
    ]
    /// Most bytes of a project file.
    private static let largestProject = 64 << 20

    private let folder: String
    private let file: Blob?
    /// Where the project file lies; nil where folders say what there is.
    let path: String?
    /// The same for the stage that plans.
    let place: PlanCollection.Source

    /// Reads what an operand names: a project file, a folder that holds `project.json`, or a folder of layers.
    init(_ operand: String) throws {
        switch kind(of: operand) {
        case nil: throw CollectionFailure("\(printable(operand)): there is no such file or folder")
        case .folder:
            folder = operand.count > 1 && operand.hasSuffix("/") ? String(operand.dropLast()) : operand
            path = Self.projectFiles.lazy.map { [folder] in folder + "/" + $0 }.first { AtelierCommand.kind(of: $0) == .file }
            file = try path.map { try Blob.reading(path: $0, limit: Self.largestProject) }
        case .file, .other:
            path = operand
            file = try Blob.reading(path: operand, limit: Self.largestProject)
            folder = operand.lastIndex(of: "/").map { $0 == operand.startIndex ? "/" : String(operand[..<$0]) } ?? "."
        }
        let list = try expand([folder], suffixes: LayerFolder.endings + Self.otherPictures)
        if let problem = list.problems.first { throw CollectionFailure(problem) }
        let name = lastName(of: folder)
        place = PlanCollection.Source(folder: name == "." ? "Collection" : name, files: list.inputs.map(\.relative).sorted())
    }

    /// The project, with what is said over it.
    func project(_ options: CompositionOptions) throws -> Project {
        do throws(ProjectError) { return try ComposedProject(nil, in: place, options: options).project(file) } catch {
            throw CollectionFailure("\(printable(folder)): \(printable(error.description))")
        }
    }

    /// The project file, for stages.
    var artifact: Artifact<Blob>? { file.map { .blob($0) } }

    /// Every picture the project names, once each.
    func files(of project: Project) throws -> [File] {
        try project.files.map { name in
            let path = folder + "/" + name
            return File(name: name, path: path, source: try .file(path: path))
        }
    }

    /// The size of a project that does not say it: that of the first picture of its lowest layer.
    func size(of files: [File], _ project: Project) throws -> PixelSize {
        guard let first = project.layers.first?.traits.lazy.flatMap(\.pieces).first?.file ?? project.handMade.first?.file,
            let file = files.first(where: { $0.name == first })
        else { throw CollectionFailure("\(printable(folder)): the project has no pictures, and does not say a width and a height") }
        let blob = try Blob.reading(path: file.path, limit: DecodeLimits().maxFileBytes)
        do {
            let size = try pictureSize(of: blob.bytes.span)
            return PixelSize(width: size.width, height: size.height)
        } catch { throw CollectionFailure("\(printable(file.path)): \(sentence(error))") }
    }
}
