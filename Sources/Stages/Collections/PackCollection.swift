import AtelierArchives
public import AtelierLayers
public import AtelierMemo

/// Joins ranges of a collection's items and their metadata to one ZIP archive.
public struct PackCollection: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "layers.pack"
    /// Raised when the same ranges give another archive.
    public static let version = 1

    /// What the metadata follow from.
    public var source: ComposedProject, plan: Artifact<CollectionPlan>
    /// The pictures.
    public var ranges: [Artifact<Blob>]
    /// The place of the first item in the plan, and how many there are.
    public var first: Int, count: Int

    /// An archive of some items.
    public init(_ source: ComposedProject, plan: Artifact<CollectionPlan>, ranges: [Artifact<Blob>], first: Int, count: Int) {
        (self.source, self.plan, self.ranges, self.first, self.count) = (source, plan, ranges, first, count)
    }

    /// The archive, and one range that is being read.
    public func footprint(in context: Context) -> Int { ranges.reduce(0) { $0 + context[$1].count } * 2 + count * 2048 }

    /// Joins; throws `ProjectError` and `ZIPReadingError`.
    public func run(in context: Context) throws -> Blob {
        let project = try source.project(source.file.map { context[$0] }), plan = context[plan]
        var zip = ZIPStream(), bytes: [UInt8] = []
        bytes.reserveCapacity(ranges.reduce(0) { $0 + context[$1].count } + count * 1024)
        func add(_ name: String, _ member: [UInt8]) throws {
            bytes += try zip.header(of: name, storing: member)
            bytes += member
        }
        for range in ranges {
            try context.checkCancellation()
            let reader = try ZIPReader(Array(context[range].bytes), limits: .pictures)
            for member in reader.members { try add(member.name, reader.unpacked(member)) }
        }
        let papers = CollectionPapers(
            project: project, plan: plan, standard: source.options.standard, suffix: source.options.format.rawValue)
        for index in first..<first + count { try add("metadata/\(plan.start + index).json", papers.metadata(of: index)) }
        // Tables are about the whole collection.
        if count == plan.count { for table in papers.tables { try add(table.name, table.bytes) } }
        return Blob(bytes + zip.end())
    }
}

extension ZIPReader.Limits {
    /// For a range that `DrawItems` made.
    fileprivate static var pictures: Self {
        var limits = Self()
        limits.unpackedByteCount = 2 * ArchiveOfCollection.mostPixelBytes
        return limits
    }
}
