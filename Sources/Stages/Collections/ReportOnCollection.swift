public import AtelierLayers
public import AtelierMemo
import AtelierSVG

/// Lists the traits that no item of a collection has although they were asked for.
public struct ReportOnCollection: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "report.onCollection"
    /// Raised when the same plan gives another report.
    public static let version = 1

    /// What was asked for, and what was planned.
    public var source: ComposedProject, plan: Artifact<CollectionPlan>

    /// A report on a collection.
    public init(_ source: ComposedProject) { (self.source, plan) = (source, source.planned) }

    /// Counts; throws `ProjectError`.
    public func run(in context: Context) throws -> ConversionReport {
        let project = try source.project(source.file.map { context[$0] }), plan = context[plan]
        return ConversionReport(pages: [
            Rarity(of: plan, in: project).frequencies.filter { $0.asked > 0 && $0.count == 0 && $0.trait != CollectionPlan.none }.map {
                frequency in
                let layer = project.layers[frequency.layer]
                return .init(
                    .approximated, element: "\(layer.name)/\(layer.traits[Int(frequency.trait)].name)", line: 0,
                    "no item of \(plan.count) has this trait, which was asked for")
            }
        ])
    }
}
