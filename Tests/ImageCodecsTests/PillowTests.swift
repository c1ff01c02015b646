import AtelierImageCodecs
import AtelierPixels
import Foundation
import Testing

/// The pictures kept beside the project; nil where they are not.
private let corpus: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder = root.deletingLastPathComponent().appending(path: "shared/corpus/raster")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
}()

@Suite("Beside Pillow")
struct PillowTests {
    @Test(
        "Real pictures decode to the very pixels Pillow makes of them",
        .enabled(if: corpus != nil, "../shared/corpus/raster is not there"))
    func realPictures() throws {
        let folder = try #require(corpus)
        let table = try String(contentsOf: Bundle.module.resourceURL!.appending(path: "Samples/pillow.txt"), encoding: .utf8)
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            let raster = try decode([UInt8](Data(contentsOf: folder.appending(path: String(fields[0])))))
            #expect((raster.width, raster.height) == (Int(fields[1]), Int(fields[2])), "\(fields[0])")
            let sums = sums(of: raster.pixels)
            #expect((sums.plain, sums.weighted) == (UInt64(fields[3]), UInt64(fields[4])), "\(fields[0])")
        }
    }

    /// The sums that `Samples/pillow.py` explains.
    private func sums(of pixels: [RGBA8]) -> (plain: UInt64, weighted: UInt64) {
        pixels.withUnsafeBytes { bytes in
            var (plain, weighted, place): (UInt64, UInt64, UInt64) = (0, 0, 0)
            for pixel in bytes.bindMemory(to: UInt32.self) {
                place &+= 1
                plain &+= UInt64(UInt32(littleEndian: pixel))
                weighted &+= place &* UInt64(UInt32(littleEndian: pixel))
            }
            return (plain, weighted)
        }
    }
}
