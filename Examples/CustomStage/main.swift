// A stage of one's own between the project's: swift run CustomStage Examples/art/dusk.jpg dusk.svg

import Atelier
import Foundation

/// Rounds every channel to a few levels.
struct Posterize: Stage {
    static let name = "example.posterize", version = 1

    var image: Artifact<Raster<RGBA8>>  // an input, named by its digest
    var levels = 4

    func run(in context: Context) -> Raster<RGBA8> {
        var raster = context[image]
        let step = 255 / Double(levels - 1)
        let rounded = (0...255).map { UInt8((Double($0) / step).rounded() * step) }
        for index in raster.pixels.indices {
            let pixel = raster.pixels[index]
            raster.pixels[index] = RGBA8(rounded[Int(pixel.r)], rounded[Int(pixel.g)], rounded[Int(pixel.b)], pixel.a)
        }
        return raster
    }
}

/// A recipe is a function from artifacts to an artifact.
func poster(_ source: Artifact<Blob>, levels: Int) -> Artifact<Blob> {
    let image = Artifact(Posterize(image: Artifact(DecodeImage(source: source)), levels: levels))
    let colors = Artifact(QuantizeColors(image: image))
    let regions = Artifact(SegmentRegions(image: image, quantized: colors))
    return Artifact(WriteDrawing(drawing: Artifact(FitPaths(segmentation: regions))))
}

guard CommandLine.arguments.count == 3 else { fatalError("usage: CustomStage PICTURE OUTPUT.svg") }
let (input, output) = (CommandLine.arguments[1], CommandLine.arguments[2])

let engine = Engine(levels: [MemoryStore()])
let events = EventLog(engine)
let source = try Artifact.file(path: input)

// The picture is decoded once for both.
_ = try await engine.value(of: poster(source, levels: 3))
let svg = try await engine.value(of: poster(source, levels: 4))

try svg.withUnsafeBytes { try Data($0).write(to: URL(filePath: output)) }
print("\(input) → \(output), \(svg.count) bytes; decoded \(events.runs(of: DecodeImage.self)) time")
