public import AtelierMemo
public import AtelierProcessors

extension Pipeline {
    /// The processor of all steps.
    ///
    ///     for try await part in pipeline.processor(engine)(pictures) { … }
    ///
    /// - Parameter onFailure: Is told of parts that a step could make nothing of, which are then left out; nil ends the run with the
    ///   first.
    public func processor(_ engine: Engine, onFailure: (@Sendable (ItemFailure) -> Void)? = nil) -> Chain {
        var row = Row(engine: engine, onFailure: onFailure)
        row.append(steps, on: .main)
        return Chain(row.processors)
    }
}

/// Processors one after the other, and the lanes that are in use.
private struct Row {
    let engine: Engine
    let onFailure: (@Sendable (ItemFailure) -> Void)?
    private(set) var processors: [any Processor] = []
    private var lanes = 0

    init(engine: Engine, onFailure: (@Sendable (ItemFailure) -> Void)?) {
        self.engine = engine
        self.onFailure = onFailure
    }

    mutating func append(_ steps: [Pipeline.Step], on lane: Lane) {
        for step in steps {
            switch step {
            case .make(let making): append(making, on: lane)
            case .parallel(let branches):
                let ways = branches.map { _ in newLane() }
                processors.append(
                    PartFunction(matching: { $0.lane == lane }) { part, emitter in for way in ways { emitter.emit(part.going(way)) } })
                append(branches, on: ways, into: lane)
            case .choose(let cases, let rest):
                let ways = cases.map { ($0.sources, newLane()) }, other = rest == nil ? lane : newLane()
                processors.append(
                    PartFunction(matching: { $0.lane == lane }) { part, emitter in
                        emitter.emit(part.going(ways.first { isTaken(part.mimeType.text, by: $0.0) }?.1 ?? other))
                    })
                append(cases.map(\.steps) + (rest.map { [$0] } ?? []), on: ways.map(\.1) + (rest == nil ? [] : [other]), into: lane)
            }
        }
    }

    private mutating func newLane() -> Lane {
        lanes += 1
        return Lane(number: lanes)
    }

    private mutating func append(_ branches: [[Pipeline.Step]], on ways: [Lane], into lane: Lane) {
        for (steps, way) in zip(branches, ways) { append(steps, on: way) }
        processors.append(PartFunction(matching: { ways.contains($0.lane) }) { part, emitter in emitter.emit(part.going(lane)) })
    }

    private mutating func append(_ making: Pipeline.Making, on lane: Lane) {
        let fallback = making.fallback.map { ($0, newLane()) }
        func placed(_ step: PartByPart) -> PartByPart {
            var step = step
            (step.lane, step.fallback, step.name) = (lane, fallback?.1, making.name)
            return step
        }
        switch making.target {
        case .svg:
            var processor = TracePictures(engine, making.options, of: making.sources, onFailure: onFailure)
            processor.step = placed(processor.step)
            processors.append(processor)
        case .png:
            var processor = RasterizeDrawings(engine, size: making.size, making.options, of: making.sources, onFailure: onFailure)
            processor.step = placed(processor.step)
            processors.append(processor)
        case .pptx where making.isEach:
            var processor = MakeDecks(engine, making.options, title: making.title, of: making.sources, onFailure: onFailure)
            processor.step = placed(processor.step)
            processors.append(processor)
        case .pptx:
            var processor = MakeDeck(engine, making.options, title: making.title?.text, of: making.sources, onFailure: onFailure)
            processor.step = placed(processor.step)
            processors.append(processor)
        case .features:
            var processor = MeasurePictures(engine, making.options, of: making.sources, onFailure: onFailure)
            processor.step = placed(processor.step)
            processors.append(processor)
        case .items:
            var processor = DrawCollections(engine, making.items, of: making.sources, onFailure: onFailure)
            processor.step = placed(processor.step)
            processors.append(processor)
        }
        if let (steps, way) = fallback { append([steps], on: [way], into: lane) }
    }
}
