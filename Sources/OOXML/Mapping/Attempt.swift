internal import AtelierGeometry
internal import AtelierSVG

// An element is first written as shapes. When what is noted on the way is more than the profile accepts, the shapes are taken back
// and the element becomes a picture. So no rule of mapping needs to know the profiles, only to say how far off it is.

extension SlideMapper {
    /// How far a slide was written at some moment.
    struct Checkpoint {
        fileprivate var byteCount: Int, tagCount: Int, entryCount: Int, lastID: Int, mediaCount: Int, shapeCount: Int
        var findingCount: Int, contents: SlideContents
    }

    /// The moment before something is written.
    var checkpoint: Checkpoint {
        Checkpoint(
            byteCount: xml.bytes.count, tagCount: groups.count, entryCount: decisions.entries.count,
            lastID: lastID, mediaCount: media.count, shapeCount: shapeCount, findingCount: diagnostics.count, contents: contents)
    }

    /// Takes back what was written since, as if it had never been.
    mutating func restore(_ checkpoint: Checkpoint) {
        xml.truncate(to: checkpoint.byteCount)
        groups.truncate(to: checkpoint.tagCount)
        diagnostics.removeSubrange(checkpoint.findingCount...)
        findingPlaces.removeSubrange(checkpoint.findingCount...)
        colorFindings = colorFindings.filter { $0 < checkpoint.findingCount }
        decisions.restore(checkpoint.entryCount)
        for file in media[checkpoint.mediaCount...] { mediaPlaces[file] = nil }
        media.removeSubrange(checkpoint.mediaCount...)
        while let last = pixelWork.last, last.place >= checkpoint.mediaCount { pixelWork.removeLast() }
        (lastID, shapeCount) = (checkpoint.lastID, checkpoint.shapeCount)
        (groupCount, pictureCount) = (checkpoint.contents.groups, checkpoint.contents.pictures)
    }

    /// What has been noted about the node in hand since then and is more than the profile accepts; nil when all is well.
    func refusal(since checkpoint: Checkpoint) -> String? {
        guard profile != .editable, diagnostics.count > checkpoint.findingCount else { return nil }
        for index in checkpoint.findingCount..<diagnostics.count where findingPlaces[index] == decisions.place {
            let finding = diagnostics[index]
            if finding.outcome == .approximated, !profile.keepsShapes(finding.deviation, isOfColors: colorFindings.contains(index)) {
                return finding.message
            }
        }
        return nil
    }

    /// Maps something in one piece: as shapes, or as a picture where the profile asks for it.
    mutating func decide(
        _ node: SVG.Node, through parent: AffineTransform, opacity inherited: Double, clip: BezierPath?,
        asShapes: (inout SlideMapper) -> Rect?
    ) -> Rect? {
        decisions.begin()
        let start = checkpoint, wasBlocked = outlines.isBlocked
        defer { outlines.isBlocked = wasBlocked }
        var bounds = asShapes(&self)
        if let message = refusal(since: start), affordsPicture(of: node, clip: clip) {
            restore(start)
            bounds = picture(
                of: node, through: parent, opacity: inherited, clip: clip, because: "this profile does not accept that \(message)")
        }
        let nodeCount = node.nodeCount
        let added = contents - start.contents, isNoted = diagnostics.count > start.findingCount
        switch (added.shapes, added.pictures) {
        case (1, 0) where !isNoted && nodeCount == 1 && added.groups == 0: decisions.end()
        case (0, 0): decisions.end(.omitted, added, nodeCount: nodeCount)
        case (0, 1) where node.isImage && !isNoted: decisions.end(.native, added, nodeCount: nodeCount)
        case (0, _): decisions.end(.picture, added, nodeCount: nodeCount)
        default: decisions.end(isNoted ? .approximated : .native, added, nodeCount: nodeCount)
        }
        return bounds
    }
}
