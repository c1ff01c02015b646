import Atelier

/// Each part goes to those that match it, and what they emit keeps the order of the parts.
func sideBySide(_ arguments: [String]) async throws {
    let length = PartFunction(matching: { $0.isText }) { part, emitter in
        emitter.emit(part.replacing(text: "\(try part.text.count) letters"))
    }
    let backwards = AsyncPartFunction(matching: { $0.isText }) { part, output in
        try await Task.sleep(for: .milliseconds(1))  // as if it asked somebody
        try await output.emit(part.replacing(text: String(try part.text.reversed())))
    }
    let picture = try Part(bytes: Blob([1, 2, 3]), mimeType: "image/png")

    // The text is used up; the picture, which nobody takes, passes.
    let both = Parallel([length, backwards], passing: .unlessOutput)
    for try await part in both(Content(arguments.map { Part($0) }) + [picture]) {
        print(part.isText ? try part.text : "a part of type \(part.mimeType)")
    }
}
