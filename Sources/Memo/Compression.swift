import AtelierScheduling
import CAtelierZstd

/// zstd at level 1 for what gets smaller by it.
///
/// Contexts are kept for the next caller: making one costs 20 µs, as much as compressing 4 KB (measured here).
final class Compression: Sendable {
    /// Payloads below this stay as they are: a file takes a block of 4 KiB anyway, and decoding costs microseconds.
    static let smallest = 512
    private static let probe = 64 << 10
    // Level 3 takes 1.5 to 2.9 times as long for at most 9 % fewer bytes on SVG text.
    private static let level: Int32 = 1

    private let compressors = Lock<[Context]>([])
    private let decompressors = Lock<[Context]>([])

    /// A zstd context nobody else uses: it is in a list above or in the hands of one call.
    private struct Context: @unchecked Sendable {
        var pointer: OpaquePointer
    }

    deinit {
        compressors.withLock { for context in $0 { ZSTD_freeCCtx(context.pointer) } }
        decompressors.withLock { for context in $0 { ZSTD_freeDCtx(context.pointer) } }
    }

    /// The bytes compressed; nil when they are few, or when they (a long blob: its first 64 KiB) shrink by less than 5 %.
    func compressed(_ blob: Blob) -> Blob? {
        guard blob.count >= Self.smallest else { return nil }
        guard let context = compressors.withLock({ $0.popLast() })?.pointer ?? ZSTD_createCCtx() else { return nil }
        defer { compressors.withLock { $0.append(Context(pointer: context)) } }
        if blob.count > 2 * Self.probe {
            guard Self.compress(blob[..<Self.probe], in: context) != nil else { return nil }
        }
        return Self.compress(blob, in: context)
    }

    private static func compress(_ blob: Blob, in context: OpaquePointer) -> Blob? {
        // No room for less than 5 % of gain: zstd gives up when the output is full.
        let room = blob.count - blob.count / 20
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            let result = blob.withUnsafeBytes { ZSTD_compressCCtx(context, buffer.baseAddress, room, $0.baseAddress, $0.count, level) }
            failed = ZSTD_isError(result) != 0
            count = failed ? 0 : result
        }
        return failed ? nil : Blob(bytes)
    }

    /// The bytes decompressed to exactly `count`; nil when they are damaged or hold another number.
    func decompressed(_ blob: Blob, count: Int) -> Blob? {
        // Every writer says the length in the frame as well; a forged one must not make us reserve a gigabyte.
        guard blob.withUnsafeBytes({ ZSTD_getFrameContentSize($0.baseAddress, $0.count) }) == UInt64(count) else { return nil }
        guard let context = decompressors.withLock({ $0.popLast() })?.pointer ?? ZSTD_createDCtx() else { return nil }
        defer { decompressors.withLock { $0.append(Context(pointer: context)) } }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let result = blob.withUnsafeBytes { ZSTD_decompressDCtx(context, buffer.baseAddress, count, $0.baseAddress, $0.count) }
            failed = ZSTD_isError(result) != 0 || result != count
            initialized = failed ? 0 : result
        }
        return failed ? nil : Blob(bytes)
    }
}
