internal import AtelierGeometry
internal import AtelierSVG

extension SlideMapper {
    /// What a way to say something in plain areas gives; nil when it does not, or takes more work than is left.
    mutating func flattened<Result>(_ body: (inout Flattening) throws(Flattening.Obstacle) -> Result) -> Result? {
        outlines.spending(atMost: Flattening.mostWork) { work in
            var flattening = Flattening(work: work)
            defer { work = flattening.work }
            // Why not does not matter: there is one other way, whatever the obstacle.
            return try? body(&flattening)
        }
    }
}

extension SVG.Path {
    /// Fill and stroke as paths of their own, in the order in which they are painted, in a group that has the name and the opacity.
    var parts: SVG.Group {
        var line = self
        (line.fill, line.origin, line.transform, line.opacity, line.isStrokeFirst) = (nil, origin.nameless, .identity, 1, false)
        var area = line
        (area.fill, area.stroke) = (fill, nil)
        let children = [SVG.Node.path(area), .path(line)]
        return SVG.Group(origin: origin, transform: transform, opacity: opacity, children: isStrokeFirst ? children.reversed() : children)
    }
}
