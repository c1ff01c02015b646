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

    let getInfo: webp_get_info_t, decodeInto: webp_decode_into_t
    let encodeRGB: webp_encode_lossless_t, encodeRGBA: webp_encode_lossless_t, release: webp_free_t
    /// As `1.2.4`.
    let version: String

    private init?() {
        guard let library = dlopen("libwebp.so.7", RTLD_LAZY | RTLD_LOCAL) else { return nil }
        // The header's types are those of libwebp 1.0 and newer.
        func function<T>(_ name: String, _: T.Type) -> T? { dlsym(library, name).map { unsafeBitCast($0, to: T.self) } }
        guard let getInfo = function("WebPGetInfo", webp_get_info_t.self),
            let decodeInto = function("WebPDecodeRGBAInto", webp_decode_into_t.self),
            let encodeRGB = function("WebPEncodeLosslessRGB", webp_encode_lossless_t.self),
            let encodeRGBA = function("WebPEncodeLosslessRGBA", webp_encode_lossless_t.self),
            let release = function("WebPFree", webp_free_t.self), let version = function("WebPGetEncoderVersion", webp_version_t.self)
        else { return nil }
        (self.getInfo, self.decodeInto, self.encodeRGB, self.encodeRGBA, self.release) = (
            getInfo, decodeInto, encodeRGB, encodeRGBA, release
        )
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
        let (width, height) = try size(of: bytes, library, limits)
        var isDecoded = false
        let pixels = bytes.withUnsafeBufferPointer { file in
            [RGBA8](unsafeUninitializedCapacity: width * height) { output, count in
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
        guard let library = LibWebP.shared else { throw .noLibrary }
        let (width, height) = try size(of: bytes, library, limits)
        return width * height * bytesPerPixelWhileDecoding
    }

    /// The library holds about as much again as the raster while it decodes, and what is turned exists twice.
    private static let bytesPerPixelWhileDecoding = 8

    /// Columns and rows, within the limits.
    private static func size(
        of bytes: Span<UInt8>, _ library: LibWebP, _ limits: DecodeLimits
    ) throws(WebPError) -> (width: Int, height: Int) {
        var (wide, high) = (Int32(0), Int32(0))
        let isKnown = bytes.withUnsafeBufferPointer { library.getInfo($0.baseAddress, $0.count, &wide, &high) } != 0
        guard isKnown, wide > 0, high > 0 else { throw .damaged }
        let (width, height) = (Int(wide), Int(high))
        do throws(ImageDecodingError) {
            try limits.check(.fileBytes, bytes.count, against: limits.maxFileBytes)
            try limits.check(width: width, height: height)
            try limits.check(.decodedBytes, width * height * bytesPerPixelWhileDecoding, against: limits.maxDecodedBytes)
        } catch { throw .image(error) }
        return (width, height)
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
