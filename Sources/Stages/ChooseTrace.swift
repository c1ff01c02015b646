public import AtelierImageTracing
public import AtelierMemo
public import AtelierPixels

/// Traces a picture in several ways around what was asked for and keeps the best.
///
/// Better is what leaves the smaller product of what is missing to likeness (1 − SSIM) and bytes under gzip: half of the one is worth
/// twice the other, about as along the prices of one picture. What is less like than the way asked for, by more than a fiftieth
/// of what that misses, is never taken. Which ways are tried, and what trees that learned to choose them gained, is in decision 0046.
public struct ChooseTrace: Stage {
    /// Name in keys, events and `explain`.
    public static let name = "tracing.choose"
    /// Raised when the same picture gives another tracing.
    public static let version = 1

    /// The picture.
    public var image: Artifact<Raster<RGBA8>>
    /// How it is traced first.
    public var options: TraceOptions
    /// The steps that are repeated: their versions are part of what this one is.
    public internal(set) var stages: String

    /// A choice for one picture.
    public init(image: Artifact<Raster<RGBA8>>, options: TraceOptions) {
        self.image = image
        self.options = options
        self.stages = StageIdentities.repeatedByChoice
    }

    /// As for quantising and segmenting, and two drawings.
    public func footprint(in context: Context) -> Int { context[image].pixels.count * 52 }

    /// Traces in each way.
    public func run(in context: Context) throws -> FoundTrace {
        let picture = context[image]
        var trials: [FoundTrace.Trial] = [], chosen = 0, svg: [UInt8] = []
        for options in Self.ways(around: options) {
            try Task.checkCancellation()
            let quantized = quantize(picture, options.quantize, each: context.concurrently) { context.isCancelled }
            let (bytes, trial) = try tried(picture, quantized, options, in: context)
            trials.append(trial)
            if trials.count == 1 || Self.isBetter(trial, than: trials[chosen], asked: trials[0]) {
                (chosen, svg) = (trials.count - 1, bytes)
            }
        }
        return FoundTrace(svg: Blob(svg), trials: trials, chosen: chosen, target: nil)
    }

    /// What was asked for first; then the same at eight times the price, and nearer colours and smaller regions at four times.
    static func ways(around options: TraceOptions) -> [TraceOptions] {
        var plain = options, fine = options
        plain.segment.lambda = min(1e6, options.segment.lambda * 8)
        plain.fit.lambda = min(1e6, options.fit.lambda * 8)
        fine.quantize.colorDistance = max(0.5, options.quantize.colorDistance / 2)
        fine.segment.speckleArea = options.segment.speckleArea / 2
        fine.segment.lambda = min(1e6, options.segment.lambda * 4)
        fine.fit.lambda = min(1e6, options.fit.lambda * 4)
        return [options, plain, fine]
    }

    /// Whether a trial is better than the best so far.
    static func isBetter(_ trial: FoundTrace.Trial, than best: FoundTrace.Trial, asked: FoundTrace.Trial) -> Bool {
        // Exact pictures have nothing missing; bytes alone count then.
        func missing(_ trial: FoundTrace.Trial) -> Double { max(1e-4, 1 - trial.ssim) }
        guard missing(trial) <= missing(asked) * 1.02 else { return false }
        return missing(trial) * Double(trial.gzipByteCount) < missing(best) * Double(best.gzipByteCount)
    }
}
