import CAtelierZstd

/// What fragments that share a dictionary have in common: who makes them, and their format.
struct FragmentKind: Hashable, Sendable {
    var stage: String
    var format: String
}

/// A dictionary trained on fragments of one kind: what they repeat of each other needs not stand in each of them.
///
/// It is a file that names itself: `id` is the front of the BLAKE3 digest of `file`, so whoever finds the file by its id
/// knows that it is whole. docs/formats/entry.md has its layout.
final class CompressionDictionary: Sendable {
    /// The first 8 bytes of the digest of `file`, little-endian.
    let id: UInt64
    /// What it was trained on.
    let kind: FragmentKind
    /// Which of its kind it is, counted from 1: the highest is the newest.
    let generation: UInt32
    /// How many fragments it was trained on.
    let sampleCount: UInt32
    /// Bytes of fragments it had not seen, divided by their coded bytes: what to expect of it.
    let ratio: Double
    /// Everything above and the dictionary, as it is kept.
    let file: Blob

    /// zstd's tables for both directions. Never changed once they are made, and so free to use from every thread at once
    /// (zstd.h); freed in `deinit`.
    nonisolated(unsafe) let coder: OpaquePointer
    nonisolated(unsafe) let decoder: OpaquePointer

    /// Most bytes of a dictionary: 32 KB gained nothing over 16 at this level (docs/decisions/0011-entry-coding.md).
    static let largest = 16 << 10
    static let largestFile = largest + 512
    /// zstd's level with a dictionary: 3 % fewer bytes than level 1 for 2 µs more on fragments of 1.6 KB.
    private static let level: Int32 = 3
    private static let layoutVersion: UInt16 = 1
    // "ATLD" as a little-endian number.
    private static let mark: UInt32 = 0x444C_5441

    /// A dictionary of zstd's with what is known about it; nil for names that are too long or when memory runs out.
    convenience init?(_ bytes: [UInt8], of kind: FragmentKind, generation: UInt32, sampleCount: UInt32, ratio: Double) {
        guard kind.stage.utf8.count + kind.format.utf8.count <= 256 else { return nil }
        let count = 4 + 2 + 4 + 4 + 4 + 2 + kind.stage.utf8.count + 2 + kind.format.utf8.count + bytes.count
        let file = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.append(Self.mark)
            writer.append(Self.layoutVersion)
            writer.append(generation)
            writer.append(sampleCount)
            writer.append(UInt32(min(max(ratio, 0), 1_000_000) * 1000))
            writer.append(kind.stage)
            writer.append(kind.format)
            UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[writer.count...]).copyBytes(from: bytes)
            initialized = count
        }
        self.init(Blob(file))
    }

    /// Reads a dictionary's file; nil for bytes that are none.
    init?(_ file: Blob) {
        guard file.count <= Self.largestFile else { return nil }
        var cursor = ByteCursor()
        let bytes = file.bytes.span.bytes
        do throws(EntryFile.Problem) {
            guard try cursor.integer(UInt32.self, in: bytes) == Self.mark,
                try cursor.integer(UInt16.self, in: bytes) == Self.layoutVersion
            else { return nil }
            generation = try cursor.integer(UInt32.self, in: bytes)
            sampleCount = try cursor.integer(UInt32.self, in: bytes)
            ratio = Double(try cursor.integer(UInt32.self, in: bytes)) / 1000
            kind = FragmentKind(stage: try cursor.text(in: bytes), format: try cursor.text(in: bytes))
        } catch {
            return nil
        }
        let tables = bytes.extracting(cursor.position...).withUnsafeBytes {
            (ZSTD_createCDict($0.baseAddress, $0.count, Self.level), ZSTD_createDDict($0.baseAddress, $0.count))
        }
        guard let coder = tables.0, let decoder = tables.1 else {
            ZSTD_freeCDict(tables.0)
            ZSTD_freeDDict(tables.1)
            return nil
        }
        (self.coder, self.decoder) = (coder, decoder)
        id = Self.id(of: file)
        self.file = file
    }

    deinit {
        ZSTD_freeCDict(coder)
        ZSTD_freeDDict(decoder)
    }

    /// The id that these bytes must be kept under.
    static func id(of file: Blob) -> UInt64 { Digest(hashing: file, threads: 1).words.0 }
}

extension CompressionDictionary {
    /// The least gain on fragments not trained on that makes a first dictionary worth its place, and a later one worth
    /// replacing an earlier: 10 % and 5 % fewer bytes.
    private static let worthKeeping = 0.90, worthReplacing = 0.95

    /// Trains a dictionary on samples in the order they came, and keeps it only if it is worth it.
    ///
    /// Three of four samples train, by zstd's ZDICT (fast cover, one thread: the same samples give the same bytes); every
    /// fourth judges. 20 to 60 ms for 64 to 512 samples of 1.6 KB.
    ///
    /// - Parameter current: The dictionary in use, which the new one must beat.
    /// - Returns: The new dictionary, or nil and the ratio that the coding in use reaches on the samples that judge.
    static func trained(
        on samples: [Blob], of kind: FragmentKind, replacing current: CompressionDictionary?
    ) -> (dictionary: CompressionDictionary?, ratioInUse: Double) {
        let judges = samples.enumerated().filter { $0.offset % 4 == 3 }.map(\.element)
        let trainers = samples.enumerated().filter { $0.offset % 4 != 3 }.map(\.element)
        let raw = judges.reduce(0) { $0 + $1.count }
        let compression = Compression()
        func codedCount(with dictionary: CompressionDictionary?) -> Int {
            judges.reduce(0) { sum, sample in
                if let dictionary { return sum + (compression.compressed(sample, with: dictionary).map { $0.count + 8 } ?? sample.count) }
                return sum + (compression.compressed(sample) ?? sample).count
            }
        }
        func ratio(_ count: Int) -> Double { Double(raw) / Double(max(1, count)) }

        let inUse = codedCount(with: current)
        let generation = (current?.generation ?? 0) &+ 1
        func made(_ bytes: [UInt8], _ ratio: Double) -> CompressionDictionary? {
            CompressionDictionary(bytes, of: kind, generation: generation, sampleCount: UInt32(samples.count), ratio: ratio)
        }
        guard let bytes = zstdDictionary(from: trainers), let draft = made(bytes, 0) else { return (nil, ratio(inUse)) }
        let new = codedCount(with: draft)
        guard Double(new) <= Double(inUse) * (current == nil ? worthKeeping : worthReplacing) else { return (nil, ratio(inUse)) }
        return (made(bytes, ratio(new)), ratio(inUse))
    }

    // Nil when the samples are too few or too alike for ZDICT.
    private static func zstdDictionary(from samples: [Blob]) -> [UInt8]? {
        let joined = samples.flatMap(\.bytes), counts = samples.map(\.count)
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: largest) { buffer, count in
            let result = ZDICT_trainFromBuffer(buffer.baseAddress, largest, joined, counts, UInt32(counts.count))
            failed = ZDICT_isError(result) != 0
            count = failed ? 0 : result
        }
        return failed ? nil : bytes
    }
}
