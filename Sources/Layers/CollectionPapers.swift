/// What is delivered beside the pictures of a collection: metadata, tables, ranks.
public struct CollectionPapers: Sendable {
    /// What the papers are about.
    public let project: Project, plan: CollectionPlan
    /// The form of the metadata, and what pictures' names end with.
    public let standard: MetadataStandard, suffix: String

    /// Papers on a plan.
    public init(project: Project, plan: CollectionPlan, standard: MetadataStandard, suffix: String) {
        (self.project, self.plan, self.standard, self.suffix) = (project, plan, standard, suffix)
    }

    /// Everything by its name in an archive, metadata in the order of the numbers.
    public var members: [(name: String, bytes: [UInt8])] {
        (0..<plan.count).map { ("metadata/\(plan.start + $0).json", metadata(of: $0)) } + tables
    }

    /// The metadata of the item at a place in the plan.
    public func metadata(of index: Int) -> [UInt8] {
        project.metadataBytes(of: plan[index], standard: standard, pictureEnding: suffix)
    }

    /// All metadata in one file and as a table, the rarities of traits and items as a document and as a table.
    public var tables: [(name: String, bytes: [UInt8])] {
        let rarity = Rarity(of: plan, in: project)
        return [
            ("collection.json", project.combinedMetadataBytes(of: plan, standard: standard, pictureEnding: suffix)),
            ("collection.csv", plan.tableBytes(for: project, pictureEnding: suffix)),
            ("rarity.json", rarity.documentBytes(of: plan, for: project)),
            ("rarity.csv", rarity.tableBytes(for: project)),
        ]
    }
}
