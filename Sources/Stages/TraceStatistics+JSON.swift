package import AtelierJSON
import AtelierPixels

extension TraceStatistics {
    /// For the report as a document (docs/formats/command-json.md).
    package var json: JSON {
        func rounded(_ v: Double) -> JSON { .number((v * 1e6).rounded() / 1e6) }
        return .object([
            "ssim": rounded(similarity.ssim), "psnr": rounded(similarity.psnr), "deltaE00": rounded(similarity.deltaE),
            "deltaE00P95": rounded(similarity.deltaE95), "edgeF1": rounded(similarity.edgeF1), "gmsd": rounded(similarity.gmsd),
            "alphaError": rounded(similarity.alphaError), "bytes": .integer(byteCount), "gzipBytes": .integer(gzipByteCount),
            "shapes": .integer(contents.shapes), "paths": .integer(contents.paths), "primitives": .integer(contents.primitives),
            "segments": .integer(contents.segments), "gradients": .integer(contents.gradients), "strokes": .integer(contents.strokes),
        ])
    }
}
