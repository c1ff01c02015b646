import AtelierPixels
import AtelierStages

extension TraceStatistics {
    /// One line for people.
    func line(called name: String, milliseconds: Double) -> String {
        let s = similarity, c = contents
        let colors = "ΔE00 \(decimal(s.deltaE, 3)) (95 %: \(decimal(s.deltaE95, 2)))"
        let likeness = "SSIM \(decimal(s.ssim, 4)), PSNR \(decimal(s.psnr, 2)) dB, \(colors)"
        let edges = "edge F1 \(decimal(s.edgeF1, 4)), GMSD \(decimal(s.gmsd, 4)), alpha \(decimal(s.alphaError, 2))"
        let size = "\(byteCount) bytes, \(gzipByteCount) under gzip"
        let shapes =
            "\(c.shapes) shapes (\(c.paths) paths, \(c.primitives) primitives), \(c.segments) segments, \(c.gradients) gradients, "
            + "\(c.strokes) strokes"
        return "\(name): \(likeness), \(edges); \(size); \(shapes); \(decimal(milliseconds, 1)) ms"
    }
}
