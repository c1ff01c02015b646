import AtelierImageCodecs
import AtelierLayers
import AtelierMemo
import AtelierPixels
import AtelierSVG
import AtelierScheduling
import AtelierStages

extension ComposeCommand {
    /// Whether an output is one archive, and not a folder that receives the collection.
    func isArchive(_ output: String) -> Bool { output.lowercased().hasSuffix(".zip") && kind(of: output) != .folder }

    /// Makes one archive of the collection, or of some of its items, as a request: ranges of items that the cache has are not drawn again.
    func archive(
        _ source: CollectionSource, _ project: Project, _ given: Artifact<Blob>?, to output: String, with engine: Engine,
        _ configuration: Configuration, _ environment: [String: String], _ console: Console, _ talk: ComposeTalk,
        since begin: ContinuousClock.Instant
    ) async throws {
        let folderFlags = [("--resume", resume), ("--plan-only", planOnly), ("--pack", pack), ("--provenance", provenance)]
        if let flag = folderFlags.first(where: \.1)?.0 {
            throw UsageError("\(flag) is about a folder, and \(printable(output)) is one archive; name a folder, or leave \(flag) away")
        }
        let files = try source.files(of: project)
        let canvas = try project.size ?? source.size(of: files, project)
        let request = CompositionRequest(
            source.place, project: source.artifact?.digest, plan: given?.digest, pictures: files.map { ($0.name, $0.source.digest) },
            canvas: project.size == nil ? canvas : nil, options: composition)
        let sources = [source.artifact, given].compactMap(\.self) + files.map(\.source)
        let inputs = ([source.path, planFile].compactMap(\.self) + files.map(\.path)).map { Input(path: $0, relative: $0) }
        if explains {
            let archive = try request.archive(of: sources)
            let plan = try archive.source.planning.plan(source.artifact?.sourceBytes(), given?.sourceBytes())
            let tree = engine.explain(Artifact(archive)), way = engine.explain(try archive.way(for: project, plan))
            let known = Dictionary(zip(sources.map(\.digest), inputs)) { first, _ in first }
            let explained = ExplainedJob(
                output: output, inputs: inputs, lines: tree.lines(with: [Artifact(archive).digest: way]), sources: known)
            return try [explained].write(asJSON: settings.json, to: console)
        }
        let ran = RunLog(), rangesDrawn = Lock(0)
        engine.observe { event in
            ran.note(event)
            if event.kind == .run, event.stage == DrawItems.name { rangesDrawn.withLock { $0 += 1 } }
        }
        let conversion = try Request.compose(request).conversion(of: sources)
        let blob: Blob, report: ConversionReport
        do {
            async let output = engine.value(of: conversion.output), remarks = engine.value(of: conversion.report)
            (blob, report) = (try await output, try await remarks)
        } catch let failure as StageFailure {
            // The failure knows the image by its digest, the person who ran this by its path.
            let scale = PictureStyle(canvas, composition).scale
            let broken = files.first { Artifact(DecodeTrait(source: $0.source, isWebP: $0.isWebP, scale: scale)).digest == failure.digest }
            throw CollectionFailure("\(printable(broken?.path ?? planFile ?? operands[0])): \(sentence(failure.underlying))")
        }
        let written: Result<Delivery, DeliveryError> = blob.withUnsafeBytes { bytes in
            do throws(DeliveryError) { return .success(try deliver(bytes, to: output, force: settings.force)) } catch {
                return .failure(error)
            }
        }
        _ = try written.get()
        if configuration.cache != .read, engine.levels.contains(where: { $0.name == "disk" }) {
            let notes = RequestNotes(in: RequestLog(in: try configuration.cachePath(environment)))
            notes.add(
                .compose(request), from: inputs, output: conversion.output.digest, cost: ran.cost(of: conversion.output.digest))
            notes.flush()
        }
        talk.archived(
            byteCount: blob.count, rangesDrawn: rangesDrawn.withLock { $0 }, missing: report.pages.joined().map(\.element),
            seconds: (ContinuousClock.now - begin).inSeconds)
    }
}
