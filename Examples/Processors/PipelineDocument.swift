import Atelier
import Foundation

/// Runs a pipeline that is written down, as `atelier run` does; inputs may be URLs.
func pipelineDocument(_ arguments: [String]) async throws {
    let pipeline = try Pipeline(parsing: Array(Data(contentsOf: URL(filePath: arguments[0]))))
    let inputs = arguments.dropFirst(2).map { path in
        Part(.file(FileReference(uri: path, mimeType: path.hasSuffix(".svg") ? "image/svg+xml" : "image/png")))
    }
    let read = AsyncPartFunction(matching: { _ in true }) { part, output in
        guard case .file(let file) = part.payload else { return try await output.emit(part) }
        try await output.emit(try Part(bytes: Blob.reading(path: file.uri, limit: 64 << 20), mimeType: file.mimeType))
    }

    let engine = Engine(levels: [MemoryStore()])
    let line = FetchFiles() + read + pipeline.processor(engine) { failure in print("left out: \(failure)") }
    for try await part in line(Content(inputs)) {
        try part.bytes?.withUnsafeBytes { try Data($0).write(to: URL(filePath: arguments[1])) }
        print("\(part.mimeType) → \(arguments[1])")
    }
}
