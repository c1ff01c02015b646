import AtelierHTTP
import AtelierImageCodecs
import AtelierJSON
import AtelierMemo
import AtelierPixels
import AtelierProcessors
import AtelierSVG
import AtelierStages
import AtelierTesting
import Foundation
import Synchronization
import Testing

@testable import AtelierPipelines

/// The bytes of a file; nil where there is none.
func contents(of path: String) -> [UInt8]? {
    guard let blob = try? Blob.reading(path: path, limit: 1 << 24) else { return nil }
    return Array(blob.bytes)
}

/// A small picture: a square of a colour on white.
private func picture(_ shade: UInt8) throws -> Part {
    var raster = Raster<RGBA8>(width: 24, height: 24, filledWith: RGBA8(255, 255, 255))
    for y in 6..<18 { for x in 6..<18 { raster[x, y] = RGBA8(shade, 40, 60) } }
    return try Part(
        bytes: Blob(encodePNG(raster)), mimeType: "image/png", role: "user", metadata: ["original_file_name": .string("art/\(shade).png")])
}

private let drawing = Part(
    .bytes(PayloadBytes(Blob(#"<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="9" height="9"/></svg>"#))),
    mimeType: "image/svg+xml")

private let broken = Part(
    .bytes(PayloadBytes(Blob([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1]))), mimeType: "image/png",
    metadata: ["original_file_name": "broken.png"])

@Suite("Steps of pipelines")
struct StepTests {
    private let engine = Engine(levels: [MemoryStore(admitting: .everything)])

    /// How many slides a presentation has, as its part says.
    private func slideCount(_ part: Part?) -> Int? {
        guard case .integer(let count)? = part?.metadata["slides"] else { return nil }
        return count
    }

    @Test("Features of pictures come as JSON under the name of the picture; other parts pass, what is broken is told")
    func features() async throws {
        let pipeline = try Pipeline(parsing: Array(#"{"steps": [{"make": "features"}]}"#.utf8)), failures = Mutex(0)
        let processor = pipeline.processor(engine) { _ in failures.withLock { $0 += 1 } }
        let output = try await processor([try picture(200), drawing, broken] as Content).gather()
        #expect(output.map(\.mimeType.text) == ["application/json", "image/svg+xml"] && failures.withLock { $0 } == 1)
        #expect(output.first?.name == "art/200.features.json")
        guard case .object(let members) = try JSON(parsing: Array(output[0].bytes?.bytes ?? [])) else {
            Issue.record("no object")
            return
        }
        #expect(members.count == 53 && members.first == JSON.Member("width", .number(24)))
    }

    @Test("Every picture is traced, all become slides of one presentation, and the second run makes nothing")
    func deck() async throws {
        let pipeline = try Pipeline(parsing: Array(#"{"steps": [{"make": "svg"}, {"make": "pptx", "title": "Two"}]}"#.utf8))
        let log = EventLog(engine)
        let input: Content = [try picture(200), Part("not a picture"), try picture(90)]
        let output = try await pipeline.processor(engine)(input).gather()
        #expect(output.map(\.mimeType) == ["text/plain", MIMEType(Pipeline.Target.pptx.mediaType)])
        #expect(slideCount(output.last) == 2)
        #expect(log.runs(of: DecodeImage.self) == 2 && log.runs(of: PackPPTX.self) == 1)
        let runs = log.runs
        #expect(try await pipeline.processor(engine)(input).gather() == output)
        #expect(log.runs == runs)
    }

    @Test("Drawings come in the order of their pictures, under their names, with role and metadata")
    func order() async throws {
        let shades: [UInt8] = [10, 60, 110, 160, 210, 250]
        let output = try await TracePictures(engine)(Content(shades.map { try picture($0) } + [drawing])).gather()
        #expect(output.map { $0.metadata["original_file_name"] } == shades.map { .string("art/\($0).svg") } + [nil])
        #expect(output.allSatisfy { $0.mimeType == "image/svg+xml" } && output.first?.role == "user")
        for part in output { #expect(SVG.looksLikeMarkup(try #require(part.bytes).bytes.span)) }
        #expect(output.last == drawing)
    }

    @Test("A part that fails is told and left out; without anyone to tell, it ends the run after what came before")
    func failures() async throws {
        let told = Mutex<[String]>([])
        let tell: @Sendable (ItemFailure) -> Void = { failure in told.withLock { $0.append("\(failure)") } }
        let pipeline = Pipeline([.make(.svg), .make(.pptx)])
        let input: Content = [try picture(200), broken, try picture(90)]
        let output = try await pipeline.processor(engine, onFailure: tell)(input).gather()
        #expect(slideCount(output.last) == 2)
        #expect(told.withLock { $0.count } == 1 && told.withLock { $0[0] }.hasPrefix("broken.png: "))
        // Here the deck itself finds out.
        let decks = Pipeline([.make(.pptx)])
        #expect(slideCount(try await decks.processor(engine, onFailure: tell)(input).gather().last) == 2)
        #expect(told.withLock { $0.count } == 2)
        #expect(try await decks.processor(engine, onFailure: tell)([broken]).gather().isEmpty)

        var count = 0
        await #expect(throws: ItemFailure.self) { for try await _ in TracePictures(engine)(input) { count += 1 } }
        #expect(count == 1)
        await #expect(throws: ItemFailure.self) { try await decks.processor(engine)(input).drain() }
    }

    @Test("A presentation of each")
    func each() async throws {
        let output = try await Pipeline([.make(.init(.pptx, each: true))]).processor(engine)([try picture(1), drawing]).gather()
        #expect(output.map(\.mimeType.text) == [Pipeline.Target.pptx.mediaType, Pipeline.Target.pptx.mediaType])
        #expect(output[0].metadata["original_file_name"] == "art/1.pptx" && output[1].metadata["original_file_name"] == nil)
    }

    @Test("Branches give their outputs part by part, decks hold those of their branch, and names come from parts")
    func branches() async throws {
        let pipeline = try Pipeline(
            parsing: Array(
                #"""
                {"steps": [{"parallel": [
                    [{"make": "svg", "name": "a/${part.stem}.svg"}],
                    [{"make": "svg", "name": "${part.stem}-${part.page}.svg"}, {"make": "pptx", "name": "b.pptx", "title": "B"}],
                    []
                ]}]}
                """#.utf8))
        var first = try picture(200), second = try picture(90)
        (first.metadata["page"], second.metadata["page"]) = (1, "two")
        let output = try await pipeline.processor(engine)([first, Part("x"), second]).gather()
        #expect(
            output.map(\.name) == ["a/art/200.svg", "art/200.png", "", "", "", "a/art/90.svg", "art/90.png", "b.pptx"])
        #expect(slideCount(output.last) == 2 && output.allSatisfy { $0.metadata[Lane.entry] == nil })
        #expect(output[1] == first && output[6] == second)
        await #expect(throws: ItemFailure.self) { try await pipeline.processor(engine)([try picture(1)]).drain() }
    }

    @Test("A part goes the way of its type, else the default's, else on; what fails falls back")
    func choices() async throws {
        let document = #"""
            {"steps": [{"switch": [
                {"from": "image/png", "steps": [{"make": "svg", "fallback": [{"make": "pptx", "from": "text/none", "each": true}]}]},
                {"from": "image/*", "steps": []}
            ]}]}
            """#
        let told = Mutex(0), input: Content = [try picture(7), broken, drawing, Part("x")]
        let pipeline = try Pipeline(parsing: Array(document.utf8))
        let output = try await pipeline.processor(engine, onFailure: { _ in told.withLock { $0 += 1 } })(input).gather()
        #expect(output.map(\.mimeType) == ["image/svg+xml", "image/png", "image/svg+xml", "text/plain"])
        #expect(output[1] == broken && told.withLock { $0 } == 0 && output.allSatisfy { $0.metadata[Lane.entry] == nil })
        let other = #"{"steps": [{"switch": [{"from": "a/b", "steps": []}], "default": [{"make": "pptx", "each": true}]}]}"#
        let last = try await Pipeline(parsing: Array(other.utf8)).processor(engine)([drawing, Part("x")]).gather()
        #expect(last.map(\.mimeType.text) == [Pipeline.Target.pptx.mediaType, "text/plain"])
    }

    @Test("The items of a collection come in order with number and metadata, no more at a time than there is room for")
    func items() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/atelier-items-\(UUID())"
        defer { try? FileManager.default.removeItem(atPath: folder) }  // what is left behind harms nobody
        for (name, shade) in [("back/a.png", 10), ("back/b.png", 90), ("eyes/c.png", 140), ("eyes/d.png", 250)] as [(String, UInt8)] {
            let file = URL(fileURLWithPath: folder + "/" + name)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(try #require(try picture(shade).bytes).bytes).write(to: file)
        }
        let project = #"{"name": "Cats", "seed": 4, "count": 4, "layers": ["back", "eyes"]}"#
        var part = Part(project, mimeType: "application/json", metadata: ["original_file_name": "cats.json"])
        await #expect(throws: ItemFailure.self) { try await DrawCollections(engine)([part]).drain() }
        part.metadata[Part.filePath] = .string(folder + "/cats.json")
        var options = ItemOptions()
        options.hasPapers = true
        let output = try await DrawCollections(engine, options)([part, drawing]).gather()
        #expect(output.map(\.name) == (1...4).flatMap { ["cats/\($0).png", "cats/\($0).json"] } + [""])
        // The upper layer hides the lower one.
        #expect(Set(output.prefix(8).filter(\.mimeType.isImage).map { Array($0.bytes?.bytes ?? []) }).count == 2 && output.last == drawing)
        for (index, item) in output.prefix(8).enumerated() where item.mimeType.isImage {
            #expect(item.metadata["number"] == .integer(index / 2 + 1) && item.metadata[Part.filePath] == nil)
            let raster = try decodeImage(Array(try #require(item.bytes).bytes).span)
            #expect(raster.width == 24 && raster.height == 24)
            let paper = try JSON(parsing: Array(try output[index + 1].text.utf8))
            #expect(item.metadata["item"] == paper && paper.text.contains("Cats"))
        }
        // The same, however many are wanted at once, and the first ones when somebody leaves.
        var first: [Part] = []
        for try await item in DrawCollections(engine)([part], limits: QueueLimits(parts: 1, bytes: 1)) {
            first.append(item)
            if first.count == 2 { break }
        }
        #expect(first.map(\.bytes) == [output[0].bytes, output[2].bytes])
        part.metadata[Part.filePath] = .string(folder + "/none/cats.json")
        let told = Mutex<[String]>([])
        #expect(
            try await DrawCollections(engine, onFailure: { failure in told.withLock { $0.append("\(failure)") } })([part]).gather().isEmpty)
        #expect(told.withLock { $0.count == 1 && $0[0].hasPrefix("cats.json: ") })
    }

    @Test("A drawing becomes a picture of the size that was asked for")
    func rasterized() async throws {
        let told = Mutex<[String]>([])
        let step = RasterizeDrawings(engine, size: .init(width: 60)) { failure in told.withLock { $0.append("\(failure)") } }
        let output = try await step([drawing]).gather()
        let reasons = told.withLock { $0 }
        if reasons.contains(where: { $0.contains("librsvg") }) { return }  // the library is not on this machine
        let raster = try decodeImage(Array(try #require(output.first?.bytes).bytes).span)
        #expect(raster.width == 60 && raster.height == 40 && reasons.isEmpty)
    }

    @Test("A presentation of more than is held is an error")
    func limits() async throws {
        let limits = MakeDeck.Limits(parts: 1)
        await #expect(throws: DeckTooLarge(limits: limits)) {
            try await MakeDeck(engine, limits: limits)([try picture(1), try picture(2)]).drain()
        }
        await #expect(throws: DeckTooLarge.self) { try await MakeDeck(engine, limits: .init(bytes: 10))([drawing]).drain() }
    }

    @Test("No more is read ahead than the limits say, and leaving ends the reading")
    func bounded() async throws {
        let read = Mutex(0), picture = try picture(5)
        let source = PartStream(next: {
            read.withLock { $0 += 1 }
            return picture
        })
        var taken = 0, mostAhead = 0
        for try await _ in TracePictures(engine)(source, limits: QueueLimits(parts: 4, bytes: 1 << 20)) {
            taken += 1
            mostAhead = max(mostAhead, read.withLock { $0 } - taken)
            if taken == 200 { break }
        }
        // What is under way, what waits for the reader, and what is just read.
        #expect(mostAhead <= 16)
        var before = -1
        while before != read.withLock({ $0 }) {
            before = read.withLock { $0 }
            for _ in 0..<1000 { await Task.yield() }
        }
        #expect(before < 200 + 32)
    }

    @Test(
        "The body of an answer is a stream: texts end between characters, and leaving ends the transfer",
        .enabled(if: HTTPClient.isAvailable))
    func body() async throws {
        let next = Gate(), ended = Gate()
        let server = try HandServer { request, peer in
            switch request.path {
            case "/text":
                peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\n")
                peer.send([0x61, 0xC3])  // a, and the first byte of ä
                next.wait()
                peer.send([0xA4, 0xE2, 0x82, 0xAC, 0x62, 0xFF])
            case "/none": peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            default:
                peer.send("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\nabc")
                peer.waitForEnd()
                ended.open()
            }
        }
        // The server waits for this task, which may get no thread for minutes.
        let limits = HTTPLimits(idle: .seconds(900))
        var texts: [String] = []
        for try await part in PartStream.body(of: HTTPRequest(server.url + "/text", limits: limits)) {
            texts.append(try part.text)
            next.open()
        }
        #expect(texts.first == "a" && texts.joined() == "a\u{E4}\u{20AC}b\u{FFFD}")
        for try await part in PartStream.body(of: HTTPRequest(server.url + "/picture", limits: limits)) {
            #expect(part.mimeType == "image/png" && part.bytes == Blob("abc"))
            break
        }
        ended.wait()
        await #expect(throws: HTTPError.failed(url: server.url + "/none", "status 404")) {
            try await PartStream.body(of: HTTPRequest(server.url + "/none")).drain()
        }
    }

    @Test("References are fetched as parts of bytes; what leads to nothing is told", .enabled(if: HTTPClient.isAvailable))
    func fetching() async throws {
        let file = try #require(try picture(7).bytes)
        let server = try HandServer { request, peer in
            switch request.path {
            case "/a.png":
                peer.send("HTTP/1.1 200 OK\r\nContent-Type: image/png; x=y\r\nContent-Length: \(file.count)\r\n\r\n")
                peer.send(Array(file.bytes))
            case "/moved": peer.send("HTTP/1.1 301 Moved\r\nLocation: /a.png\r\nContent-Length: 0\r\n\r\n")
            case "/cut":
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                peer.cut()
            default: peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")
            }
        }
        func reference(_ path: String) -> Part {
            Part(
                .file(FileReference(uri: server.url + path, mimeType: "application/octet-stream")), role: "user",
                metadata: ["original_file_name": .string(path)])
        }
        let told = Mutex<[String]>([])
        let fetch = FetchFiles { failure in told.withLock { $0.append("\(failure)") } }
        let output = try await fetch([reference("/a.png"), reference("/none?key=1"), reference("/cut"), Part("x"), reference("/moved")])
            .gather()
        #expect(output.map(\.mimeType) == ["image/png", "text/plain", "image/png"])
        #expect(output[0].bytes == file && output[0].role == "user" && output[2].bytes == file)
        #expect(
            told.withLock { $0.sorted() } == [
                "/cut: \(server.url)/cut: the connection was cut after 4 bytes of the answer",
                "/none?key=1: \(server.url)/none: status 404",
            ])
        await #expect(throws: ItemFailure.self) { try await FetchFiles()([reference("/none")]).drain() }
    }
}
