import AtelierJSON
import AtelierMemo
import AtelierStages
import CAtelierBLAKE3

extension Subcommand {
    static let digest = Subcommand(
        name: "digest", question: "how fast are bytes identified?",
        usage: """
                [--sizes 64,200,…] [--rounds 15] [--threads 1,4] [--levels 3]
                --sizes    bytes per input
                --threads  numbers of threads, for inputs above 1 MiB
                --levels   SIMD levels: 0 scalar, 1 four lanes, 2 eight, 3 sixteen;
                           by default the best there is

                Benchmarks/peers/digest.py runs it in turns with the blake3 wheel
                and SHA-256 and prints the ratios.
            """
    ) { arguments in
        let best = Int(atelier_blake3_best_level())
        let sizes = try arguments.integers("sizes", default: [64, 200, 1024, 4096, 16_384, 102_400, 1 << 20, 16 << 20])
        let rounds = try arguments.integer("rounds", default: 15)
        let threads = try arguments.integers("threads", default: [1, 4])
        let bytes = noise(sizes.max() ?? 0)
        var rows: [JSON] = []
        for level in try arguments.integers("levels", default: [best]) where level <= best {
            atelier_blake3_use_level(Int32(level))
            for size in sizes {
                for threads in threads where threads == 1 || size >= 1 << 20 {
                    let timing = bytes.withUnsafeBytes { bytes in
                        let input = UnsafeRawBufferPointer(rebasing: bytes[..<size])
                        return Timing(rounds: rounds) { Digest(hashing: input, threads: threads) }
                    }
                    rows.append(
                        .object(
                            [
                                .init("bytes", .integer(size)), .init("level", .integer(level)), .init("threads", .integer(threads)),
                                .init("gb_per_s", .number((Double(size) / timing.median / 1e7).rounded() / 100)),
                            ] + timing.members))
                }
            }
        }
        print(JSON.object(["bench": .string("digest"), "rows": .array(rows)]).text)
        return 0
    }
}
