import AtelierGeometry
import AtelierImageCodecs
import AtelierPixels
import AtelierSVG
import Testing

/// A grey PNG file of 4 × 2 pixels.
private let png = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAAAAABawyK/AAAAD0lEQVR42mNgZGJmYQARAABkABX2sTgqAAAAAElFTkSuQmCC"

@Suite("Images")
struct ImagesTests {
    private func image(_ attributes: String) throws -> SVG.Image? {
        let tree = try tree("<image \(attributes) href='data:image/png;base64,\(png)'/>")
        guard case .image(let image)? = tree.root.children.first else { return nil }
        return image
    }

    @Test("A picture is fitted, covered or stretched as preserveAspectRatio says; what a cover leaves over is not seen")
    func fits() throws {
        let meet = try #require(try image("x='10' y='10' width='40' height='40'"))
        #expect(meet.frame == Rect(x: 10, y: 20, width: 40, height: 20) && meet.visible == meet.frame && meet.format == .png)
        let slice = try #require(try image("width='40' height='40' preserveAspectRatio='xMinYMid slice'"))
        #expect(slice.frame == Rect(x: 0, y: 0, width: 80, height: 40))
        #expect(slice.visible == Rect(x: 0, y: 0, width: 40, height: 40))
        let stretched = try #require(try image("width='30' height='40' preserveAspectRatio='none'"))
        #expect(stretched.frame == Rect(x: 0, y: 0, width: 30, height: 40))
    }

    /// A JPEG file of 4 × 2 pixels with a note on which way up it is; nothing decodes it here.
    private func photo(_ orientation: UInt8) -> [UInt8] {
        let note: [UInt8] = [
            0xFF, 0xE1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0,
            orientation, 0, 0, 0, 0, 0, 0,
        ]
        return [0xFF, 0xD8] + note + [0xFF, 0xC0, 0, 11, 8, 0, 2, 0, 4, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 9, 0xFF, 0xD9]
    }

    @Test("A photo is set upright as its note says, by its transform, and its file no longer says it", arguments: 1...8)
    func orientation(value: Int) throws {
        let data = photo(UInt8(value)).map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let tree = try tree("<image x='10' width='40' height='40' href='data:,\(data)'/>")
        guard case .image(let image)? = tree.root.children.first else {
            Issue.record("no image: \(tree.diagnostics)")
            return
        }
        #expect(image.file == photo(1))
        // The stored picture, 40 by 20, lies so that it comes to stand in the middle of the place.
        let swaps = value >= 5
        #expect(image.frame.width == 40 && image.frame.height == 20, "\(image.frame)")
        let corner = image.transform(image.frame.origin), other = image.transform(Point(image.frame.maxX, image.frame.maxY))
        let box = Rect(corner, other)
        #expect(box == (swaps ? Rect(x: 20, y: 0, width: 20, height: 40) : Rect(x: 10, y: 10, width: 40, height: 20)))
        // Where the stored picture's first pixel comes to stand (Exif 2.32: row 0 is … of the picture, column 0 is …).
        let isLeft = [1, 4, 5, 8].contains(value), isTop = [1, 2, 5, 6].contains(value)
        #expect(corner.x == (isLeft ? box.minX : box.maxX) && corner.y == (isTop ? box.minY : box.maxY))
    }

    @Test("A missing extent follows from the other and the picture; a negative one or none shows nothing")
    func extents() throws {
        #expect(try image("")?.frame == Rect(x: 0, y: 0, width: 4, height: 2))
        #expect(try image("width='40'")?.frame == Rect(x: 0, y: 0, width: 40, height: 20))
        #expect(try image("height='40'")?.frame == Rect(x: 0, y: 0, width: 80, height: 40))
        #expect(try image("width='0'") == nil && image("width='-4'") == nil)
        #expect(try image("visibility='hidden'") == nil && image("display='none'") == nil)
    }

    @Test(
        "Data may be in either alphabet of base64, broken by white space, percent-encoded, or not base64 at all",
        arguments: [
            "data:image/png;base64,\(png)", "data:;base64,\(png)", "DATA:image/png;BASE64, \(png.prefix(20))&#10;\t\(png.dropFirst(20))",
            "data:image/jpeg;base64,\(png.replacing("+", with: "%2B").replacing("=", with: ""))",
        ])
    func data(address: String) throws {
        let tree = try tree("<image xlink:href='\(address)'/>")
        #expect(tree.diagnostics == [])
        guard case .image(let image)? = tree.root.children.first else { throw NoImage() }
        #expect(image.file.count == 73 || image.file.starts(with: [0x89, 0x50]))
    }
    private struct NoImage: Error {}

    @Test("An SVG picture becomes what it draws, in its place and clipped to it")
    func nested() throws {
        let inner =
            "%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 20 20%22%3E%3Crect width=%2220%22 height=%2230%22/%3E%3C/svg%3E"
        let tree = try tree("<image x='5' width='40' height='40' href='data:image/svg+xml,\(inner)'/>")
        #expect(tree.diagnostics == [])
        guard case .group(let group)? = tree.root.children.first else { throw NoImage() }
        #expect(group.transform == AffineTransform(a: 2, b: 0, c: 0, d: 2, e: 5, f: 0))
        #expect(group.clip?.bounds == Rect(x: 0, y: 0, width: 20, height: 20))
    }

    @Test("A picture inside itself comes to an end")
    func recursion() throws {
        var text = "<rect width='9' height='9'/>"
        for _ in 0..<8 {
            let document = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>\(text)</svg>"
            let coded = document.replacing("%", with: "%25").replacing("'", with: "%27").replacing("<", with: "%3C")
            text = "<image width='9' height='9' href='data:image/svg+xml,\(coded)'/>"
        }
        let messages = try diagnostics(text)
        #expect(messages.count == 1 && messages[0].contains("nested too deeply"))
    }

    @Test(
        "What cannot be read is one sentence",
        arguments: [
            ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==", "invalid image: its picture cannot be read: the PNG file ends at byte"),
            ("data:image/png;base64,*", "invalid image: its data is not valid base64 and is left out"),
            ("data:image/webp;base64,UklGRgAAAABXRUJQVlA4", "unsupported image: its picture is a WebP file, which is not read here"),
            ("data:image/svg+xml,%3Csvg", "invalid image: its picture is not read: "),
            ("photo.png", "unsupported image: the picture `photo.png` is left out: there is no folder to look in"),
            ("https://a.org/a.png", "unsupported image: the picture `https://a.org/a.png` is left out: addresses with a scheme"),
        ])
    func broken(address: String, start: String) throws {
        let messages = try diagnostics("<image href='\(address)'/>")
        #expect(messages.count == 1 && messages[0].hasPrefix(start), "\(messages)")
    }

    @Test("Pictures in WebP become PNG where they are decoded, and are left out in a sentence elsewhere", .enabled(if: WebP.isAvailable))
    func webP() throws {
        let pixels: [UInt8] = [255, 0, 0, 0, 0, 255],
            file = try #require(
                pixels.withUnsafeBufferPointer {
                    WebP.encode($0.baseAddress!, width: 2, height: 1, bytesPerPixel: 3)
                })
        let coded = file.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let text = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><image href='data:image/webp,\(coded)'/></svg>"
        let tree = try SVG.read(Array(text.utf8).span, decodesWebP: true)
        guard case .image(let image)? = tree.root.children.first else { throw NoImage() }
        #expect(image.format == .png && image.frame == Rect(x: 0, y: 0, width: 2, height: 1) && tree.diagnostics.isEmpty)
        let raster = try decodeImage(image.file.span)
        #expect(raster.pixels == [RGBA8(255, 0, 0, 255), RGBA8(0, 0, 255, 255)])
        #expect(try SVG.read(Array(text.utf8).span).root.children.isEmpty)
        let cut = text.replacing(coded, with: String(coded.prefix(60)))
        #expect(try SVG.read(Array(cut.utf8).span, decodesWebP: true).diagnostics.first?.message.contains("WebP") == true)
    }

    @Test("Written again, a picture is the same picture")
    func written() throws {
        let text = "<image x='1' y='2' width='40' height='40' opacity='.5' transform='rotate(30)' preserveAspectRatio='xMidYMid slice'"
        let first = try tree("\(text) href='data:image/png;base64,\(png)'/>")
        let second = try SVG.read(SVG.write(first).span)
        guard case .image(let a)? = first.root.children.first, case .group(let clipped)? = second.root.children.first,
            case .image(let b)? = clipped.children.first
        else { throw NoImage() }
        #expect(a.file == b.file && a.frame == b.frame && a.opacity == b.opacity)
        #expect(clipped.clip?.bounds != nil)
    }
}
