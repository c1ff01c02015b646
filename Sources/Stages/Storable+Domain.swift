// Stages: where the engine and the domain rooms meet. One short file per stage or plan, the recipes that join
// them, and the request that every face speaks. Read this folder to learn what the system can do.
// Start with `Recipes.swift`.

import AtelierGeometry
public import AtelierImageTracing
public import AtelierMemo
public import AtelierOOXML
public import AtelierPixels
public import AtelierSVG

// Domain values get their weight here, where both sides are known. None has a byte format: intermediates stay in
// memory (decision 0005), only final blobs and reports travel to disk.

extension Raster: Storable {
    /// Bytes of all pixels.
    public var byteCount: Int { pixels.count * MemoryLayout<Pixel>.stride }
}

extension QuantizedImage: Storable {}
extension Segmentation: Storable {}
extension TracedDrawing: Storable {}
extension SVG.Tree: Storable {
    /// Bytes of all nodes and their outlines, estimated from their counts.
    public var byteCount: Int { 128 + root.byteCount + diagnostics.count * 128 }
}
extension Slide: Storable {}

extension SVG.Group {
    fileprivate var byteCount: Int { 192 + Self.byteCount(of: children) + (mask.map { Self.byteCount(of: $0.children) } ?? 0) }

    private static func byteCount(of nodes: [SVG.Node]) -> Int {
        var total = 0
        for node in nodes {
            switch node {
            case .group(let group): total += group.byteCount
            case .image(let image): total += 384 + image.file.count
            case .path(let path):
                total += 384 + path.geometry.elements.count * MemoryLayout<BezierPath.Element>.stride
                if case .pattern(let pattern)? = path.fill?.paint { total += byteCount(of: pattern.children) }
                if case .pattern(let pattern)? = path.stroke?.paint { total += byteCount(of: pattern.children) }
            case .text(let text):
                // Outlines are shared by all glyphs of a kind, and by all texts with the open font.
                total += 384
                for chunk in text.chunks { for span in chunk.spans { total += 512 + span.text.utf8.count + span.glyphs.count * 64 } }
            }
        }
        return total
    }
}
