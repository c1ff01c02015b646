import Atelier
import Foundation

/// Runs a pipeline that is written down, as `atelier run` does.
func pipelineDocument(_ arguments: [String]) async throws {
    let pipeline = try Pipeline(parsing: Array(Data(contentsOf: URL(filePath: arguments[0]))))
    let inputs = PartStream.files(Array(arguments.dropFirst(2)))

    let engine = Engine(levels: [MemoryStore()])
    let line = pipeline.processor(engine) { failure in print("left out: \(failure)") }
    for try await part in line(inputs) {
        try part.bytes?.withUnsafeBytes { try Data($0).write(to: URL(filePath: arguments[1])) }
        print("\(part.mimeType) → \(arguments[1])")
    }
}
