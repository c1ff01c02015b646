import AtelierGeometry
import AtelierSVG

/// Reads any bytes as an SVG document and resolves it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSVG(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var options = SVG.ReadOptions()
    options.limits.stepCount = 200_000
    options.limits.expandedByteCount = 1 << 20
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let tree = try? SVG.read(bytes.span, options: options) { precondition(tree.size.width > 0 && tree.size.height > 0) }
    return 0
}
