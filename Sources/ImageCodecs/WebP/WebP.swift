public import AtelierPixels
import CAtelierWebP

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Facts about WebP here.
public enum WebP {
    /// What reads and writes WebP files, for the key of whatever is made with it; `none` without the library.
    public static var library: String { LibWebP.shared.map { "libwebp \($0.version)" } ?? "none" }

    /// Whether the library is on this machine.
    public static var isAvailable: Bool { LibWebP.shared != nil }

    /// Most pixels in a row and rows the format can say.
    public static let largestSide = 16_383
}

/// The functions of libwebp, looked up once; the library stays open for the life of the process.
struct LibWebP: @unchecked Sendable {  // Functions of a library never change, and these share nothing between calls.
    /// Nil when the library is not here or lacks a function.
    static let shared = LibWebP()

    let decodeInto: webp_decode_into_t
    let encodeRGB: webp_encode_lossless_t, encodeRGBA: webp_encode_lossless_t, release: webp_free_t
    /// As `1.2.4`.
    let version: String

    private init?() {
        guard let library = dlopen("libwebp.so.7", RTLD_LAZY | RTLD_LOCAL) else { return nil }
        // The header's types are those of libwebp 1.0 and newer.
        func function<T>(_ name: String, _: T.Type) -> T? { dlsym(library, name).map { unsafeBitCast($0, to: T.self) } }
        guard let decodeInto = function("WebPDecodeRGBAInto", webp_decode_into_t.self),
            let encodeRGB = function("WebPEncodeLosslessRGB", webp_encode_lossless_t.self),
            let encodeRGBA = function("WebPEncodeLosslessRGBA", webp_encode_lossless_t.self),
            let release = function("WebPFree", webp_free_t.self), let version = function("WebPGetEncoderVersion", webp_version_t.self)
        else { return nil }
        (self.decodeInto, self.encodeRGB, self.encodeRGBA, self.release) = (decodeInto, encodeRGB, encodeRGBA, release)
        let number = version()
        self.version = "\(number >> 16 & 0xFF).\(number >> 8 & 0xFF).\(number & 0xFF)"
    }
}

/// Why a WebP file could not be decoded.
public enum WebPError: Error, Hashable, CustomStringConvertible {
    /// libwebp is not on this machine.
    case noLibrary
    /// A limit, or something else that has a sentence of its own.
    case image(ImageDecodingError)
    /// The library refused.
    case damaged

    /// One sentence: what, and what would help.
    public var description: String {
        switch self {
        case .noLibrary: "This is a WebP file, and libwebp is not installed; install libwebp7, or convert the file to PNG."
        case .image(let error): error.description
        case .damaged: "The WebP file is damaged or an animation; fetch or export it again, as a still picture."
        }
    }
}

extension WebP {
    /// Whether a file is WebP, by its first twelve bytes.
    public static func sniff(_ bytes: Span<UInt8>) -> Bool {
        bytes.starts(with: Array("RIFF".utf8)) && bytes.starts(with: Array("WEBP".utf8), at: 8)
    }

    /// Decodes a file into sRGB pixels with straight alpha, as `decodeImage` does for the other formats.
    public static func decode(_ bytes: Span<UInt8>, limits: DecodeLimits = DecodeLimits()) throws(WebPError) -> Raster<RGBA8> {
        guard let library = LibWebP.shared else { throw .noLibrary }
        let (width, height) = try storedSize(of: bytes, limits)
        var isDecoded = false
        let pixels = bytes.withUnsafeBufferPointer { file in
            [RGBA8](inLargePages: width * height) { output, count in
                let target = UnsafeMutableRawPointer(output.baseAddress!).assumingMemoryBound(to: UInt8.self)
                isDecoded = library.decodeInto(file.baseAddress, file.count, target, width * height * 4, Int32(width * 4)) != nil
                count = isDecoded ? width * height : 0
            }
        }
        guard isDecoded else { throw .damaged }
        return orientation(of: bytes).upright(Raster(width: width, height: height, pixels: pixels))
    }

    /// Bytes that decoding this file will hold at its peak beside the file. Reads its header only; throws what `decode` would throw before it
    /// decodes.
    public static func decodingFootprint(of bytes: Span<UInt8>, limits: DecodeLimits = DecodeLimits()) throws(WebPError) -> Int {
        guard isAvailable else { throw .noLibrary }
        let (width, height) = try storedSize(of: bytes, limits)
        return width * height * bytesPerPixelWhileDecoding
    }

    /// Width and height of a file in pixels, as `decode` gives them: after its note on which way up it is. Reads headers only, and needs no
    /// library; throws what `decode` would throw before it decodes.
    ///
    /// - Complexity: O(chunks).
    public static func imageSize(
        of bytes: Span<UInt8>, limits: DecodeLimits = DecodeLimits()
    ) throws(WebPError) -> (width: Int, height: Int) {
        let (width, height) = try storedSize(of: bytes, limits)
        return orientation(of: bytes).swapsAxes ? (height, width) : (width, height)
    }

    /// The library holds about as much again as the raster while it decodes, and what is turned exists twice.
    private static let bytesPerPixelWhileDecoding = 8

    /// Columns and rows as stored, within the limits.
    private static func storedSize(of bytes: Span<UInt8>, _ limits: DecodeLimits) throws(WebPError) -> (width: Int, height: Int) {
        do throws(ImageDecodingError) { try limits.check(.fileBytes, bytes.count, against: limits.maxFileBytes) } catch {
            throw .image(error)
        }
        guard let (width, height) = headerSize(of: bytes) else { throw .damaged }
        do throws(ImageDecodingError) {
            try limits.check(width: width, height: height)
            try limits.check(.decodedBytes, width * height * bytesPerPixelWhileDecoding, against: limits.maxDecodedBytes)
        } catch { throw .image(error) }
        return (width, height)
    }

    /// What the picture's chunk says (RFC 9649, sections 2.5 to 2.7), and the canvas around it where there is one; nil for an animation and
    /// where chunks are cut short or contradict each other.
    private static func headerSize(of bytes: Span<UInt8>) -> (width: Int, height: Int)? {
        guard sniff(bytes) else { return nil }
        func number(_ place: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
        func isCalled(_ name: StaticString, _ place: Int) -> Bool {
            (0..<4).allSatisfy { bytes[place + $0] == name.utf8Start[$0] }  // names of chunks have four letters
        }
        var place = 12, canvas: (width: Int, height: Int)?
        while place + 8 <= bytes.count {
            let length = number(place + 4, 4), body = place + 8
            guard length <= bytes.count - body else { return nil }
            var size: (width: Int, height: Int)?
            if isCalled("VP8X", place) {
                let isAnimation = 0b10
                guard length >= 10, number(body, 1) & isAnimation == 0 else { return nil }
                canvas = (1 + number(body + 4, 3), 1 + number(body + 7, 3))
            } else if isCalled("VP8 ", place) {
                // A key frame with its start code (RFC 6386, section 9.1); two bits beside each side say how it might be enlarged.
                guard length >= 10, number(body, 1) & 1 == 0, number(body + 3, 3) == 0x2A_019D else { return nil }
                size = (number(body + 6, 2) & 0x3FFF, number(body + 8, 2) & 0x3FFF)
            } else if isCalled("VP8L", place) {
                // A signature, the sides less one in 14 bits each, whether there is alpha, and version 0.
                guard length >= 5, number(body, 1) == 0x2F, number(body + 1, 4) >> 29 == 0 else { return nil }
                let sides = number(body + 1, 4)
                size = (1 + sides & 0x3FFF, 1 + sides >> 14 & 0x3FFF)
            }
            if let size {
                guard size.width > 0, size.height > 0, canvas.map({ $0 == size }) ?? true else { return nil }
                return size
            }
            place = body + length + length % 2
        }
        return nil
    }

    /// What the chunk `EXIF` says (RFC 9649, section 2.7.1.5); upright without one.
    private static func orientation(of bytes: Span<UInt8>) -> Orientation {
        var place = 12
        while place + 8 <= bytes.count {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[place + 4 + $1]) << (8 * $1) }
            guard length <= bytes.count - place - 8 else { break }
            if bytes.starts(with: Array("EXIF".utf8), at: place) {
                // Some writers put the header of JPEG's marker before the TIFF structure.
                let skipped = bytes.starts(with: Array("Exif\0\0".utf8), at: place + 8) && length >= 6 ? 6 : 0
                return Orientation(tiff: bytes.extracting(place + 8 + skipped..<place + 8 + length))
            }
            place += 8 + length + length % 2
        }
        return .upright
    }

    /// Writes rows of RGB or straight RGBA (3 or 4 bytes a pixel, without gaps) as a file without loss; nil when the library is not here or
    /// cannot. Colors under alpha 0 are not kept.
    public static func encode(_ pixels: UnsafePointer<UInt8>, width: Int, height: Int, bytesPerPixel: Int) -> [UInt8]? {
        precondition(bytesPerPixel == 3 || bytesPerPixel == 4, "a pixel has three or four bytes")
        guard let library = LibWebP.shared, max(width, height) <= largestSide else { return nil }
        let encode = bytesPerPixel == 3 ? library.encodeRGB : library.encodeRGBA
        var file: UnsafeMutablePointer<UInt8>?
        let count = encode(pixels, Int32(width), Int32(height), Int32(width * bytesPerPixel), &file)
        defer { if let file { library.release(file) } }
        guard count > 0, let file else { return nil }
        return Array(UnsafeBufferPointer(start: file, count: count))
    }
}
