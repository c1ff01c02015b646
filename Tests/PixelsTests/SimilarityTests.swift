import AtelierPixels
import Testing

@Suite("Similarity")
struct SimilarityTests {
    /// A disc on stripes with some texture, of integers only, so that other programs can make the same one.
    private func picture(_ width: Int, _ height: Int, _ seed: Int, clear: Bool) -> Raster<RGBA8> {
        var raster = Raster(width: width, height: height, filledWith: RGBA8(0, 0, 0))
        for y in 0..<height {
            for x in 0..<width {
                let dx = x - width / 2, dy = y - height / 3
                let isDisc = dx * dx + dy * dy < (width / 3) * (width / 3)
                let n = (x * 37 + y * 91 + x * y * seed) % 23
                let r = isDisc ? 210 - n : (x * 9 + seed * 40) % 256, g = isDisc ? 60 + n : (y * 11 + n) % 256
                let b = (x / 4 + y / 5) % 2 == 1 ? 40 + 3 * n : 190, a = clear && !isDisc ? 96 + n * 5 : 255
                raster[x, y] = RGBA8(UInt8(r), UInt8(g), UInt8(b), UInt8(a))
            }
        }
        return raster
    }

    /// Numbers of NumPy, SciPy 1.17 (`gaussian_filter` with σ 1.5, truncate 3.5) and scikit-image 0.26 (`deltaE_ciede2000`), in the
    /// order SSIM, PSNR, mean and 95th percentile of ΔE, edge F1, GMSD, alpha.
    @Test(
        "Numbers are those of the usual libraries within 1e-4",
        arguments: [
            (24, 17, 1, 2, false, [0.73564, 13.430325, 13.28932, 48.927911, 0.849162, 0.143595, 0]),
            (19, 23, 3, 5, true, [0.461266, 14.832724, 16.474607, 38.871222, 0.873771, 0.201823, 26.006865]),
            (3, 2, 1, 4, false, [0.774659, 12.10749, 15.348185, 19.457937, 1, 0.096309, 0]),
            (40, 1, 2, 7, true, [0.98605, 26.855836, 2.773222, 9.675559, 0.973684, 0.042796, 0]),
        ])
    func known(width: Int, height: Int, first: Int, second: Int, clear: Bool, expected: [Double]) {
        let a = picture(width, height, first, clear: clear), b = picture(width, height, second, clear: clear)
        let s = Similarity(of: b, to: a)
        for (found, value) in zip([s.ssim, s.psnr, s.deltaE, s.deltaE95, s.edgeF1, s.gmsd, s.alphaError], expected) {
            #expect(abs(found - value) < 1e-4, "\(s)")
        }
        #expect(abs(Similarity.ssim(of: b, to: a) - s.ssim) < 1e-12)
    }

    @Test("Large differences of hue and a hole in an opaque reference count as they do there")
    func opposite() {
        let a = picture(24, 17, 1, clear: false)
        var b = a
        for i in 8 * 24..<b.pixels.count { b.pixels[i] = RGBA8(255 - a.pixels[i].r, 255 - a.pixels[i].g, 255 - a.pixels[i].b) }
        b.pixels[0] = RGBA8(0, 0, 0, 0)
        let s = Similarity(of: b, to: a)
        let expected = [0.098_655_8, 9.329_349_4, 33.454_872_2, 87.000_016_9, 0.9, 0.164_139_2, 0.625]
        for (found, value) in zip([s.ssim, s.psnr, s.deltaE, s.deltaE95, s.edgeF1, s.gmsd, s.alphaError], expected) {
            #expect(abs(found - value) < 1e-4, "\(s)")
        }
    }

    @Test("A picture is as like itself as can be", arguments: [false, true])
    func same(clear: Bool) {
        let a = picture(33, 9, 4, clear: clear), s = Similarity(of: a, to: a)
        #expect(abs(s.ssim - 1) < 1e-12)
        #expect([s.psnr, s.deltaE, s.deltaE95, s.edgeF1, s.gmsd, s.alphaError] == [99, 0, 0, 1, 0, 0])
    }

    @Test("One pixel can be compared")
    func onePixel() {
        let white = Raster(width: 1, height: 1, filledWith: RGBA8(255, 255, 255))
        let black = Raster(width: 1, height: 1, filledWith: RGBA8(0, 0, 0))
        let s = Similarity(of: black, to: white)
        #expect(s.psnr == 0)
        #expect(abs(s.deltaE - 100) < 1e-3)
        #expect(s.ssim < 1e-3)
    }
}
