import AtelierPixels
import CAtelierTurboJPEG

/// Decodes a file that starts with a JPEG start-of-image marker.
func decodeJPEG(_ bytes: Span<UInt8>, _ limits: DecodeLimits) throws(ImageDecodingError) -> Raster<RGBA8> {
    let structure = try JPEGStructure(bytes)
    _ = try structure.decodedByteCount(within: limits, fileByteCount: bytes.count)
    let (width, height) = (structure.width, structure.height)
    let pixelCount = width * height

    var failure: String?
    var pixels: [RGBA8]
    func decodePixels(_ file: UnsafeBufferPointer<UInt8>) -> [RGBA8] {
        [RGBA8](inLargePages: pixelCount) { output, count in
            failure = decode(file, structure, into: output)
            count = failure == nil ? pixelCount : 0
        }
    }
    if structure.repairs.isEmpty {
        pixels = bytes.withUnsafeBufferPointer(decodePixels)
    } else {
        var repaired = bytes.withUnsafeBufferPointer { [UInt8]($0) }
        for (range, byte) in structure.repairs { for index in range { repaired[index] = byte } }
        pixels = repaired.withUnsafeBufferPointer(decodePixels)
    }
    if let failure { throw .damaged(.jpeg, failure, byte: nil) }
    if structure.sampling.count == 4 { convertInvertedCMYK(&pixels) }
    return structure.orientation.upright(Raster(width: width, height: height, pixels: pixels))
}

extension JPEGStructure {
    /// Bytes a decode will hold at its peak, as `DecodeLimits.maxDecodedBytes` counts them; throws when the limits forbid
    /// the decode.
    func decodedByteCount(within limits: DecodeLimits, fileByteCount: Int) throws(ImageDecodingError) -> Int {
        try limits.check(width: width, height: height)
        let pixelCount = width * height
        let whileDecoding = pixelCount * 4 + coefficientByteCount + (repairs.isEmpty ? 0 : fileByteCount)
        let whileTurning = orientation == .upright ? 0 : pixelCount * 8
        let byteCount = max(whileDecoding, whileTurning)
        try limits.check(.decodedBytes, byteCount, against: limits.maxDecodedBytes)
        let scanPixels = max(pixelCount, 1 << 21) * scanCount * (isArithmetic ? 16 : 1)
        try limits.check(.scanPixels, scanPixels, against: limits.maxScanPixels)
        return byteCount
    }
}

/// Decodes into `output`, one element per pixel, and returns nil, or the library's complaint.
///
/// Every warning of the library is an error, because the picture that follows a warning is partly made up, with one
/// exception: bytes left over between the last block and the end marker, which many cameras write.
private func decode(
    _ file: UnsafeBufferPointer<UInt8>, _ structure: JPEGStructure, into output: UnsafeMutableBufferPointer<RGBA8>
) -> String? {
    guard let decoder = tjInitDecompress() else { return "the decoder could not be started" }
    defer { tjDestroy(decoder) }
    func run(_ flags: Int32) -> String? {
        let format = structure.sampling.count == 4 ? TJPF_CMYK : TJPF_RGBA
        let status = tjDecompress2(
            decoder, file.baseAddress, UInt(file.count), UnsafeMutableRawPointer(output.baseAddress!).assumingMemoryBound(to: UInt8.self),
            Int32(structure.width), Int32(structure.width * 4), Int32(structure.height), Int32(format.rawValue),
            flags | TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
        return status == 0 ? nil : String(cString: tjGetErrorStr2(decoder))
    }
    // The walk over the markers and the library must mean the same picture, or a smaller one would leave pixels unset.
    // (The call's own status says no more than the decode below; it fails for rare sampling factors that decode well.)
    var (width, height, subsampling, colorSpace): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    tjDecompressHeader3(decoder, file.baseAddress, UInt(file.count), &width, &height, &subsampling, &colorSpace)
    guard (Int(width), Int(height)) == (structure.width, structure.height) else {
        return String(cString: tjGetErrorStr2(decoder))
    }
    guard let complaint = run(TJFLAG_STOPONWARNING) else { return nil }
    guard complaint.hasPrefix("Corrupt JPEG data: "), complaint.hasSuffix(" extraneous bytes before marker 0xd9") else {
        return complaint
    }
    // All blocks were decoded without a complaint before this one, so going on past it hides no other.
    let last = run(0)
    return last == nil || last == complaint ? nil : last
}

/// Turns samples of inverted cyan, magenta, yellow and black into opaque RGB, in place.
private func convertInvertedCMYK(_ pixels: inout [RGBA8]) {
    var pixels = pixels.mutableSpan
    for index in pixels.indices {
        let inks = pixels[index]
        let black = UInt32(inks.a)
        // Exactly round(ink × black ÷ 255).
        func mix(_ ink: UInt8) -> UInt8 {
            let product = UInt32(ink) * black + 128
            return UInt8(truncatingIfNeeded: (product + product >> 8) >> 8)
        }
        pixels[index] = RGBA8(mix(inks.r), mix(inks.g), mix(inks.b))
    }
}
