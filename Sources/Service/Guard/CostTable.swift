import AtelierImageCodecs
import AtelierMemo
import AtelierScheduling
import AtelierStages

/// What conversions are predicted to take, by what is known of their files, and corrected by what they took.
///
/// A picture counts by its pixels, a drawing by its bytes, each kind of conversion with a rate of its own: the sum of what was done over the
/// sum of its sizes, in which older work counts less and less. Until something was done the rates below hold, which were measured.
final class CostTable: Sendable {
    /// What is known of a file before anything is made of it.
    struct Size: Hashable, Sendable {
        /// Of a picture; nil of a drawing.
        var pixels: Int?
        var bytes: Int
    }

    private struct Rate {
        /// Nanoseconds, and pixels or bytes.
        var spent: Double, size: Double
    }

    /// At first a megapixel in 250 ms, and 100 kB of a drawing in 100 ms, as if as much had been done.
    private struct Rates {
        var pictures = Rate(spent: 250e6, size: 1e6), drawings = Rate(spent: 100e6, size: 1e5)
    }

    private struct State {
        var sizes: [Digest: Size] = [:]
        var rates: [ConversionKind: Rates] = [:]
    }

    private let state = Lock(State())
    /// What a conversion takes beside what grows with its files.
    private static let base = 3_000_000.0
    /// How much older work counts beside one more conversion.
    private static let memory = 0.98

    /// What a file counts; looked at once.
    ///
    /// - Throws: Why a picture is damaged, or declares more than is decoded.
    func size(of digest: Digest, at path: String, byteCount: Int, format: SourceFormat, limits: DecodeLimits) throws -> Size {
        if let known = state.withLock({ $0.sizes[digest] }) { return known }
        var size = Size(pixels: nil, bytes: byteCount)
        if format != .svg {
            let bytes = try Blob.reading(path: path, limit: limits.maxFileBytes)
            let found = try pictureSize(of: bytes.bytes.span, limits: limits)
            size.pixels = found.width * found.height
        }
        state.withLock {
            if $0.sizes.count >= 16_384 { $0.sizes.removeAll() }
            $0.sizes[digest] = size
        }
        return size
    }

    /// Nanoseconds on one processor, and bytes of memory at most.
    func prediction(_ kind: ConversionKind, of sizes: [Size]) -> (nanoseconds: UInt64, bytes: Int) {
        let rates = state.withLock { $0.rates[kind] } ?? Rates()
        var nanoseconds = Self.base, bytes = 8 << 20
        for size in sizes {
            let rate = size.pixels == nil ? rates.drawings : rates.pictures
            nanoseconds += Double(size.pixels ?? size.bytes) * rate.spent / rate.size
            // Decoding, regions and outlines, by the footprints of the stages; a tree of nodes and its slide.
            bytes += (size.pixels ?? 0) * 48 + size.bytes * (size.pixels == nil ? 64 : 2)
        }
        return (UInt64(min(nanoseconds, 3.6e12)), bytes)
    }

    /// A conversion that was made has taken so long.
    func learn(_ kind: ConversionKind, of sizes: [Size], nanoseconds: UInt64) {
        let pixels = sizes.reduce(0) { $0 + ($1.pixels ?? 0) }, bytes = sizes.reduce(0) { $0 + ($1.pixels == nil ? $1.bytes : 0) }
        let spent = max(0, Double(nanoseconds) - Self.base)
        // Of both kinds at once nobody knows which took how much.
        guard (pixels > 0) != (bytes > 0) else { return }
        state.withLock { state in
            var rates = state.rates[kind] ?? Rates()
            func learn(_ rate: inout Rate, _ size: Int) {
                // One that is not like the others, such as a few bytes that fill a page, says little of them.
                let expected = Double(size) * rate.spent / rate.size, spent = min(max(spent, expected / 8), expected * 8)
                rate = Rate(spent: rate.spent * Self.memory + spent, size: rate.size * Self.memory + Double(size))
            }
            if pixels > 0 { learn(&rates.pictures, pixels) } else { learn(&rates.drawings, bytes) }
            state.rates[kind] = rates
        }
    }
}
