import AtelierArchives
public import AtelierImageTracing
public import AtelierMemo
public import AtelierModels
public import AtelierPixels
import AtelierSVG

/// The best of several tracings of a picture, as far as it was found.
public struct FoundTrace: Sendable {
    /// One tracing that was tried.
    public struct Trial: Hashable, Sendable {
        /// How it was traced.
        public var options: TraceOptions
        /// Likeness of the drawing, and length of the SVG under gzip.
        public var ssim: Double, gzipByteCount: Int
    }

    /// The SVG: the smallest that reaches the target, or the most like one when none does.
    public var svg: Blob
    /// What was tried, in order.
    public var trials: [Trial]
    /// Which of them the SVG is.
    public var chosen: Int
    /// The likeness that was wanted; nil where likeness and bytes were weighed.
    public var target: Double?

    /// Whether the SVG is as like as wanted.
    public var reachesTarget: Bool { target.map { trials[chosen].ssim >= $0 } ?? true }
}

extension FoundTrace: Storable {
    /// The text and the trials.
    public var byteCount: Int { 64 + svg.count + trials.count * MemoryLayout<Trial>.stride }
}

/// Traces a quantised picture at several prices and keeps the smallest SVG whose SSIM is at least the target.
///
/// Likeness falls and bytes fall as λ rises, so one number is searched: by factors of 16 from the λ that a model of tracing expects to
/// reach the target (decision 0046) until the target lies between two trials, then on log λ by the secant, kept off the ends of what is left. What does not depend
/// on λ, decoding and quantising, is done once. Each trial is drawn and measured as it would be written.
public struct SearchTrace: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "tracing.search"
    /// Raised when the same picture and target give another tracing.
    public static let version = 2

    /// The picture.
    public var image: Artifact<Raster<RGBA8>>
    /// Its palette and labels.
    public var quantized: Artifact<QuantizedImage>
    /// What it is like, which says where the search begins.
    public var features: Artifact<PictureFeatures>
    /// How it is traced but for the price.
    public var options: TraceOptions
    /// The least SSIM.
    public var target: Double
    /// The steps that are repeated and the model that is asked: they are part of what this one is.
    public internal(set) var stages: String

    /// A search for one picture.
    public init(
        image: Artifact<Raster<RGBA8>>, quantized: Artifact<QuantizedImage>, features: Artifact<PictureFeatures>, options: TraceOptions,
        target: Double
    ) {
        self.image = image
        self.quantized = quantized
        self.features = features
        self.options = options
        self.target = target
        self.stages = StageIdentities.repeatedBySearch
    }

    /// As for segmenting, and two drawings.
    public func footprint(in context: Context) -> Int { context[image].pixels.count * 36 }

    /// Traces, at most six times.
    public func run(in context: Context) throws -> FoundTrace {
        let picture = context[image], quantized = context[quantized], features = context[features]
        var trials: [FoundTrace.Trial] = [], chosen = 0, svg: [UInt8] = []
        let start = try TracingModel.shelf.use(TracingModel.inProgram) { $0.price(reaching: target, features) }
        var search = PriceSearch(target: target, start: start)
        while let lambda = search.next {
            try Task.checkCancellation()
            var options = options
            options.setLambda(lambda)
            let (bytes, trial) = try tried(picture, quantized, options, in: context)
            let ssim = trial.ssim
            let isBetter =
                trials.isEmpty
                || (ssim >= target
                    ? trials[chosen].ssim < target || trial.gzipByteCount < trials[chosen].gzipByteCount
                    : trials[chosen].ssim < target && ssim > trials[chosen].ssim)
            if isBetter { (chosen, svg) = (trials.count, bytes) }
            trials.append(trial)
            search.note(ssim, at: lambda)
        }
        return FoundTrace(svg: Blob(svg), trials: trials, chosen: chosen, target: target)
    }
}

/// Traces a quantised picture as it would be written, draws the tracing and measures it.
func tried(
    _ picture: Raster<RGBA8>, _ quantized: QuantizedImage, _ options: TraceOptions, in context: Context
) throws -> (svg: [UInt8], trial: FoundTrace.Trial) {
    let regions = segment(picture, quantized, options.segment, each: context.concurrently, isCancelled: { context.isCancelled })
    try context.checkCancellation()
    let drawing = fit(regions, options.fit, each: context.concurrently) { context.isCancelled }
    try context.checkCancellation()
    let svg = writeSVG(drawing, options.write)
    let ssim = Similarity.ssim(of: try rendering(of: svg.span, like: picture), to: picture)
    return (svg, FoundTrace.Trial(options: options, ssim: ssim, gzipByteCount: TraceStatistics.gzipByteCount(of: svg)))
}

/// Which price to try next, when likeness falls as the price rises.
struct PriceSearch {
    /// Prices that can be asked for.
    static let range = 1.0...1e6
    /// After so many trials the best one is taken.
    static let mostTrials = 6

    private let target: Double
    /// The highest price that was like enough, and the lowest that was not.
    private var good: (lambda: Double, ssim: Double)?, bad: (lambda: Double, ssim: Double)?
    private var count = 0
    /// Nil when nothing is left to try.
    private(set) var next: Double?

    init(target: Double, start: Double) {
        self.target = target
        next = min(Self.range.upperBound, max(Self.range.lowerBound, start))
    }

    mutating func note(_ ssim: Double, at lambda: Double) {
        count += 1
        if ssim >= target {
            if good.map({ lambda > $0.lambda }) ?? true { good = (lambda, ssim) }
        } else if bad.map({ lambda < $0.lambda }) ?? true {
            bad = (lambda, ssim)
        }
        next = count < Self.mostTrials ? following() : nil
    }

    private func following() -> Double? {
        switch (good, bad) {
        case (nil, nil): return nil
        case (let good?, nil): return good.lambda >= Self.range.upperBound ? nil : min(Self.range.upperBound, good.lambda * 16)
        case (nil, let bad?): return bad.lambda <= Self.range.lowerBound ? nil : max(Self.range.lowerBound, bad.lambda / 16)
        case (let good?, let bad?):
            // The target is met closely, or the prices hardly differ. Likeness need not fall everywhere.
            guard good.ssim - target > 0.0005, bad.lambda > good.lambda * 1.15 else { return nil }
            let share = min(0.8, max(0.2, (good.ssim - target) / max(1e-9, good.ssim - bad.ssim)))
            return raised(good.lambda, to: bad.lambda, share)
        }
    }

    /// low × (high / low) ^ share by halving, to 1/256 of the way: square roots give the same number on every machine.
    private func raised(_ low: Double, to high: Double, _ share: Double) -> Double {
        var factor = high / low, result = low, rest = share
        for _ in 0..<8 {
            factor = factor.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= factor
                rest -= 1
            }
        }
        return result
    }
}

/// The text of a tracing that was searched for.
public struct SVGOfSearch: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "tracing.found"
    /// Raised when the same search gives another text.
    public static let version = 1

    /// What was found.
    public var found: Artifact<FoundTrace>

    /// The text of one search.
    public init(found: Artifact<FoundTrace>) { self.found = found }

    /// Takes it.
    public func run(in context: Context) throws -> Blob { context[found].svg }
}

/// Says when a search did not reach its target.
public struct ReportSearch: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "report.search"
    /// Raised when the same search gives another report.
    public static let version = 1

    /// What was found.
    public var found: Artifact<FoundTrace>

    /// The report on one search.
    public init(found: Artifact<FoundTrace>) { self.found = found }

    /// Reports.
    public func run(in context: Context) throws -> ConversionReport {
        let found = context[found], trial = found.trials[found.chosen]
        guard let target = found.target, !found.reachesTarget else { return ConversionReport(pages: [[]]) }
        return ConversionReport(pages: [
            [
                SVG.Diagnostic(
                    .approximated, element: "svg", line: 0,
                    "no tracing in these colours reaches an SSIM of \(thousandths(target)); this is the best of \(found.trials.count), "
                        + "with \(thousandths(trial.ssim)): what is missing are shades and details that no price buys")
            ]
        ])
    }

    /// Rounded down, so that what is not reached is not shown as reached.
    private func thousandths(_ v: Double) -> String { "\(Double(Int(v * 10000)) / 10000)" }
}
