// Rasterizing: SVG text to pixels, by librsvg and cairo. It is the one door to them: what has no form as shapes of a slide
// becomes a picture here. Nothing is linked; the libraries are opened when the first picture is drawn. Start with `rasterize`.

public import AtelierPixels
import CAtelierRsvg

/// Why a drawing has no pixels.
public enum RasterizingError: Error, Equatable, CustomStringConvertible {
    /// The library is not on this machine, or is too old.
    case noLibrary
    /// The library refuses the drawing, in its own words.
    case refused(String)
    /// There is no memory for so many pixels.
    case outOfMemory

    /// One sentence for people.
    public var description: String {
        switch self {
        case .noLibrary: "librsvg 2.46 or newer is not installed (Debian package librsvg2-2)"
        case .refused(let words): "librsvg says: \(words)"
        case .outOfMemory: "there is not enough memory"
        }
    }
}

/// Draws an SVG document on transparent pixels.
///
///     let raster = try rasterize(SVG.write(tree).span, width: 200, height: 100)
///
/// - **Colour.** sRGB with straight alpha, 8 bits a channel; what is hidden wholly is transparent black.
/// - **References.** Data in the document itself is used; no other file is opened and nothing is fetched.
/// - **Fonts** are those fontconfig finds on this machine.
///
/// The same document gives the same pixels under one `Rasterizing.library`, for any thread count.
///
/// - Parameters:
///   - svg: The document in UTF-8; its viewBox (or size) is fitted into the raster as its `preserveAspectRatio` says.
///   - width: Pixels in a row, 1…32767.
///   - height: Rows, 1…32767.
/// - Complexity: O(pixels) memory, 8 bytes each; the time is the library's.
public func rasterize(_ svg: Span<UInt8>, width: Int, height: Int) throws(RasterizingError) -> Raster<RGBA8> {
    precondition((1...32_767).contains(width) && (1...32_767).contains(height), "a raster has 1 to 32767 pixels a side")
    guard let rsvg = Librsvg.shared else { throw .noLibrary }
    let surface = rsvg.createSurface(0, Int32(width), Int32(height))
    defer { rsvg.destroySurface(surface) }
    let canvas = rsvg.createCanvas(surface)
    defer { rsvg.destroyCanvas(canvas) }
    guard rsvg.status(canvas) == 0 else { throw .outOfMemory }

    var problem: UnsafeMutablePointer<GError>?
    let handle = svg.withUnsafeBufferPointer { rsvg.open($0.baseAddress, $0.count, &problem) }
    guard let handle else { throw rsvg.refusal(problem) }
    defer { rsvg.release(UnsafeMutableRawPointer(handle)) }
    var viewport = RsvgRectangle(x: 0, y: 0, width: Double(width), height: Double(height))
    guard rsvg.draw(handle, canvas, &viewport, &problem) != 0 else { throw rsvg.refusal(problem) }
    rsvg.flush(surface)
    guard let rows = rsvg.data(surface) else { throw .outOfMemory }
    let stride = Int(rsvg.stride(surface))
    let pixels = [RGBA8](unsafeUninitializedCapacity: width * height) { output, count in
        for y in 0..<height {
            let row = UnsafeRawPointer(rows + y * stride).assumingMemoryBound(to: UInt32.self)
            for x in 0..<width { output.initializeElement(at: y * width + x, to: RGBA8(premultiplied: row[x])) }
        }
        count = width * height
    }
    return Raster(width: width, height: height, pixels: pixels)
}

extension RGBA8 {
    /// A pixel of cairo: alpha in the high byte, then red, green and blue multiplied by it.
    fileprivate init(premultiplied word: UInt32) {
        let alpha = word >> 24
        if alpha == 255 {
            self.init(UInt8(truncatingIfNeeded: word >> 16), UInt8(truncatingIfNeeded: word >> 8), UInt8(truncatingIfNeeded: word))
        } else if alpha == 0 {
            self.init(0, 0, 0, 0)
        } else {
            func straight(_ channel: UInt32) -> UInt8 { UInt8(min(((channel & 255) * 255 + alpha / 2) / alpha, 255)) }
            self.init(straight(word >> 16), straight(word >> 8), straight(word), UInt8(alpha))
        }
    }
}
