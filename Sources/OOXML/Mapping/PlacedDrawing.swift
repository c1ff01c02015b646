internal import AtelierGeometry
public import AtelierSVG

/// A drawing where it comes to lie on its slide, as a picture of the slide's size in CSS pixels. Its only node is the drawing's root.
///
/// It shows what was drawn, not what became of it; the background is not in it.
public func placed(_ tree: SVG.Tree, _ options: SlideOptions) -> SVG.Tree {
    let size = options.size ?? SlideSize(for: tree.size)
    let whole = Rect(x: 0, y: 0, width: Double(size.width.rawValue), height: Double(size.height.rawValue))
    let toPixels = AffineTransform.scaling(1 / EMU.perPixel, 1 / EMU.perPixel)
    var root = tree.root
    root.transform = root.transform.followed(by: options.fit.placement(of: tree.size, in: options.area?.rect ?? whole, pixel: EMU.perPixel))
        .followed(by: toPixels)
    return SVG.Tree(
        size: Size(whole.width / EMU.perPixel, whole.height / EMU.perPixel),
        root: SVG.Group(
            origin: SVG.Origin(element: "svg"),
            clip: options.area.map { BezierPath($0.rect).transformed(by: toPixels) }, children: [.group(root)]))
}
