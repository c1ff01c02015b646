import AtelierImageCodecs
import AtelierJSON
import AtelierMemo
import AtelierSVG
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Subcommand {
    static let hostile = Subcommand(
        name: "hostile", question: "does any damaged file crash, hang or swell the readers?",
        usage: """
                FILE… [--items 50000] [--seed 1] [--first 0] [--seconds 2] [--memory 256]
                Cuts and flips bits of PNG, JPEG and SVG files and reads the result.
                --items    damaged files to try, the given files in turns
                --seed     what the damage follows from, with the number of the item
                --first    number of the first item: --first 1234 --items 1 repeats one
                --seconds  longest time for one item
                --memory   the limit on decoding in MiB; the process may hold 64 MiB more

                Status 1: an item took longer, the process held more, or an error had no
                sentence. A crash or an item that hangs names the item on stderr.
            """
    ) { arguments in
        let files = try arguments.words.map { path in
            let file = try Blob.reading(path: path, limit: 1 << 30)
            return Victim(path: path, bytes: file.withUnsafeBytes { [UInt8]($0) })
        }
        guard !files.isEmpty else { throw Arguments.Problem(text: "files are needed") }
        let (first, count) = (try arguments.integer("first", default: 0), try arguments.integer("items", default: 50_000))
        let seed = UInt64(truncatingIfNeeded: try arguments.integer("seed", default: 1))
        let longest = try arguments.integer("seconds", default: 2)
        let memory = try arguments.integer("memory", default: 256) << 20
        var limits = DecodeLimits()
        limits.maxDecodedBytes = memory

        nameItemOnSignals()
        let clock = ContinuousClock()
        var outcomes: [String: Int] = [:]
        var (slowest, slowestItem, tooSlow): (Duration, Int, [Int]) = (.zero, first, [])
        for item in first..<first + count {
            note(item)
            // Ten times as long as allowed is a hang; what is merely too slow is reported with the rest.
            alarm(UInt32(10 * longest))
            let file = files[item % files.count]
            let bytes = damaged(file.bytes, seed: seed, item: item)
            let start = clock.now
            outcomes[file.format + ": " + file.outcome(of: bytes, limits), default: 0] += 1
            let time = clock.now - start
            if time > slowest { (slowest, slowestItem) = (time, item) }
            if time > .seconds(longest) { tooSlow.append(item) }
        }
        alarm(0)

        let peak = peakMemory()
        let isGood = tooSlow.isEmpty && peak <= memory + 64 << 20 && !outcomes.keys.contains { $0.hasSuffix("sentence") }
        let milliseconds = (slowest / .milliseconds(1) * 100).rounded() / 100
        print(
            JSON.object([
                .init("bench", .string("hostile")), .init("items", .integer(count)), .init("seed", .integer(Int(seed))),
                .init("files", .integer(files.count)),
                .init("outcomes", .object(outcomes.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) })),
                .init("slowest_ms", .number(milliseconds)), .init("slowest_item", .integer(slowestItem)),
                .init("slowest_file", .string(files[slowestItem % files.count].path)),
                .init("too_slow_items", .array(tooSlow.map { .integer($0) })),
                .init("peak_mib", .integer(peak >> 20)), .init("allowed_mib", .integer(memory >> 20 + 64)),
                .init("passed", .bool(isGood)),
            ]).text)
        return isGood ? 0 : 1
    }
}

/// A file to be damaged.
private struct Victim {
    var path: String
    var bytes: [UInt8]
    /// By the content before the damage; what is no picture of pixels is taken for SVG.
    var format: String { ImageFormat.sniff(bytes.span)?.rawValue ?? "svg" }

    /// Reads damaged bytes as the format the file had, and says how that ended.
    func outcome(of damaged: [UInt8], _ limits: DecodeLimits) -> String {
        let sentence: String
        if format == "svg" {
            do throws(SVG.ParseError) {
                keep(try SVG.read(damaged.span))
                return "read"
            } catch { sentence = error.description }
        } else {
            do throws(ImageDecodingError) {
                keep(try decodeImage(damaged.span, limits: limits))
                return "read"
            } catch { sentence = error.description }
        }
        // Each error has a sentence to show, and it is whole.
        return sentence.hasSuffix(".") ? "refused" : "refused without a sentence"
    }
}

/// The same bytes for the same seed and item: a third cut at a random place, a third with 1 to 64 flipped bits (most often
/// few), a third with both.
private func damaged(_ bytes: [UInt8], seed: UInt64, item: Int) -> [UInt8] {
    var random = SplitMix(state: seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(item))
    var bytes = bytes
    let kind = random.next() % 3
    if kind != 1 { bytes.removeLast(Int(random.next() % UInt64(bytes.count + 1))) }
    if kind != 0, !bytes.isEmpty {
        for _ in 0..<1 << (random.next() % 7) {
            let bit = Int(random.next() % UInt64(bytes.count * 8))
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }
    return bytes
}

/// Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

/// Most memory this process has held, in bytes.
private func peakMemory() -> Int {
    var usage = rusage()
    // 0 is RUSAGE_SELF, which is an enumeration in one C library and a macro in another.
    getrusage(0, &usage)
    return usage.ru_maxrss << 10
}

/// "hostile: item 123" and spaces to the end of a line, written by the one thread that works and by its signal handler handed on to stderr. The handler may
/// not allocate, so the text is ready before it is needed.
nonisolated(unsafe) private let currentItem = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 40)

private func note(_ item: Int) {
    let text = Array("hostile: item \(item)".utf8)
    for index in currentItem.indices { currentItem[index] = index < text.count ? text[index] : UInt8(ascii: " ") }
    currentItem[currentItem.count - 1] = UInt8(ascii: "\n")
}

/// Names the item on stderr when the process crashes or hangs, and ends it as the signal would have.
private func nameItemOnSignals() {
    for number in [SIGALRM, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE] {
        signal(number) { number in
            write(STDERR_FILENO, currentItem.baseAddress, currentItem.count)
            signal(number, SIG_DFL)
            raise(number)
        }
    }
}
