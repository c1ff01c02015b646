import Atelier
import Foundation

/// Every picture is traced, every drawing becomes a slide, all slides one presentation.
func traceToDeck(_ arguments: [String]) async throws {
    let (output, paths) = (arguments[0], arguments.dropFirst())
    // A source reads when the next part is wanted; nothing runs ahead by more than a bound.
    let pictures = PartStream { output in
        for path in paths {
            let bytes = try Blob.reading(path: path, limit: 64 << 20)
            try await output.emit(try Part(bytes: bytes, mimeType: "image/png", metadata: ["name": .string(path)]))
        }
    }

    let engine = Engine(levels: [MemoryStore()])
    let deck = TracePictures(engine) + MakeDeck(engine, title: "Pictures")
    for try await part in deck(pictures) {
        try part.bytes?.withUnsafeBytes { try Data($0).write(to: URL(filePath: output)) }
        print("\(paths.count) pictures → \(output), \(part.bytes?.count ?? 0) bytes")
    }
}
