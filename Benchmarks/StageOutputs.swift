import AtelierArchives
import AtelierGeometry
import AtelierImageCodecs
import AtelierImageTracing
import AtelierMemo
import AtelierOOXML
import AtelierPixels
import AtelierStages

extension Subcommand {
    /// Prints what every stage makes of fixed inputs, as digests: the determinism test runs it in several processes.
    static let stageOutputs = Subcommand(
        name: "stage-outputs",
        question: "does every stage still give the same output for the same input?",
        usage: """
                stage-outputs [FOLDER] [--threads N]
                    One line a stage and sample of FOLDER (default Examples/art): stage,
                    version, sample, digest of the output. Compared with
                    Tests/StagesTests/stage-outputs.txt.
            """
    ) { arguments in
        let folder = arguments.words.first ?? "Examples/art"
        let engine = Engine(
            levels: [MemoryStore(admitting: .everything)], configuration: .init(workers: try arguments.integer("threads", default: 1)))
        for library in ImageFormat.allCases.map(\.decoder) + [Archives.libraryVersion] { print("library \(library)") }
        let lines: Result<[String], any Error> = blocking {
            do { return .success(try await outputs(of: folder, engine)) } catch { return .failure(error) }
        }
        for line in try lines.get() { print(line) }
        return 0
    }

    private static func outputs(of folder: String, _ engine: Engine) async throws -> [String] {
        // All at once, so that several threads meet; printed in order.
        try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
            let samples = ["icon.png", "badge.png", "dusk.jpg", "leaf.svg"]
            for (index, sample) in samples.enumerated() {
                group.addTask { (index, try await outputs(of: sample, in: folder, engine)) }
            }
            group.addTask { (samples.count, try await deckOutputs(of: samples.map { "\(folder)/\($0)" }, engine)) }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private static func outputs(of sample: String, in folder: String, _ engine: Engine) async throws -> [String] {
        let source = try Artifact<Blob>.file(path: "\(folder)/\(sample)")
        let options = ConversionOptions()
        var lines: [String] = []
        func add<S: Stage>(_ stage: S) async throws -> Artifact<S.Output> {
            let artifact = Artifact(stage)
            lines.append("\(S.name) \(S.version) \(sample) \(fingerprint(of: try await engine.value(of: artifact)))")
            return artifact
        }
        func add<P: Plan>(plan: P) async throws -> Artifact<P.Output> {
            let artifact = Artifact(plan)
            lines.append("\(P.name) \(P.version) \(sample) \(fingerprint(of: try await engine.value(of: artifact)))")
            return artifact
        }

        if !sample.hasSuffix(".svg") {
            let image = try await add(DecodeImage(source: source))
            let quantized = try await add(QuantizeColors(image: image))
            let regions = try await add(SegmentRegions(image: image, quantized: quantized))
            let drawing = try await add(FitPaths(segmentation: regions))
            _ = try await add(WriteDrawing(drawing: drawing))
        }
        let svg = try await add(plan: SVGFromSource(source: source, options: options, drawings: .kept))
        _ = try await add(plan: ReportOnSource(source: source, options: options.svg))
        let tree = try await add(ParseSVG(source: svg))
        _ = try await add(WriteSVG(tree: tree))
        _ = try await add(ReportTree(tree: tree))
        let slide = try await add(MapSlide(tree: tree))
        _ = try await add(ReportSlides(trees: [tree], slides: [slide]))
        _ = try await add(PackPPTX(slides: [slide], title: sample))
        let grid = PictureGrid(columns: 2, rows: 1), side = EMU(rawValue: 9_144_000)
        _ = try await add(ArrangePictures([tree, tree], in: grid, width: side, height: side, margin: 9, fit: .cover))
        return lines
    }

    private static func deckOutputs(of pages: [String], _ engine: Engine) async throws -> [String] {
        let conversion = convertToPPTX(try pages.map { try Artifact<Blob>.file(path: $0) })
        let deck = try await engine.value(of: conversion.output), report = try await engine.value(of: conversion.report)
        let layered = "<svg width='9' height='9'><g id='a'><path d='M0 0h9v9z'/></g><g id='b'><path d='M9 9V0H0z'/></g></svg>"
        let tree = Artifact(ParseSVG(source: .bytes(Array(layered.utf8))))
        let layer = try await engine.value(of: Artifact(PartOfDrawing(of: tree, .layer, 1)))
        return [
            "\(PartOfDrawing.name) \(PartOfDrawing.version) layers \(fingerprint(of: layer))",
            "\(DeckOfPages.name) \(DeckOfPages.version) all \(fingerprint(of: deck))",
            "\(ReportOnPages.name) \(ReportOnPages.version) all \(fingerprint(of: report))",
        ]
    }
}

/// The identity of any value, by every stored property below it.
private func fingerprint(of value: Any) -> Digest {
    var bytes: [UInt8] = []
    write(value, to: &bytes)
    return bytes.withUnsafeBytes { Digest(hashing: $0) }
}

/// Names and values in the order of declaration; unordered collections are refused, since an output that has one
/// shows its order sooner or later.
private func write(_ value: Any, to bytes: inout [UInt8]) {
    // Planes of numbers without padding are taken as they lie in memory.
    switch value {
    case let plane as [UInt8]: plane.withUnsafeBytes { bytes.append(contentsOf: $0) }
    // Its bytes, not which part of what array they are.
    case let blob as Blob: bytes.append(contentsOf: [UInt8]("(bytes:".utf8) + blob.bytes + [UInt8](")".utf8))
    case let plane as [Int32]: plane.withUnsafeBytes { bytes.append(contentsOf: $0) }
    case let plane as [RGBA8]: plane.withUnsafeBytes { bytes.append(contentsOf: $0) }
    case let plane as [Point]: plane.withUnsafeBytes { bytes.append(contentsOf: $0) }
    default:
        let mirror = Mirror(reflecting: value)
        precondition(mirror.displayStyle != .set && mirror.displayStyle != .dictionary, "\(type(of: value)) has no order")
        if mirror.children.isEmpty {
            bytes.append(contentsOf: "\(value);".utf8)
            return
        }
        bytes.append(contentsOf: "(".utf8)
        for child in mirror.children {
            bytes.append(contentsOf: "\(child.label ?? ""):".utf8)
            write(child.value, to: &bytes)
        }
        bytes.append(contentsOf: ")".utf8)
    }
}
