import AtelierImageCodecs
import AtelierMemo
import AtelierPixels

extension Subcommand {
    static let similarity = Subcommand(
        name: "similarity", question: "how like is one picture to another?",
        usage: """
                REFERENCE PICTURE [--rounds 1]
                Prints SSIM, PSNR, mean and 95th percentile of ΔE (CIEDE2000), edge F1,
                GMSD, mean difference of alpha and the milliseconds it took.

                Benchmarks/peers/metrics.py compares the numbers with NumPy's, SciPy's
                and scikit-image's over a folder of pictures.
            """
    ) { arguments in
        guard arguments.words.count == 2 else { throw Arguments.Problem(text: "two pictures are compared") }
        let pictures = try arguments.words.map { path in
            try Blob.reading(path: path, limit: 1 << 30).withUnsafeBytes { try decodeImage($0.bindMemory(to: UInt8.self).span) }
        }
        guard pictures[0].width == pictures[1].width, pictures[0].height == pictures[1].height else {
            throw Arguments.Problem(text: "pictures of one size are compared")
        }
        let found = Similarity(of: pictures[1], to: pictures[0])
        let timing = Timing(rounds: try arguments.integer("rounds", default: 1)) {
            Int(Similarity(of: pictures[1], to: pictures[0]).ssim * 1000)
        }
        let numbers = [found.ssim, found.psnr, found.deltaE, found.deltaE95, found.edgeF1, found.gmsd, found.alphaError]
        print((numbers + [timing.median * 1000]).map { "\($0)" }.joined(separator: " "))
        return 0
    }
}
