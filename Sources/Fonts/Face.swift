public import AtelierGeometry
import CAtelierHarfBuzz

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Measures of a font in parts of its em, y upwards.
public struct FontMetrics: Hashable, Sendable {
    /// From the baseline to the top of a line, and down to its bottom; both positive in ordinary fonts.
    public var ascent: Double, descent: Double
    /// Extra space between lines.
    public var lineGap: Double
    /// Heights of `x` and `H`.
    public var xHeight: Double, capHeight: Double
    /// Middle of an underline, below 0 as a rule, and its thickness.
    public var underlinePosition: Double, underlineThickness: Double
    /// Top of a line through the text, and its thickness.
    public var strikeoutPosition: Double, strikeoutThickness: Double
    /// How far subscripts are lowered and superscripts raised.
    public var subscriptOffset: Double, superscriptOffset: Double

    /// Measures that stand in where there is no font.
    public static let estimated = FontMetrics(
        ascent: 0.95, descent: 0.25, lineGap: 0, xHeight: 0.5, capHeight: 0.7, underlinePosition: -0.1, underlineThickness: 0.05,
        strikeoutPosition: 0.28, strikeoutThickness: 0.05, subscriptOffset: 0.15, superscriptOffset: 0.35)
}

/// An open font: measures, characters, outlines. The same value may be used from any thread.
public final class Face: @unchecked Sendable {
    // Unchecked: `font` is immutable from the end of `init` on, and HarfBuzz allows any number of threads to read one that is.

    /// The file it was read from.
    public let file: FontFile
    /// Its measures.
    public let metrics: FontMetrics
    let font: OpaquePointer
    let unitsPerEm: Double
    private let library: HarfBuzz
    private let outlines = Guarded<[UInt32: BezierPath]>([:])

    /// Opens a font; nil when the file is no longer the one meant, or holds no outlines that can be read.
    init?(_ file: FontFile) {
        guard let library = HarfBuzz.shared, FontFile.facts(of: file.path) ?? (0, 0) == (file.byteCount, file.modified),
            let blob = library.openBlob(file.path)
        else { return nil }
        let face = library.makeFace(blob, UInt32(file.index & 0xFFFF))
        library.releaseBlob(blob)
        defer { library.releaseFace(face) }
        guard library.glyphCount(face) > 0, let font = library.makeFont(face) else { return nil }
        let instance = file.index >> 16
        if instance > 0 && instance < 0x8000 { library.setInstance(font, UInt32(instance - 1)) }
        library.freeze(font)
        self.file = file
        self.library = library
        self.font = font
        let em = Double(max(1, library.unitsPerEm(face)))
        unitsPerEm = em
        var extents = hb_font_extents_t()
        _ = library.extents(font, &extents)
        func metric(_ tag: String, _ otherwise: Double) -> Double {
            var value: Int32 = 0
            let code = tag.utf8.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return library.metric(font, code, &value) != 0 && value != 0 ? Double(value) / em : otherwise
        }
        let thickness = metric("unds", 0.05)
        metrics = FontMetrics(
            ascent: Double(extents.ascender) / em, descent: -Double(extents.descender) / em, lineGap: Double(extents.line_gap) / em,
            xHeight: metric("xhgt", 0.5), capHeight: metric("cpht", 0.7),
            underlinePosition: metric("undo", -0.1), underlineThickness: thickness,
            strikeoutPosition: metric("stro", 0.28), strikeoutThickness: metric("strs", thickness),
            subscriptOffset: metric("sbyo", 0.15), superscriptOffset: metric("spyo", 0.35))
    }

    deinit { library.releaseFont(font) }

    /// Whether the font has a glyph for a character.
    func has(_ character: Unicode.Scalar) -> Bool {
        var glyph: UInt32 = 0
        return library.glyph(font, character.value, &glyph) != 0
    }

    /// The outline of a glyph in parts of the em, y down, to be filled by the nonzero rule; empty for spaces and for pictures.
    public func outline(of glyph: UInt32) -> BezierPath {
        if let known = outlines.with({ $0[glyph] }) { return known }
        var sink = OutlineSink(scale: 1 / unitsPerEm)
        withUnsafeMutablePointer(to: &sink) { library.outline(font, glyph, library.pen, $0) }
        let path = sink.path
        outlines.with { $0[glyph] = path }
        return path
    }
}

extension FontFile {
    /// Size and time of change of a file; nil when it is not there.
    static func facts(of path: String) -> (byteCount: Int, modified: Int)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return (Int(status.st_size), Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec))
    }
}

/// A path as far as HarfBuzz has drawn it.
struct OutlineSink {
    let scale: Double
    var path = BezierPath()

    func point(_ x: Float, _ y: Float) -> Point { Point(Double(x) * scale, -Double(y) * scale) }
}

// HarfBuzz's callbacks: functions at file scope. `data` is the pointer to the sink of the running call.

private func sink(_ data: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<OutlineSink>? {
    data?.assumingMemoryBound(to: OutlineSink.self)
}

func penMoved(
    _: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?, _ x: Float, _ y: Float, _: UnsafeMutableRawPointer?
) {
    guard let sink = sink(data) else { return }
    sink.pointee.path.move(to: sink.pointee.point(x, y))
}

func penDrewLine(
    _: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?, _ x: Float, _ y: Float, _: UnsafeMutableRawPointer?
) {
    guard let sink = sink(data), !sink.pointee.path.isEmpty else { return }
    sink.pointee.path.line(to: sink.pointee.point(x, y))
}

func penDrewQuadratic(
    _: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?, _ x1: Float, _ y1: Float, _ x: Float, _ y: Float,
    _: UnsafeMutableRawPointer?
) {
    guard let sink = sink(data), !sink.pointee.path.isEmpty else { return }
    sink.pointee.path.quadratic(sink.pointee.point(x1, y1), to: sink.pointee.point(x, y))
}

func penDrewCubic(
    _: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?, _ x1: Float, _ y1: Float, _ x2: Float, _ y2: Float,
    _ x: Float, _ y: Float, _: UnsafeMutableRawPointer?
) {
    guard let sink = sink(data), !sink.pointee.path.isEmpty else { return }
    sink.pointee.path.cubic(sink.pointee.point(x1, y1), sink.pointee.point(x2, y2), to: sink.pointee.point(x, y))
}

func penClosed(_: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?) {
    sink(data)?.pointee.path.close()
}
