import AtelierArchives
import AtelierImageCodecs
import AtelierJSON
import AtelierLayers
import AtelierMemo
import AtelierPixels
import AtelierStages

/// A collection of files that are here, ready to be planned and drawn.
struct Collection: Sendable {
    /// What it is made of and what is said over it: the same for the same collection.
    let request: CompositionRequest
    let archive: ArchiveOfCollection
    let project: Project
    /// The project as a file that can be changed; nil for one that a script says.
    let editable: JSON?
    /// Its files by their paths, those of an archive one by one.
    let files: [Submission.Input]
    /// Width and height of an item as it is drawn.
    let size: PixelSize
}

extension ServiceState {
    /// The project of a folder, and where those of others are; the first that is there holds.
    static let projectFile = "project.json"
    private static let projectFiles = [projectFile, "src/config.js", "config.js"]
    /// Most bytes of what an archive unpacks to, and of one file in it.
    private static let mostUnpacked = 1 << 30, largestMember = 64 << 20

    /// The collection of a request: a ZIP archive of layers, or the files of a folder under their paths. Beside either, `project.json` is
    /// the project. Throws `Problem` and `ProjectError`.
    func collection(_ wishes: Wishes, of inputs: [Submission.Input]) throws -> Collection {
        let given = inputs.count > 1 ? inputs.first { $0.name == Self.projectFile } : nil
        let others = inputs.filter { $0 != given }, packed = try unpacked(others)
        var (folder, files) =
            given == nil || packed != nil
            ? Self.withoutCommonFolder(packed?.files ?? others, called: packed?.name ?? "Collection") : ("Collection", others)
        if let given { files = files.filter { $0.name != Self.projectFile } + [given] }
        let paths = Dictionary(files.map { ($0.name, $0.digest) }) { first, _ in first }
        let digest = Self.projectFiles.lazy.compactMap { paths[$0] }.first
        let file = try digest.map { Artifact<Blob>.file(path: try path(of: $0), expecting: $0) }
        let bytes = try digest.map { try Blob.reading(path: try path(of: $0), limit: SubmissionReader.longestText) }
        let place = PlanCollection.Source(folder: folder, files: files.map(\.name).filter(LayerFolder.isPicture).sorted())
        var options = wishes.collection
        let project = try ComposedProject(file, in: place, options: options).project(bytes)
        options.count = options.count ?? Self.usualCount(of: project)

        let pictures = try project.files.map { name in
            guard let digest = paths[name] else {
                throw Problem(
                    422, "missing-picture", "the project names \(name), which is not among the files",
                    hint: "send it with its path as its name")
            }
            return (path: name, digest: digest)
        }
        var canvas: PixelSize?
        if project.size == nil {
            guard let first = project.layers.first?.traits.lazy.flatMap(\.pieces).first?.file ?? pictures.first?.path,
                let digest = paths[first]
            else {
                throw Problem(422, "no-pictures", "the project has no pictures, and does not say a width and a height")
            }
            canvas = try Self.size(of: Blob.reading(path: try path(of: digest), limit: configuration.bodyLimit))
        }
        let request = CompositionRequest(place, project: digest, pictures: pictures, canvas: canvas, options: options)
        let archive = try request.archive(of: try sources(of: request))
        return Collection(
            request: request, archive: archive, project: project, editable: Self.editable(project, bytes), files: files,
            size: try archive.style(for: project).size)
    }

    /// The files that a request names. Throws `Problem`.
    func sources(of request: CompositionRequest) throws -> [Artifact<Blob>] {
        try request.sources.map { .file(path: try path(of: $0), expecting: $0) }
    }

    /// Keeps bytes that were made here as if they had been sent.
    func keep(_ bytes: [UInt8]) throws(Problem) -> Digest {
        do {
            let upload = try uploads.begin(limit: .max)
            try bytes.withUnsafeBytes { try upload.take($0) }
            return try upload.finish().digest
        } catch { throw Problem(error) }
    }

    /// The files of an archive and what it is called, where that is all there is; else nil.
    private func unpacked(_ inputs: [Submission.Input]) throws -> (name: String?, files: [Submission.Input])? {
        guard inputs.count == 1 else { return nil }
        let bytes = try Blob.reading(path: try path(of: inputs[0].digest), limit: configuration.bodyLimit)
        guard BlobContent(of: bytes).kind == "archive" else { return nil }
        var limits = ZIPReader.Limits()
        (limits.memberCount, limits.unpackedByteCount) = (10 * SubmissionReader.mostInputs, Self.mostUnpacked)
        do {
            let zip = try ZIPReader(Array(bytes.bytes), limits: limits)
            let stem = inputs[0].name.split(separator: "/").last.map { $0.hasSuffix(".zip") ? String($0.dropLast(4)) : String($0) }
            return (
                stem,
                try zip.members.filter { Self.isWanted($0.name) }.map { member in
                    // One is in memory at a time.
                    guard member.unpackedByteCount <= Self.largestMember else {
                        throw Problem(
                            413, "over-limit", "\(member.name.suffix(80)) in the archive has \(member.unpackedByteCount) bytes",
                            limit: Self.largestMember)
                    }
                    return .init(digest: try keep(zip.unpacked(member)), name: member.name)
                }
            )
        } catch let error as ZIPReadingError { throw Problem(422, "unreadable-input", "\(inputs[0].name): \(error.description)") }
    }

    /// Whether a file of an archive belongs to a collection; what systems add does not.
    private static func isWanted(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard !parts.contains(where: { $0.hasPrefix(".") || $0 == "__MACOSX" }) else { return false }
        return LayerFolder.isPicture(path) || projectFiles.contains { path == $0 || path.hasSuffix("/" + $0) }
    }

    /// Files without the folders that all of them lie in, and the name of the last such folder, or another. Layers stay folders.
    private static func withoutCommonFolder(
        _ files: [Submission.Input], called name: String
    ) -> (folder: String, [Submission.Input]) {
        var files = files, folder = name
        while let first = files.first?.name.split(separator: "/").first, first != "layers" {
            let prefix = first + "/"
            let shorter = files.map { Submission.Input(digest: $0.digest, name: String($0.name.dropFirst(prefix.count))) }
            guard files.allSatisfy({ $0.name.hasPrefix(prefix) }),
                shorter.allSatisfy({ $0.name.contains("/") || !LayerFolder.isPicture($0.name) })
            else {
                break
            }
            (files, folder) = (shorter, String(first))
        }
        return (folder, files)
    }

    /// How many items there are where neither the request nor the project says: a hundred, or all there can be.
    private static func usualCount(of project: Project) -> Int? {
        guard project.count == nil, project.configurations.allSatisfy({ $0.count == nil }) else { return nil }
        // A project whose combinations cannot be counted is refused with the reason when it is planned.
        guard let count = try? project.combinationCount() else { return nil }
        return count >= BigNatural(100) ? 100 : Int(count.description)
    }

    private static func size(of bytes: Blob) throws -> PixelSize {
        let size = try pictureSize(of: bytes.bytes.span)
        return PixelSize(width: size.width, height: size.height)
    }

    /// A project file whose layers list everything, with whatever else a file of the project says.
    private static func editable(_ project: Project, _ file: Blob?) -> JSON? {
        var members: [JSON.Member] = [.init("name", .string(project.name))]
        if let file {
            guard case .object(let said)? = try? JSON(parsing: Array(file.bytes)) else { return nil }  // a script
            members = said.filter { $0.name != "layers" && $0.name != "$schema" && $0.name != "delimiter" }
        }
        return .object(members + [.init("layers", project.layersJSON)])
    }
}
