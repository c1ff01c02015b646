import AtelierArchives
import AtelierImageCodecs
import AtelierJSON
import AtelierLayers
import AtelierMemo
import AtelierPixels
import AtelierServing
import AtelierStages
import Foundation
import Testing

@testable import AtelierService

@Suite("Collections over HTTP")
final class CollectionTests {
    private let folder: String, state: ServiceState

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("atelier-collection-\(UUID())").path
        let configuration = ServiceConfiguration(server: .init(port: 0), folder: folder, version: "test", slots: 2)
        state = try ServiceState(configuration, engine: Engine(levels: [MemoryStore(admitting: .everything)]))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private struct Unusable: Error {}

    /// Three layers of three flat pictures, by their paths.
    private static var layers: [(path: String, file: [UInt8])] {
        ["1 Ground", "2 Body", "3 Hat"].enumerated().flatMap { depth, layer in
            (0..<3).map { trait in
                let color = RGBA8(UInt8(trait * 90), UInt8(depth * 80), 30, depth == 0 ? 255 : 120)
                return ("\(layer)/Trait \(trait)#\(trait + 1).png", encodePNG(Raster(width: 12, height: 8, filledWith: color)))
            }
        }
    }

    private func inputs(_ files: [(path: String, file: [UInt8])]) throws -> [Submission.Input] {
        try files.map { .init(digest: try state.keep($0.file), name: $0.path) }
    }

    private func wishes(count: Int = 20, seed: Int = 3) -> Wishes {
        var wishes = Wishes(.compose, over: .init())
        (wishes.collection.count, wishes.collection.seed) = (count, seed)
        return wishes
    }

    private func planned(_ inputs: [Submission.Input], _ wishes: Wishes) async throws -> JSON {
        try await state.planned(
            Submission(wishes: wishes, inputs: inputs, urgency: .interactive, depth: .full, webhook: nil), for: "", since: 0)
    }

    @Test("Folders, folders within a folder, and an archive of them are the same collection")
    func sameFiles() throws {
        var zip = ZIPWriter()
        for (path, file) in Self.layers { try zip.add("set/" + path, PackedBytes(storing: file)) }
        try zip.add("__MACOSX/set/._1 Ground", PackedBytes(storing: [1]))
        let archive = try inputs([("layers.zip", zip.finish())])
        let inFolder = try state.collection(wishes(), of: inputs(Self.layers.map { ("set/" + $0.path, $0.file) }))
        #expect(inFolder.project.name == "set" && inFolder.project.layers.map(\.name) == ["Ground", "Body", "Hat"])
        #expect(inFolder.size == PixelSize(width: 12, height: 8))
        #expect(try state.collection(wishes(), of: archive).request == inFolder.request)
        #expect(try state.collection(wishes(), of: inputs(Self.layers)).request.sources == inFolder.request.sources)
    }

    @Test("A plan tells what was asked for and what came of it; sent back as its project, it is the same plan")
    func plan() async throws {
        let files = try inputs(Self.layers), plan = try await planned(files, wishes())
        #expect(plan["count"] == .integer(20) && plan["possible"] == .string("27"))
        guard case .array(let layers)? = plan["layers"], case .array(let traits)? = layers[0]["traits"] else { throw Unusable() }
        #expect(traits.map { $0["weight"] } == [.number(1), .number(2), .number(3)])
        let counts = traits.compactMap { trait in if case .integer(let count)? = trait["count"] { count } else { nil } }
        #expect(counts.reduce(0, +) == 20)
        #expect(plan["traits"]?.string?.utf8.count == 160)
        let project = try state.keep(try #require(plan["project"]).bytes)
        let again = try await planned(files + [.init(digest: project, name: "project.json")], wishes())
        #expect(again["traits"] == plan["traits"] && again["layers"] == plan["layers"])
        #expect(again["plan"] != plan["plan"])
    }

    @Test("Items of a plan are the pictures of its archive, small or large, and their metadata")
    func items() async throws {
        let files = try inputs(Self.layers), name = try #require(try await planned(files, wishes())["plan"]?.string)
        let plan = try #require(Digest(name))
        let planned = try state.plan(wishes(), of: files)
        let archive = try ZIPReader(Array(try await state.engine.value(of: planned.conversion.output).bytes))
        for number in [1, 7, 20] {
            let item = try await state.item("\(number).png", of: plan, width: nil, for: "")
            let member = try #require(archive.members.first { $0.name == "images/\(number).png" })
            #expect(Array(item.bytes.bytes) == (try archive.unpacked(member)))
            let small = try await state.item("\(number).png", of: plan, width: 6, for: "")
            #expect(try imageSize(of: small.bytes.bytes.span).width == 6 && small.tag != item.tag)
        }
        let metadata = try JSON(parsing: Array(try await state.item("7.json", of: plan, width: nil, for: "").bytes.bytes))
        #expect(metadata["edition"] == .integer(7))
        for other in ["0.png", "21.png", "x.png", "7.gif", "7"] {
            await #expect(throws: Problem.self) { try await state.item(other, of: plan, width: nil, for: "") }
        }
        await #expect(throws: Problem.self) { try await state.item("1.png", of: files[0].digest, width: nil, for: "") }
    }

    @Test("What cannot be a collection says why")
    func refusals() async throws {
        let project = try inputs([("project.json", Array(#"{"layers":[{"name":"A","traits":[{"name":"B","file":"b.png"}]}]}"#.utf8))])
        #expect(throws: (any Error).self) { try state.collection(wishes(), of: project + inputs(Self.layers)) }
        #expect(throws: (any Error).self) { try state.collection(wishes(), of: inputs([("a.png", Self.layers[0].file)])) }
        let files = try inputs(Self.layers)
        await #expect(throws: (any Error).self) { try await planned(files, wishes(count: 28)) }
    }

    @Test("Numbers as text, the lowest byte first")
    func numbers() {
        #expect(base64(littleEndian: [UInt16]()) == "")
        #expect(base64(littleEndian: [0x4161, 0x6261] as [UInt16]) == "YUFhYg==")
        #expect(base64(littleEndian: [0xFFFF_FFFF] as [UInt32]) == "/////w==")
        #expect(base64(littleEndian: [0x61] as [UInt8]) == "YQ==")
    }
}
