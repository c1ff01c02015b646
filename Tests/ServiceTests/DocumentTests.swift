import AtelierMemo
import AtelierServing
import Foundation
import Testing

@testable import AtelierService

@Suite("What is written about the service")
struct ServiceDocumentTests {
    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("docs/service.md lists every route and no other")
    func routes() throws {
        var configuration = ServiceConfiguration(server: .init(port: 0), folder: scratchFolder(), version: "1", slots: 1)
        configuration.profile = { _, _ in [] }
        let state = try ServiceState(configuration, engine: Engine(levels: []))
        let text = try String(contentsOf: root.appending(path: "docs/service.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { $0.split(separator: "`").dropFirst().first }
        #expect(Set(rows.map(String.init)) == Set(state.routes.map { "\($0.method) \($0.template)" }))
    }

    @Test("Every file of the studio's folder is in the program, as it is there")
    func studio() throws {
        let folder = root.appending(path: "Sources/CStudio/files")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }.sorted()
        let files = Studio.builtIn.sorted { $0.name < $1.name }
        #expect(files.map(\.name) == names)
        for file in files { #expect(try Data(contentsOf: folder.appending(path: file.name)) == Data(file.bytes.bytes), "\(file.name)") }
    }

    @Test("Every route has a name of its own, a summary and answers")
    func descriptions() throws {
        let state = try ServiceState(
            ServiceConfiguration(server: .init(port: 0), folder: scratchFolder(), version: "1", slots: 1), engine: Engine(levels: []))
        #expect(Set(state.routes.map { "\($0.method) \($0.template)" }).count == state.routes.count)
        for route in state.routes {
            #expect(route.summary.hasSuffix(".") && !route.answers.isEmpty, "\(route.template)")
            let inPath = route.template.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
            #expect(route.parameters.filter { $0.place == .path }.map(\.name) == inPath, "\(route.template)")
        }
    }
}
