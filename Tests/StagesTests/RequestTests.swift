import AtelierImageTracing
import AtelierMemo
import Foundation
import Testing

@testable import AtelierStages

@Suite("Requests")
struct RequestTests {
    let sources: [Artifact<Blob>] = [.bytes([1]), .bytes([2])]

    @Test("A request survives JSON and names the same conversion")
    func roundTrip() throws {
        var request = Request(target: .pptx, sources: sources.map(\.digest), title: "Two pages")
        request.options.trace.fit.tolerance = 0.5
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
}
