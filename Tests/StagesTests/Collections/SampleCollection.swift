import AtelierImageCodecs
import AtelierLayers
import AtelierMemo
import AtelierPixels

@testable import AtelierStages

/// A project of three layers with small pictures, as a request sees it: 8 grounds, 8 shapes of which every other one is
/// translucent, and 8 hats.
struct SampleCollection {
    var project: [UInt8]
    var pictures: [(path: String, file: [UInt8])] = []

    init(count: Int = 300, side: Int = 6, more: String = "") {
        let layers = ["Ground", "Shape", "Hat"]
        let list = layers.map { layer in
            let traits = (0..<8).map { #"{"name":"\#(layer)\#($0)","file":"\#(layer)/\#($0).png","weight":\#($0 + 1)}"# }
            return #"{"name":"\#(layer)","traits":[\#(traits.joined(separator: ","))]}"#
        }
        project = Array(
            #"{"name":"Sample","seed":5,"count":\#(count),"width":\#(side),"height":\#(side),"layers":[\#(list.joined(separator: ","))]\#(more)}"#
                .utf8)
        for (depth, layer) in layers.enumerated() {
            for trait in 0..<8 {
                var picture = Raster(width: side, height: side, filledWith: RGBA8(0, 0, 0, 0))
                for y in depth..<side - depth {
                    for x in depth..<side {
                        picture[x, y] = RGBA8(UInt8(trait * 30), UInt8(depth * 90), UInt8(x * 9), depth == 1 && trait % 2 == 0 ? 120 : 255)
                    }
                }
                pictures.append(("\(layer)/\(trait).png", encodePNG(picture)))
            }
        }
    }

    /// The project file, then the pictures.
    var sources: [Artifact<Blob>] { [.bytes(project)] + pictures.map { .bytes($0.file) } }

    var place: PlanCollection.Source { .init(folder: "sample", files: pictures.map(\.path).sorted()) }

    func request(_ options: CompositionOptions = .init()) -> CompositionRequest {
        CompositionRequest(
            place, project: sources[0].digest, pictures: zip(pictures, sources.dropFirst()).map { ($0.path, $1.digest) }, canvas: nil,
            options: options)
    }

    /// Only numbers of items.
    static func items(_ first: Int, _ last: Int) -> CompositionOptions {
        var options = CompositionOptions()
        options.items = CompositionOptions.Items(first: first, last: last)
        return options
    }
}
