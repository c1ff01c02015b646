import AtelierImageCodecs
import AtelierPixels
import AtelierTesting
import Testing

/// `jpeg` with an Exif segment in front that holds nothing but an orientation.
func withOrientation(_ orientation: UInt8, isLittleEndian: Bool = false, _ jpeg: [UInt8]) -> [UInt8] {
    withExif(
        isLittleEndian
            ? [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
            : [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0], jpeg)
}

private func withExif(_ tiff: [UInt8], _ jpeg: [UInt8]) -> [UInt8] {
    let body = Array("Exif\0\0".utf8) + tiff
    return jpeg[..<2] + [0xFF, 0xE1, UInt8((body.count + 2) >> 8), UInt8((body.count + 2) & 255)] + body + jpeg[2...]
}

@Suite("Exif orientation")
struct OrientationTests {
    /// Which visual side the stored first row and first column are, by Exif 2.32, tag 0x0112.
    static let sides: [(row: Character, column: Character)] = [
        ("T", "L"), ("T", "R"), ("B", "R"), ("B", "L"), ("L", "T"), ("R", "T"), ("R", "B"), ("L", "B"),
    ]

    @Test("Orientations 1 to 8 put the first row and column where Exif says", arguments: 1...8, [false, true])
    func allEight(orientation: Int, isLittleEndian: Bool) throws {
        let jpeg = try sample("baseline")
        let stored = try decode(jpeg)
        let upright = try decode(withOrientation(UInt8(orientation), isLittleEndian: isLittleEndian, jpeg))
        let sides = Self.sides[orientation - 1]
        let swaps = "LR".contains(sides.row)
        #expect((upright.width, upright.height) == (swaps ? (stored.height, stored.width) : (stored.width, stored.height)))
        for y in 0..<stored.height {
            for x in 0..<stored.width {
                var (column, row) = (0, 0)
                for (side, distance) in [(sides.row, y), (sides.column, x)] {
                    switch side {
                    case "T": row = distance
                    case "B": row = upright.height - 1 - distance
                    case "L": column = distance
                    default: column = upright.width - 1 - distance
                    }
                }
                #expect(upright[column, row] == stored[x, y])
            }
        }
    }

    @Test("An Exif segment that is broken leaves the picture as stored")
    func broken() throws {
        let jpeg = try sample("baseline")
        let stored = try decode(jpeg)
        let seed: UInt64 = 11
        var random = SplitMix(seed: seed)
        let whole: [UInt8] = [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
        for count in 0..<20 { #expect(try decode(withExif(Array(whole[..<count]), jpeg)) == stored, "\(count) bytes") }
        for value in [0, 9, 255] as [UInt8] { #expect(try decode(withOrientation(value, jpeg)) == stored) }
        for trial in 0..<300 {
            // Any bytes behind a valid header: directories outside, entries cut off, other types.
            let noise = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let raster = try decode(withExif(whole[..<4] + noise, jpeg))
            #expect(raster.pixels.count == stored.pixels.count, "seed \(seed), trial \(trial)")
        }
    }
}
