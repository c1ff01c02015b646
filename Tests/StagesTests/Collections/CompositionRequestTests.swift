import AtelierArchives
import AtelierImageCodecs
import AtelierJSON
import AtelierLayers
import AtelierMemo
import AtelierMemoTesting
import AtelierPixels
import AtelierSVG
import Testing

@testable import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Requests for collections")
struct CompositionRequestTests {
    let engine = Engine(levels: [MemoryStore(admitting: .everything)])
    let art = SampleCollection()

    private func archive(_ art: SampleCollection, _ options: CompositionOptions = .init()) async throws -> Blob {
        try await engine.value(of: Request.compose(art.request(options)).conversion(of: art.sources).output)
    }

    private func members(_ blob: Blob) throws -> [String: [UInt8]] {
        let zip = try ZIPReader(Array(blob.bytes))
        return Dictionary(uniqueKeysWithValues: try zip.members.map { ($0.name, try zip.unpacked($0)) })
    }

    @Test("An archive holds the pictures, metadata and tables that drawing and papers make by themselves")
    func contents() async throws {
        let made = try members(await archive(art))
        let project = try art.place.project(Blob(art.project)), plan = try project.plan()
        var images: [String: TraitImage] = [:]
        for (path, file) in art.pictures { images[path] = TraitImage(try decodeImage(file.span)) }
        let drawing = try Drawing(project, plan, images: images, size: PixelSize(width: 6, height: 6))
        var wanted: [String: [UInt8]] = [:], statistics = DrawingStatistics()
        for (index, file) in drawing.draw(Array(0..<300), &statistics).enumerated() { wanted["images/\(index + 1).png"] = file }
        let papers = CollectionPapers(project: project, plan: plan, standard: .erc721, suffix: "png")
        for (name, bytes) in papers.members { wanted[name] = bytes }
        #expect(made == wanted)
        #expect(made.count == 604)
    }

    @Test("Ranges that were drawn once are found: for more items, other metadata, and after a picture changed that they do not show")
    func ranges() async throws {
        let log = EventLog(engine)
        _ = try await archive(art, SampleCollection.items(1, 256))
        #expect(log.runs(of: DrawItems.self) == 1)
        var options = CompositionOptions()
        _ = try await archive(art, options)
        #expect(log.runs(of: DrawItems.self) == 2)
        options.baseURI = "ipfs://x/"
        options.standard = .metaplex
        options.count = 256
        let other = try members(await archive(art, options))
        #expect(log.runs(of: DrawItems.self) == 2)
        #expect(String(decoding: other["metadata/1.json"] ?? [], as: UTF8.self).contains("ipfs://x/"))

        // Two items show three pictures each; where no palette can be, one that neither they nor the first item shows does not matter.
        let mixed = SampleCollection(more: ##","background":"#00000080""##)
        _ = try await archive(mixed, SampleCollection.items(299, 300))
        let project = try mixed.place.project(Blob(mixed.project)), plan = try project.plan()
        let used = Set(try PlacedItems(298..<300, of: plan, in: project).files)
        let first = try PlacedItems(0..<1, of: plan, in: project).files
        for isUsed in [false, true] {
            let place = try #require(mixed.pictures.firstIndex { used.contains($0.path) == isUsed && !first.contains($0.path) })
            var changed = mixed
            changed.pictures[place].file = encodePNG(Raster(width: 6, height: 6, filledWith: RGBA8(1, 2, 3, 99)))
            let before = log.runs(of: DrawItems.self)
            _ = try await archive(changed, SampleCollection.items(299, 300))
            #expect(log.runs(of: DrawItems.self) - before == (isUsed ? 1 : 0))
        }
    }

    @Test("The same bytes come of any number of workers, and of the log; damage in a level is found")
    func remade() async throws {
        let request = Request.compose(art.request(SampleCollection.items(3, 40))), store = WatchedStore(), folder = DrawingFolder()
        folder.write(art.project, to: "p.json")
        for (index, picture) in art.pictures.enumerated() { folder.write(picture.file, to: "\(index).png") }
        let output = try request.conversion(of: art.sources).output
        let one = try await Engine(levels: [store], configuration: .init(workers: 1)).value(of: output)
        let paths: [String?] = ["\(folder.path)/p.json"] + art.pictures.indices.map { "\(folder.path)/\($0).png" }
        let logged = LoggedRequest(request, paths: paths, use: RequestUse(of: output.digest, cost: 1, at: 0))
        let report = await check([logged], against: [store], threads: 3, repairing: false)
        #expect(report.remade == 1 && report.wrong.isEmpty && report.failures == [])
        #expect(report.equal >= 1)
        #expect(one.count > 1000)
        // A picture that is not there any more, and one with other bytes.
        for change in ["gone", "other"] {
            if change == "other" { folder.write(art.pictures[1].file, to: "0.png") } else { _ = unlink("\(folder.path)/0.png") }
            let report = await check([logged], against: [store], threads: 1, repairing: false)
            #expect(report.cannotBeRemade == 1 && report.remade == 0, "\(change)")
        }
    }

    @Test("A request survives the log, with every option that can be said")
    func log() throws {
        var request = art.request(SampleCollection.items(1, 9))
        request.canvas = PixelSize(width: 7, height: 9)
        request.hasPlanFile = true
        request.sources.insert(Digest(hashing: Blob("plan")), at: 1)
        let paths: [String?] = [nil] + request.sources.indices.dropFirst().map { "/\($0)" }
        func read(_ request: CompositionRequest) throws -> (request: Request, paths: [String?])? {
            Request.reading(try JSON(parsing: Request.compose(request).json(paths: paths).bytes))
        }
        let back = try #require(try read(request))
        #expect(back.request == .compose(request) && back.paths == paths)
        request.place.files += ["unused.png"]
        #expect(try read(request)?.request == .compose(request))
        for option in CompositionOptions.all {
            let value: OptionValue =
                switch option.kind {
                case .integer(let range): .integer(range.lowerBound + 1)
                case .choice(let words): .text(words[words.count - 1])
                default: .text("2-3")
                }
            var changed = request
            option.write(&changed.options, value)
            #expect(changed != request, "\(option.name)")
            #expect(try read(changed)?.request == .compose(changed), "\(option.name)")
        }
        request.sources.removeLast()
        #expect(Request.reading(try JSON(parsing: Request.compose(request).json(paths: paths).bytes)) == nil)
    }

    @Test("Broken pictures, foreign numbers, too many pixels and a missing size are refused, each in a sentence")
    func refused() async throws {
        func refusal(_ art: SampleCollection, _ options: CompositionOptions = .init(), _ request: CompositionRequest? = nil) async -> String
        {
            do {
                _ = try await engine.value(of: Request.compose(request ?? art.request(options)).conversion(of: art.sources).output)
                return "made"
            } catch { return "\((error as? StageFailure)?.underlying ?? error)" }
        }
        var broken = art
        broken.pictures[0].file.removeLast(40)
        let sentence = await refusal(broken)
        #expect(sentence.contains("PNG"), "\(sentence)")
        #expect(await refusal(art, SampleCollection.items(300, 301)) == "the collection has no items 300-301; its numbers are 1-300")
        var options = CompositionOptions()
        options.size = 6000
        #expect(await refusal(art, options).hasPrefix("300 items of 6000 × 6000 pixels are too many for one archive, which holds 29;"))
        var short = art.request()
        short.pictures.removeLast()
        #expect(await refusal(art, .init(), short) == "25 files were given for a collection that names 24")
        var unsized = art
        unsized.project = Array(String(decoding: art.project, as: UTF8.self).replacing(#""width":6,"height":6,"#, with: "").utf8)
        #expect(await refusal(unsized).hasPrefix("the project says no width and height"))
    }

    @Test("The report names the traits that no item has")
    func report() async throws {
        let report = try await engine.value(
            of: Request.compose(SampleCollection(count: 2).request()).conversion(of: SampleCollection(count: 2).sources).report)
        #expect(report.pages.count == 1 && report.pages[0].count >= 18)
        #expect(report.pages[0].allSatisfy { $0.message == "no item of 2 has this trait, which was asked for" })
        let all = try await engine.value(of: Request.compose(art.request()).conversion(of: art.sources).report)
        #expect(all.pages == [[]])
    }
}
