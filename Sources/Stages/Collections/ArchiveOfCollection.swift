import AtelierImageCodecs
public import AtelierLayers
public import AtelierMemo

/// Says which ranges of items an archive of a collection is joined from, and which images each of them shows.
public struct ArchiveOfCollection: Plan {
    /// Name in keys, events and `explain`.
    public static let name = "layers.archive"
    /// Raised when the same collection takes another way.
    public static let version = 1
    /// Most bytes of the pixels of one archive, which is made in memory.
    public static let mostPixelBytes = 4 << 30

    /// What is drawn.
    public var source: ComposedProject, plan: Artifact<CollectionPlan>
    /// The pictures that the project names, and their paths from its folder.
    public var pictures: [Artifact<Blob>], files: [String]
    /// The canvas of a project that names no size.
    public var canvas: PixelSize?
    /// The stages the way leads to: the plan's alias must not outlive a raised version.
    public internal(set) var stages: String

    /// A way for a collection.
    public init(_ source: ComposedProject, pictures: [(file: String, source: Artifact<Blob>)], canvas: PixelSize?) {
        self.source = source
        plan = source.planned
        self.pictures = pictures.map(\.source)
        files = pictures.map(\.file)
        self.canvas = canvas
        stages = StageIdentities.toCollection
    }

    /// Decides; throws `ProjectError`, `DrawingError` and `CompositionError`.
    public func plan(in context: Context) throws -> Artifact<Blob> {
        try way(for: source.project(source.file.map { context[$0] }), context[plan])
    }

    /// What a project and its plan lead to.
    package func way(for project: Project, _ plan: CollectionPlan) throws -> Artifact<Blob> {
        let style = try style(for: project), options = source.options
        let range = try options.items.map { items throws(CompositionError) in try Self.range(of: items, in: plan) } ?? 0..<plan.count
        let pixelBytes = style.width.multipliedReportingOverflow(by: style.height * 4 * range.count)
        guard !pixelBytes.overflow, pixelBytes.partialValue <= Self.mostPixelBytes else {
            throw CompositionError.tooLarge(
                items: range.count, most: max(1, Self.mostPixelBytes / (style.width * style.height * 4)), style.size)
        }
        let ranges = try pictures(of: range, for: project, plan)
        return Artifact(PackCollection(source, plan: self.plan, ranges: ranges, first: range.lowerBound, count: range.count))
    }

    /// What the pictures of a project are; throws `CompositionError` where nobody says how large.
    package func style(for project: Project) throws(CompositionError) -> PictureStyle {
        guard let canvas = project.size ?? canvas else { throw .noSize }
        return PictureStyle(canvas, source.options)
    }

    /// The pictures of some items: ranges of them, in order.
    package func pictures(of range: Range<Int>, for project: Project, _ plan: CollectionPlan) throws -> [Artifact<Blob>] {
        let style = try style(for: project)
        var decoded: [String: Artifact<TraitImage>] = [:]
        for (file, picture) in zip(files, pictures) {
            decoded[file] = Artifact(DecodeTrait(source: picture, isWebP: file.lowercased().hasSuffix(".webp"), scale: style.scale))
        }
        func images(of names: [String]) throws(DrawingError) -> [Artifact<TraitImage>] {
            try names.map { name throws(DrawingError) in
                guard let image = decoded[name] else { throw .missing(file: name) }
                return image
            }
        }
        let first = try PlacedItems(0..<min(1, plan.count), of: plan, in: project, scale: style.scale)
        let coding = Artifact(
            ChooseCoding(
                first: first, firstImages: try images(of: first.files), images: try images(of: project.files),
                ground: project.unmixedGround,
                style: style))
        // Ranges begin at multiples, so that archives of other items share them.
        let most = DrawItems.mostItems(width: style.width, height: style.height)
        var ranges: [Artifact<Blob>] = [], next = range.lowerBound
        while next < range.upperBound {
            let end = min(range.upperBound, (next / most + 1) * most)
            let items = try PlacedItems(next..<end, of: plan, in: project, scale: style.scale)
            ranges.append(
                Artifact(
                    DrawItems(items, images: try images(of: items.files), coding: coding, style: style, start: plan.start + next)))
            next = end
        }
        return ranges
    }

    /// The places of numbers.
    private static func range(of items: CompositionOptions.Items, in plan: CollectionPlan) throws(CompositionError) -> Range<Int> {
        guard items.first >= plan.start, items.last < plan.start + plan.count else {
            throw .noSuchItems(items, have: CompositionOptions.Items(first: plan.start, last: plan.start + plan.count - 1))
        }
        return items.first - plan.start..<items.last - plan.start + 1
    }
}

/// Why no archive is made of a collection.
public enum CompositionError: Error, Hashable, CustomStringConvertible {
    /// Neither the project nor the request says how large pictures are.
    case noSize
    /// The plan does not have these numbers; nil when it has no items.
    case noSuchItems(CompositionOptions.Items, have: CompositionOptions.Items?)
    /// More pixels than one archive is made of.
    case tooLarge(items: Int, most: Int, PixelSize)

    /// One sentence: what, and what would help.
    public var description: String {
        switch self {
        case .noSize: "the project says no width and height; add them, or name a canvas in the request"
        case .noSuchItems(let items, let have):
            "the collection has no items \(items.text)" + (have.map { "; its numbers are \($0.text)" } ?? ", for it has none")
        case .tooLarge(let items, let most, let size):
            "\(items) items of \(size.width) × \(size.height) pixels are too many for one archive, which holds \(most); "
                + "name a part of them with --items, or write to a folder"
        }
    }
}
