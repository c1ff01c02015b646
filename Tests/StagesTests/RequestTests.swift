import AtelierImageTracing
import AtelierJSON
import AtelierMemo
import AtelierSVG
import Foundation
import Testing

@testable import AtelierStages

@Suite("Requests")
struct RequestTests {
    let sources: [Artifact<Blob>] = [.bytes([1]), .bytes([2])]

    @Test("A request survives JSON and names the same conversion")
    func roundTrip() throws {
        var options = ConversionOptions()
        options.trace.fit.tolerance = 0.5
        let request = Request(target: .pptx, sources: sources.map(\.digest), options: options, title: "Two pages")
        let copy = try JSONDecoder().decode(Request.self, from: JSONEncoder().encode(request))
        #expect(copy == request)
        #expect(try copy.conversion(of: sources).output.digest == request.conversion(of: sources).output.digest)
    }

    @Test("Other sources than named are refused")
    func otherSources() {
        let request = Request(target: .pptx, sources: sources.map(\.digest))
        #expect(throws: RequestError.otherSources) { try request.conversion(of: sources.reversed()) }
    }

    @Test("A target refuses a count of sources it cannot be made of")
    func counts() {
        #expect(throws: RequestError.self) { try Request(target: .svg, sources: sources.map(\.digest)).conversion(of: sources) }
        #expect(throws: RequestError.self) { try Request(target: .pptx, sources: []).conversion(of: []) }
    }

    @Test("Links stand behind the pages and attachments, each with its page; those that were not read have no source")
    func links() throws {
        let files: [Artifact<Blob>] = (1...5).map { .bytes([$0]) }
        let links = [
            Request.Link(page: 0, path: "a.png"), Request.Link(page: 0, path: "gone.png", refusal: .missing),
            Request.Link(page: 1, path: "../b.png"),
        ]
        func request(_ links: [Request.Link]) -> Request {
            Request(target: .pptx, sources: files.map(\.digest), attachments: [.notes], links: links)
        }
        let wanted = request(links)
        let made = try wanted.conversion(of: files).output.digest
        let recipe = convertToPPTX(
            Array(files[..<2]),
            files: [
                [LinkedSource(path: "a.png", file: files[3]), LinkedSource(path: "gone.png", refused: .missing)],
                [LinkedSource(path: "../b.png", file: files[4])],
            ], notes: files[2])
        #expect(recipe.output.digest == made)

        var others = links
        others[1].refusal = .outside
        let other = request(others)
        #expect(try other.conversion(of: files).output.digest != made)
        let read = try #require(Request.reading(JSON(parsing: wanted.json(paths: ["/a", "/b", "/n", "/c", nil]).bytes)))
        #expect(read.request == wanted && read.paths == ["/a", "/b", "/n", "/c", nil])

        others[2].page = 2
        let lost = request(others)
        #expect(throws: RequestError.linkOfNoPage(2)) { try lost.conversion(of: files) }
        let none = Request(target: .svg, sources: [files[0].digest], links: [Request.Link(page: 0, path: "a.png")])
        #expect(throws: RequestError.sourceCount(0, allowed: "exactly one source")) { try none.conversion(of: [files[0]]) }
    }
}
