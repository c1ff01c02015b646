import AtelierPixels
import AtelierScheduling
import AtelierTesting
import Testing

@testable import AtelierModels

@Suite("Picture features")
struct PictureFeaturesTests {
    /// Left half dark, right half light, with hard edges.
    private static func halves(_ width: Int, _ height: Int) -> Raster<RGBA8> {
        var picture = Raster(width: width, height: height, filledWith: RGBA8(250, 250, 250))
        for y in 0..<height { for x in 0..<width / 2 { picture[x, y] = RGBA8(20, 20, 20) } }
        return picture
    }

    private static func noise(_ side: Int) -> Raster<RGBA8> {
        var random = SplitMix(seed: 5)
        return Raster(
            width: side, height: side,
            pixels: (0..<side * side).map { _ in
                RGBA8(UInt8(random.next() & 255), UInt8(random.next() & 255), UInt8(random.next() & 255))
            })
    }

    @Test("Two flat halves: one edge a row, two colours, no noise; mirrored left to right nothing fits, top to bottom all")
    func flat() {
        let features = PictureFeatures(of: Self.halves(100, 80))
        func value(_ name: String) -> Float { features[name]! }
        #expect(value("width") == 100 && value("height") == 80 && value("area") == 8000 && value("aspect") == 1.25)
        #expect(value("flat") == 98.0 / 99 && value("step-128") == 1.0 / 99 && value("vertical-8") == 0)
        #expect(value("noise") == 0 && value("edge-width") == 1 && value("edges") == 0.01)
        #expect(value("colors") == 2 && value("largest") == 0.5 && value("largest-two") == 1 && value("simpson") == 0.5)
        #expect(value("grey") == 1 && value("dark") == 0.5 && value("light") == 0.5 && value("saturation") == 0)
        #expect(value("vertical") == 1 && value("horizontal") == 0 && value("cell") == 50)
        #expect(value("mirror-x") > 0.9 && value("mirror-y") == 0)
        #expect(features["no such"] == nil)
    }

    @Test("Noise is told from flat areas, transparency is counted, and a light picture on nothing lies on black")
    func kinds() {
        let noise = PictureFeatures(of: Self.noise(64))
        #expect(noise["noise"]! > 4 && noise["flat"]! < 0.02 && noise["areas"]! > 0.5)
        var glass = Raster(width: 64, height: 64, filledWith: RGBA8(0, 0, 0, 0))
        for y in 16..<48 { for x in 16..<48 { glass[x, y] = RGBA8(255, 255, 255, x == 16 ? 128 : 255) } }
        let features = PictureFeatures(of: glass)
        #expect(features["transparent"] == 0.75 && features["soft-alpha"] == 32.0 / 4096 && features["dark"]! >= 0.75)
    }

    @Test("What cannot be told is missing, for the smallest pictures too", arguments: [(1, 1), (1, 9), (9, 1), (2, 2)])
    func small(width: Int, height: Int) {
        let features = PictureFeatures(of: Raster(width: width, height: height, filledWith: RGBA8(1, 2, 3)))
        #expect(features["edge-width"]!.isNaN && features["stroke"]!.isNaN && features["blocking"]!.isNaN)
        #expect(features.values.allSatisfy { $0.isNaN || $0.isFinite })
    }

    @Test("Many pictures at once have the bits of each alone, on any number of threads")
    func batch() {
        let pictures = [Self.halves(31, 40), Self.noise(50), Self.halves(300, 20)]
        func bits(_ all: [PictureFeatures]) -> [[UInt32]] { all.map { $0.values.map(\.bitPattern) } }
        let alone = pictures.map { PictureFeatures(of: $0) }
        #expect(bits(PictureFeatures.of(pictures)) == bits(alone))
        let backwards: ParallelFor = { count, body in for index in (0..<count).reversed() { body(index) } }
        #expect(bits(PictureFeatures.of(pictures, each: backwards)) == bits(alone))
    }
}

@Suite("Tracing model")
struct TracingModelTests {
    @Test("The model in the program is read, expects less likeness of higher prices, and names a kind with its confidence")
    func model() throws {
        let model = try TracingModel(parsing: TracingModel.bytes)
        var picture = Raster(width: 64, height: 64, filledWith: RGBA8(255, 255, 255))
        for y in 20..<44 { for x in 20..<44 { picture[x, y] = RGBA8(200, 30, 40) } }
        let features = PictureFeatures(of: picture)
        let prices = [0.5, 0.9, 0.95, 0.98, 0.99, 0.999, 1].map { model.price(reaching: $0, features) }
        #expect(prices == prices.sorted(by: >))
        #expect(prices.allSatisfy { $0 > 18 && $0 <= 19_200 })
        let kind = model.kind(of: features)
        #expect(model.classes.contains(kind.name) && kind.confidence > 1 / Double(model.classes.count) && kind.confidence <= 1)
    }

    @Test("Exponentials are those of the C library to many digits")
    func exponentials() {
        for (x, value) in [(0.0, 1.0), (-1, 0.367879441171442), (-10, 4.539992976248485e-5), (-50, 0)] {
            #expect(abs(exponential(x) - value) <= 1e-11)
        }
    }

    @Test("A model of other features is refused with a sentence")
    func others() {
        let error = #expect(throws: ModelFileError.self) { try TracingModel(parsing: Array("{\"likeness\": {}}".utf8)) }
        #expect(error?.description == "the model has no \"learner\"; save the model with Booster.save_model(\"model.json\")")
    }
}
