public import AtelierLayers
public import AtelierMemo

/// Chooses every item of a collection.
public struct PlanCollection: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "layers.plan"
    /// Raised when the same project gives another plan.
    public static let version = 1

    /// What a project is read from.
    public struct Source: Hashable, Sendable, Codable {
        /// The name of its folder, for a project without a file.
        public var folder: String
        /// The paths of the files in it that may be traits, sorted.
        public var files: [String]

        /// A folder with these files.
        public init(folder: String, files: [String]) {
            self.folder = folder
            self.files = files
        }
    }

    /// The project file; nil where folders say what there is.
    public var project: Artifact<Blob>?
    /// Where it lies.
    public var source: Source
    /// What every choice follows from, the number of the first item, and how many; nil as the project says.
    public var seed: UInt64?, start: Int?, count: Int?

    /// A file with the plan, JSON or a table, that is read instead of choosing.
    public var given: Artifact<Blob>?

    /// The plan of a project.
    public init(
        _ project: Artifact<Blob>?, in source: Source, seed: UInt64? = nil, start: Int? = nil, count: Int? = nil,
        given: Artifact<Blob>? = nil
    ) {
        self.project = project
        self.source = source
        self.seed = seed
        self.start = start
        self.count = count
        self.given = given
    }

    /// Plans; throws `ProjectError` or `PlanningError`.
    public func run(in context: Context) throws -> CollectionPlan {
        try plan(project.map { context[$0] }, given.map { context[$0] })
    }

    /// The plan over the bytes of the project's and the plan's file.
    package func plan(_ file: Blob?, _ given: Blob?) throws -> CollectionPlan {
        var project = try source.project(file)
        if let seed { project.seed = seed }
        if let start { project.start = start }
        guard let given else { return try project.plan(count: count) }
        let bytes = Array(given.bytes)
        // JSON begins with a brace; a table, with the name of a column.
        let isJSON = bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
        return isJSON ? try CollectionPlan(parsing: bytes, for: project) : try CollectionPlan(parsingTable: bytes, for: project)
    }
}

/// The name that tells the script of a generator from a project file that is damaged.
private let layerConfigurations = Array("layerConfigurations".utf8)

extension PlanCollection.Source {
    /// The project in the folder, by its file (JSON, or the script of another generator) or, without one, by its folders.
    public func project(_ file: Blob?) throws(ProjectError) -> Project {
        guard let file else { return try Project(folder: folder, files: files) }
        let bytes = Array(file.bytes)
        // No script that declares something begins with a bracket, and JSON that is a project with nothing else.
        let isScript = bytes.first { $0 > 0x20 }.map { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "[") } ?? false
        return isScript && bytes.firstRange(of: layerConfigurations) != nil
            ? try Project(script: bytes, folder: folder, files: files) : try Project(parsing: bytes, files: files)
    }
}

extension CollectionPlan: Storable {
    /// Two bytes for each choice.
    public var byteCount: Int { 96 + traits.count * 2 + kinds.count * 2 }
}
