import AtelierJSON
import CAtelierSelector

/// What to expect of tracing a picture, learned from sweeps of the tracer (decision 0046).
///
///     let model = try TracingModel(parsing: TracingModel.bytes)
///     let lambda = model.price(reaching: 0.95, features)
///
/// It says how like a tracing will be at which price of a byte, and what kind of picture it is. How it is trained and how well it
/// tells unseen pictures stands in `tools/train-selector/README.md`.
public struct TracingModel: Sendable {
    /// From the features and the price to −log₂(1 − SSIM).
    private let likeness: BoostedTrees
    /// From the features to a margin for each class.
    private let kind: BoostedTrees
    /// Names of the kinds of pictures.
    public let classes: [String]

    /// BLAKE3 of the bytes, written down so that no run has to hash them; a test compares.
    public static let digest = "7c6fc4aa38165870c0bf2c628adb43e2f7271974f0eebbf4b2089c1d8601eecc"

    /// The model in the program.
    public static var bytes: [UInt8] {
        Array(UnsafeBufferPointer(start: atelier_selector, count: atelier_selector_length))
    }

    /// Reads a model as `tools/train-selector/train.py` writes it.
    public init(parsing bytes: [UInt8]) throws(ModelFileError) {
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw ModelFileError("the model is no JSON: \(error)") }
        guard case .object(let members) = json else { throw ModelFileError("the model is no object") }
        func member(_ name: String) throws(ModelFileError) -> JSON {
            guard let found = members.first(where: { $0.name == name }) else { throw ModelFileError("the model has no \"\(name)\"") }
            return found.value
        }
        likeness = try BoostedTrees(try member("likeness"))
        kind = try BoostedTrees(try member("class"))
        guard case .array(let names) = try member("classes") else { throw ModelFileError("\"classes\" is no list") }
        classes = names.compactMap { if case .string(let name) = $0 { name } else { nil } }
        let count = PictureFeatures.names.count
        guard likeness.featureCount == count + 1, likeness.groupCount == 1, kind.featureCount == count, kind.groupCount == classes.count,
            !classes.isEmpty
        else { throw ModelFileError("the model is not one of \(count) picture features; train it with the features of this version") }
    }

    /// Bytes held.
    public var byteCount: Int { likeness.byteCount + kind.byteCount }

    /// The highest price of a byte at which a tracing is expected to be at least that like its picture; the lowest that is known
    /// of where none is.
    ///
    /// - Parameter ssim: Below 1.
    public func price(reaching ssim: Double, _ features: PictureFeatures) -> Double {
        let wanted = -logarithm(max(1e-4, 1 - ssim)) / 0.693_147_180_559_945_3
        // Quarters of a doubling over the prices that were learned from, highest first.
        var lambda = 19_200.0, row = features.values + [0]
        for _ in 0..<40 {
            row[row.count - 1] = Float(lambda)
            if Double(likeness.margins(of: row)[0]) >= wanted { return lambda }
            lambda /= 1.189_207_115_002_721
        }
        return lambda
    }

    /// The likeliest kind of picture, and how sure that is from 0 to 1.
    public func kind(of features: PictureFeatures) -> (name: String, confidence: Double) {
        let margins = kind.margins(of: features.values).map(Double.init)
        let best = margins.indices.max { margins[$0] < margins[$1] }!
        let sum = margins.reduce(0) { $0 + exponential($1 - margins[best]) }
        return (classes[best], 1 / sum)
    }
}

/// e to the power of a number of at most 0, the same on every machine: 1/1024 of it by Taylor's series, squared ten times.
func exponential(_ x: Double) -> Double {
    guard x > -40 else { return 0 }
    let t = x / 1024
    var result = 1 + t * (1 + t / 2 * (1 + t / 3 * (1 + t / 4 * (1 + t / 5))))
    for _ in 0..<10 { result *= result }
    return result
}
