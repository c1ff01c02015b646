import AtelierImageCodecs
import AtelierJSON
import AtelierMemo
import AtelierPixels
import AtelierStages

extension Subcommand {
    static let codecs = Subcommand(
        name: "codecs", question: "how fast are pictures decoded?",
        usage: """
                FILE… [--rounds 9]
                Decodes each PNG or JPEG again and again on one core and prints
                milliseconds and milliseconds per megapixel.

                Benchmarks/peers/codecs.py makes pictures, runs this in turns with
                Pillow (libpng, libjpeg-turbo) and prints the ratios.
            """
    ) { arguments in
        guard !arguments.words.isEmpty else { throw Arguments.Problem(text: "a picture is needed") }
        let rounds = try arguments.integer("rounds", default: 9)
        var rows: [JSON] = []
        for path in arguments.words {
            let file = try Blob.reading(path: path, limit: 1 << 30)
            let raster = try file.withUnsafeBytes { try decodeImage($0.bindMemory(to: UInt8.self).span) }
            let timing = file.withUnsafeBytes { bytes in
                Timing(rounds: rounds) { try? decodeImage(bytes.bindMemory(to: UInt8.self).span).pixels.count }
            }
            let megapixels = Double(raster.pixels.count) / 1e6
            rows.append(
                .object(
                    [
                        .init("file", .string(path)), .init("bytes", .integer(file.count)), .init("width", .integer(raster.width)),
                        .init("height", .integer(raster.height)), .init("ms", .number((timing.median * 1e5).rounded() / 100)),
                        .init("ms_per_megapixel", .number((timing.median * 1e6 / megapixels).rounded() / 1000)),
                    ] + timing.members))
        }
        print(JSON.object(["bench": .string("codecs"), "rows": .array(rows)]).text)
        return 0
    }
}
