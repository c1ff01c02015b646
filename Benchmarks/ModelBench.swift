import AtelierImageCodecs
import AtelierMemo
import AtelierModels
import AtelierPixels
import AtelierStages

extension Subcommand {
    static let models = Subcommand(
        name: "models", question: "what do models cost, and is their memory given back?",
        usage: """
                [PICTURE…] [--megabytes 64] [--turns 30]
                Uses three models of so many megabytes in turn on a shelf with room for two,
                one within the other at every third turn; prints the memory of the process
                before, at its most and after. Then the first use of the model of tracing,
                a look at the expected price, and the features of each picture by
                milliseconds, also of a megapixel.
            """
    ) { arguments in
        let bytes = try arguments.integer("megabytes", default: 64) << 20, turns = try arguments.integer("turns", default: 30)
        let shelf = ModelShelf(limit: 2 * bytes + bytes / 2)
        let sources = (0..<3).map { number in
            ModelSource(name: "\(number)", digest: "bench", expectedBytes: bytes) {
                // Pages count once they are written.
                (model: [UInt8](repeating: UInt8(number + 1), count: bytes), byteCount: bytes)
            }
        }
        var most = 0, wrong = 0
        let before = processMemory("VmRSS")
        for turn in 0..<turns {
            try shelf.use(sources[turn % 3]) { model in
                func look() {
                    most = max(most, processMemory("VmRSS"))
                    if model[bytes - 1] != UInt8(turn % 3 + 1) { wrong += 1 }
                }
                if turn % 3 == 2 { try shelf.use(sources[0]) { _ in look() } }
                look()
            }
        }
        let kept = processMemory("VmRSS"), usage = shelf.usage
        shelf.trim(to: 0)
        print(
            "rotation: \(before) KiB before, at most \(most), \(kept) with \(usage.byteCount >> 20) MiB kept, \(processMemory("VmRSS")) after;"
        )
        print("  \(usage.models.map(\.loads).reduce(0, +)) loads for \(usage.models.map(\.uses).reduce(0, +)) uses, \(wrong) wrong")

        let clock = ContinuousClock()
        let features = PictureFeatures(of: Raster(width: 9, height: 9, filledWith: RGBA8(1, 2, 3)))
        let first = try clock.measure { try TracingModel.shelf.preload(TracingModel.inProgram) }
        let price = try TracingModel.shelf.use(TracingModel.inProgram) { model in
            Timing(rounds: 9) { model.price(reaching: 0.99, features) }
        }
        print("model of tracing: first use \(first), then \(price.median * 1000) ms for a price")
        for path in arguments.words {
            let image = try Blob.reading(path: path, limit: 1 << 30).withUnsafeBytes { try decodeImage($0.bindMemory(to: UInt8.self).span) }
            let time = Timing(rounds: 9) { PictureFeatures(of: image) }.median * 1000, megapixels = Double(image.pixels.count) / 1e6
            print("\(path): \(time) ms, \(time / megapixels) a megapixel")
        }
        return wrong == 0 ? 0 : 1
    }
}
