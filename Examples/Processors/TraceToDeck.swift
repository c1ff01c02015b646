import Atelier
import Foundation

/// Every picture is traced, every drawing becomes a slide, all slides one presentation.
func traceToDeck(_ arguments: [String]) async throws {
    let output = arguments[0]
    // Files are read as there is room for them.
    let pictures = PartStream.files(Array(arguments.dropFirst()))

    let engine = Engine(levels: [MemoryStore()])
    let deck = TracePictures(engine) + MakeDeck(engine, title: "Pictures")
    for try await part in deck(pictures) {
        try part.bytes?.withUnsafeBytes { try Data($0).write(to: URL(filePath: output)) }
        print("\(arguments.count - 1) pictures → \(output), \(part.bytes?.count ?? 0) bytes")
    }
}
