public import AtelierLayers
public import AtelierMemo

/// A collection as stages see it: the project's file, where that lies, and what a request says over it.
public struct ComposedProject: Sendable, Encodable {
    /// The project file; nil where folders say what there is.
    public var file: Artifact<Blob>?
    /// Where it lies.
    public var place: PlanCollection.Source
    /// A file with the plan that is drawn instead of choosing one.
    public var plan: Artifact<Blob>?
    /// What is said over the project.
    public var options: CompositionOptions

    /// A collection from its parts.
    public init(_ file: Artifact<Blob>?, in place: PlanCollection.Source, plan: Artifact<Blob>? = nil, options: CompositionOptions) {
        (self.file, self.place, self.plan, self.options) = (file, place, plan, options)
    }

    /// The project with what is said over it.
    public func project(_ file: Blob?) throws(ProjectError) -> Project {
        var project = try place.project(file)
        if let seed = options.seed { project.seed = UInt64(seed) }
        if let start = options.start { project.start = start }
        if let baseURI = options.baseURI { project.metadata.baseURI = baseURI }
        return project
    }

    /// The promise of its plan.
    public var planned: Artifact<CollectionPlan> { Artifact(planning) }

    package var planning: PlanCollection {
        PlanCollection(file, in: place, seed: options.seed.map(UInt64.init), start: options.start, count: options.count, given: plan)
    }
}
