import AtelierScheduling
import CAtelierZstd

/// A payload as a store writes it.
struct Coded {
    var coding: EntryFile.Coding
    /// Which dictionary reads it.
    var dictionary: UInt64?
    var bytes: Blob
}

/// Codes payloads with zstd where that makes them smaller: fragments with a dictionary of their kind, what is longer
/// without one, and what is compressed already not at all.
///
///     let compression = Compression(dictionaries: directory.dictionaries())
///
/// Contexts are kept for the next caller: making one costs 20 µs, as much as compressing 4 KB (measured here). What was
/// measured about levels and dictionaries is in docs/decisions/0011-entry-coding.md.
package final class Compression: Sendable {
    /// Payloads below this stay as they are without a dictionary: there is little to repeat in them.
    static let smallest = 512
    /// With a dictionary it pays from here on: below, the id takes what coding gains.
    static let smallestFragment = 64
    /// Payloads up to this are fragments: beyond, a dictionary's 16 KB matter less than what a payload repeats of its own.
    static let largestFragment = 8 << 10
    private static let probe = 64 << 10

    private let level: Int32
    private let dictionaries: Dictionaries?
    private let compressors = Lock<[Context]>([])
    private let decompressors = Lock<[Context]>([])

    /// A zstd context nobody else uses: it is in a list above or in the hands of one call.
    private struct Context: @unchecked Sendable {
        var pointer: OpaquePointer
    }

    /// - Parameters:
    ///   - level: zstd's level for what is coded without a dictionary. 1 fits a disk; 3 takes 1.5 to 2.9 times as long for
    ///     at most 9 % fewer bytes on SVG text.
    ///   - dictionaries: Where trained dictionaries are kept; without, there are none, and entries that need one count as
    ///     another version's.
    ///   - background: Runs what takes long; by default on a thread of its own.
    package init(
        level: Int32 = 1, dictionaries: DictionaryFolder? = nil,
        background: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { WorkerPool(threads: 1).async($0) }
    ) {
        self.level = level
        self.dictionaries = dictionaries.map { Dictionaries(in: $0, background: background) }
    }

    deinit {
        compressors.withLock { for context in $0 { ZSTD_freeCCtx(context.pointer) } }
        decompressors.withLock { for context in $0 { ZSTD_freeDCtx(context.pointer) } }
    }

    // MARK: Writing

    /// The payload in the coding that suits it.
    ///
    /// - Parameter kind: What the payload is a fragment of; nil for what is no fragment of anything.
    func coded(_ payload: Blob, as kind: FragmentKind?) -> Coded {
        let plain = Coded(coding: .asItIs, bytes: payload)
        guard payload.count >= Self.smallestFragment, !Self.isCompressed(payload) else { return plain }
        if let kind, let dictionaries, payload.count <= Self.largestFragment,
            let dictionary = dictionaries.dictionary(of: kind, seeing: payload)
        {
            let bytes = compressed(payload, with: dictionary)
            dictionaries.note(payload.count, became: bytes?.count ?? payload.count, with: dictionary)
            return bytes.map { Coded(coding: .zstdWithDictionary, dictionary: dictionary.id, bytes: $0) } ?? plain
        }
        return compressed(payload).map { Coded(coding: .zstd, bytes: $0) } ?? plain
    }

    /// Sees to it that a dictionary is in its folder: what was coded with it has been kept.
    func assure(_ dictionary: UInt64) { dictionaries?.assure(dictionary) }

    /// Whether the bytes begin as files do that hold compressed data: PNG, JPEG, GIF, WebP, ZIP (and so PPTX), gzip, zstd.
    private static func isCompressed(_ blob: Blob) -> Bool {
        blob.withUnsafeBytes { bytes in
            switch UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)) {
            case 0x8950_4E47, 0x504B_0304, 0x4749_4638, 0x28B5_2FFD: true
            case 0x5249_4646: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)) == 0x5745_4250
            case let first: first >> 8 == 0xFF_D8FF || first >> 8 == 0x1F_8B08
            }
        }
    }

    /// The bytes compressed; nil when they are few, or when they (a long blob: its first 64 KiB) shrink by less than 5 %.
    func compressed(_ blob: Blob) -> Blob? {
        guard blob.count >= Self.smallest else { return nil }
        return withCompressor { context in
            if blob.count > 2 * Self.probe {
                guard compress(blob[..<Self.probe], in: context) != nil else { return nil }
            }
            return compress(blob, in: context)
        }
    }

    private func compress(_ blob: Blob, in context: OpaquePointer) -> Blob? {
        Self.bytes(for: blob, atLeast: 0) { ZSTD_compressCCtx(context, $0, $1, $2, $3, level) }
    }

    /// The bytes compressed with a dictionary; nil when that gains less than 5 %, or less than twice what the id takes.
    func compressed(_ blob: Blob, with dictionary: CompressionDictionary) -> Blob? {
        withCompressor { context in
            // A context whose last frame did not fit refuses a dictionary until it is reset, and would use the one before.
            // Reset again, it refers to none: the dictionary may be freed before the context.
            ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
            defer { ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters) }
            // The id stands in the entry's header. What is decoded depends on two files, so the frame says its sum: 4 bytes.
            guard ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0)) == 0,
                ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)) == 0,
                ZSTD_isError(ZSTD_CCtx_refCDict(context, dictionary.coder)) == 0
            else { return nil }
            return Self.bytes(for: blob, atLeast: 16) { ZSTD_compress2(context, $0, $1, $2, $3) }
        }
    }

    private func withCompressor(_ body: (OpaquePointer) -> Blob?) -> Blob? {
        guard let context = compressors.withLock({ $0.popLast() })?.pointer ?? ZSTD_createCCtx() else { return nil }
        defer { compressors.withLock { $0.append(Context(pointer: context)) } }
        return body(context)
    }

    /// What `compress` makes of a blob, with room for at most 95 % of it: zstd gives up when the output is full.
    private static func bytes(
        for blob: Blob, atLeast gain: Int, _ compress: (UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int) -> Int
    ) -> Blob? {
        let room = blob.count - max(blob.count / 20, gain)
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            let result = blob.withUnsafeBytes { compress(buffer.baseAddress, room, $0.baseAddress, $0.count) }
            failed = ZSTD_isError(result) != 0
            count = failed ? 0 : result
        }
        return failed ? nil : Blob(bytes)
    }

    // MARK: Reading

    /// The bytes that `coded` got, exactly `count` of them.
    func decoded(_ stored: Blob, count: Int, dictionary id: UInt64?) throws(EntryFile.Problem) -> Blob {
        var dictionary: CompressionDictionary?
        if let id {
            guard let dictionaries else { throw .foreign }
            dictionary = try dictionaries.dictionary(id)
        }
        guard let bytes = decompressed(stored, count: count, with: dictionary) else { throw .damaged("the payload cannot be decompressed") }
        return bytes
    }

    /// The bytes decompressed to exactly `count`; nil when they are damaged or hold another number.
    func decompressed(_ blob: Blob, count: Int, with dictionary: CompressionDictionary? = nil) -> Blob? {
        // A block of at most 128 KiB takes 4 bytes or more (RFC 8878, 3.1.1.2), and every writer says the length in the
        // frame as well: a few forged bytes must not make us reserve a gigabyte.
        guard count <= (blob.count / 4) << 17,
            blob.withUnsafeBytes({ ZSTD_getFrameContentSize($0.baseAddress, $0.count) }) == UInt64(count)
        else { return nil }
        guard let context = decompressors.withLock({ $0.popLast() })?.pointer ?? ZSTD_createDCtx() else { return nil }
        defer { decompressors.withLock { $0.append(Context(pointer: context)) } }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let result = blob.withUnsafeBytes {
                if let dictionary {
                    ZSTD_decompress_usingDDict(context, buffer.baseAddress, count, $0.baseAddress, $0.count, dictionary.decoder)
                } else {
                    ZSTD_decompressDCtx(context, buffer.baseAddress, count, $0.baseAddress, $0.count)
                }
            }
            failed = ZSTD_isError(result) != 0 || result != count
            initialized = failed ? 0 : result
        }
        return failed ? nil : Blob(bytes)
    }
}
