// One slide for each picture or drawing: swift run PicturesToDeck deck.pptx Examples/art/logo.png Examples/art/poster.svg

import Atelier
import Foundation

guard CommandLine.arguments.count >= 3 else { fatalError("usage: PicturesToDeck OUTPUT.pptx PICTURE…") }
let output = CommandLine.arguments[1]

let engine = Engine(levels: [MemoryStore()])
let pages = try CommandLine.arguments.dropFirst(2).map { try Artifact.file(path: $0) }
let deck = convertToPPTX(pages, title: "Pictures")

let file = try await engine.value(of: deck.output)
try file.withUnsafeBytes { try Data($0).write(to: URL(filePath: output)) }
print("\(pages.count) slides → \(output), \(file.count) bytes")

// What could not be carried over exactly, by slide. The mapping is not done again: both answers share its artifacts.
let report = try await engine.value(of: deck.report)
for (page, diagnostics) in report.pages.enumerated() {
    for note in diagnostics { print("slide \(page + 1), \(note.element) in line \(note.line): \(note.message)") }
}
