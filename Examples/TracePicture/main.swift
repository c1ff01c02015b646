// Traces a picture: swift run TracePicture Examples/art/logo.png logo.svg

import Atelier
import Foundation

guard CommandLine.arguments.count == 3 else { fatalError("usage: TracePicture PICTURE OUTPUT.svg") }
let (input, output) = (CommandLine.arguments[1], CommandLine.arguments[2])

let engine = Engine(levels: [MemoryStore()])
let picture = try Artifact.file(path: input)
let traced = traceToSVG(picture)  // a promise: nothing has run
let svg = try await engine.value(of: traced)

try svg.withUnsafeBytes { try Data($0).write(to: URL(filePath: output)) }
print("\(input) → \(output), \(svg.count) bytes")
