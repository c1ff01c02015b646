import AtelierArchives
import AtelierImageCodecs
import AtelierLayers
import AtelierMemo
import AtelierScheduling
import AtelierStages
import AtelierTelemetry
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

private let drawingGroup = SpanName("compose.draw"), writingGroup = SpanName("compose.write")

/// Bytes that finished pictures of all workers may take before they are written.
private let pictureBudget = 96 << 20

extension ComposeCommand {
    /// Plans and draws.
    func run(
        _ configuration: Configuration, on workers: WorkerPool? = nil, environment: [String: String], console: Console
    ) async throws -> ExitCode {
        let begin = ContinuousClock.now
        guard let output = settings.output else { throw UsageError("compose wants a folder to write to: -o DIR") }
        guard operands.count == 1 else { throw UsageError("compose wants one project: a project.json, or a folder of layers") }
        let engine = configuration.makeEngine(makesCache: true, on: workers, environment: environment, console: console)
        let journal = configuration.journal(of: engine)
        defer { journal?.write() }
        let events = try settings.events.map { try EventFile($0, of: engine) }
        var talk = ComposeTalk(settings, console: console, environment: environment)

        let source = try CollectionSource(operands[0])
        let project = try source.project(composition)
        let path = output.count > 1 && output.hasSuffix("/") ? String(output.dropLast()) : output
        if metadataOnly {
            let plan = try rewriteMetadata(of: project, in: path, each: engine.workers.concurrently)
            talk.end(nil, plan: plan, seconds: (ContinuousClock.now - begin).inSeconds)
            try events?.finish()
            return .done
        }
        let given = try planFile.map { try Artifact<Blob>.file(path: $0) }
        if isArchive(output) {
            try await archive(source, project, given, to: output, with: engine, configuration, environment, console, talk, since: begin)
            try events?.finish()
            return .done
        }
        if composition.items != nil || explains {
            throw UsageError("\(explains ? "--explain" : "--items") is about one archive; name one: -o NAME.zip")
        }
        let planned = ComposedProject(source.artifact, in: source.place, plan: given, options: composition).planned
        let plan = try await self.plan(planned, engine)
        talk.planned(plan, seconds: (ContinuousClock.now - begin).inSeconds)

        let files = try source.files(of: project)
        let canvas = try project.size ?? source.size(of: files, project)
        let style = PictureStyle(canvas, composition), suffix = composition.format.rawValue
        let folder = CollectionFolder(
            path: path,
            identity: identity(project, files, style.scale, canvas), suffix: suffix)
        try folder.check(plan, project, mustExist: resume && !planOnly)
        let papers = CollectionPapers(project: project, plan: plan, standard: composition.standard, suffix: suffix)
        if planOnly {
            try folder.claim(plan, project)
            try papers.write(to: folder, each: engine.workers.concurrently)
            if sheet > 0 {
                let images = files.map { ($0.name, Artifact(DecodeTrait(source: $0.source, isWebP: $0.isWebP, scale: style.scale))) }
                let picture = DrawContactSheet(
                    source.artifact, in: source.place, plan: planned, seed: project.seed, images: images, size: style.size,
                    scale: style.scale, count: sheet)
                try folder.write(Array(try await engine.value(of: Artifact(picture)).bytes), to: folder.sheet)
            }
            talk.end(nil, plan: plan, seconds: (ContinuousClock.now - begin).inSeconds)
            try events?.finish()
            return .done
        }

        let done = settings.force ? [:] : pack ? folder.packed(plan) : try folder.finished(plan)
        let missing = (0..<plan.count).filter { done[plan.start + $0] == nil }
        var statistics = ComposeStatistics(planned: plan.count, kept: done.count)
        let wantsSheet = sheet > 0 && (!missing.isEmpty || kind(of: folder.sheet) == nil)
        var drawing: Drawing?
        if !missing.isEmpty || wantsSheet {
            let begin = ContinuousClock.now
            let images = try await decode(files, style.scale, engine)
            statistics.images = images.count
            statistics.imageBytes = images.values.reduce(0) { $0 + $1.byteCount }
            statistics.decodingSeconds = (ContinuousClock.now - begin).inSeconds
            drawing = try Drawing(
                project, plan, images: images, size: style.size, scale: style.scale, output: style.output,
                each: engine.workers.concurrently)
            if Task.isCancelled { throw CancellationError() }
        }
        try folder.claim(plan, project)
        // A run may have been killed behind its last picture.
        if !missing.isEmpty || (pack && kind(of: folder.archive) == nil) || !folder.isInOrder(done) {
            let target = try CollectionOutput(folder, packs: pack, entries: done)
            do {
                if let drawing, !missing.isEmpty {
                    try await draw(drawing, missing, plan, to: target, on: engine.workers, &statistics, &talk)
                }
            } catch {
                target.abandon()
                throw error
            }
            try target.finish(members: pack ? papers.members : [])
        }
        if let drawing, wantsSheet {
            let begin = ContinuousClock.now
            let picture = drawing.contactSheet(of: 0..<min(sheet, plan.count), each: engine.workers.concurrently)
            try folder.write(picture, to: folder.sheet)
            statistics.sheetSeconds = (ContinuousClock.now - begin).inSeconds
        }
        if provenance { try papers.writeProvenance(to: folder, each: engine.workers.concurrently) }
        if !pack { try papers.write(to: folder, each: engine.workers.concurrently) }
        statistics.seconds = (ContinuousClock.now - begin).inSeconds
        talk.end(statistics, plan: plan, seconds: statistics.seconds)
        try events?.finish()
        return .done
    }

    /// The plan, or a sentence on the file that it does not follow from.
    func plan(_ planned: Artifact<CollectionPlan>, _ engine: Engine) async throws -> CollectionPlan {
        do { return try await engine.value(of: planned) } catch let failure as StageFailure {
            throw CollectionFailure("\(printable(planFile ?? operands[0])): \(sentence(failure.underlying))")
        }
    }

    /// Draws what is missing on all workers.
    private func draw(
        _ drawing: Drawing, _ missing: [Int], _ plan: CollectionPlan, to target: CollectionOutput, on workers: WorkerPool,
        _ statistics: inout ComposeStatistics, _ talk: inout ComposeTalk
    ) async throws {
        let groups = drawing.groups(of: missing, workers: workers.threads, budget: pictureBudget)
        statistics.groups = groups.count
        let isStopped = Atomic(false)
        struct Shared: Sendable {
            var talk: ComposeTalk, statistics = DrawingStatistics(), writing = 0.0, failure: (any Error)? = nil
        }
        talk.begin(missing.count)
        let shared = Lock(Shared(talk: talk))
        // The loop below knows no tasks.
        await withTaskCancellationHandler {
            workers.concurrently(groups.count) { group in
                if isStopped.load(ordering: .relaxed) { return target.stop() }
                do {
                    var drawn = DrawingStatistics()
                    let pictures = withSpan(drawingGroup) {
                        drawing.draw(groups[group], isCancelled: { isStopped.load(ordering: .relaxed) }, &drawn)
                    }
                    guard pictures.count == groups[group].count else { return target.stop() }
                    let files = zip(groups[group], pictures).map { (number: plan.start + $0, file: $1) }
                    let begin = ContinuousClock.now
                    try withSpan(writingGroup) { try target.take(files, group: group) }
                    let seconds = (ContinuousClock.now - begin).inSeconds
                    shared.withLock { shared in
                        shared.statistics += drawn
                        shared.writing += seconds
                        shared.talk.advance(files.count)
                    }
                } catch {
                    isStopped.store(true, ordering: .relaxed)
                    target.stop()
                    shared.withLock { $0.failure = $0.failure ?? error }
                }
            }
        } onCancel: {
            isStopped.store(true, ordering: .relaxed)
        }
        let result = shared.withLock { $0 }
        talk = result.talk
        talk.clear()
        if let failure = result.failure { throw failure }
        if isStopped.load(ordering: .relaxed) { throw CancellationError() }
        statistics.drawing = result.statistics
        statistics.writingSeconds = result.writing
    }

    /// Every image of the project, by its file; the first that cannot be read ends the run with its name.
    private func decode(_ files: [CollectionSource.File], _ scale: Scale, _ engine: Engine) async throws -> [String: TraitImage] {
        try await withThrowingTaskGroup(of: (String, TraitImage).self) { group in
            for file in files {
                group.addTask(executorPreference: engine.workers) {
                    do {
                        return (
                            file.name,
                            try await engine.value(of: Artifact(DecodeTrait(source: file.source, isWebP: file.isWebP, scale: scale)))
                        )
                    } catch let error as StageFailure {
                        throw CollectionFailure("\(printable(file.path)): \(sentence(error.underlying))")
                    } catch is CancellationError {
                        throw CancellationError()
                    } catch {
                        throw CollectionFailure("\(printable(file.path)): \(sentence(error))")
                    }
                }
            }
            var images: [String: TraitImage] = [:]
            for try await (name, image) in group { images[name] = image }
            return images
        }
    }

    /// Everything that decides pictures beside the plan, as a text that a person may read.
    private func identity(
        _ project: Project, _ files: [CollectionSource.File], _ scale: Scale, _ canvas: PixelSize
    ) -> String {
        // How traits are placed and painted; weights, rules and texts decide the plan and the metadata, not pictures.
        var places: [String] = []
        for layer in project.layers {
            places.append(
                "\(layer.name) \(layer.z.map { "\($0)" } ?? "-") \(layer.blend) \(layer.opacity) \(layer.offset.x) \(layer.offset.y)")
            for trait in layer.traits {
                for piece in trait.pieces {
                    places.append(
                        "\(trait.name) \(piece.file) \(piece.z.map { "\($0)" } ?? "-") \(piece.blend.map { "\($0)" } ?? "-") "
                            + "\(piece.offset.x) \(piece.offset.y)")
                }
            }
        }
        places += project.configurations.map { "\($0.layers)" } + project.handMade.map(\.file) + ["\(project.background)"]
        let names = files.map { "\($0.name)\u{0}\($0.source.digest)" }.joined(separator: "\n")
        var lines = [
            "atelier compose 1", "seed \(project.seed)", "start \(project.start)", "canvas \(canvas.width) \(canvas.height)",
            "scale \(scale.to) \(scale.from)", "format \(composition.format.rawValue)", "packed \(pack)",
            "places \(Digest(hashing: Blob(places.joined(separator: "\n"))))",
            "files \(Digest(hashing: Blob(names)))",
        ]
        if composition.format == .png { lines.append("level \(composition.level.rawValue)") }
        if composition.format == .webp {
            lines.append(WebP.library)
        } else if composition.level == .small {
            lines.append(ImageCodecs.pngEncoder)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// What ends a run, in one sentence.
struct CollectionFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
