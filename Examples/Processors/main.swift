// Six programs with processors: swift run Processors NAME …; without a name it says which there are.

let examples: [(name: String, usage: String, run: ([String]) async throws -> Void)] = [
    ("trace-to-deck", "OUTPUT.pptx PICTURE…", traceToDeck), ("own-processor", "TEXT…", ownProcessor),
    ("side-by-side", "TEXT…", sideBySide), ("ask-model", "QUESTION [SERVER MODEL]", askModel), ("call-function", "CITY", callFunction),
    ("pipeline-document", "PIPELINE.json OUTPUT INPUT…", pipelineDocument),
]
let arguments = CommandLine.arguments.dropFirst()
guard let example = examples.first(where: { $0.name == arguments.first }) else {
    print(examples.map { "Processors \($0.name) \($0.usage)" }.joined(separator: "\n"))
    fatalError("name one of them")
}
try await example.run(Array(arguments.dropFirst()))
