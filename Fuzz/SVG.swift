import AtelierGeometry
import AtelierSVG

/// Reads any bytes as an SVG document and resolves it, with itself in every file it refers to.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSVG(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var options = SVG.ReadOptions()
    options.limits.stepCount = 200_000
    options.limits.expandedByteCount = 1 << 20
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    // Every file it refers to is itself.
    let paths = (try? SVG.linkedFiles(of: bytes.span, limits: options.limits)) ?? []
    let files = Dictionary(paths.map { ($0, SVG.LinkedFile.bytes(bytes)) }) { first, _ in first }
    if let tree = try? SVG.read(bytes.span, options: options, files: files) { precondition(tree.size.width > 0 && tree.size.height > 0) }
    return 0
}
