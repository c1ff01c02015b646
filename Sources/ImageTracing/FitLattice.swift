import AtelierGeometry
import AtelierPixels

/// Paper as a rectangle and all ink as one path over it.
///
/// Where the paper lets something through, or the ink does, paper ends where ink begins; elsewhere it runs underneath.
///
/// Vertices lie half a pixel from the truth at best, so a quarter of a pixel is kept: measured on 42 thresholded pictures, SSIM falls
/// by 0.0001 and bytes by 9 % against a tenth.
func fitLattice(_ segmentation: Segmentation, _ options: FitOptions, unless isCancelled: () -> Bool) -> TracedDrawing {
    let width = Double(segmentation.width), height = Double(segmentation.height)
    let paper = segmentation.regions[0].paint, ink = segmentation.regions[1].paint
    var drawing = TracedDrawing(width: segmentation.width, height: segmentation.height, gridUnits: 4, layers: [])
    let whole = Rect(x: 0, y: 0, width: width, height: height)
    if segmentation.regions[0].area == 0 {
        if !ink.isInvisible { drawing.layers = [.init(.rect(whole, radius: 0), fill: ink)] }
        return drawing
    }
    var outlines = BezierPath()
    var outliner = LatticeOutliner(cornerLimit: options.cornerAlpha, joinTolerance: options.joinTolerance)
    for chain in segmentation.chains where !isCancelled() { outliner.append(segmentation.points[chain.points], to: &outlines) }
    if !paper.isInvisible {
        if ink.isOpaque || outlines.isEmpty {
            drawing.layers.append(.init(.rect(whole, radius: 0), fill: paper))
        } else {
            // The ways run round ink counter-clockwise on screen, the frame clockwise: the windings cancel in the ink.
            var path = BezierPath(whole, rx: 0, ry: 0)
            path.append(outlines)
            drawing.layers.append(.init(.path(path), fill: paper))
        }
    }
    if !ink.isInvisible, !outlines.isEmpty { drawing.layers.append(.init(.path(outlines), fill: ink)) }
    return drawing
}
