#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Files to convert when nobody names any: pictures and drawings made by formula, the same on every machine.
enum Workload {
    /// Writes the files and returns their paths.
    static func write(in folder: String) throws(SystemError) -> [String] {
        var paths: [String] = []
        for (index, size) in [(320, 240), (640, 480), (900, 600)].enumerated() {
            let path = "\(folder)/picture-\(index + 1).png"
            try write(png(poster(width: size.0, height: size.1, seed: UInt64(index))), to: path)
            paths.append(path)
        }
        for (index, count) in [40, 160, 400].enumerated() {
            let path = "\(folder)/drawing-\(index + 1).svg"
            try write(Array(drawing(elements: count, seed: UInt64(index)).utf8), to: path)
            paths.append(path)
        }
        return paths
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("\(path): cannot create") }
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, called: path)
    }

    /// Numbers that a seed repeats (a linear congruential generator; Knuth, TAOCP 2, 3.3.4).
    private struct Numbers {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
    }

    /// An opaque picture of discs and bars in eight colours with anti-aliased edges, the first pixel top left.
    private struct Picture {
        var width: Int, height: Int
        /// Row-major, three bytes of sRGB a pixel.
        var pixels: [UInt8]
    }

    private static func poster(width: Int, height: Int, seed: UInt64) -> Picture {
        var numbers = Numbers(state: seed &+ 0x9E37_79B9)
        let palette = (0..<8).map { _ in (numbers.below(256), numbers.below(256), numbers.below(256)) }
        var picture = Picture(width: width, height: height, pixels: [UInt8](repeating: 245, count: width * height * 3))
        for _ in 0..<24 {
            let (x, y, radius) = (numbers.below(width), numbers.below(height), 8 + numbers.below(height / 5))
            let isBar = numbers.below(3) == 0, color = palette[numbers.below(8)]
            for row in max(0, y - radius - 1)..<min(height, y + radius + 2) {
                for column in max(0, x - radius - 1)..<min(width, x + radius + 2) {
                    let (dx, dy) = (Double(column - x), Double(row - y))
                    let distance = isBar ? max(abs(dx), abs(dy) * 3) : (dx * dx + dy * dy).squareRoot()
                    let coverage = min(max(Double(radius) - distance + 0.5, 0), 1)
                    guard coverage > 0 else { continue }
                    let at = (row * width + column) * 3
                    for (channel, value) in [color.0, color.1, color.2].enumerated() {
                        let below = Double(picture.pixels[at + channel])
                        picture.pixels[at + channel] = UInt8((below + (Double(value) - below) * coverage).rounded())
                    }
                }
            }
        }
        return picture
    }

    private static func drawing(elements: Int, seed: UInt64) -> String {
        var numbers = Numbers(state: seed &+ 0x85EB_CA6B)
        var text = #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600">"#
        for index in 0..<elements {
            let (x, y, size) = (numbers.below(700), numbers.below(500), 10 + numbers.below(90))
            let style = "fill=\"rgb(\(numbers.below(256)),\(numbers.below(256)),\(numbers.below(256)))\" stroke=\"#222\""
            switch index % 4 {
            case 0: text += "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(size)\" height=\"\(size / 2 + 1)\" rx=\"4\" \(style)/>"
            case 1:
                text += "<g transform=\"rotate(\(size) \(x) \(y))\"><ellipse cx=\"\(x)\" cy=\"\(y)\" rx=\"\(size)\" ry=\"9\" \(style)/></g>"
            case 2:
                text += "<path d=\"M\(x) \(y)q\(size) 9 \(size / 2) \(size)t\(size) -\(size)c9 9 -9 \(size) -\(size) \(size)z\" \(style)/>"
            default: text += "<polygon points=\"\(x),\(y) \(x + size),\(y + 7) \(x + 3),\(y + size)\" opacity=\"0.8\" \(style)/>"
            }
        }
        return text + "</svg>"
    }

    /// The picture as PNG (W3C PNG, third edition): 8-bit RGB, no filter, deflate's stored blocks.
    private static func png(_ picture: Picture) -> [UInt8] {
        var rows: [UInt8] = []
        for row in 0..<picture.height {
            rows.append(0)
            rows += picture.pixels[row * picture.width * 3..<(row + 1) * picture.width * 3]
        }
        var deflated: [UInt8] = [0x78, 0x01], rest = rows[...]
        repeat {
            let block = rest.prefix(65_535), count = UInt16(block.count)
            rest = rest.dropFirst(block.count)
            deflated.append(rest.isEmpty ? 1 : 0)
            for half in [count, ~count] { deflated += [UInt8(half & 0xFF), UInt8(half >> 8)] }
            deflated += block
        } while !rest.isEmpty
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in rows {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        deflated += bigEndian(b << 16 | a)

        let header = bigEndian(UInt32(picture.width)) + bigEndian(UInt32(picture.height)) + [8, 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", deflated) + chunk("IEND", [])
    }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        var check: UInt32 = 0xFFFF_FFFF
        for byte in body { check = check >> 8 ^ checkTable[Int((check ^ UInt32(byte)) & 0xFF)] }
        return bigEndian(UInt32(data.count)) + body + bigEndian(~check)
    }

    private static let checkTable = (0..<256).map { (byte: Int) -> UInt32 in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(number >> $0 & 0xFF) } }
}
