internal import AtelierArchives
internal import AtelierGeometry
internal import AtelierSVG

extension SlideMapper {
    /// Writes a picture of pixels as one picture of the slide, cropped to what is seen of it.
    ///
    /// - Returns: its box on the slide; nil when nothing of it is seen.
    mutating func map(_ image: SVG.Image, through parent: AffineTransform, opacity inherited: Double, clip: BezierPath?) -> Rect? {
        let transform = image.transform.followed(by: parent), alpha = inherited * image.opacity
        guard alpha > 0, transform.isFinite, let back = transform.inverse,
            let bounds = BezierPath(image.visible).transformed(by: transform).bounds
        else { return nil }
        guard let pose = Pose(transform) else {
            return picture(of: .image(image), through: parent, opacity: inherited, clip: clip, because: "slides cannot slant pictures")
        }

        // What is seen in the image's own coordinates: a rectangle is a crop, anything else an outline as well.
        var visible = image.visible, outline: BezierPath?
        if let clip, !isInside(bounds, clip) {
            let part = nearby(clip, bounds).transformed(by: back)
            let answer = outlines.answer(OutlineWork(.intersection, BezierPath(image.visible), other: part))
            if answer.isGivenUp {
                outlines.unappliedClips -= 1
                note(.approximated, image.origin, "its clip takes more work than a slide may take and it was drawn whole")
            }
            let seen = answer.outline ?? BezierPath()
            guard let box = seen.bounds, box.width > 0, box.height > 0 else { return nil }
            visible = box
            if seen.alignedRectangle == nil { outline = seen }
        }
        let frame = Frame(
            pose, center: transform(visible.center), size: Size(visible.width * pose.scaleX, visible.height * pose.scaleY))
        guard max(frame.x.rawValue.magnitude, frame.y.rawValue.magnitude) < Int(EMU.reach) else {
            note(.approximated, image.origin, "the picture reaches more than 1000 inches beyond the slide and was left out")
            return nil
        }

        let kind: Media.Kind =
            switch image.format {
            case .png: .png
            case .jpeg: .jpeg
            case .gif: .gif
            }
        xml.pictureStart(id: nextID(), image.origin, link: link, file: reference(.file(PackedBytes(storing: image.file), kind)))
        if alpha < 1 {
            xml.markup("<a:alphaModFix amt=\"")
            xml.number(Int(alpha * 100_000 + 0.5))
            xml.markup("\"/>")
        }
        xml.markup("</a:blip>")
        crop(image.frame, to: visible)
        xml.markup("<a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr>")
        xml.frame(frame)
        if let outline {
            let local = outline.transformed(by: .scaling(pose.scaleX, pose.scaleY))
            let corner = Point(visible.minX * pose.scaleX, visible.minY * pose.scaleY)
            xml.freeform { $0.path(local.subpaths, origin: corner, width: frame.width, height: frame.height) }
        } else {
            xml.presetGeometry(.rect)
        }
        writeEffects()
        xml.markup("</p:spPr></p:pic>")
        shapeCount += 1
        pictureCount += 1
        let box = BezierPath(visible).transformed(by: transform).bounds ?? bounds
        return box
    }

    /// Says which part of a picture is shown, in 1000ths of a percent of its sides; nothing for the whole.
    private mutating func crop(_ frame: Rect, to visible: Rect) {
        func share(_ part: Double, _ whole: Double) -> Int { Int(max(0, min(1, part / whole)) * 100_000 + 0.5) }
        let parts = [
            ("l", share(visible.minX - frame.minX, frame.width)), ("t", share(visible.minY - frame.minY, frame.height)),
            ("r", share(frame.maxX - visible.maxX, frame.width)), ("b", share(frame.maxY - visible.maxY, frame.height)),
        ]
        guard parts.contains(where: { $0.1 > 0 }) else { return }
        xml.markup("<a:srcRect")
        for (name, value) in parts where value > 0 {
            xml.markup(" ")
            xml.text(name)
            xml.markup("=\"")
            xml.number(value)
            xml.markup("\"")
        }
        xml.markup("/>")
    }
}
