public import AtelierLayers
public import AtelierMemo

/// A collection that becomes one archive: the project, every picture it names, and what is said over it.
public struct CompositionRequest: Hashable, Sendable, Codable {
    /// What the log and `explain` call the result.
    static let product = "collection"

    /// Where the project lies: the name of its folder, and the paths in it that may be traits.
    public var place: PlanCollection.Source
    /// Whether the first source is the project's file; without one, the folders say what there is.
    public var hasProjectFile: Bool
    /// Whether the next source is a plan, which is drawn instead of choosing one.
    public var hasPlanFile: Bool
    /// The paths of the pictures that the project names, from its folder; theirs are the other sources.
    public var pictures: [String]
    /// The canvas, for a project that names no size: that of the first picture of its lowest layer.
    public var canvas: PixelSize?
    /// Digests of project file, plan and pictures.
    public var sources: [Digest]
    /// What is said over the project.
    public var options: CompositionOptions

    /// A request from its parts.
    ///
    /// - Parameters:
    ///   - project: The digest of the project's file.
    ///   - plan: The digest of the plan's file.
    ///   - pictures: The paths and digests of the pictures.
    public init(
        _ place: PlanCollection.Source, project: Digest?, plan: Digest? = nil, pictures: [(path: String, digest: Digest)],
        canvas: PixelSize?,
        options: CompositionOptions = .init()
    ) {
        self.place = place
        (hasProjectFile, hasPlanFile) = (project != nil, plan != nil)
        self.pictures = pictures.map(\.path)
        self.canvas = canvas
        sources = [project, plan].compactMap(\.self) + pictures.map(\.digest)
        self.options = options
    }

    /// The recipe over the files, which are those of `sources`.
    func conversion(of sources: [Artifact<Blob>]) throws(RequestError) -> Conversion {
        let archive = try archive(of: sources)
        return Conversion(output: Artifact(archive), report: Artifact(ReportOnCollection(archive.source)))
    }

    /// The plan that decides the way, which `explain` asks.
    package func archive(of sources: [Artifact<Blob>]) throws(RequestError) -> ArchiveOfCollection {
        let before = (hasProjectFile ? 1 : 0) + (hasPlanFile ? 1 : 0)
        guard sources.count == before + pictures.count else {
            throw .pictureCount(sources.count, named: before + pictures.count)
        }
        let source = ComposedProject(
            hasProjectFile ? sources[0] : nil, in: place, plan: hasPlanFile ? sources[before - 1] : nil, options: options)
        return ArchiveOfCollection(source, pictures: zip(pictures, sources[before...]).map { ($0, $1) }, canvas: canvas)
    }
}
