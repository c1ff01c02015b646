import AtelierArchives
import AtelierImageTracing
import AtelierJSON
import AtelierMemo
import AtelierPixels
import AtelierSVG
import AtelierScheduling
import AtelierStages

/// A conversion of some files that are here, ready to be made.
struct PlannedConversion: Sendable {
    let wishes: Wishes
    let inputs: [Submission.Input]
    let sources: [Artifact<Blob>], formats: [SourceFormat]
    /// What is known of the files before anything is made of them.
    let sizes: [CostTable.Size]
    let conversion: Conversion

    /// What is asked for and what the files are, in one value: the same for the same request.
    let request: Request
}

/// What was made.
struct MadeConversion: Sendable {
    /// What it was made of.
    var inputs: [Submission.Input]
    var bytes: Blob
    /// Of the bytes.
    var digest: Digest
    var type: String
    /// Where the result lay; nil when it was made now.
    var level: String?
    /// Nanoseconds since the request.
    var took: UInt64
    /// By what it was made, in the order of the derivation.
    var steps: [Step]
    /// What it is like; nil where that was not asked for.
    var report: JSON?
    /// What its slides show and what became of their elements, see `ShowSlides`; nil where there are none, or nobody asked.
    var slides: JSON?

    /// A stage on the way to it.
    struct Step: Sendable {
        var stage: String
        /// Where its output lay; nil for one that ran, as one of several pages at least.
        var level: String?
        var nanoseconds: UInt64
        /// For how many pages.
        var count = 1

        var json: JSON {
            .object([
                "stage": .string(stage), "label": .string(label(ofStage: stage)), "cache": level.map(JSON.string) ?? .null,
                "ms": .milliseconds(nanoseconds), "count": count > 1 ? .integer(count) : nil,
            ])
        }
    }
}

extension ServiceState {
    /// A conversion of files that were uploaded, whose kinds are looked at. Throws `Problem`.
    func plan(_ wishes: Wishes, of inputs: [Submission.Input]) throws -> PlannedConversion {
        let wishes = inputs.count == 1 ? inputs[0].wishes ?? wishes : wishes
        if wishes.kind == .compose {
            let request = try collection(wishes, of: inputs).request, sources = try sources(of: request)
            return PlannedConversion(
                wishes: wishes, inputs: inputs, sources: sources, formats: [],
                // An item of the usual size takes about as long as tracing some thousand pixels.
                sizes: [.init(pixels: (wishes.collection.count ?? 100) << 14, bytes: 0)],
                conversion: try Request.compose(request).conversion(of: sources), request: .compose(request))
        }
        var sources: [Artifact<Blob>] = [], formats: [SourceFormat] = [], sizes: [CostTable.Size] = []
        for input in inputs {
            let path = try path(of: input.digest)
            sources.append(.file(path: path, expecting: input.digest))
            do {
                let format = try self.formats.format(of: input.digest, at: path)
                formats.append(format)
                sizes.append(
                    try costs.size(
                        of: input.digest, at: path, byteCount: uploads.byteCount(of: input.digest) ?? 0, format: format,
                        limits: wishes.conversion.image))
            } catch {
                var problem = Problem(error)
                if !input.name.isEmpty { problem.detail = "\(input.name): \(problem.detail)" }
                throw problem
            }
        }
        let request = Request(
            target: wishes.kind == .trace ? .svg : .pptx, sources: inputs.map(\.digest), options: wishes.conversion, title: wishes.title)
        let conversion = try request.conversion(of: sources, listingElements: true)
        return PlannedConversion(
            wishes: wishes, inputs: inputs, sources: sources, formats: formats, sizes: sizes, conversion: conversion, request: request)
    }

    /// Makes it, when it is its turn. What lies there already waits for nobody.
    ///
    /// - Parameters:
    ///   - began: When it was asked for, on the monotonic clock.
    ///   - seconds: How long it may wait for its turn; nil for as long as it takes.
    ///   - begun: Called when it is its turn.
    /// - Throws: `Problem`, `JobQueue.Refusal`, `CancellationError`, or why it cannot be made.
    func make(
        _ plan: PlannedConversion, for client: String, _ urgency: Urgency, _ depth: Submission.Depth, since began: UInt64,
        waiting seconds: Double? = nil, begun: @Sendable () -> Void = {}
    ) async throws -> MadeConversion {
        let number = notes.now
        if isThere(plan, depth) {
            begun()
            return try await conversion(plan, urgency, depth, since: began, number)
        }
        let cost = costs.prediction(plan.wishes.kind, of: plan.sizes)
        let deadline = seconds.map { admission.now + UInt64($0 * 1e9) + cost.nanoseconds }
        let job = JobQueue.Job(
            client: client, place: urgency.place, cost: cost.nanoseconds, bytes: cost.bytes, deadline: deadline)
        return try await admission.run(job) { turn in
            begun()
            let made = try await within(configuration.workLimit) { [self] in
                try await conversion(plan, urgency, depth, since: began, number)
            }
            if made.level == nil {
                costs.learn(plan.wishes.kind, of: plan.sizes, nanoseconds: admission.now - turn.begin)
                log(plan, cost: admission.now - turn.begin)
            }
            return made
        }
    }

    private func conversion(
        _ plan: PlannedConversion, _ urgency: Urgency, _ depth: Submission.Depth, since began: UInt64, _ number: UInt64
    ) async throws -> MadeConversion {
        let bytes = try await engine.value(of: plan.conversion.output, priority: urgency.priority)
        // Not by `?:`, which takes nil for the JSON of that name.
        var report: JSON?
        if depth == .full { report = try await self.report(on: plan, bytes, urgency.priority) }
        let slides = depth == .full ? try await self.slides(of: plan, urgency.priority) : nil
        let steps = steps(of: plan, since: number), output = notes[plan.conversion.output.digest]
        let ran = steps.last.map { $0.level == nil } ?? true
        let digest = Digest(hashing: bytes, threads: 1)
        results.note(digest, .init(output: plan.conversion.output, type: plan.wishes.kind.type, byteCount: bytes.count))
        return MadeConversion(
            inputs: plan.inputs, bytes: bytes, digest: digest, type: plan.wishes.kind.type, level: ran ? nil : output?.level ?? "memory",
            took: monotonicNanoseconds() - began, steps: steps, report: report, slides: slides)
    }

    /// What making it takes on one worker, in nanoseconds; nothing where it lies there already.
    func cost(of plan: PlannedConversion) -> UInt64 {
        isThere(plan, .brief) ? 0 : costs.prediction(plan.wishes.kind, of: plan.sizes).nanoseconds
    }

    /// Whether some level has what is asked for.
    private func isThere(_ plan: PlannedConversion, _ depth: Submission.Depth) -> Bool {
        func has(_ artifact: Artifact<Blob>) -> Bool { engine.presence(of: artifact).contains { $0 != nil } }
        guard has(plan.conversion.output) else { return false }
        if depth == .brief { return true }
        guard plan.wishes.kind == .trace, plan.formats[0] != .svg else {
            return engine.presence(of: plan.conversion.report).contains { $0 != nil }
        }
        return engine.presence(of: Artifact(ReviewOfSource(source: plan.sources[0], options: plan.wishes.conversion))).contains {
            $0 != nil
        }
    }

    /// Notes what was made, for warming.
    private func log(_ plan: PlannedConversion, cost: UInt64) {
        // Of a collection from an archive these are the files in it.
        let paths = plan.request.sources.map { uploads.file(of: $0) }
        let use = RequestUse(of: plan.conversion.output.digest, cost: cost, at: systemSeconds())
        requestLog?.note([LoggedRequest(plan.request, paths: paths, use: use)])
    }

    /// The stages a conversion is made by, and what became of each since an event of that number.
    private func steps(of plan: PlannedConversion, since number: UInt64) -> [MadeConversion.Step] {
        var lines: [Explanation.Line] = []
        func add(_ explanation: Explanation) {
            // Inputs stand before what is made of them: by the longest way to the result.
            var depths: [Digest: Int] = [:]
            for line in explanation.lines { depths[line.digest] = max(depths[line.digest] ?? 0, line.depth) }
            let order = explanation.lines.filter { !$0.isRepeated && !$0.isSource }.enumerated().sorted {
                (-depths[$0.element.digest]!, $0.offset) < (-depths[$1.element.digest]!, $1.offset)
            }
            lines += order.map(\.element)
        }
        if plan.wishes.kind == .trace {
            add(engine.explain(Conversion.wayToSVG(plan.sources[0], plan.wishes.conversion, plan.formats[0])))
        } else {
            for (source, format) in zip(plan.sources, plan.formats).prefix(20) where format != .svg {
                add(engine.explain(Conversion.wayToSVG(source, plan.wishes.conversion, format)))
            }
            add(engine.explain(plan.conversion.output))
        }
        var steps: [MadeConversion.Step] = [], seen: Set<Digest> = []
        for line in lines {
            // A plan stands for what it leads to.
            let digest = line.isPlan ? line.leadsTo ?? line.digest : line.digest, note = notes[digest]
            let stage = note?.stage ?? line.stage
            guard seen.insert(digest).inserted, !line.isPlan || note != nil && stage != line.stage, !stage.isPlan else { continue }
            var step = MadeConversion.Step(stage: stage, level: note?.level ?? line.level ?? "memory", nanoseconds: 0)
            if let note, note.ran > number {
                (step.level, step.nanoseconds) = (nil, note.cost)
            } else if let note, note.found > number {
                step.nanoseconds = note.latency
            }
            // Of several pages, a step is the sum of theirs.
            if let same = steps.firstIndex(where: { $0.stage == stage }) {
                steps[same].count += 1
                steps[same].nanoseconds += step.nanoseconds
                if step.level == nil { steps[same].level = nil }
            } else {
                steps.append(step)
            }
        }
        return steps
    }

    /// What its slides show, for clients that draw them.
    private func slides(of plan: PlannedConversion, _ priority: Priority) async throws -> JSON? {
        guard let slides = plan.conversion.slides else { return nil }
        return try JSON(parsing: Array(try await engine.value(of: slides, priority: priority).bytes))
    }

    /// What a result is like.
    private func report(on plan: PlannedConversion, _ bytes: Blob, _ priority: Priority) async throws -> JSON {
        let diagnostics = try await engine.value(of: plan.conversion.report, priority: priority)
        let findings = JSON.array(
            zip(plan.inputs.indices, diagnostics.pages).flatMap { index, page in
                page.map { finding in
                    .object([
                        "input": .integer(index), "outcome": .string(finding.outcome.rawValue), "element": .string(finding.element),
                        "line": .integer(finding.line), "message": .string(finding.message),
                        "deviation": finding.deviation.map(JSON.number),
                    ])
                }
            })
        switch plan.wishes.kind {
        case .compose: return .object(["findings": findings])
        case .trace where plan.formats[0] == .svg: return .object(["findings": findings])
        case .trace:
            let review = try await engine.value(
                of: Artifact(ReviewOfSource(source: plan.sources[0], options: plan.wishes.conversion)), priority: priority)
            guard case .object(let members) = review.statistics.json.inSnakeCase else { return .null }
            return .object(
                members + [
                    .init("nodes", .integer(review.statistics.contents.segments)),
                    .init("palette", try await palette(of: plan, priority)), .init("findings", findings),
                ])
        case .pptx:
            return .object([
                "totals": diagnostics.slides.reduce(SlideSummary(), +).json.inSnakeCase,
                "slides": .array(
                    diagnostics.slides.enumerated().map { index, slide in
                        .object([
                            "slide": .integer(index + 1), "input": .string(index < plan.inputs.count ? plan.inputs[index].name : ""),
                            "totals": slide.json.inSnakeCase, "elements": .array(slide.decisions.map(\.json.inSnakeCase)),
                        ])
                    }),
                "findings": findings,
            ])
        }
    }

    /// The colours a picture was reduced to, with their shares of its flat pixels.
    private func palette(of plan: PlannedConversion, _ priority: Priority) async throws -> JSON {
        let options = plan.wishes.conversion
        let image = decodedPicture(plan.sources[0], options.image)
        let picture = try await engine.value(
            of: Artifact(QuantizeColors(image: image, options: options.trace.quantize)), priority: priority)
        var counts = [Int](repeating: 0, count: 256)
        for index in picture.indices { counts[Int(index)] += 1 }
        let flat = max(1, counts[..<picture.paints.count].reduce(0, +))
        // Colours that are drawn alike are one.
        var colors: [RGBA8] = [], pixels: [RGBA8: Int] = [:]
        for (color, count) in zip(picture.paints, counts) {
            if pixels[color] == nil { colors.append(color) }
            pixels[color, default: 0] += count
        }
        return .array(
            colors.map { color in
                .object([
                    "color": .string(color.hex), "share": .number((Double(pixels[color]!) / Double(flat) * 1e6).rounded() / 1e6),
                    "alpha": color.a == 255 ? nil : .integer(Int(color.a)),
                ])
            })
    }
}

extension MadeConversion {
    /// `Cache-Status` (RFC 9211), `Server-Timing` and the digest.
    var fields: [(name: String, value: String)] {
        let status = level.map { "atelier; hit; detail=\($0)" } ?? "atelier; fwd=miss; stored"
        // Names as tokens; of a deck the first.
        let timing = steps.filter { $0.level == nil }.prefix(12).map { step in
            "\(step.stage.map { $0 == "." ? "-" : $0 }.reduce(into: "") { $0.append($1) });dur=\(JSON.milliseconds(step.nanoseconds).text)"
        }
        return [
            ("Cache-Status", status),
            ("Server-Timing", (timing + ["total;dur=\(JSON.milliseconds(took).text)"]).joined(separator: ", ")),
        ]
    }

    /// What was made, how, and what it is like; `holdsText` for the drawing itself, where it is no larger than 4 MiB.
    func json(command: String, holdsText: Bool) -> JSON {
        .object([
            "result": .object([
                "digest": .string(digest.description), "bytes": .integer(bytes.count), "gzip_bytes": gzipByteCount.map(JSON.integer),
                "media_type": .string(type), "url": .string("/v1/blobs/\(digest)"),
            ]),
            "svg": holdsText && type == "image/svg+xml" && bytes.count <= 4 << 20
                ? .string(String(decoding: bytes.bytes, as: UTF8.self)) : nil,
            "report": report, "slides": slides,
            "steps": .array(steps.map(\.json)),
            "cache": .string(level == nil ? "miss" : "hit"),
            "ms": .milliseconds(took),
            "command": .string(command),
            // Files that came along can be named by these from now on.
            "inputs": .array(
                inputs.map { .object(["digest": .string($0.digest.description), "name": $0.name.isEmpty ? nil : .string($0.name)]) }),
        ])
    }

    /// Of a text; the compressed bytes are kept for who takes them.
    private var gzipByteCount: Int? {
        type == "image/svg+xml" ? Gzip.packed(bytes, tag: digest.description)?.count ?? bytes.count : nil
    }
}

/// What people call a stage.
func label(ofStage name: String) -> String {
    switch name {
    case "image.decode", "image.decodeWebP": "Decode"
    case "tracing.quantize": "Quantize"
    case "tracing.segment": "Segment"
    case "tracing.fit": "Fit"
    case "tracing.write", "svg.write", "tracing.found": "Write"
    case "tracing.features": "Measure"
    case "tracing.search", "tracing.choose": "Search"
    case "svg.parse", "svg.read": "Read"
    case "pptx.map", "pptx.slideOfTree": "Map"
    case "pptx.arrange": "Arrange"
    case "pptx.pack": "Pack"
    case "svg.rasterize", "svg.rasterizeDrawing": "Rasterize"
    case "layers.plan": "Plan"
    case "layers.trait": "Decode"
    case "layers.coding": "Palette"
    case "layers.items": "Draw"
    case "layers.pack": "Pack"
    default: String(name.split(separator: ".").last ?? "")
    }
}

/// What files are, by their first bytes; looked at once.
final class FormatTable: Sendable {
    private let known = Lock<[Digest: SourceFormat]>([:])

    /// Throws `UnknownSourceFormat`, and why the file cannot be read.
    func format(of digest: Digest, at path: String) throws -> SourceFormat {
        if let format = known.withLock({ $0[digest] }) { return format }
        let format = try SourceFormat.sniff(try beginning(of: path))
        known.withLock {
            if $0.count >= 16_384 { $0.removeAll() }
            $0[digest] = format
        }
        return format
    }
}

extension String {
    /// Whether a stage of this name only says what to make next.
    fileprivate var isPlan: Bool {
        [
            DeckOfSlides.name, DeckOfPages.name, SlideOfTree.name, SVGFromSource.name, ReadDrawing.name, RasterizeDrawing.name,
            ArchiveOfCollection.name,
        ].contains(self)
    }
}

/// Does something that may take so many seconds; then it is cancelled. Throws `Problem` when it took longer.
private func within<Result: Sendable>(
    _ seconds: Double, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: .seconds(seconds))
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw Problem(
                503, "too-long", "it was not made within \(Int(seconds)) seconds", hint: "make the file smaller, or ask for less detail",
                limit: Int(seconds))
        }
        return result
    }
}
