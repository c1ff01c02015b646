import AtelierGeometry
import AtelierImageCodecs
import AtelierPixels

extension Resolver {
    /// A picture in its place: pixels as an image, SVG as the nodes it draws (SVG 2, 12.3); nil when nothing of it is seen.
    @inline(never)
    mutating func image(_ index: Int, _ own: OwnStyle, _ inner: Surroundings) throws(SVG.ParseError) -> SVG.Node? {
        guard inner.style.isVisible, let reference = value(.href), !reference.isEmpty else { return nil }
        let x = length(.x, .horizontal, index, inner.style) ?? 0, y = length(.y, .vertical, index, inner.style) ?? 0
        let width = length(.width, .horizontal, index, inner.style), height = length(.height, .vertical, index, inner.style)
        if width.map({ $0 <= 0 }) == true || height.map({ $0 <= 0 }) == true { return nil }
        let aspect = aspectRatio(index)
        // A missing extent follows from the other (SVG 2, 12.3).
        return try image(index, reference, aspect, own, inner) { size in
            let width = width ?? height.map { $0 * size.width / size.height } ?? size.width
            return Rect(x: x, y: y, width: width, height: height ?? width * size.height / size.width)
        }
    }

    /// The same with the rectangle that is left for a picture of a size.
    mutating func image(
        _ index: Int, _ reference: TextRange, _ aspect: AspectRatio, _ own: OwnStyle, _ inner: Surroundings, viewport: (Size) -> Rect
    ) throws(SVG.ParseError) -> SVG.Node? {
        try step(index, count: Int(reference.end - reference.start) >> 6)
        guard let (read, folder) = file(reference, index) else { return nil }
        var file = read
        if SVG.looksLikeMarkup(file.span) {
            guard let tree = try nested(file, in: folder, index) else { return nil }
            let place = viewport(tree.size)
            let fit = aspect.transform(from: Rect(x: 0, y: 0, width: tree.size.width, height: tree.size.height), into: place.size)
                .followed(by: .translation(place.minX, place.minY))
            var group = SVG.Group(
                origin: try origin(index), transform: fit.followed(by: own.transform), opacity: own.opacity, children: [.group(tree.root)])
            try step(index, count: group.nodeCount)
            // It shows neither beyond its own canvas nor beyond the place it was given.
            let canvas = Rect(fit(Point(0, 0)), fit(Point(tree.size.width, tree.size.height)))
            guard let seen = canvas.intersection(place), let ink = group.inkBounds(in: fit), let back = fit.inverse else { return nil }
            let slack = 1e-3 * max(seen.width, seen.height)
            if ink.minX < seen.minX - slack || ink.minY < seen.minY - slack || ink.maxX > seen.maxX + slack || ink.maxY > seen.maxY + slack
            {
                group.clip = BezierPath(seen).transformed(by: back)
            }
            return .group(group)
        }

        if WebP.sniff(file.span) {
            guard !onlyText, let picture = try png(ofWebP: file, index) else { return nil }
            file = picture
        }
        guard let (format, size) = facts(of: file, index) else { return nil }
        if format == .jpeg, let turned = JPEGTurn(of: file.span) {
            return try image(index, turned, size, aspect, own, viewport: viewport)
        }
        let place = viewport(size)
        let fit = aspect.transform(from: Rect(x: 0, y: 0, width: size.width, height: size.height), into: place.size)
            .followed(by: .translation(place.minX, place.minY))
        let frame = Rect(fit(Point(0, 0)), fit(Point(size.width, size.height)))
        guard let visible = frame.intersection(place), own.transform.isFinite else { return nil }
        return .image(
            SVG.Image(
                origin: try origin(index), file: file, format: format, frame: frame, visible: visible, transform: own.transform,
                opacity: own.opacity))
    }

    /// A photo that was stored turned or mirrored: it is laid as it is stored, and its transform sets it upright.
    private mutating func image(
        _ index: Int, _ turned: JPEGTurn, _ stored: Size, _ aspect: AspectRatio, _ own: OwnStyle, viewport: (Size) -> Rect
    ) throws(SVG.ParseError) -> SVG.Node? {
        let size = turned.swapsAxes ? Size(stored.height, stored.width) : stored
        let place = viewport(size)
        let fit = aspect.transform(from: Rect(x: 0, y: 0, width: size.width, height: size.height), into: place.size)
            .followed(by: .translation(place.minX, place.minY))
        let upright = Rect(fit(Point(0, 0)), fit(Point(size.width, size.height)))
        let center = upright.center
        let turn = AffineTransform.translation(-center.x, -center.y)
            .followed(by: AffineTransform(a: turned.a, b: turned.b, c: turned.c, d: turned.d, e: 0, f: 0))
            .followed(by: .translation(center.x, center.y))
        let transform = turn.followed(by: own.transform)
        guard let seen = upright.intersection(place), transform.isFinite, let back = turn.inverse else { return nil }
        return .image(
            SVG.Image(
                origin: try origin(index), file: turned.file, format: .jpeg,
                frame: Rect(back(upright.origin), back(Point(upright.maxX, upright.maxY))),
                visible: Rect(back(seen.origin), back(Point(seen.maxX, seen.maxY))), transform: transform, opacity: own.opacity))
    }

    /// A picture in WebP as PNG, which slides and all programs can show; nil, with a diagnostic, when it cannot be read.
    private mutating func png(ofWebP file: [UInt8], _ index: Int) throws(SVG.ParseError) -> [UInt8]? {
        guard decodesWebP else {
            report(index, .unsupported, "its picture is a WebP file, which is not read here; convert it to PNG or JPEG")
            return nil
        }
        let raster: Raster<RGBA8>
        do throws(WebPError) {
            raster = try WebP.decode(file.span)
        } catch {
            let sentence = "\(error)"
            report(index, .invalid, "its picture cannot be read: " + sentence.prefix(1).lowercased() + sentence.dropFirst().dropLast())
            return nil
        }
        try step(index, count: raster.pixels.count >> 8)
        return encodePNG(raster)
    }

    /// What a picture of pixels is and how large; nil, with a diagnostic, when it cannot be read.
    mutating func facts(of file: [UInt8], _ index: Int) -> (SVG.Image.Format, Size)? {
        // GIF: signature, then the size of the canvas (GIF89a, 18).
        if file.starts(with: Array("GIF8".utf8)), file.count >= 14 {
            let width = Int(file[6]) | Int(file[7]) << 8, height = Int(file[8]) | Int(file[9]) << 8
            if width > 0, height > 0 { return (.gif, Size(Double(width), Double(height))) }
        }
        do throws(ImageDecodingError) {
            let (format, width, height) = try imageSize(of: file.span)
            return (format == .png ? .png : .jpeg, Size(Double(width), Double(height)))
        } catch {
            let sentence = "\(error)"
            report(index, .invalid, "its picture cannot be read: " + sentence.prefix(1).lowercased() + sentence.dropFirst().dropLast())
            return nil
        }
    }

    /// An SVG document inside this one, resolved; nil, with a diagnostic, when it cannot be.
    private mutating func nested(_ file: [UInt8], in folder: String?, _ index: Int) throws(SVG.ParseError) -> SVG.Tree? {
        guard depthOfDocuments < 4 else {
            report(index, .invalid, "pictures inside pictures are nested too deeply; left out")
            return nil
        }
        // One file may be shown often, and is read each time.
        let byteCount = file.withUnsafeBufferPointer { gunzippedByteCount($0) } ?? file.count
        try step(index, count: min(max(byteCount, file.count), options.limits.byteCount) >> 10)
        var inside = options
        inside.limits.stepCount = max(options.limits.stepCount - steps, 1)
        do throws(SVG.ParseError) {
            let document = try SVG.Document(parsing: file.span, limits: inside.limits)
            try step(index, count: document.elementCount)
            let (tree, count) = try document.resolved(
                options: inside, files: files, folder: folder, typesetter: typesetter, depth: depthOfDocuments + 1, onlyText: onlyText,
                decodesWebP: decodesWebP)
            try step(index, count: count)
            for diagnostic in tree.diagnostics.prefix(10) {
                report(index, diagnostic.outcome, "in its picture, \(diagnostic.element): \(diagnostic.message)")
            }
            return tree
        } catch {
            if case .tooComplex = error { throw .tooComplex(limit: options.limits.stepCount, line: Int(document.elements[index].line)) }
            report(index, .invalid, "its picture is not read: \(error)")
            return nil
        }
    }
}
