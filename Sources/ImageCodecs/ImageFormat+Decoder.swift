import AtelierPixels
import CAtelierSpng

extension ImageFormat {
    /// The library that decodes this format here, for the key of whatever is made from its pixels.
    ///
    /// libspng tells its version. TurboJPEG has no call for that, so libjpeg-turbo is named by a checksum of what it makes
    /// of a small noisy picture: two builds are the same library here when they decode alike. The checksum is worked out
    /// on first use, in 0.3 ms (nearly all of it the first touch of the library).
    public var decoder: String {
        switch self {
        case .png: "libspng \(String(cString: spng_version_string()))"
        case .jpeg: "libjpeg-turbo decoding as \(String(jpegProbeChecksum, radix: 16))"
        }
    }
}

/// A checksum of the pixels of a made-up JPEG of 29 × 29 pixels with halved chroma; 0 when the library refuses it.
private let jpegProbeChecksum: UInt64 = {
    // A baseline header with tables so short that any bits are image data.
    var probe: [UInt8] = [0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0]
    probe += (0..<64).map { 1 + $0 }
    probe += [0xFF, 0xC0, 0, 17, 8, 0, 29, 0, 29, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]
    // Codes 0, 10 and 110: for differences 5, 3 and 0 bits; for the rest end of block, 4 bits, 2 bits after 6 zeros.
    for (table, values) in [(0x00, [5, 3, 0]), (0x10, [0, 4, 0x62])] as [(UInt8, [UInt8])] {
        probe += [0xFF, 0xC4, 0, 22, table, 1, 1, 1] + [UInt8](repeating: 0, count: 13) + values
    }
    probe += [0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]
    // Numerical Recipes' quick generator; its upper byte so masked that three ones, which are no code, never meet.
    var state: UInt32 = 1
    for _ in 0..<256 {
        state = state &* 1_664_525 &+ 1_013_904_223
        probe.append(UInt8(truncatingIfNeeded: state >> 24) & 0b0110_1101)
    }
    probe += [0xFF, 0xD9]

    // A library that refuses the probe is a library of its own, named 0.
    guard let raster = try? decodeJPEG(probe.span, DecodeLimits()) else { return 0 }
    return raster.pixels.reduce(0xCBF2_9CE4_8422_2325) { checksum, pixel in
        // FNV-1a.
        [pixel.r, pixel.g, pixel.b].reduce(checksum) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}()
