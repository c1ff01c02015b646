import AtelierImageCodecs
import AtelierMemo
import AtelierPipelines
import AtelierPixels
import AtelierProcessors
import AtelierScheduling
import AtelierStages

/// One request of the load: who asks for what, and what is predicted of it.
struct LoadJob: Sendable {
    enum Kind: String, CaseIterable, Sendable { case trace, pptx, rasterize, run }

    var client: String
    /// Place among the classes.
    var place: Int
    var kind: Kind
    /// A PNG file to trace, else a drawing.
    var source: Blob
    var byteCount: Int

    /// Jobs of ten clients, of which the first asks for all that is over when the others have 24 each: of every kind in every class two.
    static func mixed(_ count: Int, classes: Int) -> [LoadJob] {
        let light = 24, flood = max(0, count - 9 * light)
        let owners = Array(repeating: 0, count: flood) + (0..<light * 9).map { 1 + $0 % 9 }
        var next = Array(repeating: 0, count: 10)
        return owners.map { owner in
            defer { next[owner] += 1 }
            return LoadJob(owner: owner, number: next[owner], classes: classes)
        }
    }

    private init(owner: Int, number: Int, classes: Int) {
        client = owner == 0 ? "flood" : "client \(owner)"
        kind = Kind.allCases[number % 4]
        place = number / 4 % classes
        let side = kind == .trace || kind == .run ? [96, 112, 128][number / 12 % 3] : 512
        source = Self.source(kind, side: side, seed: UInt64(owner) << 32 | UInt64(number))
        byteCount =
            switch kind {
            // Decoding, regions and outlines, by the footprints of the stages.
            case .trace, .run: side * side * 48
            case .rasterize: side * side * 16
            case .pptx: 1 << 20
            }
    }

    /// Discs on a ground, as pixels or as a drawing; no two are equal, so none shares the work of another.
    static func source(_ kind: Kind, side: Int, seed: UInt64) -> Blob {
        let bytes = noise(160, seed: seed &* 2 + 1).map(Int.init), count = kind == .trace || kind == .run ? 8 : 40
        let discs = (0..<count).map {
            (x: bytes[3 * $0] * side / 256, y: bytes[3 * $0 + 1] * side / 256, r: 6 + bytes[3 * $0 + 2] * side / 1024)
        }
        let colors = bytes.suffix(count)
        guard kind == .trace || kind == .run else {
            let shapes = zip(discs, colors).map { disc, color in
                "<circle cx='\(disc.x)' cy='\(disc.y)' r='\(disc.r)' fill='rgb(\(color),\(255 - color),90)'/>"
            }
            return Blob("<svg xmlns='http://www.w3.org/2000/svg' width='\(side)' height='\(side)'><!-- \(seed) -->\(shapes.joined())</svg>")
        }
        var raster = Raster(width: side, height: side, filledWith: RGBA8(250, 250, UInt8(bytes[0])))
        for (disc, color) in zip(discs, colors) {
            for y in max(0, disc.y - disc.r)..<min(side, disc.y + disc.r) {
                for x in max(0, disc.x - disc.r)..<min(side, disc.x + disc.r)
                where (x - disc.x) * (x - disc.x) + (y - disc.y) * (y - disc.y) < disc.r * disc.r {
                    raster[x, y] = RGBA8(UInt8(color), UInt8(255 - color), 90)
                }
            }
        }
        return Blob(encodePNG(raster))
    }

    /// Does it.
    func perform(on engine: Engine) async throws {
        let priority = Priority.allCases[min(place, Priority.allCases.count - 1)], source = Artifact.blob(source)
        switch kind {
        case .trace: keep(try await engine.value(of: traceToSVG(source), priority: priority))
        case .pptx: keep(try await engine.value(of: convertToPPTX([source]).output, priority: priority))
        case .rasterize: keep(try await engine.value(of: rasterizeSVG(source), priority: priority))
        case .run:
            let steps = try Pipeline(parsing: Array(#"{"steps": [{"make": "svg"}, {"make": "pptx"}]}"#.utf8)).processor(engine)
            let picture = try Part(bytes: self.source, mimeType: "image/png", role: "user")
            for try await part in steps([picture]) { keep(part) }
        }
    }
}
