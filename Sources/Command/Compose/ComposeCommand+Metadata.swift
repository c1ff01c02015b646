import AtelierLayers
import AtelierMemo
import AtelierPixels
import AtelierStages

extension ComposeCommand {
    /// Writes the metadata of a collection again, after texts or addresses have changed: for the plan that lies in its folder, without a look
    /// at a picture.
    func rewriteMetadata(of project: Project, in path: String, each: ParallelFor) throws -> CollectionPlan {
        let file = path + "/.atelier/plan.json"
        guard kind(of: file) == .file else {
            throw CollectionFailure("\(printable(path)): there is no collection whose metadata could be written again")
        }
        let bytes = try Blob.reading(path: file, limit: 1 << 32), plan: CollectionPlan
        do throws(ProjectError) { plan = try CollectionPlan(parsing: Array(bytes.bytes), for: project) } catch {
            throw CollectionFailure("\(printable(file)): \(printable(error.description))")
        }
        // What the pictures are is seen from them; without any, as the command says.
        let found = CompositionOptions.Format.allCases.first { kind(of: "\(path)/images/\(plan.start).\($0.rawValue)") == .file }
        if found == nil, kind(of: path + "/collection.zip") == .file {
            throw CollectionFailure("\(printable(path)): the metadata are in the archive; run again with --pack to write it anew")
        }
        let suffix = (found ?? composition.format).rawValue
        let papers = CollectionPapers(project: project, plan: plan, standard: composition.standard, suffix: suffix)
        try papers.write(to: CollectionFolder(path: path, identity: "", suffix: suffix), each: each)
        return plan
    }
}
