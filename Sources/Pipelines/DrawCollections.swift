import AtelierJSON
import AtelierLayers
public import AtelierMemo
public import AtelierProcessors
import AtelierScheduling
import AtelierStages

/// Draws the items of collections: of each project (`docs/formats/project.md`) come the pictures of its items, in the order of their numbers.
/// Other parts pass.
///
///     let avatars = DrawCollections(engine) + RasterizeDrawings(engine)
///
/// The part of an item has its number (`number`) and its metadata (`item`, as markets read ERC-721) beside the picture. The project's pictures
/// are read from the folder of the part's file (`file_path` in its metadata). Items are drawn when there is room for them.
public struct DrawCollections: PartProcessor {
    var step: PartByPart
    private let options: ItemOptions

    /// - Parameters:
    ///   - options: Which items are drawn, and how.
    ///   - sources: Media types of the parts that are projects.
    ///   - onFailure: Is told of a project that could not be drawn, which is then left out; nil ends the run with its error.
    public init(
        _ engine: Engine, _ options: ItemOptions = .init(), of sources: [String] = Pipeline.Target.items.usualSources,
        onFailure: (@Sendable (ItemFailure) -> Void)? = nil
    ) {
        step = PartByPart(engine: engine, sources: sources, onFailure: onFailure)
        self.options = options
    }

    /// Whether the part is a project.
    public func match(_ part: Part) -> Bool { step.takes(part) }

    /// Emits the items.
    public func process(_ part: Part, into output: Output) async throws {
        let collection: Collection
        do { collection = try await read(part) } catch { return try await step.fail(part, error, output) }
        let workers = step.engine.workers, size = collection.groupSize
        let draw = AsyncPartFunction { group, output in
            guard case .integer(let first)? = group.metadata["first"] else { return }
            let items = Array(first..<min(first + size, collection.plan.count))
            let pictures = await withTaskExecutorPreference(workers) { () async -> [[UInt8]] in
                var statistics = DrawingStatistics()
                return collection.drawing.draw(items, isCancelled: { Task.isCancelled }, &statistics)
            }
            try Task.checkCancellation()
            for (item, picture) in zip(items, pictures) {
                for made in try self.parts(of: item, picture, in: collection, part) { try await output.emit(made) }
            }
        }
        let position = Lock(0)
        let groups = PartStream(next: {
            let first = position.withLock { position in
                defer { position += size }
                return position
            }
            return first < collection.plan.count ? Part("", metadata: ["first": .integer(first)]) : nil
        })
        let drawn = draw(groups, limits: QueueLimits(parts: 2 * workers.threads, bytes: 64 << 20))
        for try await made in drawn { try await output.emit(made) }
    }

    /// A project that is ready to be drawn.
    private struct Collection: Sendable {
        let project: Project, plan: CollectionPlan, drawing: Drawing

        /// Items that are drawn together: as many as take 8 MiB without compression.
        var groupSize: Int { max(1, min(32, (8 << 20) / max(1, drawing.size.width * drawing.size.height * 4))) }
    }

    private func read(_ part: Part) async throws -> Collection {
        guard case .string(let path)? = part.metadata[Part.filePath], let bytes = part.bytes else { throw ProjectWithoutFolder() }
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        var files: [String] = []
        for try await file in PartStream.files(matching: "**/*", in: folder, inline: false) {
            guard case .file(let reference) = file.payload, let name = reference.name else { continue }
            if LayerFolder.isPicture(name) { files.append(name) }
        }
        let place = PlanCollection.Source(folder: folder.split(separator: "/").last.map(String.init) ?? "Collection", files: files.sorted())
        let composed = ComposedProject(.blob(bytes), in: place, options: options.collection)
        let project = try composed.project(bytes), plan = try await step.engine.value(of: composed.planned)

        let names = project.files
        var canvas = project.size
        if canvas == nil {
            guard let first = project.layers.first?.traits.lazy.flatMap(\.pieces).first?.file ?? names.first else { throw NoPictures() }
            let image = try await image(first, in: folder, .whole)
            canvas = PixelSize(width: image.width, height: image.height)
        }
        guard let canvas else { throw NoPictures() }
        let style = PictureStyle(canvas, options.collection)
        var images: [String: TraitImage] = [:]
        for name in names { images[name] = try await image(name, in: folder, style.scale) }
        let drawing = try Drawing(project, plan, images: images, size: style.size, scale: style.scale, output: style.output)
        return Collection(project: project, plan: plan, drawing: drawing)
    }

    private func image(_ name: String, in folder: String, _ scale: Scale) async throws -> TraitImage {
        do {
            let source = try Artifact<Blob>.file(path: folder + "/" + name)
            return try await step.engine.value(
                of: Artifact(DecodeTrait(source: source, isWebP: name.lowercased().hasSuffix(".webp"), scale: scale)))
        } catch let error as StageFailure where !(error.underlying is CancellationError) {
            throw UnreadablePicture(description: "\(name): \(error.underlying)")
        }
    }

    /// The picture of an item, and its metadata where they are wanted.
    private func parts(of index: Int, _ picture: [UInt8], in collection: Collection, _ part: Part) throws -> [Part] {
        let item = collection.plan[index], ending = options.collection.format.rawValue
        let paper = collection.project.metadataBytes(of: item, standard: options.collection.standard, pictureEnding: ending)
        var metadata = part.metadata
        metadata[Part.filePath] = nil
        metadata["number"] = .integer(item.number)
        metadata["item"] = try JSON(parsing: paper)
        var made = try Part(
            bytes: Blob(picture), mimeType: MIMEType("image/\(ending)"), role: part.role, substream: part.substream,
            metadata: metadata)
        let folder = part.name.isEmpty ? "" : stem(of: part.name) + "/"
        made.metadata[Part.fileName] = .string("\(folder)\(item.number).\(ending)")
        if let name = step.name { made.metadata[Part.fileName] = .string(try name.filled(for: made)) }
        guard options.hasPapers else { return [made] }
        var sheet = try Part(bytes: Blob(paper), mimeType: .json, role: part.role, substream: part.substream, metadata: made.metadata)
        sheet.metadata[Part.fileName] = .string(stem(of: made.name) + ".json")
        return [made, sheet]
    }
}

extension Part {
    /// The entry of the metadata under which files tell where they lie, for what refers to others beside it.
    package static let filePath = "file_path"
}

/// A project came without its pictures.
struct ProjectWithoutFolder: Error, CustomStringConvertible {
    var description: String { "the pictures of a project lie in its folder, and this one has none; name its file" }
}

/// A project has no pictures.
struct NoPictures: Error, CustomStringConvertible {
    var description: String { "the project has no pictures, and does not say a width and a height" }
}

/// A picture of a project that cannot be read, and why.
struct UnreadablePicture: Error, CustomStringConvertible {
    let description: String
}
